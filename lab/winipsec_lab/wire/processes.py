"""A command running in a remote shell: its streams, its thread, its end (spec: winrm 1.4 to 1.7).

Output is handed out in pieces that fit the client's envelope. A Receive waits a moment for a process that is just about
to end, so that a short command comes back complete in one answer, as real hosts do.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from winipsec_lab.wire.envelope import new_id

_LOGGER = logging.getLogger(__name__)

CONTROL_C_EXIT: Final = 0xC000013A
"""Exit code of a process ended by ctrl_c (spec: winrm 1.7)."""
_QUIET_SECONDS: Final = 0.25
_GATHER_SECONDS: Final = 1.0
_KILL_SECONDS: Final = 2.0


class StandardInput:
    """What the program reads: a pipe, or a console that never ends (spec: winrm 1.4, WINRS_CONSOLEMODE_STDIN).

    Args:
        console: Console mode: `End` is no end of file, and bytes pass through the code pages.
        ansi: Codec of the host's ANSI page, in which console input arrives.
        console_page: Codec in which the program reads its console.
    """

    def __init__(self, *, console: bool, ansi: str = "cp1252", console_page: str = "cp437") -> None:
        self._console = console
        self._ansi = ansi
        self._console_page = console_page
        self._changed = threading.Condition()
        self._data = bytearray()
        self._ended = False

    def feed(self, data: bytes, *, end: bool) -> None:
        """Add input from the client; what comes after its end is lost."""
        if self._console:
            data = data.decode(self._ansi, "replace").encode(self._console_page, "replace")
        with self._changed:
            if self._ended:
                return
            self._data += data
            self._ended = self._ended or (end and not self._console)
            self._changed.notify_all()

    def close(self) -> None:
        """End of file, in every mode: the process is being killed."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def read(self, n: int = -1) -> bytes:
        """Up to `n` bytes as soon as there are any, everything up to the end for -1; empty at the end of file."""
        with self._changed:
            while not self._ended and (n < 0 or not self._data):
                self._changed.wait()
            size = len(self._data) if n < 0 else n
            taken = bytes(self._data[:size])
            del self._data[:size]
            return taken


class Start(Protocol):
    """How a shell starts a process: everything but the streams is bound already."""

    def __call__(
        self,
        *,
        stdin: StandardInput,
        stdout: Callable[[bytes], None],
        stderr: Callable[[bytes], None],
        cancelled: threading.Event,
    ) -> int:
        """Run to the end and give the exit code."""
        ...


@dataclass(frozen=True)
class Output:
    """The content of one Receive answer."""

    pieces: tuple[tuple[str, bytes], ...]
    """(stream name, bytes) in the order in which the program wrote."""
    exit_code: int | None
    """Unsigned, once everything has been handed out; None while the command runs."""


class AbortedError(Exception):
    """The command was torn down while somebody waited for its output."""


class Command:
    """One command of a shell."""

    def __init__(
        self,
        start: Start,
        stdin: StandardInput,
        *,
        command_id: str = "",
        delay: float = 0.0,
    ) -> None:
        self.id = command_id or new_id()
        self.stdin = stdin
        self.sends = 0
        self.started = time.monotonic()
        self.cancelled = threading.Event()
        self.last_receive: tuple[str, Output] | None = None
        self._start = start
        self._delay = delay
        self._changed = threading.Condition()
        self._pieces: deque[tuple[str, bytes]] = deque()
        self._buffered = 0
        self._exit_code: int | None = None
        self._interrupted = False
        self._torn_down = False
        self._thread = threading.Thread(target=self._run, name=f"command-{self.id[:8]}", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the process still runs."""
        return self._exit_code is None

    def receive(self, timeout: float, limit: int) -> Output | None:
        """Wait for output or the end.

        Args:
            timeout: Seconds to wait at most.
            limit: How many raw bytes fit the answer.

        Returns:
            None when nothing happened in time.

        Raises:
            AbortedError: The command was terminated meanwhile.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            if not self._wait(lambda: self._buffered > 0, deadline):
                return None
            self._gather(limit, min(deadline, time.monotonic() + _GATHER_SECONDS))
            if self._torn_down:
                raise AbortedError
            pieces = self._take(limit)
            return Output(pieces, None if self._buffered else self._exit_code)

    def interrupt(self) -> None:
        """ctrl_c: end the process, keep the command."""
        with self._changed:
            self._interrupted = self.running
        self._kill(CONTROL_C_EXIT)

    def terminate(self) -> None:
        """End the process and whoever waits for its output."""
        with self._changed:
            self._torn_down = True
            self._changed.notify_all()
        self._kill(1)

    def _kill(self, exit_code: int) -> None:
        """End the process. A program that does not look at `cancelled` loses its exit code and its further output."""
        self.cancelled.set()
        self.stdin.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(_KILL_SECONDS)
        with self._changed:
            if self._exit_code is None:
                self._exit_code = exit_code
            self._changed.notify_all()

    def _wait(self, ready: Callable[[], bool], deadline: float) -> bool:
        """Wait until `ready`, the end or the deadline; whether it was not the deadline."""
        while not (ready() or not self.running or self._torn_down):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            self._changed.wait(remaining)
        return True

    def _gather(self, limit: int, deadline: float) -> None:
        """Let output collect while it flows: until the answer is full, the end, a quiet moment or the deadline."""
        while self.running and not self._torn_down and self._buffered < limit:
            before = self._buffered
            quiet = min(deadline, time.monotonic() + _QUIET_SECONDS)
            if not self._wait(lambda: self._buffered != before, quiet):  # noqa: B023 - called at once
                return

    def _take(self, limit: int) -> tuple[tuple[str, bytes], ...]:
        taken: list[tuple[str, list[bytes]]] = []
        room = limit
        while self._pieces and room > 0:
            stream, data = self._pieces.popleft()
            if len(data) > room:
                self._pieces.appendleft((stream, data[room:]))
                data = data[:room]
            room -= len(data)
            if taken and taken[-1][0] == stream:
                taken[-1][1].append(data)
            else:
                taken.append((stream, [data]))
        self._buffered -= limit - room
        return tuple((stream, b"".join(parts)) for stream, parts in taken)

    def _write(self, stream: str, data: bytes) -> None:
        with self._changed:
            if not data or not self.running:
                return
            self._pieces.append((stream, data))
            self._buffered += len(data)
            self._changed.notify_all()

    def _run(self) -> None:
        exit_code = 1
        try:
            if self._delay:
                self.cancelled.wait(self._delay)
            if not self.cancelled.is_set():
                exit_code = self._start(
                    stdin=self.stdin,
                    stdout=lambda data: self._write("stdout", data),
                    stderr=lambda data: self._write("stderr", data),
                    cancelled=self.cancelled,
                )
        except Exception:
            _LOGGER.exception("the simulated program crashed")
            self._write("stderr", b"The simulated program crashed; see the log of the lab.\r\n")
            exit_code = 0xC0000005
        finally:
            with self._changed:
                if self._exit_code is None:
                    self._exit_code = CONTROL_C_EXIT if self._interrupted else exit_code & 0xFFFFFFFF
                self._changed.notify_all()
