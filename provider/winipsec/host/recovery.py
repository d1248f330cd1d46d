"""What is done about changes that wait on a host, before anything else is done there (design 5).

A run that died left its change armed, half taken back, or nearly removed. What it left is brought to an end first, so
that every run begins with a host in one state: the old one, unless the change was confirmed. Changes of other runs that
may still be alive are never touched; where a reader cannot know, it waits until they are confirmed or taken back.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from enum import Enum, auto

from winipsec.errors import Ambiguous
from winipsec.host.change import Log
from winipsec.host.clock import Clock, SystemClock, pause
from winipsec.host.commit import AGAIN, ANSWER, taken
from winipsec.host.connection import Connection
from winipsec.host.pending import Pending, Run, is_ours, run_of
from winipsec.host.reader import Reader
from winipsec.host.revert_script import Record, RevertScript, marks
from winipsec.host.snapshot import Snapshot

RESTORING = 20.0
"""Seconds that a host may go on restoring before its script is started again."""
RESTORED = 90.0
"""Seconds that a host may take to restore once the script was started."""


class Deed(Enum):
    """What to do about a change."""

    REVERT = auto()
    OUTLAST = auto()  # let whoever made it confirm it, or the host take it back when its time is up
    AWAIT = auto()  # it is being taken back; start the script again if that does not end
    REPORT = auto()  # it was taken back: say so, and remove what is left
    TELL = auto()  # it was taken back: say so only
    REMOVE = auto()
    CLEAR = auto()  # files without a script
    HEED = auto()  # somebody may still confirm it: change nothing, and say so
    LEAVE = auto()


DEEDS: Mapping[tuple[str, Run], Deed] = {
    ("armed", Run.OVER): Deed.REVERT,  # unless its batch was never begun
    ("fired", Run.OVER): Deed.AWAIT,
    ("reverted", Run.OVER): Deed.REPORT,
    ("disarmed", Run.OVER): Deed.REMOVE,
    ("", Run.OVER): Deed.REMOVE,
    ("armed", Run.DOUBTFUL): Deed.OUTLAST,
    ("fired", Run.DOUBTFUL): Deed.OUTLAST,
    ("reverted", Run.DOUBTFUL): Deed.TELL,
    ("disarmed", Run.DOUBTFUL): Deed.LEAVE,
    ("", Run.DOUBTFUL): Deed.LEAVE,
    ("armed", Run.ALIVE): Deed.HEED,
    ("fired", Run.ALIVE): Deed.HEED,
    ("reverted", Run.ALIVE): Deed.LEAVE,
    ("disarmed", Run.ALIVE): Deed.LEAVE,
    ("", Run.ALIVE): Deed.LEAVE,
}
"""By the stage of a change, and how it stands with the run that made it."""
_HOLDING = frozenset({"armed", "fired"})


def _deed(item: Pending, begun: set[str], urn: str, *, writing: bool) -> Deed:
    """What a run of the resource `urn` does about one change; `begun` are those whose batch has come to the host.

    One whose batch never came is not taken back: it would undo others' work only.
    """
    if item.stray:
        return Deed.CLEAR
    deed = DEEDS[item.stage, run_of(item.record, urn, writing=writing)]
    return Deed.REMOVE if deed is Deed.REVERT and item.record.commit not in begun else deed


def _taken_back(host: str, record: Record) -> str:
    return f"{host}: a change of {record.urn} was never confirmed, and was taken back."


class Recovery:
    """Brings what dead runs left on one host to an end; for any number of threads."""

    def __init__(self, connection: Connection, reader: Reader, clock: Clock | None = None) -> None:
        self._connection = connection
        self._reader = reader
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def settle(self, snapshot: Snapshot, urn: str, cancelled: threading.Event, log: Log, *, writing: bool) -> Snapshot:
        """The host once nothing of a dead run waits there any more.

        Raises:
            Refused: Something is to be written, and another run's change waits to be confirmed.
            HostError: The host could not be asked.
        """
        if all(is_ours(item.record) for item in snapshot.pending):
            return snapshot
        with self._lock:
            snapshot = self._reader.snapshot(cancelled=cancelled)
            begun = {leftover.batch for leftover in snapshot.leftovers}
            others = [item for item in snapshot.pending if not is_ours(item.record)]
            deeds = [(item, _deed(item, begun, urn, writing=writing)) for item in others]
            done = [self._do(item, deed, snapshot, cancelled, log, writing=writing) for item, deed in deeds]
            if not any(done):
                return snapshot
            return self._reader.anew(cancelled=cancelled)

    def _do(
        self, item: Pending, deed: Deed, snapshot: Snapshot, cancelled: threading.Event, log: Log, *, writing: bool
    ) -> bool:
        """Do one deed; returns whether the host is different now."""
        record, host = item.record, snapshot.host
        if deed in {Deed.LEAVE, Deed.HEED, Deed.TELL}:
            self._spare(item, deed, host, log, writing=writing)
            return False
        script = RevertScript(record, snapshot.folder, exists=True, running=True)
        if deed is Deed.CLEAR:
            self._run(script.clear_line(), cancelled)
            return True
        if deed is Deed.OUTLAST and self._outlast(item, script, host, cancelled, log):
            return True
        if deed is Deed.REPORT or (deed is not Deed.REMOVE and self._restore(script, deed, host, cancelled)):
            log.warning(_taken_back(host, record))
        self._run(script.remove_line(), cancelled)
        return True

    def _spare(self, item: Pending, deed: Deed, host: str, log: Log, *, writing: bool) -> None:
        """Leave a change as it is, and say so where somebody should know.

        Raises:
            Refused: Something is to be written, and the change waits to be confirmed.
        """
        record = item.record
        if deed is Deed.HEED and writing:
            raise taken(host, record)
        if deed is Deed.HEED:
            self._tell(item, f"{host}: a change of {record.urn} ({record.controller}) waits to be confirmed.", log)
        if deed is Deed.TELL:
            self._tell(item, _taken_back(host, record), log)

    def _tell(self, item: Pending, text: str, log: Log) -> None:
        """Warn once of what is left as it is, however many resources read the host."""
        if item.record.commit not in self._told:
            self._told.add(item.record.commit)
            log.warning(text)

    def _outlast(self, item: Pending, script: RevertScript, host: str, cancelled: threading.Event, log: Log) -> bool:
        """Wait until whoever made it has confirmed it, or the host has taken it back; returns whether it came to that."""
        record = item.record
        stages = self._run(script.look_line(), cancelled)
        longest = record.seconds + RESTORED
        if stages & _HOLDING:
            log.info(
                f"{host}: waiting until a change of {record.urn} ({record.controller}) is confirmed or taken back, "
                f"at most {longest:.0f} s.",
                ephemeral=True,
            )
        stages = self._watch(script, stages, longest, cancelled)
        if "reverted" in stages:
            self._tell(item, _taken_back(host, record), log)
        return not stages & _HOLDING

    def _restore(self, script: RevertScript, deed: Deed, host: str, cancelled: threading.Event) -> bool:
        """Have it taken back; returns whether it was. Otherwise somebody else has ended it meanwhile."""
        patience = RESTORING if deed is Deed.AWAIT else 0.0
        stages = self._watch(script, self._run(script.look_line(), cancelled), patience, cancelled)
        if stages & _HOLDING:
            stages = self._watch(script, self._run(script.revert_line(), cancelled), RESTORED, cancelled)
        if stages & _HOLDING or "end" not in stages:
            raise Ambiguous(
                "a change that was never confirmed could not be taken back.",
                code="commit.stuck",
                host=host,
                advice=f"Look at the files c-{script.record.commit}.* in {script.folder} on the host: the script ending "
                "in .cmd puts the exported store back.",
            )
        return "reverted" in stages

    def _watch(self, script: RevertScript, stages: set[str], patience: float, cancelled: threading.Event) -> set[str]:
        """Look until the host holds the change no more, or time is up; returns the stages last seen."""
        until = self._clock.now() + patience
        while stages & _HOLDING and self._clock.now() < until:
            pause(self._clock, AGAIN, cancelled.is_set)
            stages = self._run(script.look_line(), cancelled)
        return stages

    def _run(self, line: str, cancelled: threading.Event) -> set[str]:
        done = self._connection.run(line, idempotent=True, timeout=2 * ANSWER, cancelled=cancelled)
        return set(marks(done.stdout))
