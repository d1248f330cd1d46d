"""Faults on demand: what goes wrong, at which message (for tests of clients).

The list is asked once per WS-Management message, before the engine sees it. A fault of kind `drop_before` and one of kind
`drop_after` look alike to the client, which is the point: a lost answer never tells whether the command ran.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from winipsec_lab.wire.envelope import Request

KINDS: Final = {
    "drop_before": "the connection closes, the message was never processed",
    "drop_after": "the message is processed, the connection closes instead of the answer",
    "reset": "the connection is reset (RST), the message was never processed",
    "reset_after": "the message is processed, then the connection is reset",
    "silence": "the message is lost and the connection stays open without an answer",
    "silence_after": "the message is processed, the answer is lost and the connection stays open",
    "duplicate": "the message is processed twice, the first answer is sent",
    "delay": "the answer comes `seconds` late",
    "truncate": "half of the answer is sent, then the connection closes",
    "status_400": "HTTP 400 without a body, and the connection's security context is lost",
    "status_401": "HTTP 401 with the authentication offers, and the connection's security context is lost",
    "status_500": "HTTP 500 without a SOAP body",
    "status_503": "HTTP 503 without a body",
    "quota_shells": "the fault 'too many shells' (2150859173)",
    "quota_operations": "the fault 'too many operations' (2150859174)",
    "operation_timeout": "the fault 'operation timed out' (2150858793), the message was never processed",
    "busy": "the fault ERROR_BUSY (170)",
    "access_denied": "the fault 'access denied' (5)",
    "shell_gone": "every shell of the host is gone, then the message is processed",
    "reboot": "the host reboots, the message was never processed",
    "reboot_after": "the message is processed, then the host reboots",
}


@dataclass(frozen=True)
class Message:
    """What a fault's condition sees of a message: nothing that could be secret."""

    number: int
    """Counted from the host's birth, the first message is 1."""
    action: str
    """`Create`, `Command`, `Send`, `Receive`, `Signal`, `Delete`, `Get` or `Identify`."""
    shell: str
    command_line: str
    request: Request


@dataclass(frozen=True)
class Fault:
    """One fault.

    Args:
        kind: A key of `KINDS`.
        when: A number counts messages from now (1 is the next one); a text is an action such as `"Receive"`; a
            function decides by itself.
        times: How many messages it hits.
        seconds: How long `delay` waits.

    Raises:
        ValueError: Unknown kind, or a number below 1.
    """

    kind: str
    when: int | str | Callable[[Message], bool] = 1
    times: int = 1
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")
        if isinstance(self.when, int) and self.when < 1:
            raise ValueError(f"the next message is number 1, not {self.when}")
        if self.times < 1:
            raise ValueError(f"a fault that happens {self.times} times is none")


class Faults:
    """The faults waiting on one host."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, int, int]] = []  # fault, message number it was added at, hits so far
        self._number = 0

    def add(self, fault: Fault) -> None:
        """Let a fault happen; several wait side by side, the one added first wins."""
        with self._lock:
            self._waiting.append((fault, self._number, 0))

    def clear(self) -> None:
        """Forget every fault that has not happened yet."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """The faults that have not happened yet, as they would be added now: what remains of `when` and `times`."""
        with self._lock:
            return [
                replace(
                    fault,
                    when=max(fault.when - self._number + born, 1) if isinstance(fault.when, int) else fault.when,
                    times=fault.times - hits,
                )
                for fault, born, hits in self._waiting
            ]

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, message: Message) -> Fault | None:
        """The fault that hits this message, if any."""
        with self._lock:
            self._number = message.number
            for index, (fault, born, hits) in enumerate(self._waiting):
                if _hits(fault, message, message.number - born):
                    if hits + 1 >= fault.times:
                        del self._waiting[index]
                    else:
                        self._waiting[index] = (fault, born, hits + 1)
                    return fault
        return None


def _hits(fault: Fault, message: Message, distance: int) -> bool:
    if isinstance(fault.when, int):
        return distance >= fault.when
    if isinstance(fault.when, str):
        return fault.when.lower() == message.action.lower()
    return fault.when(message)
