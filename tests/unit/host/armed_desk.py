"""The writer's desk with a host that can be armed."""

import re
import threading
from dataclasses import dataclass, field

from commit_desk import CommitHost, silence
from snapshot_text import FOLDER
from winipsec.host import commit, recovery, writer
from winipsec.host.change import Plan, Transaction
from winipsec.host.snapshot import READ_LINE
from writer_desk import Desk, Wants

ARMED = Transaction(300)


@dataclass
class ArmedDesk(Desk):
    """A desk whose host can be armed: lines about a commit go to a host that knows of nothing else.

    The store is put back when that host restores it, to what it was when it was armed.
    """

    armed: CommitHost = field(default_factory=CommitHost)

    def __post_init__(self):
        super().__post_init__()
        self.old = {}

    def renew(self):
        """A new connection comes next."""
        self.armed.renew()

    def run(self, line, stdin=None, *, idempotent, timeout=None, cancelled=None, patient=True):
        """One line, about a commit or not."""
        found = re.search(r"c-([0-9a-f]{12})", line)
        if found and "netsh" not in line:
            if "schtasks /create" in line:
                self.old[found.group(1)] = list(self.policies)
            done = self.armed.run(line, stdin, idempotent=idempotent, timeout=timeout, cancelled=cancelled)
            for number, stage in self.armed.stages.items():
                if stage == "reverted" and number in self.old:
                    self.policies[:] = self.old.pop(number)
            return done
        if line == READ_LINE and self.armed.silent[0] <= self.armed.clock.time < self.armed.silent[1]:
            raise silence()
        return super().run(line, stdin, idempotent=idempotent, timeout=timeout, cancelled=cancelled)

    def _part(self, name):
        if name == "commits":
            return "".join(f"c-{number}.{stage or 'reg'}\r\n" for number, stage in self.armed.stages.items())
        if name == "scripts":
            return "".join(self.armed.scripts.values())
        if name == "folder":
            return f"{FOLDER}\r\n"
        return super()._part(name)

    def whole(self, change, transaction=ARMED, cancelled=None):
        """Make a change as a whole."""
        return self.writer.apply(change, cancelled or threading.Event(), transaction=transaction)


class Both(Wants):
    """Two policies of one wish: one command after the other."""

    def plan(self, store, snapshot, attempt):
        """Add what is missing of `a` and `b`, or refuse as told."""
        first = super().plan(store, snapshot, attempt)
        second = Wants("b").plan(first.after, snapshot, attempt)
        return Plan(second.after, (*first.commands, *second.commands), first.intents, {**first.unmet, **second.unmet})


def armed_desk(monkeypatch):
    """A host with a policy `old` that can be armed; its clock is everybody's, and the writer's waiting is short."""
    for name, seconds in {"GATHER": 0.002, "LONGEST_GATHER": 0.02, "LOOK": 0.004, "GRACE": 0.05}.items():
        monkeypatch.setattr(writer, name, seconds)
    armed = CommitHost()
    for module in (commit, recovery):
        monkeypatch.setattr(module, "SystemClock", lambda: armed.clock)
    return ArmedDesk(policies=["old"], armed=armed)
