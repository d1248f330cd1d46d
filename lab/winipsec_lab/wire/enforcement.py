"""Silence: what an active IPsec policy does to the host's own WinRM traffic.

A packet that a policy drops, or that would need an IPsec security association the controller does not have, leaves no
trace: no reset, no close, no byte. The lab sits above TCP, so it acts on whole messages: bytes that arrive stay unread
while the way in is blocked, and an answer stays unsent while the way out is. As on a real network, what waits goes
through when the block is lifted in time, because the peer keeps retransmitting; once the peer has given up, it is lost.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from winipsec_lab.matcher import Packet, decide

if TYPE_CHECKING:
    from winipsec_lab.machine.machine import Machine

TCP: Final = 6
_FIRST_LOOK: Final = 0.02
_SLOWEST_LOOK: Final = 0.25
_HUNG_UP: Final = select.POLLRDHUP | select.POLLHUP | select.POLLERR


class PeerGoneError(Exception):
    """The other side closed the connection, or the host goes down."""


class Gate:
    """The way between one client connection and the host.

    Args:
        machine: Gives the machine whose policy decides.
        connection: The TCP connection, below TLS.
        local: Virtual address of the host.
        remote: Virtual address of the client.
        port: Well-known port of the listener (5985 or 5986), whatever port it really has.
        remote_port: The client's port.
        stopped: Set when the listener goes down.
        down: Whether the host is just restarting.
    """

    def __init__(
        self,
        machine: Callable[[], Machine],
        connection: socket.socket,
        *,
        local: str,
        remote: str,
        port: int,
        remote_port: int,
        stopped: threading.Event,
        down: Callable[[], bool] = lambda: False,
    ) -> None:
        self._machine = machine
        self._connection = connection
        self._packets = {
            direction: Packet(direction, local, remote, TCP, port, remote_port) for direction in ("in", "out")
        }
        self._stopped = stopped
        self._down = down
        self._cut = threading.Event()

    def move(self, connection: socket.socket) -> None:
        """Follow the connection into TLS, which takes the descriptor over."""
        self._connection = connection

    def is_open(self, direction: str) -> bool:
        """Whether a packet passes now. One that must be protected does not, unless the policy falls back to clear."""
        return not self._down() and self.is_clear(direction)

    def is_clear(self, direction: str) -> bool:
        """Whether the policy lets a packet pass, whatever else keeps it."""
        return decide(self._machine(), self._packets[direction]).passes_in_clear

    def cut(self) -> None:
        """The host knows nothing of this connection any more: whoever waits on it here gets `PeerGoneError`."""
        self._cut.set()

    def wait(self, direction: str) -> None:
        """Hold until packets pass in this direction.

        Raises:
            PeerGoneError: The peer gave up meanwhile.
        """
        pause = _FIRST_LOOK
        while not self.is_open(direction):
            if self._hung_up(pause) or self._cut.is_set():
                raise PeerGoneError
            pause = min(pause * 1.5, _SLOWEST_LOOK)

    def wait_for_data(self, timeout: float) -> bool:
        """Wait until the peer has sent something that may be read; False after `timeout` seconds of nothing.

        Raises:
            PeerGoneError: The connection was closed before anything came.
        """
        if not self._poll(select.POLLIN, timeout):
            return False
        if not self.is_open("in"):
            self.wait("in")
        return True

    def hold(self) -> None:
        """Say nothing until the peer gives up."""
        while not self._hung_up(_SLOWEST_LOOK):
            continue

    def hold_while_blocked(self) -> None:
        """Say nothing until the peer gives up or the way out is clear."""
        while not self.is_open("out") and not self._hung_up(_SLOWEST_LOOK):
            continue

    def _hung_up(self, seconds: float) -> bool:
        """Whether the peer closed, or the listener stopped, within this time. Unread data does not hide it."""
        if self._stopped.is_set():
            return True
        poller = select.poll()
        with contextlib.suppress(OSError, ValueError):
            poller.register(self._connection.fileno(), _HUNG_UP)
            return bool(poller.poll(seconds * 1000)) or self._stopped.is_set()
        return True

    def _poll(self, events: int, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        poller = select.poll()
        with contextlib.suppress(OSError, ValueError):
            poller.register(self._connection.fileno(), events)
            while not self._stopped.is_set() and not self._cut.is_set():
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return False
                if poller.poll(min(remaining, 1.0) * 1000):
                    return True
        raise PeerGoneError
