"""Builtins that decide what runs next: `call`, `goto`, `exit`, `shift`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from winipsec_lab.cmd import batch
from winipsec_lab.cmd.percent import expand
from winipsec_lab.cmd.reader import DELIMITERS
from winipsec_lab.cmd.shell import EndBatchError, ExitShellError, GotoError
from winipsec_lab.cmd.words import after_name

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter

_NUMBER = re.compile(r"[+-]?\d+")
_QUOTED = re.compile(r'"[^"]*"?')


def call(interpreter: Interpreter, rest: str) -> int:
    """`call :label` or `call command`: percent signs are expanded once more, carets in quotes are doubled."""
    shell = interpreter.shell
    text = _QUOTED.sub(lambda found: found.group().replace("^", "^^"), rest)
    text = expand(text, shell.lookup, shell.batch.arguments if shell.batch else None)
    name, rest = after_name(text)
    if name.startswith(":"):
        return batch.call_label(interpreter, name, rest)
    if not name:
        return shell.error_level
    return interpreter.simple(name, rest, called=True)


def goto(interpreter: Interpreter, rest: str) -> int:
    """`goto label`; `goto :eof` ends the batch file or subroutine."""
    label = re.split(r"[\s,;=+&|<>]", rest.lstrip(DELIMITERS))[0]
    if interpreter.shell.batch is None:
        return 1
    if label.lower() == ":eof":
        raise EndBatchError
    raise GotoError(label.lstrip(":"))


def leave(interpreter: Interpreter, rest: str) -> int:
    """`exit [/b] [code]`: leaves the interpreter, with `/b` only the batch file or subroutine."""
    shell = interpreter.shell
    text = rest.strip().lower()
    only_batch = text.startswith("/b")
    found = _NUMBER.search(text)
    code = int(found.group()) if found else shell.error_level
    if only_batch and shell.batch is not None:
        shell.error_level, shell.unknown_program = code, False
        raise EndBatchError
    raise ExitShellError(code)


def shift(interpreter: Interpreter, rest: str) -> int:
    """`shift [/n]`: arguments move down by one."""
    shell = interpreter.shell
    if shell.batch:
        found = re.search(r"/(\d)", rest)
        start = int(found.group(1)) if found else 0
        values = shell.batch.arguments.values
        shell.batch.arguments = shell.batch.arguments._replace(values=values[:start] + values[start + 1 :])
    return 0
