"""Recovery of a host that knows of commits only."""

import threading

from commit_desk import URN, Book, CommitHost, snapshot
from winipsec.host.leftovers import Leftover
from winipsec.host.pending import read_pending
from winipsec.host.recovery import Recovery

DEAD, ALIVE, SECOND = "00000000dead", "0000000a11fe", "000000005ec0"
STRANGER = "urn:pulumi:prod::shop::winipsec:index:Rule::r"


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
    """Recovery of a host where every batch has begun, and what it needs."""

    def __init__(self):
        self.host = CommitHost()
        self.host.begun = {DEAD, ALIVE, SECOND}
        self.reader = DeskReader(self.host)
        self.recovery = Recovery(self.host, self.reader, clock=self.host.clock)
        self.cancelled = threading.Event()
        self.book = Book()

    def settle(self, urn=URN, *, writing=True):
        """As before a change, or before a resource is read."""
        seen = self.reader.snapshot()
        return self.recovery.settle(seen, urn, self.cancelled, self.book, writing=writing)
