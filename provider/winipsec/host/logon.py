"""One wrong password is one logon attempt per run, never an account lock-out.

All connections that log on to the same host as the same account with the same password share one `Logon`. Until it has
been proven, one connection at a time may try; once the host rejected it, nobody tries again as long as the process
lives. A corrected password is another `Logon`.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from winipsec.errors import Unauthorized


class Logon:
    """What is known of one set of credentials at one host."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._proven = False
        self._rejected: Unauthorized | None = None

    def require_usable(self) -> None:
        """Raise the rejection again if there was one; no message is sent."""
        if self._rejected is not None:
            raise copy.copy(self._rejected)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Surround one message: alone while the credentials are unproven, freely afterwards.

        Raises:
            Unauthorized: The host rejected them, now or before.
        """
        if self._proven:
            with self._remembered():
                yield
            return
        with self._lock, self._remembered():
            yield
            self._proven = True

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        self.require_usable()
        try:
            yield
        except Unauthorized as error:
            self._rejected = error
            raise


class Logons:
    """All logons of a process, by `ConnectionSettings.logon_key`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[str, Logon] = {}

    def of(self, key: str) -> Logon:
        """The one `Logon` for a key."""
        with self._lock:
            return self._by_key.setdefault(key, Logon())
