"""Running parsed commands (spec: winrm 4.3).

`run` gives the return code that `&&` and `||` look at. The error level is another thing: builtins differ in whether
they set it (see `builtins.BUILTINS`), and `||` sets it to the code of the command that failed.
"""

from __future__ import annotations

import re
import threading
from typing import Any

from winipsec_lab.cmd import batch, loops
from winipsec_lab.cmd.builtins import BUILTINS, Effect
from winipsec_lab.cmd.launch import find_program, is_batch, start
from winipsec_lab.cmd.parser import Parser
from winipsec_lab.cmd.percent import delayed, expand
from winipsec_lab.cmd.pipes import Pipe, RedirectionError, redirected
from winipsec_lab.cmd.reader import Lines, SyntaxFaultError
from winipsec_lab.cmd.shell import EndBatchError, ExitShellError, GotoError, Shell, Streams
from winipsec_lab.cmd.tree import Block, Chain, Command, Condition, For, If, Simple
from winipsec_lab.cmd.words import after_name, whole_number
from winipsec_lab.machine.process import CancelledError, StandardInput

#: Characters a line may have, before and after the percent phase (spec: winrm 4.2).
LINE_LIMIT = 8191

_UNKNOWN_PROGRAM = 9009
_PROGRAM_SUFFIX = re.compile(r"\.(exe|com|bat|cmd)$", re.IGNORECASE)
_NAME_ENDS = re.compile(r"[./\\:+\[\]()]")
_DRIVE = re.compile(r"[A-Za-z]:")


class Interpreter:
    """Runs commands in a shell.

    Attributes:
        shell: the state it works on.
    """

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    # ------------------------------------------------------------------ lines

    def run_line(self, line: str) -> int:
        """Run a command line to its end; the exit code of `cmd /c`. A line break ends the command."""
        shell = self.shell
        line = line.partition("\n")[0].replace("\r", "")
        rescan = shell.machine.guesses["cmd.percent_rescan"] == "rescan"
        expanded = expand(line, shell.lookup, None, rescan=rescan)
        if max(len(line), len(expanded)) > LINE_LIMIT:
            shell.complain("cmd.line_too_long")
            return 1
        lines = iter([expanded])
        try:
            command = self.parser(lambda: next(lines, None)).parse()
            code = self.run(command) if command else 0
        except SyntaxFaultError as error:
            return self.syntax_error(error)
        except ExitShellError as ending:
            return ending.code
        except EndBatchError:
            return shell.error_level
        except GotoError as jump:
            shell.complain("cmd.label_missing", jump.label)
            return 1
        if shell.unknown_program and shell.error_level == _UNKNOWN_PROGRAM:
            return 1
        return shell.error_level or code

    def parser(self, lines: Lines) -> Parser:
        """A parser that reads from `lines`."""
        return Parser(lines, handle_after_equals=self.shell.machine.guesses["cmd.redirect_digit"] == "handle")

    def syntax_error(self, error: SyntaxFaultError) -> int:
        """Report a line that cannot be parsed; the error level it leaves."""
        shell = self.shell
        if error.token:
            shell.complain("cmd.unexpected", error.token)
        else:
            shell.complain("cmd.syntax")
        shell.error_level = int(shell.machine.guesses["cmd.syntax_code"])
        return shell.error_level

    # ------------------------------------------------------------------ commands

    def run(self, command: Command) -> int:
        """Run a command; its return code."""
        self.shell.check_cancelled()
        if isinstance(command, Chain):
            return self._chain(command)
        if not command.redirections:
            return self._plain(command)
        try:
            streams = redirected(self.shell, command.redirections, self.text)
        except RedirectionError as error:
            self.shell.system_error(error.code)
            self.shell.error_level = 1
            return 1
        with self.shell.using(streams):
            return self._plain(command)

    def _plain(self, command: Simple | Block | If | For) -> int:
        if isinstance(command, Simple):
            return self.simple(self.text(command.name), self.text(command.rest))
        if isinstance(command, Block):
            return self.run(command.body)
        if isinstance(command, For):
            return loops.run(self, command)
        if self._holds(command.condition):
            return self.run(command.then)
        return self.run(command.otherwise) if command.otherwise else 0

    def _chain(self, chain: Chain) -> int:
        if chain.operator == "|":
            return self._pipe(chain)
        code = self.run(chain.left)
        if chain.operator == "&":
            return self.run(chain.right)
        if chain.operator == "&&":
            return code or self.run(chain.right)
        if code == 0:
            return 0
        self.shell.error_level = code
        return self.run(chain.right)

    def text(self, text: str) -> str:
        """A word with the variables of loops and the delayed expansion put in."""
        shell = self.shell
        if shell.loop and "%" in text:
            text = loops.put_in(shell, text)
        return delayed(text, shell.lookup) if shell.delayed else text

    def simple(self, name: str, rest: str, *, called: bool = False) -> int:
        """Run a builtin, a program or a batch file.

        Args:
            name: the first word as it was written.
            rest: what follows it.
            called: whether `call` runs it: a batch file then comes back.
        """
        name, more = after_name(name)
        rest = more + rest
        if not name:
            return 0
        found = _builtin(name)
        if found:
            return self._builtin(found, name[len(found) :] + rest)
        if _DRIVE.fullmatch(name):
            return self._builtin("cd", f" /d {name}.")
        if "/" in name and not name.startswith('"'):
            name, slash, switch = name.partition("/")
            rest = slash + switch + rest
        return self._program(name, rest, called=called)

    def _builtin(self, name: str, rest: str) -> int:
        shell = self.shell
        builtin = BUILTINS[name]
        code = builtin.run(self, rest)
        in_cmd_file = shell.batch is not None and shell.batch.path[-4:].lower() == ".cmd"
        sets = builtin.effect == Effect.ALWAYS or (builtin.effect == Effect.FAILURE and (code != 0 or in_cmd_file))
        if sets:
            shell.error_level = code
            shell.unknown_program = shell.unknown_program and code == _UNKNOWN_PROGRAM
        return code

    def _program(self, name: str, rest: str, *, called: bool) -> int:
        shell = self.shell
        path = find_program(shell, name.replace('"', ""))
        code = None
        if path and is_batch(path):
            code = batch.run_file(self, path, name, rest, called=called)
        elif path:
            code = start(shell, path, name, rest)
        if code is None:
            return self._unknown(name)
        shell.error_level = code
        shell.unknown_program = False
        return code

    def _unknown(self, name: str) -> int:
        shell = self.shell
        folder = shell.path(name).rpartition("\\")[0]
        if "\\" in name and not shell.machine.files.is_folder(folder if len(folder) > 2 else folder + "\\"):
            shell.system_error(3)
            shell.error_level = 1
            return 1
        shell.complain("cmd.not_recognized", name)
        shell.unknown_program = True
        shell.error_level = _UNKNOWN_PROGRAM
        if shell.batch and shell.machine.guesses["cmd.unknown_program_in_batch"] == "1":
            shell.error_level = 1
        return shell.error_level

    # ------------------------------------------------------------------ pipes and conditions

    def _pipe(self, chain: Chain) -> int:
        shell = self.shell
        pipe = Pipe(shell.cancelled)
        left = Interpreter(shell.child(Streams(shell.streams.stdin, pipe.write, shell.streams.err)))
        here = shell.streams
        right = Interpreter(shell.child(Streams(StandardInput(pipe), here.out, here.err, here.to_file)))

        def write() -> None:
            try:
                left.side(chain.left)
            except CancelledError:
                pass
            finally:
                pipe.close_writer()

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        try:
            code = right.side(chain.right)
        finally:
            pipe.close_reader()
            writer.join()
        shell.error_level = right.shell.error_level
        shell.unknown_program = right.shell.unknown_program
        return code

    def side(self, command: Command) -> int:
        """Run one side of a pipe, an interpreter of its own."""
        try:
            return self.run(command)
        except ExitShellError as ending:
            self.shell.error_level = ending.code
        except (EndBatchError, GotoError):
            pass
        return self.shell.error_level

    def _holds(self, condition: Condition) -> bool:
        left, right = self.text(condition.left), self.text(condition.right)
        shell = self.shell
        if condition.kind == "exist":
            holds = _exists(shell, left)
        elif condition.kind == "defined":
            holds = shell.lookup(left) is not None
        elif condition.kind == "errorlevel":
            holds = shell.error_level >= _number(left, 0)
        elif condition.kind == "cmdextversion":
            holds = _number(left, 0) <= 2
        else:
            holds = _compare(left, right, condition)
        return holds != condition.negated


def _builtin(name: str) -> str | None:
    """The builtin that a word starts with: `echo`, `echo.`, `cd..`, `dir/b`, `echo(`."""
    lower = name.lower()
    if lower in BUILTINS:
        return lower
    end = _NAME_ENDS.search(lower)
    if end and lower[: end.start()] in BUILTINS and not _PROGRAM_SUFFIX.search(lower):
        return lower[: end.start()]
    return None


def _exists(shell: Shell, name: str) -> bool:
    path = shell.path(name)
    if name.replace('"', "").endswith(("\\", "/", "\\.", "/.")):
        return shell.machine.files.is_folder(path)
    return bool(shell.machine.files.match(path)) or path.lower().endswith("\\nul")


def _number(text: str, default: int) -> int:
    number = whole_number(text.strip('"'))
    return default if number is None else number


def _compare(left: str, right: str, condition: Condition) -> bool:
    if condition.ignore_case:
        left, right = left.lower(), right.lower()
    if condition.kind == "==":
        return left == right
    first, second = whole_number(left), whole_number(right)
    pair: tuple[Any, Any] = (left, right) if first is None or second is None else (first, second)
    order = int(pair[0] > pair[1]) - int(pair[0] < pair[1])
    return {
        "equ": order == 0,
        "neq": order != 0,
        "lss": order < 0,
        "leq": order <= 0,
        "gtr": order > 0,
        "geq": order >= 0,
    }[condition.kind]
