"""Builtins that copy, move and rename: `copy`, `move`, `ren`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from winipsec_lab.cmd.builtins.deleting import answered_yes
from winipsec_lab.cmd.shell import Shell
from winipsec_lab.cmd.words import options
from winipsec_lab.machine.files import FileError, has_wildcard, is_device

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter


def copy(interpreter: Interpreter, rest: str) -> int:
    """`copy [/y] source[+source...] [target]`: asks before it replaces a file, except in a batch file."""
    shell = interpreter.shell
    chosen = options(re.sub(r"\s*\+\s*", "+", rest))
    if not 1 <= len(chosen.names) <= 2 or chosen.unknown("ybavdnz-l") is not None:
        shell.complain("cmd.syntax")
        return 1
    target = shell.path(chosen.names[1]) if len(chosen.names) == 2 else shell.directory
    quiet = shell.batch is not None or "y" in chosen.switches
    parts = (
        chosen.names[0].split("+")
        if '"' not in chosen.names[0]
        else re.split(r'\+(?=(?:[^"]*"[^"]*")*[^"]*$)', chosen.names[0])
    )
    try:
        if len(parts) > 1:
            data = b"".join(_read(shell, part) for part in parts)
            count = int(_write(shell, target, data, quiet=quiet))
        else:
            count = _copy_each(shell, parts[0], target, quiet=quiet)
    except FileError as error:
        shell.system_error(error.code)
        shell.say("cmd.copied", 0)
        return 1
    shell.say("cmd.copied", count)
    return 0 if count else 1


def _read(shell: Shell, name: str) -> bytes:
    path = shell.path(name)
    if is_device(path):
        return shell.streams.stdin.read() if path.lower().endswith("con") else b""
    return shell.machine.files.read(path)


def _write(shell: Shell, path: str, data: bytes, *, quiet: bool) -> bool:
    if is_device(path):
        return True
    if shell.machine.files.is_file(path) and not quiet and not answered_yes(shell, "cmd.overwrite", path, also="A"):
        return False
    shell.machine.files.write(path, data)
    return True


def _copy_each(shell: Shell, name: str, target: str, *, quiet: bool) -> int:
    files = shell.machine.files
    path = shell.path(name)
    if is_device(path):
        return int(_write(shell, target, _read(shell, name), quiet=quiet))
    pattern = path.rstrip("\\") + "\\*" if files.is_folder(path) else path
    found = [info for info in files.match(pattern) if not info.folder]
    if not found:
        raise FileError(files.missing(pattern), path)
    count = 0
    for info in found:
        if pattern != path or has_wildcard(name):
            shell.out(info.name + "\n")
        into = f"{target.rstrip(chr(92))}\\{info.name}" if files.is_folder(target) else target
        if into.lower() == info.path.lower():
            shell.complain("cmd.onto_itself")
            continue
        count += _write(shell, into, files.read(info.path), quiet=quiet)
    return count


def move(interpreter: Interpreter, rest: str) -> int:
    """`move [/y] source target`."""
    shell = interpreter.shell
    files = shell.machine.files
    chosen = options(rest)
    if not 1 <= len(chosen.names) <= 2 or chosen.unknown("y-") is not None:
        shell.complain("cmd.syntax")
        return 1
    source = shell.path(chosen.names[0])
    target = shell.path(chosen.names[1]) if len(chosen.names) == 2 else shell.directory
    found = files.match(source)
    if not found:
        shell.system_error(2)
        return 1
    count = 0
    for info in found:
        into = f"{target.rstrip(chr(92))}\\{info.name}" if files.is_folder(target) else target
        ask = files.is_file(into) and shell.batch is None and "y" not in chosen.switches
        if ask and not answered_yes(shell, "cmd.overwrite", into, also="A"):
            continue
        try:
            files.move(info.path, into, replace=True)
        except FileError as error:
            shell.system_error(5 if error.code == 183 else error.code)
            return 1
        if has_wildcard(chosen.names[0]):
            shell.out(info.path + "\n")
        count += 1
    shell.say("cmd.moved_folder" if found[0].folder else "cmd.moved", count)
    return 0 if count else 1


def rename(interpreter: Interpreter, rest: str) -> int:
    """`ren old new`: the new name has no path; with wildcards in both the fixed parts change."""
    shell = interpreter.shell
    chosen = options(rest)
    names = [name.replace('"', "") for name in chosen.names]
    if len(names) != 2 or chosen.switches or "\\" in names[1] or ":" in names[1]:
        shell.complain("cmd.syntax")
        return 1
    found = shell.machine.files.match(shell.path(names[0]))
    if not found:
        shell.system_error(2)
        return 1
    for info in found:
        folder = info.path.rpartition("\\")[0]
        try:
            shell.machine.files.move(info.path, f"{folder}\\{_new_name(info.name, names[1])}")
        except FileError as error:
            if error.code == 183:
                shell.complain("cmd.duplicate")
            else:
                shell.system_error(error.code)
            return 1
    return 0


def _new_name(old: str, pattern: str) -> str:
    """The new name: `*` keeps the rest of the old part, `?` one character of it."""
    if "." not in pattern:
        return _filled(pattern, old)
    old_stem, _, old_suffix = old.rpartition(".") if "." in old else (old, "", "")
    stem, dot, suffix = pattern.partition(".")
    return _filled(stem, old_stem) + (dot and dot + _filled(suffix, old_suffix))


def _filled(pattern: str, old: str) -> str:
    out = ""
    for index, char in enumerate(pattern):
        if char == "*":
            return out + old[index:]
        out += old[index : index + 1] if char == "?" else char
    return out
