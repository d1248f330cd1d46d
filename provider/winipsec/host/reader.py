"""Snapshots of one host: taken when needed, shared while fresh."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from winipsec.errors import WinipsecError
from winipsec.host.connection import Connection
from winipsec.host.snapshot import READ_LINE, Snapshot, read_snapshot

FRESH = 30.0
"""Seconds for which one snapshot serves every reader of a run (design 3)."""


class Reader:
    """Reads one host, for any number of threads: whoever comes while a read is under way shares its outcome."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._last: Snapshot | None = None
        self._failure: WinipsecError | None = None
        self._failed_at = 0.0
        self.host = connection.settings.host

    @property
    def last(self) -> Snapshot | None:
        """The last snapshot however old, without asking the host."""
        return self._last

    def snapshot(self, *, cancelled: threading.Event | None) -> Snapshot:
        """A snapshot at most `FRESH` seconds old, not older than our last write; a cancelled run gets none.

        Raises:
            HostError: the host could not be read.
        """
        asked = time.monotonic()
        with self._lock:
            last = self._last
            if last is not None and last.taken > 0 and time.monotonic() - last.taken < FRESH:
                return last
            if self._failure is not None and self._failed_at > asked:
                raise self._failure
            try:
                return self._take(self._connection.run(READ_LINE, idempotent=True, cancelled=cancelled).stdout)
            except WinipsecError as error:
                self._failure, self._failed_at = error, time.monotonic()
                raise

    def anew(self, *, cancelled: threading.Event | None) -> Snapshot:
        """A snapshot that nobody has asked for before.

        Raises:
            HostError: the host could not be read.
        """
        self.forget()
        return self.snapshot(cancelled=cancelled)

    def take(self, output: str) -> Snapshot:
        """Keep the snapshot that a write brought back."""
        with self._lock:
            return self._take(output)

    def forget(self) -> None:
        """The host is about to change: no reader may get what was read before."""
        with self._lock:
            if self._last is not None:
                self._last = replace(self._last, taken=0.0)

    def keep(self, snapshot: Snapshot) -> None:
        """The host was about to change, and did not: what was read before holds."""
        with self._lock:
            self._last = snapshot

    def _take(self, output: str) -> Snapshot:
        self._last = read_snapshot(
            self.host, output, client_address=self._connection.client_address, taken=time.monotonic()
        )
        return self._last
