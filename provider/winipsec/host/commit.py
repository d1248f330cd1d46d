"""One confirmed commit on its way: arms the host, and afterwards confirms the change or sees it taken back.

What may follow what is in `commit_table`; what the host is given is in `revert_script`. Here is the asking: every
question after the change goes over a new connection, for an old one proves nothing about who can still come in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex

from winipsec.errors import Ambiguous, Conflict, HostError, Interrupted, Refused, Unauthorized, WinipsecError
from winipsec.host.batch import secure_folder
from winipsec.host.clock import Clock, SystemClock, pause
from winipsec.host.commit_table import FINAL, TRANSITIONS, Event, State
from winipsec.host.connection import Connection
from winipsec.host.machine import Service
from winipsec.host.pending import begin, controller, leave
from winipsec.host.revert_script import MARK, Record, RevertScript, marks, records
from winipsec.host.snapshot import Snapshot

LAST_CALL = 5.0
"""Seconds before its time at which we stop trying to confirm, so as not to race the host; and that tidying may take."""
GRACE = 120.0
"""Seconds after its time that we wait for a host to come back."""
ANSWER = 30.0
"""Seconds one question may take."""
AGAIN = 1.0
"""Seconds between two tries to reach a silent host."""

Tell = Callable[[str], None]


class Reverted(Conflict):
    """The host took the change back."""

    default_code = "commit.reverted"


class Commit:
    """One change, from arming the host to its end.

    Args:
        connection: The way to the host.
        before: The host as it was read before the change.
        urn: The resource whose change it is, or the first of several.
        seconds: How long the host waits to be confirmed.
        cancelled: Set when the run is to end.
        tell: Told, in words for a person, what takes long.
        clock: Tells the time.
    """

    def __init__(
        self,
        connection: Connection,
        before: Snapshot,
        urn: str,
        seconds: int,
        cancelled: threading.Event,
        tell: Tell,
        clock: Clock | None = None,
    ) -> None:
        self.id = begin(token_hex(6))
        self.state = State.PLANNED
        self.touched = False
        """Whether the host may have taken anything of the change."""
        self._connection = connection
        self._host = before.host
        self._seconds = seconds
        self._cancelled = cancelled
        self._tell = tell
        self._clock = clock or SystemClock()
        self._armed_first = self._armed_last = 0.0
        self._rejected: Unauthorized | None = None
        self._gate = secure_folder(before.folder)
        self._script = RevertScript(
            Record(self.id, urn, controller(), seconds),
            before.folder,
            exists=before.exists,
            running=before.machine.service in {Service.RUNNING, Service.STARTING},
        )

    @property
    def armed_file(self) -> str:
        """The file that is on the host as long as it may still take the change back."""
        return self._script.file("armed")

    @property
    def time_left(self) -> float:
        """Seconds in which the change has to be made and confirmed."""
        return self._armed_first + self._seconds - LAST_CALL - self._clock.now()

    def arm(self) -> None:
        """Have the host keep a snapshot, and a task that puts it back.

        Raises:
            Refused: The host made no task, or another change is pending; nothing was changed.
            HostError: It could not be asked; nothing was changed.
        """
        self._move(Event.OPEN)
        self._armed_first = self._clock.now()
        try:
            done, said = self._run(self._script.arm_line(self._gate), self._script.script)
            exported = "exported" in done
            if exported and "armed" not in done:
                done, said = self._run(self._script.decode_line(), self._script.encoded_task())
        except WinipsecError as error:
            self._move(Event.STOPPED if isinstance(error, Interrupted) else Event.SILENT)
            self._forget()
            if isinstance(error, HostError):
                error.may_have_run = False  # whatever came of it, the policies are as they were
            raise
        self._armed_last = self._clock.now()
        if "armed" not in done:
            self._move(Event.FAILED)
            self._forget()
            raise self._not_armed(said, exported=exported)
        rivals = [line for line in said if line.startswith("c-") and line != f"c-{self.id}.armed"]
        if rivals:
            self._move(Event.TAKEN)
            self._forget()
            raise taken(self._host, self._owner(rivals[0]))
        self._move(Event.DONE)

    def confirm(self) -> None:
        """The change is as wanted: make it hold.

        Raises:
            Reverted: The host took it back, because nobody could reach it in time.
            Ambiguous: Nobody knows; the host takes it back if it has not done so.
        """
        self._move(Event.DONE)
        while self.state is State.CONFIRMING:
            if self.time_left <= 0:
                self._move(Event.OVERDUE)
            else:
                self._move(self._ask(self._script.confirm_line(), gone=Event.DONE, armed=Event.SILENT))
        if self.state is State.WAITING:
            self._tell(f"{self._host} cannot be reached any more, and is about to take the change back.")
            self._wait(gone=Event.DONE)
        if self.state is not State.CONFIRMED:
            raise self._failure()

    def abandon(self) -> None:
        """Nothing was applied: disarm the host. Raises nothing; what cannot be disarmed ends by itself."""
        self._move(Event.FAILED)
        self._move(self._ask(self._script.confirm_line(), gone=Event.DONE, armed=Event.SILENT))
        if self.state is State.WAITING:
            self._move(Event.OVERDUE)

    def revert(self) -> None:
        """The change is not as wanted: take it back now.

        Raises:
            Ambiguous: Nobody knows; the host takes it back by itself.
        """
        while self.state is State.ARMED:
            self._move(Event.DIFFERS)
            self._move(self._ask(self._script.revert_line(), gone=Event.GONE, armed=Event.SILENT))
            self._wait(gone=Event.GONE)
        failure = self._failure()
        if not isinstance(failure, Reverted):
            raise failure

    def meet_silence(self) -> None:
        """The host fell silent while the change was being applied: wait until it answers, changed or not.

        Raises:
            Reverted: It answers, and has taken the change back.
            Ambiguous: It does not answer; nobody knows.
        """
        self._move(Event.SILENT)
        self._tell(f"{self._host} fell silent; it takes the change back {self._seconds} s after it began.")
        self._wait(gone=Event.GONE)
        if self.state is not State.ARMED:
            raise self._failure()

    def leave(self) -> None:
        """Nobody goes on with it, if it is not at its end: the host takes it back by itself."""
        if self.state not in FINAL:
            self._move(Event.STOPPED)

    def _failure(self) -> HostError:
        """What to raise where it was not confirmed; removes what a change that was taken back has left."""
        if self.state is State.REVERTED:
            self._forget()
            return Reverted(
                f"the change was taken back: over a new connection nobody could reach the host within {self._seconds} "
                "seconds, or it was restarted before anybody had.",
                host=self._host,
                advice="The policy store is as it was before. Permit the way over which the host is managed "
                "(HostPolicy does so unless management is none), then run it again.",
            )
        problem = "it is not known whether the change holds."
        advice = (
            f"Unless it was confirmed, the host takes it back {self._seconds} seconds after it began, or when it is "
            "restarted; then run `pulumi up` again."
        )
        if self._rejected is not None:
            problem = f"the change could not be confirmed: {self._rejected.problem}"
            advice = f"{advice} Does the policy cut the host off from its domain controllers? Permit these."
        return Ambiguous(problem, code="commit.left", host=self._host, advice=advice, may_have_run=True)

    def _wait(self, *, gone: Event) -> None:
        """Until the host has taken the change back, or answers that it has not while there is still time."""
        given_up = self._armed_last + self._seconds + GRACE
        while self.state is State.WAITING:
            if self._clock.now() >= given_up:
                self._move(Event.OVERDUE)
            else:
                held = Event.HOLDS if self.time_left > 0 else Event.SILENT
                self._move(self._ask(self._script.look_line(), gone=gone, armed=held))

    def _ask(self, line: str, *, gone: Event, armed: Event) -> Event:
        """Run a line over a new connection and say how things stand; pauses where that is to be asked again."""
        event = Event.STOPPED
        if not self._cancelled.is_set():
            try:
                self._connection.renew()
                stages, _ = self._run(line)
                event = _event(stages, gone=gone, armed=armed)
            except Interrupted:
                return Event.STOPPED
            except Unauthorized as error:
                self._rejected = error  # a second try might lock the account
                return Event.STOPPED
            except HostError:
                event = Event.SILENT
        if event in {Event.SILENT, Event.FIRED}:
            pause(self._clock, AGAIN, self._cancelled.is_set)
        return event

    def _run(self, line: str, stdin: bytes | None = None, *, last: bool = False) -> tuple[list[str], list[str]]:
        """The marks that a line printed, and everything else it said; the last line runs though the run is cancelled."""
        cancelled, timeout = (None, LAST_CALL) if last else (self._cancelled, ANSWER)
        done = self._connection.run(line, stdin, idempotent=True, timeout=timeout, cancelled=cancelled, patient=False)
        lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
        return list(marks(done.stdout)), [line for line in lines if not line.startswith(MARK)]

    def _forget(self) -> None:
        """Remove what is left of it, if the host can be asked; the next run does it otherwise."""
        with suppress(WinipsecError):
            self._run(self._script.remove_line(), last=True)

    def _owner(self, file: str) -> Record | None:
        """Whose change a file belongs to, if the host can be asked and its script is still there."""
        rival = replace(self._script, record=replace(self._script.record, commit=file[2:].partition(".")[0]))
        with suppress(WinipsecError):
            return next(iter(records("\n".join(self._run(rival.owner_line())[1]))), None)
        return None

    def _move(self, event: Event) -> None:
        self.state = TRANSITIONS[self.state][event]
        if self.state in {State.UNARMED, State.LEFT}:
            leave(self.id)

    def _not_armed(self, said: list[str], *, exported: bool) -> Refused:
        what = "the task for that could not be made" if exported else "the store could not be exported"
        words = f": {said[-1].rstrip('.')}" if said else ""
        return Refused(
            f"the host cannot take the change back by itself, because {what}{words}.",
            code="commit.unarmed",
            host=self._host,
            advice="Nothing was changed. The Task Scheduler must run, and the account be allowed to use it. With "
            "revertAfter: 0 changes are made without it, and those that would close the way in are refused.",
        )


def taken(host: str, record: Record | None) -> Refused:
    """Another change to the host is pending."""
    who = f": {record.urn} of {record.controller}, for at most {record.seconds} s" if record is not None else ""
    return Refused(
        f"another change waits to be confirmed{who}.",
        code="commit.pending",
        host=host,
        advice="Nothing was changed. Run it again when that one is confirmed or taken back.",
    )


def _event(stages: list[str], *, gone: Event, armed: Event) -> Event:
    if "end" not in stages:
        return Event.SILENT
    if "reverted" in stages:
        return Event.RESTORED
    if "fired" in stages:
        return Event.FIRED
    return armed if "armed" in stages else gone
