"""`cmd.exe` itself: its switches, and commands on standard input (spec: winrm 4.3 no. 1, 4.5)."""

from __future__ import annotations

import re
from collections.abc import Callable

from winipsec_lab.cmd.builtins.console import VERSIONS
from winipsec_lab.cmd.interpreter import Interpreter
from winipsec_lab.cmd.launch import unquoted
from winipsec_lab.cmd.percent import expand
from winipsec_lab.cmd.reader import SyntaxFaultError
from winipsec_lab.cmd.shell import EndBatchError, ExitShellError, GotoError, Shell
from winipsec_lab.machine.process import Process

_SWITCH = re.compile(r"\s*/([a-z])(:on|:off)?(:[0-9a-f]{1,2})?", re.IGNORECASE)
_NAME = re.compile(r'\s*("[^"]*"?|[^\s"/]+)*')


def run(process: Process) -> int:
    """`cmd [/d] [/s] [/v:on] [/q] /c line`, or commands read from standard input."""
    shell = Shell(process)
    name = _NAME.match(process.command_line)
    text = process.command_line[name.end() if name else 0 :]
    strip = False
    while found := _SWITCH.match(text):
        letter, setting = found.group(1).lower(), (found.group(2) or "").lower()
        text = text[found.end() :]
        if letter in "ckr":
            line = unquoted(shell, text, strip=strip)
            code = Interpreter(shell).run_line(line)
            return _converse(shell) if letter == "k" else code
        if letter == "s":
            strip = True
        elif letter == "v":
            shell.delayed = setting != ":off"
        elif letter == "q":
            shell.echo = False
    return _converse(shell, banner=True)


def _converse(shell: Shell, *, banner: bool = False) -> int:
    """Read commands from standard input until it ends; they are shown with the prompt as they are read."""
    if banner:
        shell.say("cmd.banner", VERSIONS[shell.machine.generation])
    interpreter = Interpreter(shell)
    while True:
        shell.check_cancelled()
        if shell.echo:
            shell.out(f"\n{shell.prompt()}")
        try:
            command = interpreter.parser(_input_lines(shell)).parse()
            if command:
                interpreter.run(command)
        except EOFError:
            return shell.error_level
        except SyntaxFaultError as error:
            interpreter.syntax_error(error)
        except ExitShellError as ending:
            return ending.code
        except (EndBatchError, GotoError):
            pass


def _input_lines(shell: Shell) -> Callable[[], str | None]:
    def lines() -> str | None:
        raw = shell.streams.stdin.readline()
        if not raw:
            return None
        # Under UTF-8 every byte of a character outside ASCII is lost.
        encoding = "ascii" if shell.console.code_page == 65001 else f"cp{shell.console.code_page}"
        line = raw.decode(encoding, "replace").rstrip("\r\n")
        if shell.echo:
            shell.out(line + "\n")
        return expand(line, shell.lookup, None)

    return lines
