"""`sort.exe`: lines in order, upper and lower case alike."""

from __future__ import annotations

import re

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.process import Process, codec


def run(process: Process) -> int:
    """`sort [/r] [/+N] [/unique] [file] [/o file]`."""
    words = process.argv[1:]
    letters: set[str] = set()
    column, source, target = 0, "", ""
    while words:
        word = words.pop(0)
        switch = word.lower()
        if re.fullmatch(r"/\+\d+", switch):
            column = int(switch[2:]) - 1
        elif switch in ("/o", "/output") and words:
            target = words.pop(0)
        elif switch in ("/r", "/reverse", "/uniq", "/unique"):
            letters.add(switch[1])
        elif switch.startswith("/"):
            process.complain("sort.switch")
            return 1
        else:
            source = word
    return _sort(process, source, target, column, letters)


def _sort(process: Process, source: str, target: str, column: int, letters: set[str]) -> int:
    files = process.machine.files
    try:
        data = files.read(files.absolute(source, process.directory)) if source else process.stdin.read()
    except FileError:
        process.complain("sort.missing", source)
        return 1
    page = codec(process.code_page)
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    if not lines[-1]:
        lines.pop()
    lines.sort(key=lambda line: line.decode(page, "replace")[column:].casefold(), reverse="r" in letters)
    out = b"".join(line + b"\r\n" for line in (dict.fromkeys(lines) if "u" in letters else lines))
    if not target:
        process.out_bytes(out)
        return 0
    try:
        files.write(files.absolute(target, process.directory), out)
    except FileError as error:
        process.err(process.machine.text(f"win32.{error.code}") + "\n")
        return 1
    return 0
