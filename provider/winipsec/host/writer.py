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
from dataclasses import dataclass, field, replace

from winipsec.errors import (
    Ambiguous,
    HostError,
    InternalError,
    Interrupted,
    WinipsecError,
)
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.batch import (
    opening_length,
    recorded_line,
    remote_commands,
    require_carriable,
    secure_folder,
    start_service,
)
from winipsec.host.batch_files import BatchFiles
from winipsec.host.caution import into_force, next_turn, worst_case
from winipsec.host.change import Change, Plan, Wait
from winipsec.host.connection import Connection
from winipsec.host.leftovers import Intent
from winipsec.host.machine import Service
from winipsec.host.management import same_in_force
from winipsec.host.reader import Reader
from winipsec.host.refusals import not_taken, not_written, unsayable
from winipsec.host.snapshot import HELD_CONTENT_LINE, HELD_LINE, READ_LINE, Snapshot, reached
from winipsec.model.invalid import Invalid
from winipsec.model.store import Store

MAX_ATTEMPTS = 3
PATIENCE = 20.0
GRACE = 2.0
LOOK = 0.1
GATHER = 0.03
LONGEST_GATHER = 0.3
SECONDS_PER_COMMAND = 0.2

Guard = Callable[[Snapshot, Store, Store], WinipsecError | None]


@dataclass(eq=False)
class _Ticket:
    """One change on its way through the writer."""

    change: Change
    since: float
    cancelled: threading.Event
    timeout: float | None = None
    attempt: int = 0
    why: WinipsecError | None = None
    snapshot: Snapshot | None = None
    error: WinipsecError | None = None

    @property
    def settled(self) -> bool:
        return self.snapshot is not None or self.error is not None


@dataclass
class _Round:
    """What one batch will do: the tickets that take part, their plans, and the store they lead to."""

    store: Store
    planned: list[tuple[_Ticket, Plan]] = field(default_factory=list)
    later: list[_Ticket] = field(default_factory=list)
    """Those that have to see first what comes of the others."""

    @property
    def commands(self) -> list[Command | RegCommand]:
        return [command for _, plan in self.planned for command in plan.commands]

    @property
    def adds_filters(self) -> bool:
        return any(
            isinstance(item, Command) and (item.verb, item.object) == ("add", "filter") for item in self.commands
        )

    @property
    def intents(self) -> list[Intent]:
        left, found = opening_length(self.commands), list[Intent]()
        for _, plan in self.planned:
            recorded = tuple(map(recorded_line, plan.commands[max(0, left) :]))
            left -= len(plan.commands)
            first, *further = plan.intents or [None]
            if first is not None:
                found.extend([replace(first, recorded=recorded), *further])
        return found


class Writer:
    """Applies changes to one host, for any number of threads.

    Args:
        connection: The way to the host.
        reader: Takes snapshots over the same connection.
        guard: Says why a change from one store to another must not be made, or None.
    """

    def __init__(self, connection: Connection, reader: Reader, guard: Guard) -> None:
        self._connection = connection
        self._reader = reader
        self._guard = guard
        self._turn = threading.Lock()
        self._queue_lock = threading.Lock()
        self._queue: list[_Ticket] = []
        self._unsettled: set[_Ticket] = set()
        self._progress = time.monotonic()
        self._prepared = False
        self._files = BatchFiles()

    def apply(self, change: Change, cancelled: threading.Event, timeout: float | None = None) -> Snapshot:
        """Make `change` true on the host and return the host as read back afterwards.

        `timeout` is how many seconds the user gives it; without, the connection's own limits hold.

        Raises:
            WinipsecError: it could not be made; `HostError.may_have_run` and a new read tell what is there.
        """
        ticket = _Ticket(change, time.monotonic(), cancelled, timeout)
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
        last = self._reader.last
        if last is not None and last.folder:
            for line in self._files.removal(last, settled):
                self._connection.run(line, idempotent=True)
            self._files.removed(settled)

    def _wait(self, ticket: _Ticket) -> None:
        """Stand back until something changed, or nobody is left who could change it."""
        now = time.monotonic()
        with self._queue_lock:
            stuck = all(other.why is not None for other in self._unsettled)
        patience = min(PATIENCE, ticket.timeout or PATIENCE)
        over = now - ticket.since > patience or (stuck and now - max(self._progress, ticket.since) > GRACE)
        if over and ticket.why is not None and self._withdrawn(ticket):
            ticket.error = ticket.why
        else:
            ticket.cancelled.wait(LOOK)

    def _withdrawn(self, ticket: _Ticket) -> bool:
        """Take a ticket back, unless somebody's turn has it: then nobody may say yet what became of it."""
        with self._queue_lock:
            if ticket not in self._queue:
                return False
            self._queue.remove(ticket)
            return True

    def _round(self) -> None:
        tickets = self._gathered()
        try:
            snapshot = self._reader.snapshot()
            while tickets:
                turn, rest = next_turn(tickets)
                batch = self._plan(turn, snapshot)
                if batch.planned:
                    snapshot = self._write(batch, snapshot)
                    rest = [*self._judge([ticket for ticket, _ in batch.planned], snapshot), *batch.later, *rest]
                    self._progress = time.monotonic()
                tickets = rest
        except WinipsecError as error:
            _fail(tickets, error)
        except BaseException:
            _fail(tickets, InternalError("a batch ended in a mistake of ours.", host=self._reader.host))
            raise

    def _gathered(self) -> list[_Ticket]:
        """Everything that waits, once nothing more has come for a moment: engines ask for one resource after another."""
        waiting, until = -1, time.monotonic() + LONGEST_GATHER
        while waiting != len(self._queue) and time.monotonic() < until:
            waiting = len(self._queue)
            time.sleep(GATHER)
        with self._queue_lock:
            tickets, self._queue = self._queue, []
        return [ticket for ticket in tickets if not ticket.settled]

    def _plan(self, tickets: Sequence[_Ticket], snapshot: Snapshot) -> _Round:
        """Plan every ticket on top of the ones before it; what would cut our way in comes last."""
        batch = _Round(snapshot.store)
        late = [ticket for ticket in tickets if self._admit(ticket, batch, snapshot) is not None]
        for ticket in late:
            refused = self._admit(ticket, batch, snapshot)
            if refused is not None:
                self._postpone(ticket, refused)
        if self._risky(batch, snapshot, batch.store):
            return self._plan_carefully([ticket for ticket, _ in batch.planned], snapshot)
        return batch

    def _risky(self, batch: _Round, snapshot: Snapshot, after: Store) -> bool:
        """Whether our way in would close if the host refused some of the commands that lead to `after`."""
        allowed = any(ticket.change.allow_cut for ticket, _ in batch.planned)
        if allowed or same_in_force(snapshot.store, after):
            return False
        return self._guard(snapshot, snapshot.store, worst_case(snapshot.store, after)) is not None

    def _plan_carefully(self, tickets: Sequence[_Ticket], snapshot: Snapshot) -> _Round:
        """A batch that ends before what only the rest of it makes harmless."""
        batch = _Round(snapshot.store)
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

    def _admit(self, ticket: _Ticket, batch: _Round, snapshot: Snapshot) -> WinipsecError | None:
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

    def _postpone(self, ticket: _Ticket, why: WinipsecError) -> None:
        ticket.why = why
        with self._queue_lock:
            if ticket not in self._queue:
                self._queue.append(ticket)

    def _write(self, batch: _Round, snapshot: Snapshot) -> Snapshot:
        """Run the batch and read back; a broken connection is answered by reading what is there."""
        prepare = "" if self._prepared else secure_folder(snapshot.folder)
        if snapshot.machine.service is Service.DISABLED:
            raise HostError(
                "the IPsec Policy Agent is disabled, so no policy can be changed or in force.",
                code="service.disabled",
                host=snapshot.host,
                advice="Run `sc config PolicyAgent start= auto` on the host.",
            )
        if snapshot.machine.service is Service.STOPPED:
            prepare = " && ".join(part for part in (start_service(), prepare) if part)
        number = self._files.begin(ticket.change.urn for ticket, _ in batch.planned)
        remotes = remote_commands(
            number,
            snapshot.folder,
            [*batch.commands, *into_force(snapshot.store, batch.store, batch.commands)],
            batch.intents,
            prepare=prepare,
            before=HELD_CONTENT_LINE if batch.adds_filters else HELD_LINE,
            ending=READ_LINE,
        )
        cancelled = batch.planned[0][0].cancelled
        usual = self._connection.settings.command_timeout + SECONDS_PER_COMMAND * len(batch.commands)
        timeout = max(ticket.timeout or usual for ticket, _ in batch.planned)
        output, complaints, whole, begun = "", "", True, False
        self._reader.forget()
        try:
            for remote in remotes:
                done = self._connection.run(
                    remote.line, remote.stdin, idempotent=False, timeout=timeout, cancelled=cancelled
                )
                begun = True
                output, complaints, whole = output + done.stdout, complaints + done.stderr, not done.output_lost
                if whole and not reached(output):
                    break  # without its intents on the disk, nothing may be made
        except HostError as error:
            if begun or error.may_have_run:
                self._files.interrupted(number)
                return self._look_after(error)
            if any(ticket.attempt for ticket, _ in batch.planned):
                self._reader.keep(snapshot)  # what the tries before did is known
            raise
        self._prepared = reached(output)
        after = self._reader.take(output) if whole and remote is remotes[-1] else self._reader.snapshot()
        return replace(after, before=after.before + complaints)

    def _look_after(self, error: HostError) -> Snapshot:
        """What is there after a batch of which nobody knows how far it got.

        Raises:
            HostError: The run was cancelled, or the host cannot be looked at: then it stays unknown.
        """
        if isinstance(error, Interrupted):
            raise error
        try:
            return self._reader.snapshot()
        except HostError as blind:
            raise Ambiguous(
                f"{error.problem} Looking at the host afterwards failed as well: {blind.problem}",
                code=error.code,
                host=self._reader.host,
                fault=error.fault,
                may_have_run=True,
            ) from blind

    def _judge(self, tickets: Sequence[_Ticket], snapshot: Snapshot) -> list[_Ticket]:
        """Plan again against what was read back: nothing left is success; the rest gets another try."""
        again: list[_Ticket] = []
        written = any(item.batch == self._files.last for item in snapshot.leftovers)
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
            self._prepared = False  # the folder may be what is missing
        return again


def _fail(tickets: Sequence[_Ticket], error: WinipsecError) -> None:
    for ticket in tickets:
        if not ticket.settled:
            ticket.error = error
