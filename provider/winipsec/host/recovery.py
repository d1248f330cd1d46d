"""What is done about changes that wait on a host, before anything else is done there (design 5).

A run that died left its change armed, half taken back, or nearly removed. What it left is brought to an end first, so
that every run begins with a host in one state: the old one, unless the change was confirmed. Changes of other runs that
may still be alive are never touched.
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
from winipsec.host.pending import Pending, is_ours, is_over
from winipsec.host.reader import Reader
from winipsec.host.revert_script import RevertScript, marks
from winipsec.host.snapshot import Snapshot

RESTORING = 20.0
"""Seconds that a host may go on restoring before its script is started again."""
RESTORED = 90.0
"""Seconds that a host may take to restore once the script was started."""


class Deed(Enum):
    """What to do about a change."""

    REVERT = auto()
    AWAIT = auto()  # it is being taken back; start the script again if that does not end
    REPORT = auto()  # it was taken back: say so, and remove what is left
    REMOVE = auto()
    CLEAR = auto()  # files without a script
    HEED = auto()  # somebody may still confirm it: change nothing, and say so
    LEAVE = auto()


DEEDS: Mapping[tuple[str, bool], Deed] = {
    ("armed", True): Deed.REVERT,  # unless its batch was never begun
    ("fired", True): Deed.AWAIT,
    ("reverted", True): Deed.REPORT,
    ("disarmed", True): Deed.REMOVE,
    ("", True): Deed.REMOVE,
    ("armed", False): Deed.HEED,
    ("fired", False): Deed.HEED,
    ("reverted", False): Deed.LEAVE,
    ("disarmed", False): Deed.LEAVE,
    ("", False): Deed.LEAVE,
}
"""By the stage of a change, and whether the run that made it is over."""
_HOLDING = frozenset({"armed", "fired"})


def _deed(item: Pending, begun: set[str], urn: str) -> Deed:
    """What a run of the resource `urn` does about one change; `begun` are those whose batch has come to the host.

    One whose batch never came is not taken back: it would undo others' work only.
    """
    if item.stray:
        return Deed.CLEAR
    deed = DEEDS[item.stage, is_over(item.record, urn)]
    return Deed.REMOVE if deed is Deed.REVERT and item.record.commit not in begun else deed


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
            deeds = [(item, _deed(item, begun, urn)) for item in snapshot.pending if not is_ours(item.record)]
            done = [self._do(item, deed, snapshot, cancelled, log, writing=writing) for item, deed in deeds]
            if not any(done):
                return snapshot
            self._reader.forget()
            return self._reader.snapshot(cancelled=cancelled)

    def _do(
        self, item: Pending, deed: Deed, snapshot: Snapshot, cancelled: threading.Event, log: Log, *, writing: bool
    ) -> bool:
        """Do one deed; returns whether the host is different now."""
        record, host = item.record, snapshot.host
        if deed is Deed.LEAVE:
            return False
        if deed is Deed.HEED:
            if writing:
                raise taken(host, record)
            if record.commit not in self._told:
                self._told.add(record.commit)
                log.warning(f"{host}: a change of {record.urn} ({record.controller}) waits to be confirmed.")
            return False
        script = RevertScript(record, snapshot.folder, exists=True, running=True)
        if deed is Deed.CLEAR:
            self._run(script.clear_line(), cancelled)
            return True
        restored = deed is Deed.REPORT
        if deed in {Deed.REVERT, Deed.AWAIT}:
            restored = self._restore(script, deed, host, cancelled)
        if restored:
            log.warning(f"{host}: a change of {record.urn} was never confirmed, and was taken back.")
        self._run(script.remove_line(), cancelled)
        return True

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
