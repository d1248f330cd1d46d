"""What a simulated program sees: its command line, its streams, its environment and the machine it runs on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from winipsec_lab.machine.arguments import split_arguments

if TYPE_CHECKING:
    from winipsec_lab.machine.machine import Machine

#: The exit code of a process that ctrl-c has ended (STATUS_CONTROL_C_EXIT as a signed number).
CONTROL_C_EXIT = -1073741510


class Readable(Protocol):
    """The reading end of a stream of bytes."""

    def read(self, n: int = -1, /) -> bytes:
        """At most `n` bytes, all that follows when `n` is negative; `b""` at the end."""
        ...


class CancelledError(Exception):
    """The process was told to end (ctrl-c, terminate, or its shell was closed)."""


class StandardInput:
    """Standard input of a process: bytes or lines, each byte delivered once.

    Attributes:
        redirected: True when it is a pipe or a file and not a console.
    """

    def __init__(self, source: Readable, *, redirected: bool = True) -> None:
        self.redirected = redirected
        self._source = source
        self._rest = b""

    def read(self, n: int = -1, /) -> bytes:
        """At most `n` bytes, all that follows when `n` is negative; `b""` at the end."""
        if n < 0:
            chunks = [self._rest]
            self._rest = b""
            while chunk := self._source.read(65536):
                chunks.append(chunk)
            return b"".join(chunks)
        if self._rest:
            out, self._rest = self._rest[:n], self._rest[n:]
            return out
        return self._source.read(n)

    def readline(self) -> bytes:
        """The next line with its line end, `b""` at the end."""
        while b"\n" not in self._rest:
            chunk = self._source.read(65536)
            if not chunk:
                break
            self._rest += chunk
        line, newline, rest = self._rest.partition(b"\n")
        self._rest = rest
        return line + newline

    def lines(self) -> Iterator[bytes]:
        """All lines that follow, with their line ends."""
        while line := self.readline():
            yield line


class Console:
    """What all processes started together share: the code page that `chcp` sets.

    Attributes:
        code_page: number of the console's output code page.
    """

    def __init__(self, code_page: int) -> None:
        self.code_page = code_page


def codec(code_page: int) -> str:
    """The Python codec of a Windows code page."""
    return {65001: "utf-8", 20127: "ascii", 28591: "latin-1", 1200: "utf-16-le"}.get(code_page, f"cp{code_page}")


@dataclass
class Process:
    r"""One running program.

    Attributes:
        machine: where it runs.
        command_line: the string CreateProcess got, program name included.
        environment: variables by upper-case name.
        directory: the current directory, `C:\...`.
        console: shared with all processes that were started together.
        user: account name, such as `Administrator`.
        cancelled: set when the process has to end.
        stdin: standard input.
        write_out, write_err: take bytes for the standard outputs.
        encoding: code page number for `out` and `err`; None means that of the console.
    """

    machine: Machine
    command_line: str
    environment: dict[str, str]
    directory: str
    console: Console
    user: str
    cancelled: threading.Event
    stdin: StandardInput
    write_out: Callable[[bytes], object]
    write_err: Callable[[bytes], object]
    encoding: int | None = None
    argv: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.argv = split_arguments(self.command_line)

    @property
    def code_page(self) -> int:
        """The code page in which this process writes text."""
        return self.console.code_page if self.encoding is None else self.encoding

    def out(self, text: str) -> None:
        r"""Write text to standard output; `\n` becomes CRLF, characters outside the code page become `?`."""
        self.write_out(self._encoded(text))

    def err(self, text: str) -> None:
        """Write text to standard error, as `out`."""
        self.write_err(self._encoded(text))

    def out_bytes(self, data: bytes) -> None:
        """Write bytes to standard output as they are."""
        self.write_out(data)

    def say(self, key: str, *inserts: object) -> None:
        """Write a message in the machine's language to standard output, see `Machine.text`."""
        self.out(self.machine.text(key, *inserts))

    def complain(self, key: str, *inserts: object) -> None:
        """Write a message in the machine's language to standard error, see `Machine.text`."""
        self.err(self.machine.text(key, *inserts))

    def check_cancelled(self) -> None:
        """Raise `CancelledError` when the process has to end."""
        if self.cancelled.is_set():
            raise CancelledError

    def sleep(self, seconds: float) -> None:
        """Let time pass on the machine's clock (hardly any real time); `CancelledError` when told to end meanwhile."""
        if not self.machine.clock.sleep(seconds, self.cancelled):
            raise CancelledError

    def _encoded(self, text: str) -> bytes:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
        return text.encode(codec(self.code_page), "replace")
