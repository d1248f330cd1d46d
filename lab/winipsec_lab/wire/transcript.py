"""What was said on the wire, without what must not be kept: sizes and command lines, never stdin or environment."""

from __future__ import annotations

import threading
from typing import NamedTuple


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
        self._entries: list[Entry] = []
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

    def seen(self, data: bytes) -> bool:
        """Whether a watched text is in the data."""
        return any(canary in data for canary in self._canaries)

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

    def add(self, entry: Entry) -> None:
        """Keep an entry."""
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
