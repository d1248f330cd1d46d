"""The state of one command interpreter: variables, directory, streams, batch files, error level."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from winipsec_lab.cmd.percent import Arguments
from winipsec_lab.cmd.variables import Variables
from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.process import CancelledError, Console, Process, StandardInput, codec

Sink = Callable[[bytes], object]


@dataclass(frozen=True)
class Streams:
    """Where a command reads and writes.

    Attributes:
        stdin: handle 0.
        out: handle 1.
        err: handle 2.
        to_file: whether handle 1 is a file.
    """

    stdin: StandardInput
    out: Sink
    err: Sink
    to_file: bool = False


@dataclass
class Batch:
    """A batch file that is running, or a `call :label` in it.

    Attributes:
        path: the file.
        arguments: `%0` and on, `%*`.
        offset: where in the file the next line starts.
        saved: environments that `setlocal` has put aside.
    """

    path: str
    arguments: Arguments
    offset: int = 0
    saved: list[tuple[Variables, str, bool]] = field(default_factory=list)


class ExitShellError(Exception):
    """`exit`: the interpreter ends."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class EndBatchError(Exception):
    """`exit /b`, `goto :eof`, or another batch file took over: this batch file or subroutine ends."""


class GotoError(Exception):
    """`goto`: the batch file goes on behind a label."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class Shell:
    """One interpreter.

    Attributes:
        machine, console, user, cancelled: as in `Process`.
        variables: the environment.
        directory: the current directory.
        streams: of the command that runs now.
        error_level: what `%errorlevel%` gives.
        loop: values of the variables of `for` loops by letter.
        delayed: whether `!NAME!` expands.
        echo: whether batch files show their commands.
        batch: the running batch file, innermost.
        folders: directories that `pushd` has put aside.
        unknown_program: whether the error level stems from a program that was not found.
        line: what `%CMDCMDLINE%` gives.
    """

    def __init__(self, process: Process) -> None:
        self.machine: Machine = process.machine
        self.console: Console = process.console
        self.user: str = process.user
        self.cancelled: threading.Event = process.cancelled
        self.variables = Variables(process.environment)
        self.directory = process.directory
        self.streams = Streams(process.stdin, process.write_out, process.write_err)
        self.error_level = 0
        self.loop: dict[str, str] = {}
        self.delayed = False
        self.echo = True
        self.batch: Batch | None = None
        self.folders: list[str] = []
        self.unknown_program = False
        self.line = process.command_line

    def child(self, streams: Streams) -> Shell:
        """The interpreter that runs one side of a pipe or the command of `for /f`: a copy that changes nothing here."""
        child = object.__new__(Shell)
        child.__dict__.update(self.__dict__)
        child.variables = self.variables.copy()
        child.loop = dict(self.loop)
        child.folders = list(self.folders)
        child.batch = replace(self.batch, saved=list(self.batch.saved)) if self.batch else None
        child.streams = streams
        child.delayed = False
        return child

    # ------------------------------------------------------------------ text

    def _encoded(self, text: str) -> bytes:
        to_ansi = self.streams.to_file and self.machine.guesses["cmd.file_code_page"] == "ansi"
        page = self.machine.ansi_code_page if to_ansi else self.console.code_page
        return text.replace("\r\n", "\n").replace("\n", "\r\n").encode(codec(page), "replace")

    def out(self, text: str) -> None:
        """Write text to the command's standard output."""
        self.streams.out(self._encoded(text))

    def err(self, text: str) -> None:
        """Write text to the command's standard error."""
        self.streams.err(self._encoded(text))

    def say(self, key: str, *inserts: object) -> None:
        """Write a message in the machine's language to standard output."""
        self.out(self.machine.text(key, *inserts))

    def complain(self, key: str, *inserts: object) -> None:
        """Write a message in the machine's language to standard error."""
        self.err(self.machine.text(key, *inserts))

    def system_error(self, code: int) -> None:
        """Write the system's message of an error number to standard error."""
        self.err(self.machine.text(f"win32.{code}") + "\n")

    @contextmanager
    def using(self, streams: Streams) -> Iterator[None]:
        """Run commands with other streams."""
        before, self.streams = self.streams, streams
        try:
            yield
        finally:
            self.streams = before

    # ------------------------------------------------------------------ variables and paths

    def lookup(self, name: str) -> str | None:
        """The value of a variable, those that the interpreter computes included."""
        value = self.variables.get(name)
        return value if value is not None else self.variables.computed(name, self)

    def path(self, name: str) -> str:
        """The absolute form of a path as written in a command, quotes dropped."""
        return self.machine.files.absolute(name.replace('"', ""), self.directory)

    def prompt(self) -> str:
        """The prompt that `PROMPT` asks for."""
        letters = {"P": self.directory, "G": ">", "L": "<", "B": "|", "_": "\n", "S": " ", "$": "$", "N": "C", "Q": "="}
        text, out, index = self.variables.get("PROMPT") or "$P$G", "", 0
        while index < len(text):
            if text[index] == "$":
                index += 1
                out += letters.get(text[index : index + 1].upper(), "")
            else:
                out += text[index]
            index += 1
        return out

    def check_cancelled(self) -> None:
        """Raise `CancelledError` when the process has to end."""
        if self.cancelled.is_set():
            raise CancelledError

    def change_directory(self, path: str) -> int:
        """Make a folder the current directory; the Win32 error number, 0 when done."""
        files = self.machine.files
        if path[:2].upper() != "C:":
            return 15
        if not files.is_folder(path):
            return 267 if files.is_file(path) else 3
        self.directory = files.spelling(path)
        return 0

    def file_error(self, error: FileError) -> int:
        """Report a failed file operation; 1 for the caller to return."""
        self.system_error(error.code)
        return 1
