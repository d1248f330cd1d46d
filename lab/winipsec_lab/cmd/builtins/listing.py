"""`dir`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from winipsec_lab.cmd.builtins.console import VOLUME
from winipsec_lab.cmd.shell import Shell
from winipsec_lab.cmd.words import options
from winipsec_lab.machine.files import FileInfo

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter

#: What every listing claims is free, in bytes.
_FREE = 40_000_000_000


def listing(interpreter: Interpreter, rest: str) -> int:
    """`dir [name ...] [/b] [/s] [/a[:attributes]] [/o...]`: names only with `/b`, full paths with `/b /s`."""
    shell = interpreter.shell
    chosen = options(rest)
    unknown = chosen.unknown("bsaonpwlqtxc-4")
    if unknown is not None:
        shell.complain("cmd.invalid_switch", unknown)
        return 1
    wanted = next((switch[1:].lstrip(":") for switch in chosen.switches if switch.startswith("a")), None)
    bare, tree = "b" in chosen.switches, "s" in chosen.switches
    if not bare:
        shell.say("cmd.volume", VOLUME)
    any_found = False
    for name in chosen.names or ["."]:
        for folder, found in _folders(shell, shell.path(name), tree=tree):
            shown = [info for info in found if _wanted(info, wanted)]
            if not shown:
                continue
            any_found = True
            if bare:
                shell.out("".join((info.path if tree else info.name) + "\n" for info in shown))
            else:
                _long(shell, folder, shown)
    if not any_found:
        if not bare:
            shell.out("\n")
        shell.complain("cmd.file_not_found")
    return int(not any_found)


def _folders(shell: Shell, path: str, *, tree: bool) -> Iterator[tuple[str, list[FileInfo]]]:
    files = shell.machine.files
    pattern = path.rstrip("\\") + "\\*" if files.is_folder(path) else path
    folder, _, name = pattern.rpartition("\\")
    folder = folder if len(folder) > 2 else folder + "\\"
    yield folder, files.match(pattern)
    if tree and files.is_folder(folder):
        for info in files.walk(folder):
            if info.folder:
                yield info.path, files.match(f"{info.path}\\{name}")


def _wanted(info: FileInfo, wanted: str | None) -> bool:
    """Whether `/a` lets a file through; without it hidden and system files are left out."""
    if wanted is None:
        return not info.attributes & {"H", "S"}
    negated = False
    for letter in wanted.upper():
        if letter == "-":
            negated = True
            continue
        has = info.folder if letter == "D" else letter in info.attributes
        if has == negated:
            return False
        negated = False
    return True


def _grouped(shell: Shell, number: int) -> str:
    point = {"en-US": ",", "ja-JP": ",", "zh-CN": ",", "de-DE": ".", "ru-RU": "\xa0"}[shell.machine.locale]
    return f"{number:,}".replace(",", point)


def _long(shell: Shell, folder: str, found: list[FileInfo]) -> None:
    shell.out("\n")
    shell.say("dir.of", shell.machine.files.spelling(folder))
    form = shell.machine.language.date + ("  %I:%M %p" if shell.machine.locale == "en-US" else "  %H:%M")
    for info in found:
        when = shell.machine.clock.at(info.changed).strftime(form)
        size = "<DIR>         " if info.folder else f"{_grouped(shell, info.size):>14}"
        shell.out(f"{when}    {size} {info.name}\n")
    plain = [info for info in found if not info.folder]
    total = sum(info.size for info in plain)
    shell.say("dir.files", f"{len(plain):16}", f"{_grouped(shell, total):>14}")
    shell.say("dir.folders", f"{len(found) - len(plain):16}", f"{_grouped(shell, _FREE):>14}")
