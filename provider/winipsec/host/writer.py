"""One writer per host: it gathers changes, applies them as one batch, reads back, and says what came of each.

    waiting ──▶ planned ──▶ applied ──▶ read back ──▶ settled
                   │                        └──▶ planned again, worded otherwise, at most MAX_ATTEMPTS times
                   └──▶ waiting (an object in use, a list not made yet), at most PATIENCE seconds

Whoever has the turn takes everything that waits; those who come meanwhile wait for the next turn, so that the number
of messages hardly grows with the number of resources. Success is what the store says: a change is settled when
planning it against what was read back finds nothing left to do. A batch that would close our own way in is not
written: changes that close it are tried last, then refused (design 2.2, items 4 and 12; 3).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from winipsec.errors import InternalError, Interrupted, WinipsecError
from winipsec.host.batch import require_carriable
from winipsec.host.caution import next_turn, worst_cases
from winipsec.host.change import Change, Log, Silence, Transaction, Wait
from winipsec.host.commit import Commit
from winipsec.host.connection import Connection
from winipsec.host.dispatch import Dispatch, Round, Ticket
from winipsec.host.management import same_in_force
from winipsec.host.reader import Reader
from winipsec.host.recovery import Recovery
from winipsec.host.refusals import not_taken, not_written, unsayable
from winipsec.host.safe_dispatch import SafeDispatch
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Invalid
from winipsec.model.store import Store

MAX_ATTEMPTS = 3
PATIENCE = 20.0
GRACE = 2.0
LOOK = 0.1
GATHER = 0.03
LONGEST_GATHER = 0.3

Guard = Callable[[Snapshot, Store, Store], WinipsecError | None]


class Writer:
    """Applies changes to one host, for any number of threads.

    Args:
        connection: The way to the host.
        reader: Takes snapshots over the same connection.
        guard: Says why a change from one store to another must not be made, or None.
        revert_after: Seconds after which the host takes back what nobody confirmed; 0 arms no host.
    """

    def __init__(self, connection: Connection, reader: Reader, guard: Guard, revert_after: int = 0) -> None:
        self._reader = reader
        self._guard = guard
        self._turn = threading.Lock()
        self._queue_lock = threading.Lock()
        self._queue: list[Ticket] = []
        self._unsettled: set[Ticket] = set()
        self._progress = time.monotonic()
        self._dispatch = Dispatch(connection, reader)
        self._safe = SafeDispatch(connection, reader, self._dispatch, revert_after)
        self.recovery = Recovery(connection, reader)
        """Ends what dead runs left; for readers too, since two must not do so at once."""

    def apply(
        self,
        change: Change,
        cancelled: threading.Event,
        timeout: float | None = None,
        *,
        transaction: Transaction | None = None,
        log: Log | None = None,
    ) -> Snapshot:
        """Make `change` true on the host and return the host as read back afterwards.

        Args:
            change: What is wanted.
            cancelled: Set when the run is to end.
            timeout: How many seconds the user gives it; without, the connection's own limits hold.
            transaction: All of it or nothing; it goes alone then.
            log: Told what takes long.

        Raises:
            WinipsecError: it could not be made; `HostError.may_have_run` and a new read tell what is there.
        """
        ticket = Ticket(change, time.monotonic(), cancelled, timeout, transaction, log or Silence())
        with self._queue_lock:
            self._queue.append(ticket)
            self._unsettled.add(ticket)
        try:
            while not ticket.settled:
                if cancelled.is_set() and self._withdrawn(ticket):
                    raise Interrupted("the run was cancelled before the change was made.", host=self._reader.host)
                with self._turn:
                    if not ticket.settled:
                        self._round()
                if not ticket.settled:
                    self._wait(ticket)
        finally:
            self._withdrawn(ticket)
            with self._queue_lock:
                self._unsettled.discard(ticket)
        if ticket.error is not None:
            raise ticket.error
        assert ticket.snapshot is not None  # noqa: S101 - settled without error
        return ticket.snapshot

    def confirm(self, settled: set[str]) -> None:
        """The engine knows the outcome for these resources: remove the batch files that speak of no others."""
        self._dispatch.confirm(settled)

    def _wait(self, ticket: Ticket) -> None:
        """Stand back until something changed, or nobody is left who could change it."""
        now = time.monotonic()
        with self._queue_lock:
            stuck = all(other.why is not None for other in self._unsettled)
        patience = min(PATIENCE, ticket.timeout or PATIENCE)
        over = now - ticket.since > patience or (stuck and now - max(self._progress, ticket.since) > GRACE)
        if over and ticket.why is not None and not ticket.looked_again:
            ticket.looked_again = True  # others may have made it, over another connection
            self._reader.forget()
        elif over and ticket.why is not None and self._withdrawn(ticket):
            ticket.error = ticket.why
        else:
            ticket.cancelled.wait(LOOK)

    def _withdrawn(self, ticket: Ticket) -> bool:
        """Take a ticket back, unless somebody's turn has it: then nobody may say yet what became of it."""
        with self._queue_lock:
            if ticket not in self._queue:
                return False
            self._queue.remove(ticket)
            return True

    def _round(self) -> None:
        tickets = self._gathered()
        if not tickets:
            return
        try:
            snapshot = self._begin(tickets)
            while tickets:
                whole = next((ticket for ticket in tickets if ticket.transaction is not None), None)
                if whole is not None:
                    tickets = [ticket for ticket in tickets if ticket is not whole]
                    self._transact(whole, snapshot)
                    if tickets:
                        snapshot = self._reader.snapshot(cancelled=tickets[0].cancelled)
                    continue
                turn, rest = next_turn(tickets)
                batch = self._plan(turn, snapshot)
                if batch.planned:
                    snapshot = self._safe.send(batch, snapshot)
                    rest = [*self._judge([ticket for ticket, _ in batch.planned], snapshot), *batch.later, *rest]
                    self._progress = time.monotonic()
                tickets = rest
        except WinipsecError as error:
            _fail(tickets, error)
        except BaseException:
            _fail(tickets, self._mistake())
            raise

    def _mistake(self) -> InternalError:
        return InternalError("a batch ended in a mistake of ours.", host=self._reader.host)

    def _gathered(self) -> list[Ticket]:
        """Everything that waits, once nothing more has come for a moment: engines ask for one resource after another."""
        waiting, until = -1, time.monotonic() + LONGEST_GATHER
        while waiting != len(self._queue) and time.monotonic() < until:
            waiting = len(self._queue)
            time.sleep(GATHER)
        with self._queue_lock:
            tickets, self._queue = self._queue, []
        return [ticket for ticket in tickets if not ticket.settled]

    def _begin(self, tickets: Sequence[Ticket]) -> Snapshot:
        """The host before a round, without anything that waits there to be confirmed."""
        first = tickets[0]
        snapshot = self._reader.snapshot(cancelled=first.cancelled)
        if snapshot.pending:
            return self.recovery.settle(snapshot, first.change.urn, first.cancelled, first.log, writing=True)
        return snapshot

    def _transact(self, ticket: Ticket, snapshot: Snapshot) -> None:
        """Make one change as a whole: what is not as wanted after the last try is taken back."""
        commit: Commit | None = None
        try:
            while not ticket.settled:
                batch = Round(snapshot.store)
                refused = self._admit(ticket, batch, snapshot)
                if refused is not None:
                    ticket.error = refused
                if not batch.planned:
                    break
                if ticket.attempt == 0:
                    commit = self._safe.begin(ticket, snapshot)
                snapshot = self._safe.apply(commit, batch, snapshot)
                self._judge([ticket], snapshot)
                self._progress = time.monotonic()
            if commit is not None:
                self._conclude(ticket, commit)
        except WinipsecError as error:
            ticket.snapshot, ticket.error = None, error
        except BaseException:
            ticket.snapshot, ticket.error = None, self._mistake()
            raise
        finally:
            if ticket.error is not None:
                self._safe.leave(commit)

    def _conclude(self, ticket: Ticket, commit: Commit) -> None:
        """Make the change hold if it is as wanted, and take it back otherwise."""
        if ticket.snapshot is not None:
            commit.confirm()
            return
        if self._withdrawn(ticket) and ticket.error is None:
            ticket.error = ticket.why
        commit.revert()

    def _plan(self, tickets: Sequence[Ticket], snapshot: Snapshot) -> Round:
        """Plan every ticket on top of the ones before it; what would cut our way in comes last."""
        batch = Round(snapshot.store)
        late = [ticket for ticket in tickets if self._admit(ticket, batch, snapshot) is not None]
        for ticket in late:
            refused = self._admit(ticket, batch, snapshot)
            if refused is not None:
                self._postpone(ticket, refused)
        if self._risky(batch, snapshot, batch.store):
            return self._plan_carefully([ticket for ticket, _ in batch.planned], snapshot)
        return batch

    def _risky(self, batch: Round, snapshot: Snapshot, after: Store) -> bool:
        """Whether our way in would close if the host refused some of the commands that lead to `after`."""
        allowed = any(ticket.change.allow_cut for ticket, _ in batch.planned)
        if allowed or same_in_force(snapshot.store, after):
            return False
        worst = worst_cases(snapshot.store, after)
        return any(self._guard(snapshot, snapshot.store, each) is not None for each in worst)

    def _plan_carefully(self, tickets: Sequence[Ticket], snapshot: Snapshot) -> Round:
        """A batch that ends before what only the rest of it makes harmless."""
        batch = Round(snapshot.store)
        for ticket in tickets:
            try:
                plan = ticket.change.plan(batch.store, snapshot, ticket.attempt)
            except Wait:
                batch.later.append(ticket)  # it builds on one that has to wait
                continue
            risky = self._risky(batch, snapshot, plan.after)
            if risky and batch.planned:
                batch.later.append(ticket)
                continue
            if risky and plan.opening is not None:
                plan = plan.opening
            batch.planned.append((ticket, plan))
            batch.store = plan.after
        return batch

    def _admit(self, ticket: Ticket, batch: Round, snapshot: Snapshot) -> WinipsecError | None:
        """Add a ticket to the batch; returns why it would cut our way in, if it would."""
        try:
            plan = ticket.change.plan(batch.store, snapshot, ticket.attempt)
            require_carriable(plan.commands)
        except Wait as wait:
            self._postpone(ticket, wait.reason)
            return None
        except WinipsecError as error:
            ticket.error = error
            return None
        except Invalid as mistake:
            ticket.error = unsayable(mistake, snapshot)
            return None
        if not plan.commands:
            ticket.snapshot = snapshot
            return None
        if not ticket.change.allow_cut:
            refused = self._guard(snapshot, batch.store, plan.after)
            if refused is not None:
                return refused
        ticket.why = None
        batch.planned.append((ticket, plan))
        batch.store = plan.after
        return None

    def _postpone(self, ticket: Ticket, why: WinipsecError) -> None:
        ticket.why = why
        with self._queue_lock:
            if ticket not in self._queue:
                self._queue.append(ticket)

    def _judge(self, tickets: Sequence[Ticket], snapshot: Snapshot) -> list[Ticket]:
        """Plan again against what was read back: nothing left is success; the rest gets another try."""
        again: list[Ticket] = []
        written = self._dispatch.written(snapshot)
        for ticket in tickets:
            ticket.attempt += 1
            try:
                plan = ticket.change.plan(snapshot.store, snapshot, ticket.attempt)
            except Wait as wait:
                self._postpone(ticket, wait.reason)
                continue
            except WinipsecError as error:
                ticket.error = error
                continue
            except Invalid as mistake:
                ticket.error = unsayable(mistake, snapshot)
                continue
            if not plan.commands:
                ticket.snapshot = snapshot
            elif ticket.attempt < MAX_ATTEMPTS:
                again.append(ticket)
            else:
                ticket.error = not_taken(plan, snapshot, len(tickets)) if written else not_written(snapshot)
        if again:
            self._dispatch.prepared = False  # the folder may be what is missing
        return again


def _fail(tickets: Sequence[Ticket], error: WinipsecError) -> None:
    for ticket in tickets:
        if not ticket.settled:
            ticket.error = error
