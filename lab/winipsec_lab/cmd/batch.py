"""Batch files: reading them line by line, labels, `call`, arguments (spec: winrm 4.3, 4.5).

The interpreter keeps no copy of a batch file: it remembers how far it has read and opens the file again for each line.
A file that changes while it runs goes on at the same offset; one that is deleted ends with a message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from winipsec_lab.cmd.percent import Arguments, expand
from winipsec_lab.cmd.reader import DELIMITERS, SyntaxFaultError
from winipsec_lab.cmd.shell import Batch, EndBatchError, GotoError, Shell
from winipsec_lab.cmd.words import words
from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.process import codec

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter

_LABEL = re.compile(r"[\s,;=@]*:[\s,;=]*([^\s,;=:+&|<>]*)")
_END_OF_FILE = "\x1a"


class AbortBatchError(EndBatchError):
    """A line could not be parsed: all running batch files end."""


def run_file(interpreter: Interpreter, path: str, name: str, rest: str, *, called: bool) -> int:
    """Run a batch file; without `call`, a batch file that starts another one does not go on afterwards."""
    shell = interpreter.shell
    outer = shell.batch
    code = _run(interpreter, Batch(path, _arguments(shell, path, name, rest)))
    if outer is not None and not called:
        raise EndBatchError
    return code


def call_label(interpreter: Interpreter, label: str, rest: str) -> int:
    """`call :label`: run the lines behind a label as a subroutine."""
    shell = interpreter.shell
    if shell.batch is None:
        shell.complain("cmd.no_batch_label")
        return 1
    batch = Batch(shell.batch.path, _arguments(shell, shell.batch.path, label, rest), shell.batch.offset)
    if label.lower() == ":eof":
        return shell.error_level
    if not _jump(shell, batch, label):
        shell.complain("cmd.label_missing", label.lstrip(":"))
        shell.error_level = 1
        return 1
    return _run(interpreter, batch)


def _arguments(shell: Shell, path: str, name: str, rest: str) -> Arguments:
    values = [name, *words(rest)]

    def modify(value: str, letters: str) -> str:
        file = path if letters and value == name else value
        return modified(shell, file, letters)

    return Arguments(values, rest.lstrip(DELIMITERS), modify)


def _run(interpreter: Interpreter, batch: Batch) -> int:
    shell = interpreter.shell
    outer, shell.batch = shell.batch, batch
    try:
        _run_lines(interpreter, batch)
    except AbortBatchError:
        if outer is not None:
            raise
    except EndBatchError:
        pass
    finally:
        if batch.saved:
            shell.variables, shell.directory, shell.delayed = batch.saved[0]
        shell.batch = outer
        if outer is None:
            shell.echo = True
    return shell.error_level


def _run_lines(interpreter: Interpreter, batch: Batch) -> None:
    shell = interpreter.shell
    first = [""]

    def lines() -> str | None:
        line = _next_line(shell, batch)
        first[0] = first[0] or line or ""
        return line

    parser = interpreter.parser(lines)
    while True:
        shell.check_cancelled()
        first[0] = ""
        try:
            command = parser.parse()
        except EOFError:
            return
        except SyntaxFaultError as error:
            interpreter.syntax_error(error)
            raise AbortBatchError from None
        if command is None:
            continue
        text = first[0].lstrip(DELIMITERS)
        if shell.echo and not text.startswith("@"):
            shell.out(f"\n{shell.prompt()}{text.rstrip()} \n")
        try:
            interpreter.run(command)
        except GotoError as jump:
            if not _jump(shell, batch, jump.label):
                shell.complain("cmd.label_missing", jump.label)
                shell.error_level = 1
                return


def _contents(shell: Shell, batch: Batch) -> bytes:
    try:
        return shell.machine.files.read(batch.path)
    except FileError:
        shell.complain("cmd.batch_gone")
        shell.error_level = 1
        raise EndBatchError from None


def _decoded(shell: Shell, raw: bytes) -> str:
    in_oem = shell.machine.guesses["cmd.batch_code_page"] == "oem"
    page = shell.machine.oem_code_page if in_oem else shell.console.code_page
    return raw.decode(codec(page), "replace").replace("\r", "")


def _next_line(shell: Shell, batch: Batch) -> str | None:
    data = _contents(shell, batch)
    if batch.offset >= len(data):
        return None
    end = data.find(b"\n", batch.offset)
    end = len(data) if end < 0 else end
    line = _decoded(shell, data[batch.offset : end])
    batch.offset = end + 1
    if _END_OF_FILE in line:
        batch.offset = len(data)
        line = line.partition(_END_OF_FILE)[0]
    if _LABEL.match(line):
        return line
    line = expand(line, shell.lookup, batch.arguments)
    if len(line) > 8191:
        shell.complain("cmd.line_too_long")
        shell.error_level = 1
        raise AbortBatchError
    return line


def _jump(shell: Shell, batch: Batch, label: str) -> bool:
    """Go on behind a label: the next one in the file, else the first."""
    wanted = label.lstrip(":").lower()
    data = _contents(shell, batch)
    for start, end in ((batch.offset, len(data)), (0, batch.offset)):
        offset = start
        while offset < end:
            line_end = data.find(b"\n", offset)
            line_end = len(data) if line_end < 0 else line_end
            found = _LABEL.match(_decoded(shell, data[offset:line_end]))
            offset = line_end + 1
            if found and found.group(1).lower() == wanted:
                batch.offset = offset
                return True
    return False


def modified(shell: Shell, value: str, letters: str) -> str:
    """`%~letters1`: a value without its quotes, or parts of the path it names."""
    value = value.removeprefix('"')
    value = value.removesuffix('"')
    if not letters or not value:
        return value
    files = shell.machine.files
    path = files.spelling(files.absolute(value, shell.directory))
    folder, _, last = path.rpartition("\\")
    stem, dot, suffix = last.rpartition(".")
    stem, suffix = (stem, dot + suffix) if dot else (last, "")
    info = files.info(path) if files.exists(path) else None
    prefix = ""
    if "a" in letters and info:
        prefix += ("d" if info.folder else "-") + "".join(
            letter.lower() if letter in info.attributes else "-" for letter in "RAHS"
        )
        prefix += "------ "
    if "t" in letters and info:
        prefix += shell.machine.clock.at(info.changed).strftime(f"{shell.machine.language.date} %H:%M ")
    if "z" in letters and info:
        prefix += f"{info.size} "
    if "f" in letters or not set(letters) & set("dpnx"):
        return (prefix + path) if set(letters) & set("fs") else prefix.rstrip()
    parts = (("d", path[:2]), ("p", folder[2:] + "\\"), ("n", stem), ("x", suffix))
    return prefix + "".join(text for letter, text in parts if letter in letters)
