"""Changes on a host that nobody has confirmed yet: whose they are, how far they came, and whether anybody still waits.

A run that died leaves its change armed, taken back, or nearly removed. Whether it is dead follows from the record in
its script: a stack is updated by one run at a time, so what its last run left is nobody's any more, unless that run
is still there on this very machine (design 5, recovery). Only whoever updates knows that, though: previews take no turn.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from winipsec.host.revert_script import STAGES, Record, records

_FILE = re.compile(r"c-([0-9a-f]{12})\.[a-z0-9]+", re.IGNORECASE)


@dataclass(frozen=True)
class Pending:
    """One commit as its files show it. `stage` is empty where it was never armed."""

    record: Record
    stage: str

    @property
    def stray(self) -> bool:
        """Whether there are files of it only, and no script that says whose they are and could take anything back."""
        return not self.record.controller


def read_pending(files: Iterable[str], scripts: str) -> tuple[Pending, ...]:
    """Commits from the names of the files and the text of the scripts; those without a script come last."""
    names = frozenset(name.lower() for name in files)
    known = records(scripts)
    numbers = {found.group(1) for found in map(_FILE.fullmatch, names) if found}
    strays = sorted(numbers - {record.commit for record in known})
    return tuple(
        Pending(record, next((stage for stage in STAGES if f"c-{record.commit}.{stage}" in names), ""))
        for record in (*known, *(Record(number, "", "", 0) for number in strays))
    )


def controller() -> str:
    """This process, for the record."""
    return f"{socket.gethostname()}:{os.getpid()}"


_begun: set[str] = set()


def begin(commit: str) -> str:
    """This process is responsible for a commit from now on."""
    _begun.add(commit)
    return commit


def leave(commit: str) -> None:
    """This process does nothing more about a commit: whatever is left of it counts as a dead run's."""
    _begun.discard(commit)


class Run(Enum):
    """Whether the run that made a change is still there."""

    OVER = auto()
    DOUBTFUL = auto()
    ALIVE = auto()  # or nobody knows


def run_of(record: Record, urn: str, *, writing: bool) -> Run:
    """How it stands with the run that made a change, as far as a run of the resource `urn` can know.

    An update has its stack for itself, so that whoever writes knows that a change of that stack is a dead run's. Whoever
    reads may be a preview on another machine, beside an update that is well alive.
    """
    machine, _, process = record.controller.rpartition(":")
    here = machine == socket.gethostname()
    if here and process == str(os.getpid()):
        return Run.ALIVE if record.commit in _begun else Run.OVER
    if here and process.isdecimal():
        return Run.ALIVE if _lives(int(process)) else Run.OVER
    if stack_of(record.urn) != stack_of(urn) or not urn.startswith("urn:pulumi:"):
        return Run.ALIVE
    return Run.OVER if writing else Run.DOUBTFUL


def is_ours(record: Record) -> bool:
    """Whether this process made the change, and looks after it itself."""
    return record.commit in _begun


def stack_of(urn: str) -> str:
    """`urn:pulumi:STACK::PROJECT` of a resource."""
    return "::".join(urn.split("::")[:2])


def _lives(process: int) -> bool:
    import psutil  # only where something waits

    try:
        status: str = psutil.Process(process).status()
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it is another user's
        return True
    # A dead process whose parent does not ask after it keeps its number: in containers without an init, for ever.
    return status not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
