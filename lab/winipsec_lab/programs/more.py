"""`more.com`: text by pages; with redirected output simply the text, tabs expanded, the last line closed."""

from __future__ import annotations

import re

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.process import Process, codec

_SWITCH = re.compile(r"/(e|c|p|s|t\d+)", re.IGNORECASE)


def run(process: Process) -> int:
    """`more [/s] [/tN] [+N] [file ...]`."""
    names: list[str] = []
    squeeze, tab, skip = False, 8, 0
    for word in process.argv[1:]:
        if word.startswith("/"):
            if not _SWITCH.fullmatch(word):
                process.complain("find.switch")
                return 1
            squeeze |= word.lower() == "/s"
            tab = int(word[2:]) if word[1:2].lower() == "t" else tab
        elif re.fullmatch(r"\+\d+", word):
            skip = int(word[1:])
        else:
            names.append(word)
    if not names:
        _show(process, process.stdin.read(), squeeze=squeeze, tab=tab, skip=skip)
        return 0
    for name in names:
        try:
            data = process.machine.files.read(process.machine.files.absolute(name, process.directory))
        except FileError:
            process.complain("more.cannot_open", process.machine.files.absolute(name, process.directory))
            return 1
        _show(process, data, squeeze=squeeze, tab=tab, skip=skip)
    return 0


def _show(process: Process, data: bytes, *, squeeze: bool, tab: int, skip: int) -> None:
    page = codec(process.code_page)
    if data.startswith(b"\xff\xfe"):
        data = data.decode("utf-16", "replace").encode(page, "replace")
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    if not lines[-1]:
        lines.pop()
    out: list[bytes] = []
    for line in lines[skip:]:
        if squeeze and not line and out and not out[-1]:
            continue
        out.append(line.expandtabs(tab))
    process.out_bytes(b"".join(line + b"\r\n" for line in out))
