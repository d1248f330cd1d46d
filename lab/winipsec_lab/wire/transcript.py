"""What was said on the wire, without what must not be kept: sizes and command lines, never stdin or environment."""

from __future__ import annotations

import base64
import binascii
import threading
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from winipsec_lab.wire.names import qualified

if TYPE_CHECKING:
    from winipsec_lab.wire.injection import Message

_KEPT: Final = 100_000
"""A lab that runs for weeks forgets its oldest entries."""


class Entry(NamedTuple):
    """One WS-Management message and the answer's status."""

    number: int
    action: str
    shell: str
    command_line: str
    """Of the command started by this message; empty for every other action."""
    size: int
    """Bytes of the SOAP envelope, after unsealing."""
    status: int
    """HTTP status of the answer; 0 when no answer left the host."""
    canary: str = ""
    """Where a watched text was seen: `command`, `stdin`, `environment`, or empty."""


class Transcript:
    """The entries of one host and its counters."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._canaries: tuple[bytes, ...] = ()
        self.messages = 0
        """WS-Management messages so far."""
        self.requests = 0
        """HTTP requests so far, authentication legs included."""
        self.connections = 0
        """TCP connections so far."""

    def watch(self, canary: str) -> None:
        """Mark entries whose command line, stdin or environment holds this text. The text itself is never recorded."""
        with self._lock:
            self._canaries += (canary.encode(),)

    def next_message(self) -> int:
        """Count a message and give its number."""
        with self._lock:
            self.messages += 1
            return self.messages

    def count_request(self) -> None:
        """Count an HTTP request."""
        with self._lock:
            self.requests += 1

    def count_connection(self) -> None:
        """Count a TCP connection."""
        with self._lock:
            self.connections += 1

    def add(self, message: Message, status: int) -> None:
        """Keep what may be kept of a message; status 0 means that no answer left the host."""
        entry = Entry(
            message.number,
            message.action,
            message.shell,
            message.command_line,
            message.request.size,
            status,
            self._canary_place(message),
        )
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[Entry]:
        """Everything so far, in the order in which the answers left."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget the entries; the counters go on."""
        with self._lock:
            self._entries.clear()

    def _canary_place(self, message: Message) -> str:
        if not self._canaries:
            return ""
        payload = message.request.payload
        places = {"command": [message.command_line.encode()], "environment": [], "stdin": []}
        if payload is not None and message.action == "Create":
            places["environment"] = [
                (element.text or "").encode() for element in payload.iter(qualified("rsp", "Variable"))
            ]
        if payload is not None and message.action == "Send":
            places["stdin"] = [_decoded(element.text or "") for element in payload]
        for place, contents in places.items():
            if any(canary in content for canary in self._canaries for content in contents):
                return place
        return ""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""
