"""Builtins that delete: `del`, `rd`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from winipsec_lab.cmd.shell import Shell
from winipsec_lab.cmd.words import options
from winipsec_lab.machine.files import FileError, FileInfo, wildcard
from winipsec_lab.machine.process import codec

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter


def answered_yes(shell: Shell, key: str, *inserts: object, also: str = "") -> bool:
    """Ask a question on standard output and read the answer; no answer is a no."""
    shell.say(key, *inserts)
    answer = shell.streams.stdin.readline().decode(codec(shell.console.code_page), "replace").strip().upper()
    shell.out("\n")
    return answer[:1] != "" and answer[:1] in (shell.machine.text("yes") + also)


def delete(interpreter: Interpreter, rest: str) -> int:
    """`del [/q] [/f] [/s] [/a:...] name ...`: a missing file is only a message, the return code stays 0."""
    shell = interpreter.shell
    chosen = options(rest)
    if not chosen.names:
        shell.complain("cmd.syntax")
        return 1
    unknown = chosen.unknown("qfspa")
    if unknown is not None:
        shell.complain("cmd.invalid_switch", unknown)
        return 1
    for name in chosen.names:
        _delete(shell, name, chosen.switches)
    return 0


def _delete(shell: Shell, name: str, switches: list[str]) -> None:
    path = shell.path(name)
    if shell.machine.files.is_folder(path):
        path = path.rstrip("\\") + "\\*"
    if path.endswith(("\\*", "\\*.*")) and "q" not in switches and not answered_yes(shell, "cmd.sure", path):
        return
    try:
        found = list(_found(shell, path, tree="s" in switches))
    except FileError:
        found = []
    hidden_too = any(switch.startswith("a") for switch in switches)
    found = [info for info in found if not info.folder and (hidden_too or not info.attributes & {"H", "S"})]
    if not found:
        shell.complain("cmd.could_not_find", path)
    for info in found:
        _remove(shell, info, switches)


def _remove(shell: Shell, info: FileInfo, switches: list[str]) -> None:
    try:
        shell.machine.files.remove(info.path, force="f" in switches)
    except FileError as error:
        shell.out(info.path + "\n")
        shell.system_error(error.code)
    else:
        if "s" in switches:
            shell.say("cmd.deleted", info.path)


def _found(shell: Shell, path: str, *, tree: bool) -> Iterator[FileInfo]:
    yield from shell.machine.files.match(path)
    if tree:
        folder, _, name = path.rpartition("\\")
        fits = wildcard(name)
        for info in shell.machine.files.walk(folder):
            if info.folder:
                yield from (item for item in shell.machine.files.listing(info.path) if fits(item.name))


def remove_folder(interpreter: Interpreter, rest: str) -> int:
    """`rd [/s] [/q] folder ...`: a full folder only with `/s`, which asks unless there is `/q`."""
    shell = interpreter.shell
    chosen = options(rest)
    if not chosen.names or chosen.unknown("sq") is not None:
        shell.complain("cmd.syntax")
        return 1
    code = 0
    for name in chosen.names:
        path, tree = shell.path(name), "s" in chosen.switches
        if tree and "q" not in chosen.switches and not answered_yes(shell, "cmd.sure", name.replace('"', "")):
            continue
        code = _remove_folder(shell, path, tree=tree) or code
    return code


def _remove_folder(shell: Shell, path: str, *, tree: bool) -> int:
    files = shell.machine.files
    if files.is_folder(path) and f"{shell.directory}\\".lower().startswith(path.lower() + "\\"):
        shell.system_error(32)
        return 32
    try:
        files.remove_folder(path, tree=tree)
    except FileError as error:
        shell.system_error(error.code)
        return error.code
    return 0
