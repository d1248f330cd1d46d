"""One batch on its way: what it will do, and how it is sent and read back.

A broken connection is answered by reading what is there; nothing is sent twice.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field, replace

from winipsec.errors import Ambiguous, HostError, Interrupted, WinipsecError
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.agent import settled_state
from winipsec.host.batch import opening_length, recorded_line, remote_commands, secure_folder, start_service
from winipsec.host.batch_files import BatchFiles
from winipsec.host.caution import into_force
from winipsec.host.change import Change, Log, Plan, Silence, Transaction
from winipsec.host.connection import Connection
from winipsec.host.leftovers import Intent
from winipsec.host.machine import UNSETTLED, Service
from winipsec.host.reader import Reader
from winipsec.host.snapshot import HELD_CONTENT_LINE, HELD_LINE, READ_LINE, Snapshot, reached
from winipsec.model.store import Store

SECONDS_PER_COMMAND = 0.2


@dataclass(eq=False)
class Ticket:
    """One change on its way through the writer."""

    change: Change
    since: float
    cancelled: threading.Event
    timeout: float | None = None
    transaction: Transaction | None = None
    log: Log = field(default_factory=Silence)
    attempt: int = 0
    why: WinipsecError | None = None
    looked_again: bool = False
    """Whether the host was read anew for it, before what it waits for counted as missing."""
    snapshot: Snapshot | None = None
    error: WinipsecError | None = None

    @property
    def settled(self) -> bool:
        """Whether it is known what came of it."""
        return self.snapshot is not None or self.error is not None


@dataclass
class Round:
    """What one batch will do: the tickets that take part, their plans, and the store they lead to."""

    store: Store
    planned: list[tuple[Ticket, Plan]] = field(default_factory=list)
    later: list[Ticket] = field(default_factory=list)
    """Those that have to see first what comes of the others."""

    @property
    def commands(self) -> list[Command | RegCommand]:
        """All commands, in order."""
        return [command for _, plan in self.planned for command in plan.commands]

    @property
    def cancelled(self) -> threading.Event:
        """Set when the run is to end, which is one for all tickets."""
        return self.planned[0][0].cancelled

    @property
    def adds_filters(self) -> bool:
        """Whether filters are added, perhaps to a list of somebody else."""
        return any(
            isinstance(item, Command) and (item.verb, item.object) == ("add", "filter") for item in self.commands
        )

    @property
    def assigns(self) -> bool:
        """Whether it is part of a transaction that assigns another policy in the end than the one that is assigned."""
        return any(ticket.transaction is not None and ticket.transaction.assigns for ticket, _ in self.planned)

    @property
    def intents(self) -> list[Intent]:
        """What is to be said of it before anything is done; each change records what its script does not hold."""
        left, found = opening_length(self.commands), list[Intent]()
        for _, plan in self.planned:
            recorded = tuple(map(recorded_line, plan.commands[max(0, left) :]))
            left -= len(plan.commands)
            first, *further = plan.intents or [None]
            if first is not None:
                found.extend([replace(first, recorded=recorded), *further])
        return found


class Dispatch:
    """Sends the batches of one run to one host; the caller takes care that one thread at a time asks.

    Args:
        connection: The way to the host.
        reader: Takes snapshots over the same connection.
    """

    def __init__(self, connection: Connection, reader: Reader) -> None:
        self._connection = connection
        self._reader = reader
        self._files = BatchFiles()
        self.prepared = False
        """Whether the folder for scripts is known to be there and closed."""

    def send(
        self, batch: Round, snapshot: Snapshot, number: str = "", *, armed: str = "", within: float = math.inf
    ) -> Snapshot:
        """Run the batch and read back; a broken connection is answered by reading, too.

        Args:
            batch: What to do.
            snapshot: The host before.
            number: That of the batch; a new one by default.
            armed: A file without which nothing may be written any more.
            within: Seconds that it may take at most.

        Raises:
            HostError: it was not sent, or (`may_have_run`) nobody knows how far it got.
        """
        prepare = "" if self.prepared else secure_folder(snapshot.folder)
        if snapshot.machine.service is Service.DISABLED:
            raise HostError(
                "the IPsec Policy Agent is disabled, so no policy can be changed or in force.",
                code="service.disabled",
                host=snapshot.host,
                advice="Run `sc config PolicyAgent start= auto` on the host.",
            )
        cancelled = batch.cancelled
        starting = snapshot.machine.service in UNSETTLED
        state = settled_state(self._connection, cancelled) if starting else snapshot.machine.service
        before = HELD_CONTENT_LINE if batch.adds_filters else HELD_LINE
        if state is Service.STOPPED:
            # Once the script is there: the policy that comes into force may be one that closes our way in.
            before = f"{before} & {start_service(bare=batch.assigns)}"
        number = self._files.begin((ticket.change.urn for ticket, _ in batch.planned), number)
        remotes = remote_commands(
            number,
            snapshot.folder,
            [*batch.commands, *into_force(snapshot.store, batch.store, batch.commands)],
            batch.intents,
            prepare=prepare,
            armed=armed,
            before=before,
            ending=READ_LINE,
        )
        usual = self._connection.settings.command_timeout + SECONDS_PER_COMMAND * len(batch.commands)
        timeout = min(within, max(ticket.timeout or usual for ticket, _ in batch.planned))
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
            # What another thread has read since the batch was planned may be from before it.
            told = whole and remote is remotes[-1]
            after = self._reader.take(output) if told else self._reader.anew(cancelled=cancelled)
        except HostError as error:
            if begun or error.may_have_run:
                self._files.interrupted(number)
                return self._look_after(error, cancelled)
            if any(ticket.attempt for ticket, _ in batch.planned):
                self._reader.keep(snapshot)  # what the tries before did is known
            raise
        self.prepared = reached(output)
        return replace(after, before=after.before + complaints)

    def _look_after(self, error: HostError, cancelled: threading.Event) -> Snapshot:
        """What is there after a batch of which nobody knows how far it got.

        Raises:
            HostError: The run was cancelled, or the host cannot be looked at: then it stays unknown.
        """
        if isinstance(error, Interrupted):
            raise error
        try:
            return self._reader.anew(cancelled=cancelled)
        except HostError as blind:
            raise Ambiguous(
                f"{error.problem} Looking at the host afterwards failed as well: {blind.problem}",
                code=error.code,
                host=self._reader.host,
                fault=error.fault,
                may_have_run=True,
            ) from blind

    def confirm(self, settled: set[str]) -> None:
        """The engine knows the outcome for these resources: remove the batch files that speak of no others."""
        last = self._reader.last
        if last is not None and last.folder:
            for line in self._files.removal(last, settled):
                self._connection.run(line, idempotent=True)
            self._files.removed(settled)

    def written(self, snapshot: Snapshot) -> bool:
        """Whether the script of the last batch lies on the host."""
        return any(item.batch == self._files.last for item in snapshot.leftovers)
