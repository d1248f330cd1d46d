"""Batches that cannot lock anybody out: what changes the policy in force goes under a confirmed commit (design 5)."""

from __future__ import annotations

from functools import partial

from winipsec.errors import HostError, Interrupted, Refused, TimedOut, WinipsecError
from winipsec.host.commit import Commit
from winipsec.host.connection import Connection
from winipsec.host.dispatch import Dispatch, Round, Ticket
from winipsec.host.machine import Service
from winipsec.host.management import same_in_force
from winipsec.host.reader import Reader
from winipsec.host.snapshot import Snapshot


class SafeDispatch:
    """Sends batches, each under a commit where it needs one.

    Args:
        connection: The way to the host.
        reader: Takes snapshots over the same connection.
        dispatch: Sends one batch.
        revert_after: Seconds after which a host takes back what nobody confirmed; 0 arms no host.
    """

    def __init__(self, connection: Connection, reader: Reader, dispatch: Dispatch, revert_after: int) -> None:
        self._connection = connection
        self._reader = reader
        self._dispatch = dispatch
        self._revert_after = revert_after
        self._unarmed = False

    def send(self, batch: Round, snapshot: Snapshot) -> Snapshot:
        """Send one batch of any number of changes; whatever the host took of it is confirmed.

        A host that cannot be armed gets it without, and the user is told: that the way in stays open has been computed.

        Raises:
            Reverted: Nobody could reach the host afterwards, so it took the batch back.
            HostError: It was not sent, or nobody knows how far it got.
        """
        commit = self._commit(batch, snapshot)
        if commit is None:
            return self._dispatch.send(batch, snapshot)
        try:
            after = self.apply(commit, batch, snapshot)
            commit.confirm()
        except BaseException:
            self.leave(commit)
            raise
        return after

    def begin(self, ticket: Ticket, snapshot: Snapshot) -> Commit | None:
        """Arm the host for a transaction; None where its user wants no timer.

        Raises:
            Refused: The host cannot be armed; nothing was changed.
        """
        seconds = ticket.transaction.revert_after if ticket.transaction is not None else 0
        return self._armed(ticket, seconds, snapshot) if seconds else None

    def apply(self, commit: Commit | None, batch: Round, snapshot: Snapshot) -> Snapshot:
        """Send a batch of an armed host, and read back once the host answers.

        Raises:
            Reverted: The host fell silent, and took the batch back.
            HostError: It was not sent, or nobody knows how far it got.
        """
        if commit is None:
            return self._dispatch.send(batch, snapshot)
        # The first batch has the commit's number: a dead run whose script is not there has changed nothing.
        number = "" if commit.touched else commit.id
        try:
            if commit.time_left <= 0:
                raise TimedOut(f"no time is left before {snapshot.host} takes the change back.", host=snapshot.host)
            after = self._dispatch.send(batch, snapshot, number, armed=commit.armed_file, within=commit.time_left)
        except HostError as error:
            if isinstance(error, Interrupted):
                raise
            if error.may_have_run:
                commit.touched = True
                commit.meet_silence()
                return self._reader.anew(cancelled=batch.cancelled)
            if commit.touched:
                commit.revert()  # what the batches before this one have done
            else:
                commit.abandon()
            raise
        commit.touched = True
        if not _holds(commit, after):
            commit.meet_silence()  # it was restarted on the way: nothing of this is left, or will be
        return after

    def leave(self, commit: Commit | None) -> None:
        """Something went wrong: the host takes back what is not at its end, and nobody relies on an earlier look."""
        if commit is not None:
            commit.leave()
        self._reader.forget()

    def _commit(self, batch: Round, snapshot: Snapshot) -> Commit | None:
        changes = [ticket for ticket, _ in batch.planned]
        if self._revert_after == 0 or self._unarmed or any(ticket.change.allow_cut for ticket in changes):
            return None
        awakes = snapshot.machine.service is not Service.RUNNING and bool(batch.store.active)
        if same_in_force(snapshot.store, batch.store) and not awakes:
            return None
        try:
            return self._armed(changes[0], self._revert_after, snapshot)
        except Refused as error:
            if error.code != "commit.unarmed":
                raise
            self._unarmed = True
            changes[0].log.warning(
                f"{snapshot.host}: {error.problem} It is made all the same: the way in stays open by our reckoning."
            )
            return None

    def _armed(self, ticket: Ticket, seconds: int, snapshot: Snapshot) -> Commit:
        tell = partial(ticket.log.info, ephemeral=True)
        commit = Commit(self._connection, snapshot, ticket.change.urn, seconds, ticket.cancelled, tell)
        try:
            commit.arm()
        except WinipsecError:
            self._reader.forget()  # something of it may be left on the host
            raise
        self._dispatch.prepared = True  # arming has closed the folder
        return commit


def _holds(commit: Commit, snapshot: Snapshot) -> bool:
    """Whether the host may still take the change back."""
    return any((item.record.commit, item.stage) == (commit.id, "armed") for item in snapshot.pending)
