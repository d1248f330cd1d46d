"""One TCP connection to a host: HTTP, authentication, sealing and the faults of tests (spec: winrm 1.1, 2.2, 2.6).

The handler object lives as long as the connection and is the home of its authentication state. Nothing leaves the host
except through `_send`, which asks the gate first.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.server
import io
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from winipsec_lab.wire import envelope, sealing
from winipsec_lab.wire.authentication import Authenticator, Refused
from winipsec_lab.wire.enforcement import Gate, PeerGoneError
from winipsec_lab.wire.engine import command_line
from winipsec_lab.wire.envelope import Request
from winipsec_lab.wire.faults import SoapFault
from winipsec_lab.wire.injection import Fault, Message
from winipsec_lab.wire.names import SOAP_CONTENT_TYPE
from winipsec_lab.wire.shells import Caller

if TYPE_CHECKING:
    from winipsec_lab.wire.listener import Listener

_RESET: Final = struct.pack("ii", 1, 0)
_HANDSHAKE_SECONDS: Final = 10.0
_FAULT_STATUS: Final = {"status_400": 400, "status_401": 401, "status_500": 500, "status_503": 503}
_FAULT_SOAP: Final = {"quota_shells", "quota_operations", "operation_timeout", "busy", "access_denied"}


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes = b""
    content_type: str = SOAP_CONTENT_TYPE
    authenticate: tuple[str, ...] = ()


class Connection(http.server.BaseHTTPRequestHandler):
    """Handler of one connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""
    # One flush per answer, and no waiting for acknowledgements: the defaults cost 40 ms a message (spec: winrm 2.6).
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: Listener

    # Life of the connection

    def setup(self) -> None:
        """Prepare the streams; the TLS handshake waits until the peer may be heard."""
        host = self.server.host
        self.connection: socket.socket = self.request
        self._aborted = False
        self._forgotten = False
        self._ready = False
        self._lingering = True
        self.gate: Gate = host.gate(self.connection, self.server, self.client_address[1])
        host.book.count_connection()
        self.server.enter(self)

    def handle(self) -> None:
        """Answer requests until one side has had enough."""
        host = self.server.host
        try:
            time.sleep(host.round_trip)
            if not self._await_request():
                return
            self._begin()
            self.close_connection = False
            while not self.close_connection and self._await_request():
                self.handle_one_request()
        except (PeerGoneError, OSError, ValueError):
            # the peer is gone, or `abort` took the socket away: there is nobody to tell
            self._lingering = False

    def finish(self) -> None:
        """End the connection without a byte while the way out is blocked."""
        try:
            if self._forgotten:
                self.gate.hold_while_blocked()
            elif self._lingering and not self._aborted and not self.gate.is_open("out"):
                self.gate.hold()
                self._aborted = True
        finally:
            self.server.leave(self)
            if self._ready:
                for stream in (self.wfile, self.rfile):
                    with contextlib.suppress(OSError):
                        stream.close()
            self._close()

    def abort(self) -> None:
        """Reset the connection from another thread: wake its thread, which then closes the socket with a reset.

        A reset is a packet too: where the policy blocks the way out, the host forgets the connection, and the peer hears
        of it when the way is clear again.
        """
        self._aborted = True
        if not self.server.stopped.is_set() and not self.gate.is_clear("out"):
            self._forgotten = True
            self.gate.cut()
            return
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.connection.shutdown(socket.SHUT_RD)

    def _await_request(self) -> bool:
        idle = self.server.host.service.idle_connection_seconds
        return not self._aborted and self.gate.wait_for_data(idle)

    def _begin(self) -> None:
        """TLS, then the streams."""
        binding: bytes | None = None
        certificate: bytes | None = None
        if self.server.tls is not None:
            self.gate.wait("out")
            time.sleep(self.server.host.round_trip)
            self.connection.settimeout(_HANDSHAKE_SECONDS)
            secure = self.server.tls.wrap_socket(self.connection, server_side=True)
            secure.settimeout(None)
            self.connection = secure
            self.gate.move(secure)
            binding = self.server.host.binding
            certificate = secure.getpeercert(binary_form=True)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rfile = self.connection.makefile("rb")
        self.wfile = io.BufferedWriter(self.connection.makefile("wb", buffering=0), self.wbufsize)
        self._ready = True
        self.auth = Authenticator(
            self.server.host.accounts, lambda: self.server.host.service, binding=binding, certificate=certificate
        )

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            if self._aborted:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            else:
                self.connection.shutdown(socket.SHUT_WR)
        self.connection.close()

    # HTTP

    def do_POST(self) -> None:
        """The only method WinRM knows."""
        host = self.server.host
        host.book.count_request()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit():
            self._send(_Reply(411))
            return
        body = self.rfile.read(int(length))
        time.sleep(host.round_trip)
        if host.open_connections > host.service.quotas.connections:
            self._send(_Reply(503))
            self.close_connection = True
        elif self.path.partition("?")[0].rstrip("/").lower() != "/wsman":
            self._send(_Reply(404))
        elif self.headers.get("WSMANIDENTIFY", "").lower() == "unauthenticated":
            self._send(_Reply(200, host.engine.identify(authenticated=False)))
        else:
            self._post(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """`Date:` is the simulated host's clock (spec: winrm 5.4)."""
        now = self.server.host.machine.clock.timestamp() if timestamp is None else timestamp
        return email.utils.formatdate(now, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """The transcript is the log."""

    def _post(self, body: bytes) -> None:
        host = self.server.host
        outcome = self.auth.step(self.headers.get("Authorization"), len(body))
        if isinstance(outcome, Refused):
            self._send(_Reply(401, authenticate=outcome.offers))
            return
        tokens = (outcome.token,) if outcome.token else ()
        if not body:
            self._send(_Reply(200, authenticate=tokens))
            return
        protocol = sealing.sealed_protocol(self.headers.get("Content-Type", ""))
        if protocol is not None:
            if self.auth.context is None:
                self._send(_Reply(400))
                return
            try:
                body = sealing.unseal(self.auth.context, body)
            except sealing.SealError:
                self._send(_Reply(400))
                return
        elif not self.auth.tls and not host.service.allow_unencrypted:
            status = int(host.machine.guesses["wire.unencrypted_refusal"])
            self._send(_Reply(status, authenticate=self.auth.offers() if status == 401 else ()))
            return
        try:
            request = envelope.parse(body)
        except envelope.BadXmlError:
            self._send(_Reply(400, authenticate=tokens))
            return
        self._message(request, outcome.caller, protocol, tokens)

    # Messages

    def _message(self, request: Request, caller: Caller, protocol: str | None, tokens: tuple[str, ...]) -> None:
        host = self.server.host
        message = Message(
            number=host.book.next_message(),
            action=request.action,
            shell=request.shell_id,
            command_line=command_line(request),
            request=request,
        )
        fault = host.faults.take(message)

        def respond(status: int, plain: bytes) -> _Reply:
            if protocol is None or self.auth.context is None:
                return _Reply(status, plain, authenticate=tokens)
            content_type, sealed = sealing.seal(self.auth.context, protocol, plain)
            return _Reply(status, sealed, content_type, tokens)

        try:
            reply = self._judge(fault, request, caller, respond)
        except PeerGoneError:
            self._record(message, 0)
            raise
        # Recorded before it leaves: whoever has the answer finds the entry.
        self._record(message, reply.status if self.gate.is_open("out") else 0)
        self._send(reply, half=fault is not None and fault.kind == "truncate")

    def _judge(
        self, fault: Fault | None, request: Request, caller: Caller, respond: Callable[[int, bytes], _Reply]
    ) -> _Reply:
        """The answer to a message, or what a test has put in its place."""
        kind = fault.kind if fault is not None else ""
        host = self.server.host
        if kind in {"drop_before", "reset", "silence", "reboot"}:
            self._vanish(kind)
        if kind in _FAULT_STATUS:
            return self._status_fault(_FAULT_STATUS[kind])
        if kind in _FAULT_SOAP:
            limit = host.service.quotas.shells_per_user
            return respond(500, host.engine.fault(request, SoapFault(kind, limit=limit)))
        if kind == "shell_gone":
            host.engine.shells.clear()
        if request.action == "Identify":
            status, plain = 200, host.engine.identify(authenticated=True)
        else:
            status, plain = host.engine.handle(request, caller)
        if kind == "duplicate":
            host.engine.handle(request, caller)
        if fault is not None and kind == "delay":
            time.sleep(fault.seconds)
        if kind in {"drop_after", "reset_after", "silence_after", "reboot_after"}:
            self._vanish(kind.removesuffix("_after"))
        return respond(status, plain)

    def _vanish(self, kind: str) -> None:
        """No answer: the connection ends, is reset, or stays open in silence."""
        self.close_connection = True
        if kind == "silence":
            self.gate.hold()
        elif kind == "reset":
            self._aborted = True
        elif kind == "reboot":
            self.server.host.reboot()
            self._aborted = True
        raise PeerGoneError

    def _status_fault(self, status: int) -> _Reply:
        offers: tuple[str, ...] = ()
        if status in {400, 401}:
            self.auth.forget()
        if status == 401:
            offers = self.auth.offers()
        return _Reply(status, authenticate=offers)

    def _record(self, message: Message, status: int) -> None:
        self.server.host.book.add(message, status)

    def _send(self, reply: _Reply, *, half: bool = False) -> None:
        """Let an answer leave, once it may."""
        self.gate.wait("out")
        if self._aborted:
            raise PeerGoneError
        self.send_response_only(reply.status, "")
        for offer in reply.authenticate:
            self.send_header("WWW-Authenticate", offer)
        if reply.body:
            self.send_header("Content-Type", reply.content_type)
        self.send_header("Server", self.server_version)
        self.send_header("Date", self.date_time_string())
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if half else reply.body)
        self.wfile.flush()
        if half:
            self.close_connection = True
