"""One confirmed commit on its way: arms the host, and afterwards confirms the change or sees it taken back.

What may follow what is in `commit_table`; what the host is given is in `revert_script`. Here is the asking: every
question after the change goes over a new connection, for an old one proves nothing about who can still come in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from secrets import token_hex
from typing import NoReturn

from winipsec.errors import Ambiguous, Conflict, HostError, Interrupted, Refused, WinipsecError
from winipsec.host.batch import secure_folder
from winipsec.host.clock import Clock, SystemClock, pause
from winipsec.host.commit_table import FINAL, TRANSITIONS, Event, State
from winipsec.host.connection import Connection
from winipsec.host.machine import Service
from winipsec.host.pending import begin, controller
from winipsec.host.revert_script import Record, RevertScript, marks
from winipsec.host.snapshot import Snapshot

LAST_CALL = 5.0
"""Seconds before its time at which we stop trying to confirm, so as not to race the host."""
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
        self._connection = connection
        self._host = before.host
        self._seconds = seconds
        self._cancelled = cancelled
        self._tell = tell
        self._clock = clock or SystemClock()
        self._armed_first = self._armed_last = 0.0
        self._gate = secure_folder(before.folder)
        self._script = RevertScript(
            Record(self.id, urn, controller(), seconds),
            before.folder,
            exists=before.exists,
            running=before.machine.service is Service.RUNNING,
        )

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
            if "exported" in done and "armed" not in done:
                done, said = self._run(self._script.decode_line(), self._script.encoded_task())
        except WinipsecError as error:
            self._move(Event.STOPPED if isinstance(error, Interrupted) else Event.SILENT)
            self._forget()
            raise
        self._armed_last = self._clock.now()
        if "armed" not in done:
            self._move(Event.FAILED)
            self._forget()
            raise self._not_armed(done, said)
        rivals = {line.strip() for line in said if line.strip()} - {f"c-{self.id}.armed"}
        if any(name.startswith("c-") for name in rivals):
            self._move(Event.TAKEN)
            self._forget()
            raise taken(self._host, "")
        self._move(Event.DONE)

    def confirm(self) -> None:
        """The change is as wanted: make it hold.

        Raises:
            Reverted: The host took it back, because nobody could reach it in time.
            Ambiguous: Nobody knows; the host takes it back if it has not done so.
        """
        self._move(Event.DONE)
        while self.state is State.CONFIRMING:
            if self._clock.now() >= self._armed_first + self._seconds - LAST_CALL:
                self._move(Event.OVERDUE)
            else:
                self._move(self._ask(self._script.confirm_line(), gone=Event.DONE, armed=Event.SILENT))
        self._see_the_end()

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
        self._move(Event.DIFFERS)
        self._move(self._ask(self._script.revert_line(), gone=Event.SILENT, armed=Event.SILENT))
        if self.state is State.WAITING:
            self._wait()
        if self.state is not State.REVERTED:
            raise self._unknown()
        self._forget()

    def meet_silence(self) -> None:
        """The host fell silent while the change was being applied: wait until it answers, changed or not.

        Raises:
            Reverted: It answers, and has taken the change back.
            Ambiguous: It does not answer; nobody knows.
        """
        self._move(Event.SILENT)
        self._tell(f"{self._host} fell silent; it takes the change back {self._seconds} s after it began.")
        self._wait()
        if self.state is not State.ARMED:
            self._see_the_end()

    def _see_the_end(self) -> None:
        if self.state is State.WAITING:
            self._tell(f"{self._host} cannot be reached any more, and is about to take the change back.")
            self._wait()
        if self.state is State.CONFIRMED:
            return
        if self.state is State.REVERTED:
            self._forget()
            raise Reverted(
                f"the change was taken back: over a new connection nobody could reach the host within {self._seconds} "
                "seconds, or it was restarted before anybody had.",
                host=self._host,
                advice="The policy store is as it was before. Permit the way over which the host is managed "
                "(HostPolicy does so unless management is none), then run it again.",
            )
        raise self._unknown()

    def _wait(self) -> None:
        """Until the host has taken the change back, or answers that it has not."""
        time_is_up = self._armed_last + self._seconds
        while self.state is State.WAITING:
            now = self._clock.now()
            if now >= time_is_up + GRACE:
                self._move(Event.OVERDUE)
                break
            held = Event.HOLDS if now < time_is_up - LAST_CALL else Event.SILENT
            self._move(self._ask(self._script.look_line(), gone=Event.DONE, armed=held))

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
            except HostError:
                event = Event.SILENT
        if event in {Event.SILENT, Event.FIRED}:
            pause(self._clock, AGAIN, self._cancelled.is_set)
        return event

    def _run(self, line: str, stdin: bytes | None = None) -> tuple[list[str], list[str]]:
        """The marks that a line printed, and everything else it said."""
        done = self._connection.run(
            line, stdin, idempotent=True, timeout=ANSWER, cancelled=self._cancelled, patient=False
        )
        found = list(marks(done.stdout))
        said = [text for text in (done.stdout + "\n" + done.stderr).splitlines() if not text.startswith("#winipsec:")]
        return found, said

    def _forget(self) -> None:
        """Remove what is left of it, if the host can be asked; the next run does it otherwise."""
        try:
            self._run(self._script.remove_line())
        except WinipsecError:
            return

    def _move(self, event: Event) -> None:
        self.state = TRANSITIONS[self.state][event]

    def _not_armed(self, done: list[str], said: list[str]) -> Refused:
        words = next((line.strip() for line in reversed(said) if line.strip()), "")
        what = "task that would take it back could not be made" if "exported" in done else "store could not be exported"
        return Refused(
            f"the change was not made, because the {what}." + (f" The host said: {words}" if words else ""),
            code="commit.unarmed",
            host=self._host,
            advice="The Task Scheduler must run and the account may have to be allowed to use it. With revertAfter: 0 "
            "changes are made without it, and those that would close the way in are refused.",
        )

    def _unknown(self) -> NoReturn:
        raise Ambiguous(
            "it is not known whether the change holds." if self.state in FINAL else "the commit is not at its end.",
            code="commit.left",
            host=self._host,
            advice=f"Unless it was confirmed, the host takes it back {self._seconds} seconds after it began, or when it "
            "is restarted; then run `pulumi up` again.",
            may_have_run=True,
        )


def taken(host: str, who: str) -> Refused:
    """Another change to the host is pending."""
    return Refused(
        f"another change waits to be confirmed{f': {who}' if who else ''}.",
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
