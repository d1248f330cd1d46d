"""One connection to one host as one account, shared by any number of threads.

Theory. A host counts everything against the account: shells, commands, operations, logons (spec: winrm 4.1). So there is
one shell, and one command in it at a time; whoever comes second waits for a turn. The shell is replaced before the
host's count of commands runs out, and whenever a fault says so.

What is tried again, and how often, is decided here and nowhere else, from the final state of an attempt:

    COMPLETED    the result
    NOT_RUN      again, in a new shell: at once when the shell was gone, after a pause when there was no room
    UNKNOWN      again if the caller calls the command idempotent, else `Ambiguous`
    FAILED       the host's error; if the host cannot be reached yet and `connect_retry_for` allows it, again
    STOPPED      `TimedOut` or `Interrupted`

A shell that may still be running something is never used again. It is deleted at once if the host answers, otherwise
as soon as it does: deleting kills what runs in it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from winipsec.errors import Ambiguous, HostError, Interrupted, TimedOut, Unreachable, WinipsecError
from winipsec.host.clock import Clock, SystemClock, pause
from winipsec.host.envelopes import Envelopes, Request
from winipsec.host.faults import shortened, unusable
from winipsec.host.life_cycle import Event, State
from winipsec.host.logon import Logon
from winipsec.host.settings import ConnectionSettings
from winipsec.host.shell import Attempt, Completed, Conversation
from winipsec.host.transport import Transport, WinrmTransport

_LOG = logging.getLogger("winipsec.host")

LONGEST_LINE = 8150
"""UTF-16 units of a command line: 8191 for cmd, less what WinRM puts in front (spec: winrm 4.2, wine-oracle 3)."""

COMMANDS_PER_SHELL = 900
"""Commands after which a shell is replaced; some hosts stop at 1,000 (spec: winrm 3.5)."""

_TRIES = 5
_TRIES_LOST = 2
_TIDY = 3.0  # seconds that closing may take
_ORPHANS = 8  # shells that we remember to delete
_LONGEST_BACKOFF = 15.0
# Faults after which the host needs a pause; after the others it does not.
_WAITING_HELPS = frozenset({Event.QUOTA, Event.QUIET})

Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Job:
    """What `run` was asked to do."""

    line: str
    stdin: bytes | None
    idempotent: bool
    timeout: float | None
    stopped: Callable[[], bool]
    prompt: bool
    progress: Progress | None
    patient: bool


class Connection:
    """Runs command lines on one host.

    Args:
        settings: Where and as whom; must be valid.
        transport: Makes the way to the host; tests put their own here.
        clock: Tells the time.
        logon: What is known of these credentials, shared with other connections that use them.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        transport: Callable[[ConnectionSettings], Transport] = WinrmTransport,
        clock: Clock | None = None,
        logon: Logon | None = None,
    ) -> None:
        self.settings = settings
        self._make_transport = transport
        self._transport = transport(settings)
        self._clock = clock or SystemClock()
        self._logon = logon or Logon()
        self._turns = threading.Condition()
        self._taken = False
        self._cancellations = 0
        self._messages = 0
        self._current: Attempt | None = None
        self._orphans: list[str] = []
        self._gave_up = False
        self._conversation = Conversation(
            settings.host, Envelopes(settings.endpoint), self._send, self.renew, self._clock
        )

    @property
    def client_address(self) -> str:
        """Our own address as the host sees it; empty until the first command has run."""
        return self._conversation.shell.client_address

    @property
    def messages(self) -> int:
        """WS-Man messages sent so far."""
        return self._messages

    def run(
        self,
        line: str,
        stdin: bytes | None = None,
        *,
        idempotent: bool,
        timeout: float | None = None,
        cancelled: threading.Event | None = None,
        progress: Progress | None = None,
        patient: bool = True,
    ) -> Completed:
        """Run `cmd /C line` on the host and wait for its end.

        Args:
            line: The command line, quoted with `quoting`; it may show up in logs and errors, so it holds no secret.
            stdin: Bytes for the command's input, followed by its end; None leaves the input open and empty.
            idempotent: Whether running it twice does no harm. Only then it is run again when a broken connection
                leaves open whether it ran.
            timeout: Seconds it may run; `command_timeout` by default, `total_timeout` at most.
            cancelled: When set, the command is ended and `Interrupted` raised.
            progress: Told, in words for a person, when a host that is not up yet is waited for.
            patient: Whether a host that is not up yet is waited for at all (`connect_retry_for`).

        Raises:
            Unreachable: No connection came about.
            Unauthorized: The logon was rejected, now or earlier.
            Forbidden: The account may not run commands.
            Quota: The host has no room, and did not get any while we waited.
            TimedOut: The command took too long and was ended; `may_have_run` tells whether it had begun.
            Interrupted: It was cancelled.
            Ambiguous: Not known whether it ran.
            HostError: Any other fault of the host.
            UserError: The line is too long or holds characters that cannot be sent.
        """
        self._require_sendable(line)
        before = self._cancellations

        def stopped() -> bool:
            return self._cancellations != before or (cancelled is not None and cancelled.is_set())

        self._logon.require_usable()
        with self._turn(line, stopped):
            job = _Job(line, stdin, idempotent, timeout, stopped, cancelled is not None, progress, patient)
            completed = self._finish(job)
            if self._cancellations != before:
                raise self._stopped(job, started=True)
            return completed

    def renew(self) -> None:
        """Make the next message use a new TCP connection and a new logon. The shell stays."""
        self._transport.close()

    def cancel(self) -> None:
        """End what is running and what is waiting for its turn; both raise `Interrupted`. For any thread.

        The running command gets its signal over a connection of its own, since the other one is waiting for output.
        """
        with self._turns:
            self._cancellations += 1
            self._turns.notify_all()
            attempt, shell = self._current, self._conversation.shell.id
        if attempt is not None and attempt.started and shell:
            self._send_alone(Envelopes(self.settings.endpoint).signal(_TIDY, shell, attempt.command))

    def close(self) -> None:
        """Delete the shell and end the connection, in a few seconds at most. Never raises.

        A connection that was closed opens again when it is used.
        """
        with suppress(WinipsecError), self._turn("", lambda: False, _TIDY):
            self._discard()
            self._sweep()
            self._transport.close()
            return
        shell = self._conversation.shell.id
        if shell:
            self._send_alone(Envelopes(self.settings.endpoint).delete(_TIDY, shell))

    def _finish(self, job: _Job) -> Completed:
        """Try until there is a result or an error that trying again does not help."""
        begun = self._clock.now()
        waited = 0.0
        tries = 0
        before: HostError | None = None
        while True:
            if self._conversation.shell.commands >= COMMANDS_PER_SHELL:
                self._discard()
                self._sweep()
            attempt = self._attempt(job, begun + waited + self.settings.total_timeout)
            state = self._walk(attempt)
            if state is State.COMPLETED:
                return attempt.completed()
            if state is State.STOPPED or job.stopped():
                if job.stopped() or attempt.started or before is None:
                    raise self._stopped(job, started=attempt.started)
                raise before  # out of time between two tries: what went wrong says more than that time is up
            if state is State.FAILED and job.patient and self._may_wait(attempt, waited):
                waited += self._wait_for_host(job, attempt, waited)
                continue
            tries += 1
            if not self._worth_another(state, attempt, tries):
                raise self._error(state, attempt)
            before = self._error(state, attempt)
            _LOG.debug("%s: trying again after %s", self.settings.host, attempt.event.name)
            # The shell's own commands may have used up the quota; it has just been deleted, so the first time is free.
            if attempt.event in _WAITING_HELPS and (tries > 1 or attempt.state is State.OPENING):
                pause(self._clock, min(2.0 ** (tries - 1), attempt.deadline - self._clock.now()), job.stopped)

    def _attempt(self, job: _Job, total: float) -> Attempt:
        timeout = self.settings.command_timeout if job.timeout is None else job.timeout
        return Attempt(
            job.line,
            job.stdin,
            idempotent=job.idempotent,
            deadline=min(self._clock.now() + timeout, total),
            stopped=job.stopped,
            prompt=job.prompt,
        )

    def _walk(self, attempt: Attempt) -> State:
        """Take one attempt to its end, and get rid of the shell unless it is known to be idle."""
        self._current = attempt
        try:
            state = self._conversation.walk(attempt)
        except BaseException:
            self._discard()
            raise
        finally:
            self._current = None
        if state is State.COMPLETED:
            self._gave_up = False
        elif not (state is State.FAILED and attempt.event is Event.BROKEN):
            self._discard()
        # A host that did not answer just now is not asked to tidy up; a command that may still run is worth the try.
        answers = attempt.event not in {Event.LOST, Event.BROKEN}
        if self._orphans and (answers or (state is State.UNKNOWN and attempt.event is Event.LOST)):
            self._sweep()
        return state

    def _worth_another(self, state: State, attempt: Attempt, tries: int) -> bool:
        if self._clock.now() >= attempt.deadline:
            return False
        if state is State.NOT_RUN:
            return tries < (_TRIES_LOST if attempt.event is Event.LOST else _TRIES)
        rejected = attempt.error is not None and attempt.error.code.startswith("auth.")
        return state is State.UNKNOWN and attempt.idempotent and not rejected and tries < _TRIES_LOST

    def _may_wait(self, attempt: Attempt, waited: float) -> bool:
        unreachable = isinstance(attempt.error, Unreachable) and not attempt.error.code.startswith("tls.")
        return unreachable and not self._gave_up and waited < self.settings.connect_retry_for

    def _wait_for_host(self, job: _Job, attempt: Attempt, waited: float) -> float:
        """Pause before the next dial; returns the seconds it took."""
        limit = self.settings.connect_retry_for
        if job.progress is not None and attempt.error is not None:
            job.progress(
                f"waiting for {self.settings.host}, {waited:.0f} of at most {limit:g} s: {attempt.error.problem}"
            )
        begun = self._clock.now()
        pause(self._clock, min(max(1.0, waited), _LONGEST_BACKOFF, limit - waited), job.stopped)
        spent = self._clock.now() - begun
        self._gave_up = waited + spent >= limit
        return spent

    def _error(self, state: State, attempt: Attempt) -> HostError:
        """What to raise when an attempt did not succeed and is not worth another."""
        error = attempt.error or HostError("the host gave no answer.", host=self.settings.host)
        if state is State.UNKNOWN and not attempt.idempotent and attempt.started:
            if isinstance(error, Ambiguous):
                error.may_have_run = True
                return error
            return Ambiguous(
                f"{error.problem} It is not known whether {shortened(attempt.line)!r} ran to its end.",
                code=error.code,
                host=self.settings.host,
                advice=f"{error.advice} {Ambiguous.default_advice}",
                fault=error.fault,
                may_have_run=True,
            )
        if isinstance(error, Ambiguous):
            # Nothing was changed, so there is nothing ambiguous left: the host is just not to be talked to.
            return Unreachable(
                error.problem,
                code=error.code,
                host=self.settings.host,
                advice="Check the network and the WinRM service.",
            )
        return error

    def _stopped(self, job: _Job, *, started: bool) -> HostError:
        what = f"{shortened(job.line)!r} on {self.settings.host}"
        if job.stopped():
            problem = f"{what} was cancelled and ended." if started else f"{what} was cancelled before it began."
            return Interrupted(problem, host=self.settings.host, may_have_run=started)
        problem = f"{what} took too long and was ended." if started else f"{what} could not begin in time."
        return TimedOut(problem, host=self.settings.host, may_have_run=started)

    def _discard(self) -> None:
        """Never use the present shell again."""
        shell = self._conversation.shell
        if shell.id:
            self._orphans = [*self._orphans, shell.id][-_ORPHANS:]
        self._conversation.shell = shell.successor()

    def _sweep(self) -> None:
        """Delete the shells that were given up; what fails is tried again another time."""
        self._orphans = [shell for shell in self._orphans if not self._conversation.delete(shell, _TIDY)]

    def _send(self, request: Request, timeout: float) -> bytes:
        begun = self._clock.now()
        with self._logon.attempt():
            self._messages += 1
            reply = self._transport.send(request.envelope, timeout)
        # Sizes and times only: bodies may hold keys.
        _LOG.debug(
            "%s: %s, %d bytes, answered with %d bytes in %.3f s",
            self.settings.host,
            request.verb.name,
            len(request.envelope),
            len(reply),
            self._clock.now() - begun,
        )
        return reply

    def _send_alone(self, request: Request) -> None:
        """Send one message over a connection of its own; whatever comes of it."""
        transport = self._make_transport(self.settings)
        with suppress(WinipsecError), self._logon.attempt():
            self._messages += 1
            transport.send(request.envelope, _TIDY)
        transport.close()

    @contextmanager
    def _turn(self, line: str, stopped: Callable[[], bool], patience: float | None = None) -> Iterator[None]:
        """Wait until nobody else uses the shell."""
        limit = self._clock.now() + (self.settings.total_timeout if patience is None else patience)
        what = f"{shortened(line)!r} on {self.settings.host}"
        with self._turns:
            while self._taken:
                if stopped():
                    raise Interrupted(f"{what} was cancelled before it began.", host=self.settings.host)
                left = limit - self._clock.now()
                if left <= 0:
                    raise TimedOut(f"{what} did not get its turn in time.", host=self.settings.host)
                self._clock.wait(self._turns, min(left, 0.25))
            self._taken = True
        try:
            yield
        finally:
            with self._turns:
                self._taken = False
                self._turns.notify()

    def _require_sendable(self, line: str) -> None:
        if len(line.encode("utf-16-le", errors="surrogatepass")) // 2 > LONGEST_LINE:
            raise unusable(line, f"is longer than the {LONGEST_LINE} characters that cmd takes", self.settings.host)
        if any(ord(c) < 0x20 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) in {0xFFFE, 0xFFFF} for c in line):
            raise unusable(line, "holds control characters or halves of characters", self.settings.host)
