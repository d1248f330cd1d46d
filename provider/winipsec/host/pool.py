"""All connections of a process: one per host, account and way of reaching it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from winipsec.host.clock import Clock
from winipsec.host.connection import Connection
from winipsec.host.logon import Logons
from winipsec.host.settings import ConnectionSettings
from winipsec.host.transport import Transport, WinrmTransport

_CLOSERS = 32


class Pool:
    """Hands out connections; for any number of threads.

    Args:
        transport: Makes the way to a host; tests put their own here.
        clock: Tells the time to every connection.
    """

    def __init__(
        self,
        *,
        transport: Callable[[ConnectionSettings], Transport] = WinrmTransport,
        clock: Clock | None = None,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._logons = Logons()
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}

    def get(self, settings: ConnectionSettings) -> Connection:
        """The one connection for these settings; no message is sent.

        Raises:
            UserError: The settings are not usable.
        """
        key = settings.key()
        with self._lock:
            found = self._connections.get(key)
            if found is None:
                settings.require_valid()
                logon = self._logons.of(settings.logon_key())
                found = Connection(settings, transport=self._transport, clock=self._clock, logon=logon)
                self._connections[key] = found
            return found

    def cancel_all(self) -> None:
        """Interrupt every command that runs or waits. Never raises."""
        self._everywhere(Connection.cancel)

    def close_all(self) -> None:
        """Delete every shell, all hosts at once; a few seconds at most. Never raises."""
        self._everywhere(Connection.close)

    def _everywhere(self, action: Callable[[Connection], None]) -> None:
        with self._lock:
            connections = list(self._connections.values())
        if connections:
            # Hosts that do not answer take seconds each; side by side they take them only once.
            with ThreadPoolExecutor(min(_CLOSERS, len(connections))) as threads:
                list(threads.map(action, connections))
