"""Recovery of a host that knows of commits only."""

import threading

from commit_desk import URN, snapshot
from winipsec.host.leftovers import Leftover
from winipsec.host.pending import read_pending
from winipsec.host.recovery import Recovery

DEAD, ALIVE, SECOND = "00000000dead", "0000000a11fe", "000000005ec0"
STRANGER = "urn:pulumi:prod::shop::winipsec:index:Rule::r"


class Book:
    """What people are told."""

    def __init__(self):
        self.warnings = []
        self.told = []

    def info(self, message, *, ephemeral=False):
        """Keep it; it is of interest only while it lasts."""
        assert ephemeral
        self.told.append(message)

    def warning(self, message, *, ephemeral=False):
        """Keep it."""
        self.warnings.append(message)


class DeskReader:
    """Reads the host; only `forget` makes a new look."""

    def __init__(self, host):
        self.host = host
        self.kept = None
        self.looks = 0

    def forget(self):
        """The next look is a new one."""
        self.kept = None

    def anew(self, *, cancelled):
        """A new look, whatever was looked at before."""
        self.forget()
        return self.snapshot(cancelled=cancelled)

    def snapshot(self, *, cancelled=None):
        """The host as it is, or was."""
        if self.kept is None:
            self.looks += 1
            names = [f"c-{number}.cmd" for number in self.host.scripts]
            names += [f"c-{number}.{at or 'reg'}" for number, at in self.host.stages.items()]
            begun = tuple(Leftover(number, (), ()) for number in self.host.begun)
            found = read_pending(names, "".join(self.host.scripts.values()))
            self.kept = snapshot(found=found, leftovers=begun)
        return self.kept


class Desk:
    """Recovery, and what it needs."""

    def __init__(self, host):
        self.host = host
        self.reader = DeskReader(host)
        self.recovery = Recovery(host, self.reader, clock=host.clock)
        self.cancelled = threading.Event()
        self.book = Book()

    def settle(self, urn=URN, *, writing=True):
        """As before a change, or before a resource is read."""
        seen = self.reader.snapshot()
        return self.recovery.settle(seen, urn, self.cancelled, self.book, writing=writing)
