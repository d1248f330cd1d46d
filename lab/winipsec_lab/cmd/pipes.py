"""Pipes between commands and redirections to files (spec: winrm 4.3)."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable

from winipsec_lab.cmd.shell import Shell, Sink, Streams
from winipsec_lab.cmd.tree import Redirection
from winipsec_lab.machine.files import FileError, is_device
from winipsec_lab.machine.process import CancelledError, StandardInput


class Pipe:
    """A queue of bytes from one command to the next.

    Args:
        cancelled: whoever waits gives up when it is set.
    """

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled
        self._data = bytearray()
        self._changed = threading.Condition()
        self._written = False
        self._broken = False

    def write(self, data: bytes) -> None:
        """Add bytes; they vanish when the reader has gone."""
        with self._changed:
            if not self._broken:
                self._data += data
                self._changed.notify_all()

    def close_writer(self) -> None:
        """Say that nothing more will come."""
        with self._changed:
            self._written = True
            self._changed.notify_all()

    def close_reader(self) -> None:
        """Say that nobody reads any more."""
        with self._changed:
            self._broken = True
            self._data.clear()

    def read(self, n: int = -1, /) -> bytes:
        """At most `n` bytes as soon as there are any, `b""` at the end."""
        with self._changed:
            while not self._data and not self._written:
                if self._cancelled.is_set():
                    raise CancelledError
                self._changed.wait(0.05)
            count = len(self._data) if n < 0 else n
            out = bytes(self._data[:count])
            del self._data[:count]
            return out


class RedirectionError(Exception):
    """A redirection failed.

    Attributes:
        code: Win32 error number.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def redirected(shell: Shell, redirections: Iterable[Redirection], expand: Callable[[str], str]) -> Streams:
    """The streams of a command after its redirections, applied from left to right.

    Raises:
        RedirectionError: a file is missing or cannot be written.
    """
    streams = shell.streams
    stdin = streams.stdin
    sinks: dict[int, tuple[Sink, bool]] = {1: (streams.out, streams.to_file), 2: (streams.err, streams.to_file)}
    for item in redirections:
        if item.kind == "&":
            number = int(item.target)
            if item.handle and number in sinks:
                sinks[item.handle] = sinks[number]
            continue
        path = shell.path(expand(item.target))
        if item.kind == "<":
            stdin = StandardInput(io.BytesIO(_contents(shell, path)))
        else:
            sinks[item.handle] = _sink(shell, path, append=item.kind == ">>", console=sinks[1])
    out, to_file = sinks[1]
    return Streams(stdin, out, sinks[2][0], to_file)


def _contents(shell: Shell, path: str) -> bytes:
    if is_device(path):
        return b""
    try:
        return shell.machine.files.read(path)
    except FileError as error:
        raise RedirectionError(error.code) from None


def _sink(shell: Shell, path: str, *, append: bool, console: tuple[Sink, bool]) -> tuple[Sink, bool]:
    if is_device(path):
        return console if path.lower().endswith("con") else (len, False)
    files = shell.machine.files
    try:
        if append:
            files.append(path, b"")
        else:
            files.write(path)
    except FileError as error:
        raise RedirectionError(error.code) from None
    return (lambda data: files.append(path, data)), True
