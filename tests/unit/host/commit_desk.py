"""A host that knows one thing only: how far a confirmed commit has come on it (spec: winrm 5.1).

It understands the lines of `RevertScript` by the programs that they run, and answers with the marks that they echo. The
task that takes a change back runs when the clock says so, as a Task Scheduler would run it; tests make it late, dead or
early, and the way to the host silent.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace

from scripted_host import FakeClock
from snapshot_text import FOLDER
from winipsec.errors import Interrupted, Unreachable
from winipsec.host import pending
from winipsec.host.commit import Commit
from winipsec.host.machine import Machine, Service
from winipsec.host.shell import Completed
from winipsec.host.snapshot import Snapshot
from winipsec.model.store import Store

URN = "urn:pulumi:dev::web::winipsec:index:PolicyAssignment::a"
SECONDS = 300
STAGES = ("armed", "fired", "reverted", "disarmed")
_KINDS = (
    ("arm", "reg export"),
    ("arm", "reg query"),
    ("decode", "certutil"),
    ("confirm", "ren "),
    ("revert", "schtasks /run"),
    ("clear", "findstr /b"),
    ("remove", "schtasks /delete"),
    ("owner", "type "),
    ("look", "if exist"),
)


def silence():
    """What a host that does not answer looks like."""
    return Unreachable("nothing answered.", code="connect.silent", host="web1")


class Book:
    """What people are told."""

    def __init__(self):
        self.infos, self.warnings = [], []

    def info(self, message, *, ephemeral=False):
        """Only while it lasts."""
        assert ephemeral
        self.infos.append(message)

    def warning(self, message, *, ephemeral=False):
        """To stay."""
        self.warnings.append(message)


def snapshot(service=Service.RUNNING, *, exists=True, found=(), **more):
    """A host before a change."""
    machine = Machine(service=service)
    return Snapshot("web1", Store(), machine, folder=FOLDER, exists=exists, pending=tuple(found), **more)


@dataclass
class CommitHost:
    """The host, as a connection to it.

    Each of `hitches` is for the next line of its kind: "silent" (it never arrives), "lost" (its answer does not), or a
    function that is called first and may give other output. `silent` is between which times nothing arrives at all.
    `fires` is when the task runs, `restoring` how many seconds it takes; None is never.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    hitches: dict[str, deque] = field(default_factory=dict)
    silent: tuple[float, float] = (0.0, 0.0)
    fires: float | None = None
    restoring: float = 2.0
    cost: float = 0.5
    scheduler: bool = True
    exports: bool = True
    takes_ascii: bool = True
    takes_utf16: bool = True
    task_goes: bool = True

    def __post_init__(self):
        self.settings = SimpleNamespace(host="web1", command_timeout=60.0)
        self.client_address = "192.0.2.10"
        self.stages: dict[str, str] = {}
        self.scripts: dict[str, str] = {}
        self.tasks: set[str] = set()
        self.asked: list[str] = []
        self.lines: list[str] = []
        self.given: list[bytes | None] = []
        self.timeouts: list[float] = []
        self.patience: list[bool] = []
        self.renewals = 0
        self.ends: float | None = None

    # The connection.

    def renew(self):
        """A new connection comes next."""
        self.renewals += 1

    def run(self, line, stdin=None, *, idempotent, timeout=None, cancelled=None, patient=True):
        """Do what one line says."""
        if cancelled is not None and cancelled.is_set():
            raise Interrupted("cancelled.", host="web1")
        assert idempotent
        kind = next(kind for kind, word in _KINDS if word in line)
        self.asked.append(kind)
        self.lines.append(line)
        self.given.append(stdin)
        self.timeouts.append(timeout)
        self.patience.append(patient)
        self.clock.time += self.cost
        self.pass_time()
        hitch = self.hitches[kind].popleft() if self.hitches.get(kind) else None
        if hitch == "silent" or self.silent[0] <= self.clock.time < self.silent[1]:
            raise silence()
        output = hitch() if callable(hitch) else None
        if output is None:
            number = re.search(r"c-([0-9a-f]{12})", line).group(1)
            output = getattr(self, f"_{kind}")(number, stdin)
        if hitch == "lost":
            raise silence()
        return output if isinstance(output, Completed) else Completed(0, output, "")

    # The Task Scheduler.

    def pass_time(self):
        """Let happen what was due."""
        if self.scheduler and self.fires is not None and self.clock.time >= self.fires:
            self.fire()
        if self.ends is not None and self.clock.time >= self.ends:
            self.stages = {number: "reverted" if at == "fired" else at for number, at in self.stages.items()}
            self.ends = None

    def fire(self):
        """The script begins."""
        self.fires = None
        if "armed" in self.stages.values():
            self.stages = {number: "fired" if at == "armed" else at for number, at in self.stages.items()}
            self.ends = self.clock.time + self.restoring

    # The lines.

    def _arm(self, number, stdin):
        self.scripts[number] = stdin.decode("ascii")
        self.stages.setdefault(number, "")
        if not self.exports:
            return Completed(1, "", "Zugriff verweigert\r\n")
        if not self.takes_ascii:
            return Completed(1, "#winipsec:exported\r\n", "FEHLER: Die XML ist falsch.\r\n")
        return "#winipsec:exported\r\n" + self._armed(number)

    def _decode(self, number, stdin):
        return self._armed(number) if self.takes_utf16 else Completed(1, "", "FEHLER: Zugriff verweigert\r\n")

    def _armed(self, number):
        self.tasks.add(number)
        self.stages[number] = "armed"
        self.fires = self.clock.time + SECONDS
        holding = [f"c-{other}.{at}" for other, at in self.stages.items() if at in {"armed", "fired"}]
        if len(holding) > 1:
            self.stages[number] = ""
        return "\r\n".join(["#winipsec:tasked", "#winipsec:armed", *holding, ""])

    def _confirm(self, number, stdin):
        if self.stages.get(number) == "armed":
            self.stages[number] = "disarmed"
        if self.stages.get(number) == "disarmed" and self.task_goes:
            self._remove(number, None)
        return self._look(number, None)

    def _revert(self, number, stdin):
        if self.stages.get(number) == "armed":
            self.fire()
        return self._look(number, None)

    def _look(self, number, stdin):
        at = self.stages.get(number, "")
        return (f"#winipsec:{at}\r\n" if at else "") + "#winipsec:end\r\n"

    def _remove(self, number, stdin):
        self.tasks.discard(number)
        self.scripts.pop(number, None)
        self.stages.pop(number, None)
        return ""

    def _clear(self, number, stdin):
        return "" if number in self.scripts else self._remove(number, None)

    def _owner(self, number, stdin):
        return self.scripts.get(number, "")

    # What tests do.

    def commit(self, before=None, cancelled=None):
        """A commit on its way to this host; what it tells is in `told`."""
        told = []
        made = Commit(
            self, before or snapshot(), URN, SECONDS, cancelled or threading.Event(), told.append, clock=self.clock
        )
        made.told = told
        return made

    def armed(self, cancelled=None):
        """A commit that has armed this host."""
        made = self.commit(cancelled=cancelled)
        made.arm()
        return made

    def at(self, commit):
        """How far the host is with a commit; None where nothing of it is left."""
        return self.stages.get(commit.id)

    def ours(self, commit):
        """Whether this process still looks after a commit."""
        return commit.id in pending._begun

    def left_by(self, number, at, urn=URN, controller="elsewhere:77"):
        """Another run's change."""
        self.stages[number] = at
        self.tasks.add(number)
        values = {"commit": number, "urn": urn, "controller": controller, "seconds": SECONDS}
        self.scripts[number] = f"@echo off\r\n:: winipsec {json.dumps(values)}\r\n"
