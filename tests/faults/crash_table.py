"""What came of the cells, as a table: printed at the end of a run, and kept in the documentation when all were run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from crash_cells import CLOSE, FAULTS, Cell, kill_cells, messages, wire_cells
from crash_deeds import DEEDS, Deed

PAGE: Final = Path(__file__).parents[2] / "docs" / "faults.md"
LEGEND: Final = {
    "+": "done, and said to be done",
    "o": "an error; the host is as it was",
    "n": "an error; the host is as wanted all the same",
    "r": "an error; the change waits to be confirmed, and the host takes it back",
    "s": "an error; of several objects some are as they were, some as wanted",
    "!": "FAILED: anything else",
}
_NAMES: Final = {
    "unsent": "killed before sending",
    "unanswered": "killed before the answer",
    "answered": "killed after the answer",
    "eof": "engine gone",
    "sigint": "SIGINT",
    "cancel": "Cancel",
}
_WIDTH: Final = max(map(len, (*FAULTS, *_NAMES.values())))

Outcomes = Mapping[str, Mapping[tuple[str, int], str]]
"""By deed, then by fault and message."""


def record(request: pytest.FixtureRequest, cell: Cell, symbol: str) -> None:
    """Remember what came of a cell."""
    properties = request.node.user_properties
    properties[:] = [item for item in properties if item[0] != "cell"]
    properties.append(("cell", (str(cell.deed), cell.fault, cell.message, symbol)))


def summary(reports: Iterable[Any], write: Callable[[str], None]) -> None:
    """Print the table; after a run of all cells, keep it in the documentation."""
    outcomes = _outcomes(reports)
    if not outcomes:
        return
    for line in _lines(outcomes):
        write(line)
    if sum(map(len, outcomes.values())) == len(kill_cells()) + len(wire_cells()):
        PAGE.write_text(page(outcomes), encoding="utf-8")
        write(f"written to docs/{PAGE.name}")


def _outcomes(reports: Iterable[Any]) -> Outcomes:
    outcomes: dict[str, dict[tuple[str, int], str]] = defaultdict(dict)
    for report in reports:
        cell = dict(report.user_properties).get("cell")
        if cell is None or (report.when != "call" and report.passed):
            continue
        deed, fault, message, symbol = cell
        outcomes[deed][fault, message] = symbol if report.passed else "!"
    return outcomes


def _lines(outcomes: Outcomes) -> Iterator[str]:
    counted = Counter(symbol for found in outcomes.values() for symbol in found.values())
    yield f"{counted.total()} cells"
    for symbol, meaning in LEGEND.items():
        yield f"{counted[symbol]:>7}  {symbol}  {meaning}"
    for deed in DEEDS:
        if str(deed) in outcomes:
            yield ""
            yield from _block(deed, outcomes[str(deed)])


def _block(deed: Deed, found: Mapping[tuple[str, int], str]) -> Iterator[str]:
    columns = range(1, messages(deed) + CLOSE + 1)
    yield f"{deed!s:<{_WIDTH}}  " + "".join(str(number % 10) for number in columns)
    for fault in FAULTS:
        row = "".join(found.get((fault, number), " ") for number in columns)
        if row.strip():
            yield f"{_NAMES.get(fault, fault):<{_WIDTH}}  {row}".rstrip()


def page(outcomes: Outcomes) -> str:
    """The page of the documentation."""
    lines = list(_lines(outcomes))
    first = lines.index("")
    table = "\n".join(lines[first + 1 :])
    counts = "\n".join(f"| `{line[9]}` | {line[12:]} | {int(line[:7])} |" for line in lines[1:first])
    return _PAGE.format(cells=lines[0], counts=counts, table=table, last=CLOSE)


_PAGE: Final = """\
# When a run breaks off

<!-- Written by `make faults`. -->

Whatever happens to a run, afterwards the host is as it was, or as the program wants it, or it takes the change back by
itself within `revertAfter` and ten seconds. The next plain `pulumi up` then brings everything to its end. This page
shows what was tried to find that wrong: {cells}, each a broken run of its own and the run after it, on the simulated
hosts of this project. **It was not tested on real Windows.** `make faults` runs it again and writes this page
(half an hour on two cores); `make test` runs a part of it, and another part with the real Pulumi engine.

Every block of the table is one operation. Its columns are the WinRM messages that it takes, in order; the last {last}
tidy up after the engine has heard the outcome. Its rows are what went wrong at that message. Each cell says how the host
stood after the broken run:

| | after the broken run | cells |
| --- | --- | ---: |
{counts}

In half of the cells the host's clock then went on until its patience was over, before the next run came: what waited had
been taken back to the byte, and nothing else had. In the other half the next run came at once. After it, in every cell:

- each object is there once and as wanted, or gone where it was deleted; no object of anybody else has changed;
- no file of the provider lies on the host, no scheduled task `winipsec-revert-*`, no shell;
- nothing is taken back later; no pre-shared key stands in a file, on a command line or in a message.

`killed before sending` and `killed before the answer` are `SIGKILL` of the provider. With `engine gone` its engine was
killed; `SIGINT` and `Cancel` are what reaches it when somebody presses Ctrl-C. `quota_operations` is the host's refusal
of one operation too many. A connection is lost with `drop_before` and `drop_after`, `reset` and `reset_after`, `silence`
and `silence_after`: before the host has read the message, and after it has acted on it.

```
{table}
```
"""
