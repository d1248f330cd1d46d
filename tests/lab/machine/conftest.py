"""A machine, and what somebody at its console sees."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field

import pytest
from winipsec_lab.machine.machine import Machine
from winipsec_lab.programs import PROGRAMS

HOME = r"C:\Users\Administrator"


@dataclass
class Desk:
    """Somebody at the console of a machine.

    Attributes:
        machine: the machine.
        arguments: what the recording program was called with, call by call.
        lines: its command lines.
    """

    machine: Machine
    arguments: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def run(self, line, stdin=b"", *, code_page=65001, redirected=True):
        """Exit code, standard output and standard error as bytes."""
        out, err = io.BytesIO(), io.BytesIO()
        code = self.machine.start_process(
            line,
            stdin=io.BytesIO(stdin),
            stdout=out.write,
            stderr=err.write,
            environment={},
            directory="",
            code_page=code_page,
            user=self.machine.users[0],
            cancelled=threading.Event(),
            redirected=redirected,
        )
        return code, out.getvalue(), err.getvalue()

    def out(self, line, stdin=b""):
        """Standard output as text."""
        return self.run(line, stdin)[1].decode()

    def code(self, line, stdin=b""):
        """The exit code."""
        return self.run(line, stdin)[0]

    def batch(self, text, arguments="", name="t.cmd"):
        """Run a batch file with the given text."""
        folder = rf"C:\Users\{self.machine.users[0]}"
        self.machine.files.write(rf"{folder}\{name}", text.replace("\n", "\r\n").encode())
        return self.run(f"{name} {arguments}".rstrip())

    def record(self, process):
        """The program `netsh` of these tests: notes its arguments; `--fail` makes it fail with 3."""
        self.arguments.append(process.argv[1:])
        self.lines.append(process.command_line)
        return 3 if "--fail" in process.argv else 0


@pytest.fixture
def machine():
    """A fresh American machine."""
    return Machine("web1", addresses=("10.77.0.1", "2001:db8::1"))


@pytest.fixture
def desk(machine, monkeypatch):
    """The console of that machine, with `netsh` replaced by a program that records its arguments."""
    found = Desk(machine)
    monkeypatch.setitem(PROGRAMS, "netsh", found.record)
    return found


@pytest.fixture
def desk_in(monkeypatch):
    """The console of a machine in another language."""

    def make(locale):
        found = Desk(Machine("web1", locale=locale))
        monkeypatch.setitem(PROGRAMS, "netsh", found.record)
        return found

    return make
