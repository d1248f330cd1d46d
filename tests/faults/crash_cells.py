"""The cells of the matrix, and which of them a short run takes.

There is a cell for every deed, every message of it and everything that may go wrong there. `make test` runs every so
manieth cell, always the same ones, spread over all deeds, messages and faults; `make faults` runs them all
(`WINIPSEC_FAULTS=all`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from crash_deeds import DEEDS, Deed
from winipsec_lab.testing import FAULT_KINDS

ALL: Final = os.environ.get("WINIPSEC_FAULTS") == "all"

Item = TypeVar("Item")

READ, ARM, WRITE, CONFIRM, CLOSE = 4, 4, 4, 3, 4
"""Messages: open a shell and read (Create, Command, Receive, Signal); make the host ready to take the change back, or
write a batch, with input (Command, Send, Receive, Signal); confirm over a new connection (Command, Receive, Signal);
delete the batch's file and the shell (Command, Receive, Signal, Delete)."""

_FURTHER: Final = {
    ("create", "Rule"): WRITE,  # a script with a key is a file of its own
    ("change", "Rule"): WRITE,
    ("change", "Filter (moved)"): WRITE,  # the new one first, then the old one goes
    ("create", "HostPolicy"): WRITE,  # what comes into force is read back before
    ("change", "HostPolicy"): 2 * WRITE,  # the stand-in, the policy, and the stand-in goes
    ("create", "HostPolicy (key)"): 2 * WRITE,  # a key on the way
    ("change", "HostPolicy (key)"): 5 * WRITE,
    ("create", "all six"): WRITE,  # the key again; more where the rule happens to stand between others
    ("change", "all six"): WRITE,
}

EVERYWHERE: Final = (
    "drop_before",
    "drop_after",
    "duplicate",
    "delay",
    "truncate",
    "status_401",
    "status_500",
    "quota_operations",
    "reboot",
    "reboot_after",
)
"""Faults that are tried at every message of a deed. The other ones of the lab take turns."""


LESS: Final = {"HostPolicy (key)": ("drop_after", "reboot", "reboot_after"), "all six": ()}
"""Deeds that take many messages of a kind that others take too, and what is tried at each of theirs."""


def messages(deed: Deed) -> int:
    """How many messages a fresh process needs for a deed, at least."""
    committed = ARM + CONFIRM if deed.commits else 0
    return READ + committed + WRITE + _FURTHER.get((deed.verb, deed.label), 0)


def written(deed: Deed) -> int:
    """The message with which the last batch of a deed has reached the host: its input."""
    return messages(deed) - (CONFIRM if deed.commits else 0) - 2


def exact(deed: Deed) -> bool:
    """Whether `messages` are all, however the engine's requests happen to come."""
    return deed.label != "all six"


@dataclass(frozen=True)
class Cell:
    """One thing that goes wrong at one message of one deed."""

    matrix: str
    deed: Deed
    message: int
    fault: str

    def __str__(self) -> str:
        return f"{self.deed.label}-{self.deed.verb}-{self.message}-{self.fault}".replace(" ", "_")

    @property
    def time_passes(self) -> bool:
        """Whether nobody comes until the host's patience is over; else the next run comes at once.

        A message that never came and the answer before it that got lost leave the same host behind, so with one of the
        two each state is met both ways.
        """
        return (self.message + FAULTS.index(self.fault)) % 2 == 0


def chosen(cells: Sequence[Cell], about: int) -> list[Cell]:
    """All cells, or in a short run about so many of them: a fixed choice that wanders through all columns.

    Half of them change the policy in force.
    """
    if ALL:
        return list(cells)
    return [
        *_spread([cell for cell in cells if cell.deed.commits], about // 2),
        *_spread([cell for cell in cells if not cell.deed.commits], about - about // 2),
    ]


def _spread(cells: Sequence[Cell], about: int) -> list[Cell]:
    step = max(1, len(cells) // about)
    return [cells[index + (index // step * 7) % step] for index in range(0, len(cells) - step + 1, step)]


def few(items: Sequence[Item], about: int) -> list[Item]:
    """All items, or in a short run about so many, evenly spread."""
    return list(items) if ALL else list(items[:: max(1, len(items) // about)])


INTERRUPTIONS: Final = ("eof", "sigint", "cancel")
HOWS: Final = ("unsent", "unanswered", "answered", *INTERRUPTIONS)
FAULTS: Final = (*HOWS, *EVERYWHERE, *sorted(FAULT_KINDS.keys() - set(EVERYWHERE)))


_INTERRUPTED: Final = {"create Rule", "create PolicyAssignment", "create all six"}


def kill_cells() -> list[Cell]:
    """Every message of every deed and of the closing after it; a signal or the engine's end where most can be lost."""
    cells = []
    for deed in DEEDS:
        last = messages(deed)
        cells += [Cell("killed", deed, n, how) for n in range(1, last + CLOSE + 1) for how in ("unsent", "unanswered")]
        cells.append(Cell("killed", deed, last, "answered"))
        if deed.label == "HostPolicy" or str(deed) in _INTERRUPTED:
            cells += [Cell("killed", deed, n, how) for n in range(1, last + 1) for how in INTERRUPTIONS]
    return cells


def wire_cells() -> list[Cell]:
    """Every fault at every message of every deed, and at those of the closing after some of them."""
    others = FAULTS[len(HOWS) + len(EVERYWHERE) :]
    cells = []
    for number, deed in enumerate(DEEDS):
        closing = CLOSE if deed.verb == "create" and deed.label in {"FilterList", "HostPolicy"} else 0
        for n in range(1, messages(deed) + closing + 1):
            kinds = [*LESS.get(deed.label, EVERYWHERE), others[(n + number) % len(others)]]
            cells += [Cell("wire", deed, n, kind) for kind in kinds]
    return cells
