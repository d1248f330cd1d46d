"""The cells of the two matrices, which of them a short run takes, and the summary at the end.

A matrix has a cell for every deed, every message of it and everything that may go wrong there. `make test` runs every
so manieth cell, always the same ones, spread over all deeds, messages and faults; `make faults` runs them all
(`WINIPSEC_FAULTS=all`).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pytest
from crash_deeds import DEEDS, Deed

ALL: Final = os.environ.get("WINIPSEC_FAULTS") == "all"

Item = TypeVar("Item")

READ, WRITE, CLOSE = 4, 4, 4
"""Messages: open a shell and read (Create, Command, Receive, Signal); a batch with input (Command, Send, Receive,
Signal); delete the batch's file and the shell (Command, Receive, Signal, Delete)."""

_FURTHER: Final = {
    ("create", "Rule"): WRITE,  # a script with a key is a file of its own
    ("change", "Rule"): WRITE,
    ("change", "Filter (moved)"): WRITE,  # the new one first, then the old one goes
    ("create", "all six"): WRITE,  # the key again; more where the rule happens to stand between others
    ("change", "all six"): WRITE,
}


def messages(deed: Deed) -> int:
    """How many messages a fresh process needs for a deed, at least."""
    return READ + WRITE + _FURTHER.get((deed.verb, deed.label), 0)


@dataclass(frozen=True)
class Cell:
    """One thing that goes wrong at one message of one deed."""

    matrix: str
    deed: Deed
    message: int
    fault: str

    def __str__(self) -> str:
        return f"{self.deed.label}-{self.deed.verb}-{self.message}-{self.fault}".replace(" ", "_")


def chosen(cells: Sequence[Cell], about: int) -> list[Cell]:
    """All cells, or in a short run about so many of them: a fixed choice that wanders through all columns."""
    if ALL:
        return list(cells)
    step = max(1, len(cells) // about)
    return [cells[index + (index // step * 7) % step] for index in range(0, len(cells) - step + 1, step)]


def few(items: Sequence[Item], about: int) -> list[Item]:
    """All items, or in a short run about so many, evenly spread."""
    return list(items) if ALL else list(items[:: max(1, len(items) // about)])


def kill_cells(hows: Iterable[str]) -> list[Cell]:
    """Every message of every deed and of the closing after it; a signal or the engine's end for two deeds."""
    cells = []
    for deed in DEEDS:
        last = messages(deed)
        cells += [Cell("killed", deed, n, how) for n in range(1, last + CLOSE + 1) for how in ("unsent", "unanswered")]
        cells.append(Cell("killed", deed, last, "answered"))
        if deed.verb == "create" and deed.label in {"Rule", "all six"}:
            cells += [Cell("killed", deed, n, how) for n in range(1, last + 1) for how in ("eof", "sigint")]
    assert {cell.fault for cell in cells} == set(hows)
    return cells


def wire_cells(kinds: Iterable[str]) -> list[Cell]:
    """Every fault at every message of every deed, and at those of the closing after one of them."""
    names = sorted(kinds)
    return [
        Cell("wire", deed, n, kind)
        for deed in DEEDS
        for n in range(1, messages(deed) + (CLOSE if str(deed) == "create FilterList" else 0) + 1)
        for kind in names
    ]


def summary(reports: Iterable[Any], write: Callable[[str], None]) -> None:
    """Print both matrices: a line for every fault, a column for every message, and in it what came of the cells."""
    matrices: dict[str, dict[tuple[str, int], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for report in reports:
        cell = dict(report.user_properties).get("cell")
        if cell is None or (report.when != "call" and report.passed):
            continue
        matrix, message, fault, outcome = cell
        matrices[matrix][fault, message][outcome if report.passed else "FAILED"] += 1
    for matrix, found in sorted(matrices.items()):
        last = max(message for _, message in found)
        total = sum(sum(outcomes.values()) for outcomes in found.values())
        write(f"{total} cells, {matrix}: done / declared error / failed, by message")
        write("                  " + "".join(f"{number:>11}" for number in range(1, last + 1)))
        for fault in sorted({fault for fault, _ in found}):
            row = [found.get((fault, number), Counter()) for number in range(1, last + 1)]
            write(f"{fault:<18}" + "".join(f"{_shown(outcomes):>11}" for outcomes in row))


def _shown(outcomes: Counter[str]) -> str:
    if not outcomes:
        return "."
    done, failed = outcomes["done"], outcomes["FAILED"]
    text = f"{done}/{outcomes.total() - done - failed}"
    return f"{text}/{failed}!" if failed else text


def record(request: pytest.FixtureRequest, cell: Cell, outcome: str) -> None:
    """Remember for the summary what came of a cell."""
    properties = request.node.user_properties
    properties[:] = [item for item in properties if item[0] != "cell"]
    properties.append(("cell", (cell.matrix, cell.message, cell.fault, outcome)))
