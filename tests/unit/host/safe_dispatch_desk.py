"""A safe dispatch whose dispatch and commits write down what is asked of them."""

import threading
from collections import deque
from types import SimpleNamespace

from commit_desk import SECONDS, URN, Book, snapshot
from snapshot_text import POLICY
from winipsec.host import commit as commit_module
from winipsec.host.change import Transaction
from winipsec.host.dispatch import Round, Ticket
from winipsec.host.machine import Service
from winipsec.host.pending import read_pending
from winipsec.host.safe_dispatch import SafeDispatch
from winipsec.model.policies import Policy
from winipsec.model.store import Store

ASSIGNED = Store(policies={POLICY: Policy("web", guid=POLICY)}, active=POLICY)
IDLE = Store(policies={POLICY: Policy("web", guid=POLICY)})


class Desk:
    """A host behind a dispatch that sends nothing: what becomes of each batch is in `comes`.

    Each is an error, or None for a batch that the host takes; `sent` has what was asked for.
    """

    def __init__(self, host, monkeypatch, revert_after=SECONDS):
        self.host = host
        self.comes = deque()
        self.sent, self.gates = [], []
        self.looks = self.forgets = 0
        self.after = None
        self.book = Book()
        self.safe = SafeDispatch(host, self, self, revert_after)
        monkeypatch.setattr(commit_module, "SystemClock", lambda: host.clock)

    # The dispatch.

    def send(self, batch, snapshot, number="", *, armed="", within=float("inf")):
        """Say what came of a batch."""
        self.sent.append((number, within))
        self.gates.append(armed)
        self.host.clock.time += self.host.cost
        outcome = self.comes.popleft() if self.comes else None
        outcome = outcome() if callable(outcome) else outcome
        if outcome is not None:
            raise outcome
        return self.look()

    def look(self):
        """The host as it is now."""
        found = read_pending(
            [f"c-{number}.{at}" for number, at in self.host.stages.items()], "".join(self.host.scripts.values())
        )
        self.after = snapshot(found=found)
        return self.after

    # The reader.

    def forget(self):
        """The next look is a new one."""
        self.forgets += 1

    def snapshot(self, *, cancelled):
        """A new look."""
        self.looks += 1
        return self.look()

    def anew(self, *, cancelled):
        """A new look, whatever was looked at before."""
        self.forget()
        return self.snapshot(cancelled=cancelled)

    # What tests do.

    def ticket(self, *, seconds=None, allow_cut=False, cancelled=None):
        """One change."""
        change = SimpleNamespace(urn=URN, allow_cut=allow_cut)
        transaction = None if seconds is None else Transaction(seconds)
        return Ticket(change, 0.0, cancelled or threading.Event(), None, transaction, self.book)

    def batch(self, store=ASSIGNED, **options):
        """A batch of one change that leads to this store."""
        return Round(store, [(self.ticket(**options), None)])

    def put(self, before=IDLE, after=ASSIGNED, service=Service.RUNNING, **options):
        """Send one batch."""
        return self.safe.send(self.batch(after, **options), self.before(before, service))

    def before(self, store=IDLE, service=Service.RUNNING):
        """The host before a change."""
        found = snapshot(service)
        return type(found)(**{**vars(found), "store": store})
