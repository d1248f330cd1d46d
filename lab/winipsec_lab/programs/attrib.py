"""`attrib.exe`: attributes of files."""

from __future__ import annotations

import re

from winipsec_lab.machine.files import FileInfo, has_wildcard, wildcard
from winipsec_lab.machine.process import Process

_CHANGE = re.compile(r"[+-][rash]", re.IGNORECASE)


def run(process: Process) -> int:
    """`attrib [+r|-r|+a|-a|+s|-s|+h|-h] [file] [/s [/d]]`."""
    plus: set[str] = set()
    minus: set[str] = set()
    switches: set[str] = set()
    names: list[str] = []
    for word in process.argv[1:]:
        if _CHANGE.fullmatch(word):
            (plus if word[0] == "+" else minus).add(word[1].upper())
        elif word.startswith("/"):
            switches.add(word[1:].lower())
        else:
            names.append(word)
    unknown = switches - {"s", "d", "l"}
    if unknown or len(names) > 1 or plus & minus:
        process.out(process.machine.text("cmd.bad_parameter", unknown.pop() if unknown else " ".join(names[1:])))
        return 1
    name = names[0] if names else "*"
    found = _found(process, name, switches)
    if not found:
        path = process.machine.files.absolute(name, process.directory)
        process.say("attrib.not_found" if process.machine.files.missing(path) == 2 else "attrib.path", name)
        return 1
    for info in found:
        if plus or minus:
            process.machine.files.set_attributes(info.path, frozenset((info.attributes | plus) - minus))
        else:
            letters = [letter if letter in info.attributes else " " for letter in "ASHR"]
            process.out(f"{letters[0]}  {letters[1]}{letters[2]}{letters[3]}".ljust(21) + f"{info.path}\n")
    return 0


def _found(process: Process, name: str, switches: set[str]) -> list[FileInfo]:
    files = process.machine.files
    path = files.absolute(name, process.directory)
    found = files.match(path)
    if "s" in switches:
        folder, _, last = path.rpartition("\\")
        fits = wildcard(last)
        direct = {info.path for info in found}
        folder = folder if len(folder) > 2 else folder + "\\"
        below = files.walk(folder) if files.is_folder(folder) else ()
        found += [info for info in below if info.path not in direct and fits(info.name)]
    folders_too = "d" in switches or not has_wildcard(name)
    return [info for info in found if folders_too or not info.folder]
