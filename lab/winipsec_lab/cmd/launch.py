r"""Finding and starting programs and batch files by name (spec: winrm 1.4, 4.3).

The quote rule of `cmd /c`: when the line starts with a quote, its quotes stay only if there are exactly two of them,
none of `&<>()@^|` and at least one blank between them, and what they enclose names a program. Otherwise, and always
with `/S`, the first and the last quote are dropped: `"C:\Program Files\a.exe" "x y"` breaks.
"""

from __future__ import annotations

import re

from winipsec_lab.cmd.shell import Shell
from winipsec_lab.machine.birth import program_of
from winipsec_lab.machine.process import Process
from winipsec_lab.programs import PROGRAMS

BATCH_SUFFIXES = (".BAT", ".CMD")
_SPECIAL = set("&<>()@^|")


def find_program(shell: Shell, name: str) -> str | None:
    """The file that a command name means: in the current directory, then along `PATH`, with the known suffixes."""
    files = shell.machine.files
    suffixes = (shell.variables.get("PATHEXT") or ".COM;.EXE;.BAT;.CMD").split(";")
    if "\\" in name or "/" in name or name[1:2] == ":":
        bases = [shell.path(name)]
    else:
        folders = [shell.directory, *(shell.variables.get("PATH") or "").split(";")]
        bases = [files.absolute(name, files.absolute(folder, shell.directory)) for folder in folders if folder]
    has_suffix = "." + name.rpartition(".")[2].upper() in [suffix.upper() for suffix in suffixes]
    for base in bases:
        candidates = [base] if has_suffix else []
        candidates += [base + suffix.lower() for suffix in suffixes if suffix]
        for candidate in candidates:
            if files.is_file(candidate):
                return files.spelling(candidate)
    return None


def unquoted(shell: Shell, text: str, *, strip: bool) -> str:
    """The command line behind `/C` after the quote rule."""
    line = text.lstrip(" \t,;=")
    if not line.startswith('"'):
        return line
    end = line.rfind('"')
    inner = line[1:end] if end else line[1:]
    exactly_two = line.count('"') == 2
    if (
        not strip
        and exactly_two
        and not _SPECIAL & set(inner)
        and re.search(r"\s", inner)
        and find_program(shell, inner)
    ):
        return line
    return line[1:end] + line[end + 1 :] if end else line[1:]


def is_batch(path: str) -> bool:
    """Whether a file is a batch file."""
    return path[-4:].upper() in BATCH_SUFFIXES


def start(shell: Shell, path: str, name: str, rest: str) -> int | None:
    """Run the program in a file to its end; its exit code, None when the file holds no program."""
    program = program_of(shell.machine.files.read(path))
    if program is None:
        return None
    process = Process(
        machine=shell.machine,
        command_line=name + rest,
        environment=shell.variables.for_programs(),
        directory=shell.directory,
        console=shell.console,
        user=shell.user,
        cancelled=shell.cancelled,
        stdin=shell.streams.stdin,
        write_out=shell.streams.out,
        write_err=shell.streams.err,
    )
    return PROGRAMS[program](process)
