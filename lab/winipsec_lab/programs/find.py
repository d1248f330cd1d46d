"""`find.exe`: lines with a text. Exit codes: 0 found, 1 nothing found, 2 wrong usage."""

from __future__ import annotations

import re

from winipsec_lab.machine.files import FileError, has_wildcard
from winipsec_lab.machine.process import Process, codec

_QUOTED = re.compile(r'\s"((?:[^"]|"")*)"(?=\s|$)')


def run(process: Process) -> int:
    """`find [/v] [/c] [/n] [/i] "text" [file ...]`; the text must be in quotes."""
    tail = process.command_line[len(process.command_line.split(" ", 1)[0]) :]
    text = _QUOTED.search(tail)
    if text is None:
        process.complain("find.format")
        return 2
    wanted = text.group(1).replace('""', '"')
    words = (tail[: text.start()] + " " + tail[text.end() :]).split()
    switches = {word[1:].lower() for word in words if word.startswith("/")}
    if not switches <= {"v", "c", "n", "i", "off", "offline"}:
        process.complain("find.switch")
        return 2
    after = process.argv[process.argv.index(wanted) + 1 :] if wanted in process.argv else []
    names = [name for name in after if not name.startswith("/")]
    if not names:
        count = _search(process, process.stdin.read(), wanted, switches)
        if "c" in switches:
            process.out(f"{count}\n")
        return int(count == 0)
    total = 0
    files = process.machine.files
    for name in names:
        path = files.absolute(name, process.directory)
        found = [info.path for info in files.match(path) if not info.folder] if has_wildcard(name) else [path]
        for file in found:
            total += _search_file(process, file, name if file == path else file, wanted, switches)
    return int(total == 0)


def _search_file(process: Process, path: str, name: str, wanted: str, switches: set[str]) -> int:
    try:
        data = process.machine.files.read(path)
    except FileError:
        process.complain("find.missing", name.upper())
        return 0
    header = f"\n---------- {name.upper()}"
    if "c" in switches:
        count = _search(process, data, wanted, switches)
        process.out(f"{header}: {count}\n")
        return count
    process.out(header + "\n")
    return _search(process, data, wanted, switches)


def _search(process: Process, data: bytes, wanted: str, switches: set[str]) -> int:
    """Print what fits, or nothing with `/c`; how many lines that were."""
    page = codec(process.code_page)
    needle = wanted if "i" not in switches else wanted.lower()
    wide = data.startswith(b"\xff\xfe")
    text = data.decode("utf-16", "replace") if wide else data.decode(page, "surrogateescape")
    count = 0
    out: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1] if not lines[-1] else lines, 1):
        body = line.rstrip("\r")
        fits = needle in (body.lower() if "i" in switches else body)
        if bool(wanted) and fits != ("v" in switches):
            count += 1
            out.append(f"[{number}]{body}\r\n" if "n" in switches else body + "\r\n")
    if "c" not in switches:
        process.out_bytes("".join(out).encode(page, "replace" if wide else "surrogateescape"))
    return count
