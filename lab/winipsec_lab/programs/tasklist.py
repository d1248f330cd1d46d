"""`tasklist.exe`: the running processes."""

from __future__ import annotations

from winipsec_lab.machine.process import Process
from winipsec_lab.programs.processes import Running, processes

_WIDTHS = (25, 8, 16, 11, 12)


def run(process: Process) -> int:
    """`tasklist [/fi "IMAGENAME eq X"] [/fi "PID eq N"] [/fo table|csv|list] [/nh]`."""
    words = process.argv[1:]
    found = processes(process.machine)
    form, headings = "table", True
    while words:
        word = words.pop(0).lower()
        if word == "/nh":
            headings = False
        elif word == "/fo" and words and words[0].lower() in ("table", "csv", "list"):
            form = words.pop(0).lower()
        elif word == "/fi" and words and (kept := _filtered(found, words[0])) is not None:
            found = kept
            words.pop(0)
        else:
            process.complain("invalid_option", words[0] if words else word, "TASKLIST")
            return 1
    if not found:
        process.say("tasklist.none")
        return 0
    columns = process.machine.text("tasklist.columns").split("|")
    rows = [[item.image, str(item.number), "Services", "0", f"{4 + item.number % 40},120 K"] for item in found]
    if form == "csv":
        process.out("".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in [columns, *rows][not headings :]))
    elif form == "list":
        for row in rows:
            process.out("\n" + "".join(f"{name + ':':<13} {cell}\n" for name, cell in zip(columns, row, strict=True)))
    else:
        process.out("\n")
        for row in [columns, ["=" * width for width in _WIDTHS], *rows] if headings else rows:
            process.out(_line(row) + "\n")
    return 0


def _filtered(found: list[Running], text: str) -> list[Running] | None:
    name, _, rest = text.partition(" ")
    comparison, _, value = rest.partition(" ")
    if comparison.lower() != "eq":
        return None
    if name.upper() == "IMAGENAME":
        return [item for item in found if item.image.lower() == value.lower()]
    if name.upper() == "PID" and value.isdigit():
        return [item for item in found if item.number == int(value)]
    if name.upper() == "SERVICES":
        return [item for item in found if item.service.lower() == value.lower()]
    return None


def _line(row: list[str]) -> str:
    left = (True, False, True, False, False)
    cells = zip(row, _WIDTHS, left, strict=True)
    return " ".join(f"{cell[:width]:<{width}}" if to_left else f"{cell:>{width}}" for cell, width, to_left in cells)
