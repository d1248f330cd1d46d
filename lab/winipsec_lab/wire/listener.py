"""A WinRM listener: accepts TCP connections and gives each its own thread (spec: winrm 2.6).

The accept loop blocks instead of polling, so that a lab of a hundred hosts costs nothing while nobody talks to it.
"""

from __future__ import annotations

import logging
import socket
import socketserver
import ssl
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from winipsec_lab.wire.connection import Connection
    from winipsec_lab.wire.host import Host

_LOGGER = logging.getLogger(__name__)

HTTP_PORT: Final = 5985
HTTPS_PORT: Final = 5986


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One listening socket of a host.

    Args:
        host: Whom the connections reach.
        address: IP address to listen on.
        well_known_port: 5985 or 5986: the port that policies see, and that is bound when it is free.
        tls: Context for HTTPS, None for HTTP.
        port: What to bind instead of the well-known port.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(
        self,
        host: Host,
        address: str,
        well_known_port: int,
        *,
        tls: ssl.SSLContext | None = None,
        port: int | None = None,
    ) -> None:
        from winipsec_lab.wire.connection import Connection

        self.host = host
        self.well_known_port = well_known_port
        self.tls = tls
        self.stopped = threading.Event()
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        wanted = well_known_port if port is None else port
        try:
            super().__init__((address, wanted), Connection)
        except OSError:
            super().__init__((address, 0), Connection)
        self._thread = threading.Thread(target=self._accept, name=f"listener-{address}-{self.port}", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is really bound."""
        return int(self.server_address[1])

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        with self._lock:
            return len(self._connections)

    def enter(self, connection: Connection) -> None:
        """A connection begins."""
        with self._lock:
            self._connections.add(connection)

    def leave(self, connection: Connection) -> None:
        """A connection has ended."""
        with self._lock:
            self._connections.discard(connection)

    def reset_connections(self) -> None:
        """Reset every open connection."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.abort()

    def stop(self) -> None:
        """Stop listening and reset what is open."""
        self.stopped.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self.reset_connections()

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """The connection closes its socket itself: with a reset, with an end, or in silence."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection thread failed: that is a bug of the lab, so say it in the log."""
        _LOGGER.exception("the connection from %s failed", client_address)  # noqa: LOG004 - called inside the handler

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                request, client_address = self.get_request()
            except OSError:
                if not self.stopped.is_set():
                    _LOGGER.exception("accepting a connection failed")
                    self.stopped.wait(0.1)
                continue
            self.process_request(request, client_address)
