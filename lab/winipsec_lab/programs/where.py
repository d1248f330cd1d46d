"""`where.exe`: where programs are. Exit codes: 0 found, 1 nothing found, 2 wrong usage."""

from __future__ import annotations

from winipsec_lab.machine.files import has_wildcard
from winipsec_lab.machine.process import Process


def run(process: Process) -> int:
    """`where [/q] pattern ...`: along the current directory and `PATH`, with the suffixes of `PATHEXT`."""
    words = process.argv[1:]
    switches = [word.lower() for word in words if word.startswith("/")]
    patterns = [word for word in words if not word.startswith("/")]
    if not patterns or any(switch not in ("/q", "/t", "/f") for switch in switches):
        process.complain("where.invalid", next((switch for switch in switches if switch != "/q"), ""))
        return 2
    found: list[str] = []
    for pattern in patterns:
        folder, dollar, name = pattern.rpartition(":")
        if dollar and len(folder) > 1:
            found += _along(process, [folder.removeprefix("$")], name)
        else:
            found += _along(process, [process.directory, *process.environment.get("PATH", "").split(";")], pattern)
    if not found and "/q" not in switches:
        process.complain("where.none")
    if "/q" not in switches:
        process.out("".join(path + "\n" for path in dict.fromkeys(found)))
    return int(not found)


def _along(process: Process, folders: list[str], name: str) -> list[str]:
    files = process.machine.files
    suffixes = process.environment.get("PATHEXT", "").lower().split(";")
    found: list[str] = []
    for folder in folders:
        base = files.absolute(name, files.absolute(folder or ".", process.directory))
        names = [base] if has_wildcard(name) or "." in name else [base, *(base + suffix for suffix in suffixes)]
        found += [info.path for candidate in names for info in files.match(candidate) if not info.folder]
    return found
