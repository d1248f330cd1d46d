"""Builtins about the current directory and new folders: `cd`, `pushd`, `popd`, `md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from winipsec_lab.cmd.shell import Shell
from winipsec_lab.cmd.words import options, words
from winipsec_lab.machine.files import FileError

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter


def change(interpreter: Interpreter, rest: str) -> int:
    """`cd [/d] [folder]`; without a folder it prints the current one. The name may hold blanks without quotes."""
    shell = interpreter.shell
    text = rest.strip(" \t,;=")
    if text[:2].lower() == "/d":
        text = text[2:].strip()
    if not text:
        shell.out(shell.directory + "\n")
        return 0
    code = shell.change_directory(shell.path(text))
    if code:
        shell.system_error(code)
    return int(code != 0)


def push(interpreter: Interpreter, rest: str) -> int:
    """`pushd folder`: change the directory and remember the old one; without a folder it lists what it remembers."""
    shell = interpreter.shell
    text = rest.strip(" \t,;=")
    if not text:
        shell.out("".join(folder + "\n" for folder in reversed(shell.folders)))
        return 0
    before = shell.directory
    code = shell.change_directory(shell.path(text))
    if code:
        shell.system_error(code)
        return 1
    shell.folders.append(before)
    return 0


def pop(interpreter: Interpreter, _rest: str) -> int:
    """`popd`: back to the directory that `pushd` left."""
    shell = interpreter.shell
    if not shell.folders:
        return 1
    shell.change_directory(shell.folders.pop())
    return 0


def make(interpreter: Interpreter, rest: str) -> int:
    """`md folder ...`: with the missing ones above; an existing one is an error, the others are made nevertheless."""
    shell = interpreter.shell
    names = words(rest)
    if not names or options(rest).switches:
        shell.complain("cmd.syntax")
        return 1
    code = 0
    for name in names:
        code = _make(shell, name) or code
    return code


def _make(shell: Shell, name: str) -> int:
    try:
        shell.machine.files.make_folder(shell.path(name))
    except FileError as error:
        if error.code != 183:
            return shell.file_error(error)
        shell.complain("cmd.exists_already", name.replace('"', ""))
        return 1
    return 0
