"""One Windows host: read it, change it, leave nothing behind."""

from __future__ import annotations

import threading

from winipsec.errors import WinipsecError
from winipsec.host.change import CERTAIN, Change, Log, Silence, Transaction, Wait
from winipsec.host.connection import Connection
from winipsec.host.management import guard
from winipsec.host.reader import Reader
from winipsec.host.settings import REVERT_AFTER
from winipsec.host.snapshot import Snapshot
from winipsec.host.writer import Writer
from winipsec.model.store import Store


class Host:
    """Everything that is known and done about one host in one run; safe for any number of threads."""

    def __init__(self, connection: Connection, revert_after: int = REVERT_AFTER) -> None:
        self.connection = connection
        self._reader = Reader(connection)
        self._writer = Writer(connection, self._reader, self._guard, revert_after)
        self._settled: set[str] = set()
        self._foreseeing = threading.Lock()
        self._foreseen: Store | None = None

    @property
    def name(self) -> str:
        """The host as the user named it."""
        return self.connection.settings.host

    @property
    def last(self) -> Snapshot | None:
        """The last snapshot of this run, however old; None before the first."""
        return self._reader.last

    @property
    def foreseen(self) -> Store | None:
        """The store that the changes of a preview lead to; None where there are none yet."""
        return self._foreseen

    def read(
        self, cancelled: threading.Event, urn: str = "", log: Log | None = None, *, updating: bool = False
    ) -> Snapshot:
        """The whole host, at most half a minute old and never older than our last write.

        For a resource of ours, what an earlier run of its program left unconfirmed is taken back first. An `updating`
        run has its stack for itself; whoever else reads waits for runs that may be alive.

        Raises:
            Refused: The run is updating, and a change of another stack waits to be confirmed.
            HostError: the host could not be read; nothing is concluded from that.
        """
        snapshot = self._reader.snapshot(cancelled=cancelled)
        if urn and snapshot.pending:
            return self._writer.recovery.settle(snapshot, urn, cancelled, log or Silence(), writing=updating)
        return snapshot

    def apply(
        self,
        change: Change,
        cancelled: threading.Event,
        timeout: float | None = None,
        *,
        transaction: Transaction | None = None,
        log: Log | None = None,
    ) -> Snapshot:
        """Make one change true, together with whatever else is waiting, and return the host afterwards.

        As a `transaction` it goes alone, and what cannot be made as a whole is taken back.

        Raises:
            WinipsecError: it was refused, or could not be made within `timeout` seconds.
        """
        with self._foreseeing:
            self._foreseen = None  # a preview after a write begins with what was written
        return self._writer.apply(change, cancelled, timeout, transaction=transaction, log=log)

    def foreseen_cut(self) -> WinipsecError | None:
        """Why what the changes of a preview lead to would close our own way in; None where it stays open."""
        snapshot, after = self._reader.last, self._foreseen
        return self._guard(snapshot, snapshot.store, after) if snapshot is not None and after is not None else None

    def foresee(self, change: Change, *, assigns: bool) -> None:
        """Plan one change of a preview on top of those before it; nothing is written.

        A preview knows neither what will be deleted nor, while other resources are still to come, the whole result:
        only the assignment, which comes last, is asked whether our way in stays open.

        Raises:
            WinipsecError: the change would be refused.
        """
        snapshot = self._reader.last
        if snapshot is None:
            return
        with self._foreseeing:
            before = self._foreseen or snapshot.store
            try:
                plan = change.plan(before, snapshot, 0)
            except Wait as wait:
                if wait.reason.code in CERTAIN:
                    raise wait.reason from None
                return
            refused = self._guard(snapshot, snapshot.store, plan.after) if assigns and not change.allow_cut else None
            if refused is not None:
                raise refused
            self._foreseen = plan.after

    def settle(self, urn: str) -> None:
        """The engine is about to hear the outcome for this resource."""
        self._settled.add(urn)

    def close(self) -> None:
        """Remove the files of batches whose outcome the engine knows, and the shell; never raises."""
        try:
            self._writer.confirm(self._settled)
        except WinipsecError:
            return  # the files prove what is ours to the next run, and go then
        finally:
            self.connection.close()

    def _guard(self, snapshot: Snapshot, before: Store, after: Store) -> WinipsecError | None:
        return guard(snapshot, self.connection.settings, before, after)
