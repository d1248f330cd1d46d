"""Builtins about variables: `set`, `setlocal`, `endlocal`, `path`, `prompt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from winipsec_lab.cmd.builtins.arithmetic import ArithmeticFault, evaluate
from winipsec_lab.cmd.words import words
from winipsec_lab.machine.process import codec

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter

#: Codes of `set /a` errors (spec: none; the documented values of cmd).
_MISSING_OPERAND = 1073750988


def _unquoted(text: str) -> str:
    """The text up to its last quote when it starts with one: what stands behind that quote is dropped."""
    if not text.startswith('"'):
        return text
    end = text.rfind('"')
    return text[1:end] if end > 0 else text[1:]


def assign(interpreter: Interpreter, rest: str) -> int:
    """`set`, `set prefix`, `set NAME=value`, `set "NAME=value"`, `set /a expression`, `set /p NAME=prompt`."""
    shell = interpreter.shell
    text = rest.lstrip(" \t,;")
    if text[:2].lower() == "/a":
        return _arithmetic(interpreter, text[2:].replace('"', ""))
    if text[:2].lower() == "/p":
        return _ask(interpreter, text[2:].lstrip())
    text = _unquoted(text)
    name, equals, value = text.partition("=")
    if equals and name:
        defined = shell.variables.get(name) is not None
        shell.variables.set(name, value)
        return 0 if value or defined else 1
    if equals:
        shell.complain("cmd.syntax")
        return 1
    prefix = text.strip().upper()
    shown = [f"{key}={value}\n" for key, value in shell.variables.all().items() if key.upper().startswith(prefix)]
    shell.out("".join(shown))
    if not shown:
        shell.complain("cmd.variable_missing", text.strip())
    return int(not shown)


def _ask(interpreter: Interpreter, text: str) -> int:
    shell = interpreter.shell
    name, _, prompt_text = _unquoted(text).partition("=")
    shell.out(_unquoted(prompt_text.lstrip()))
    line = shell.streams.stdin.readline()
    value = line.decode(codec(shell.console.code_page), "replace").rstrip("\r\n")
    if value:
        shell.variables.set(name, value)
    return int(not value)


def _arithmetic(interpreter: Interpreter, text: str) -> int:
    shell = interpreter.shell
    try:
        value = evaluate(text.strip(), lambda name: shell.variables.get(name) or "0", shell.variables.set)
    except ArithmeticFault as fault:
        shell.complain(fault.key)
        return _MISSING_OPERAND
    if shell.batch is None:
        shell.out(str(value))
    return 0


def set_local(interpreter: Interpreter, rest: str) -> int:
    """`setlocal [enabledelayedexpansion]`: what follows in the batch file can be undone."""
    shell = interpreter.shell
    if shell.batch is None:
        return 0
    shell.batch.saved.append((shell.variables.copy(), shell.directory, shell.delayed))
    code = 0
    for word in words(rest):
        setting = word.lower()
        if setting in ("enabledelayedexpansion", "disabledelayedexpansion"):
            shell.delayed = setting.startswith("enable")
        elif setting not in ("enableextensions", "disableextensions"):
            code = 1
    return code


def end_local(interpreter: Interpreter, _rest: str) -> int:
    """`endlocal`: back to the variables, directory and expansion before `setlocal`."""
    shell = interpreter.shell
    if shell.batch and shell.batch.saved:
        shell.variables, shell.directory, shell.delayed = shell.batch.saved.pop()
    return 0


def path(interpreter: Interpreter, rest: str) -> int:
    """`path` shows, `path value` sets, `path ;` empties the search path."""
    shell = interpreter.shell
    text = rest.lstrip(" \t=")
    if text:
        shell.variables.set("PATH", "" if text.strip() == ";" else text)
    else:
        shell.out(f"PATH={shell.variables.get('PATH') or ''}\n")
    return 0


def prompt(interpreter: Interpreter, rest: str) -> int:
    """`prompt text`."""
    interpreter.shell.variables.set("PROMPT", rest.lstrip(" \t="))
    return 0
