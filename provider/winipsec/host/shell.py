"""One command in a WinRS shell: the driver that walks `life_cycle.TRANSITIONS` and sends the messages. spec: winrm 1, 3.5."""

from __future__ import annotations

import codecs
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from winipsec.errors import Ambiguous, HostError, InternalError, Unreachable
from winipsec.host.clock import Clock, pause
from winipsec.host.envelopes import LARGEST_PIECE, SAFE_REPLY, Envelopes, Reply, Request, UnreadableReplyError, read
from winipsec.host.faults import SoapFault, shortened
from winipsec.host.life_cycle import FINAL, MEANT, TRANSITIONS, Event, State

NOT_NOW = frozenset({"http.429", "http.503"})
"""Codes of transport errors that mean: not processed, try again in a moment."""

_PATIENCE = 20.0  # seconds the host may take over one message; what pywinrm and pypsrp ask for (1.1)
_PROMPT = 5.0  # the same for Receive when somebody may cancel
_GRACE = 10.0  # seconds that a reply may take beyond that
_KILL = 5.0  # seconds for messages that only tidy up
_BUSY_WAIT = 5.0  # as Ansible does (1.5)
_BUSY_LIMIT = 3
_LOST_LIMIT = 5  # as pypsrp does (1.6)


@dataclass(frozen=True)
class Completed:
    """A command that ran to its end.

    Attributes:
        exit_code: Signed, as programs mean it.
        stdout: Output text; bytes that are not UTF-8 show as U+FFFD.
        stderr: The same for errors.
        output_lost: Whether a broken connection may have torn a hole into the output; the exit code is right.
    """

    exit_code: int
    stdout: str
    stderr: str
    output_lost: bool = False


@dataclass
class Shell:
    """A shell on the host, as far as we know.

    Attributes:
        id: Empty while there is none.
        client_address: Our own address as the host saw it when the shell was opened.
        commands: Commands started in it; the host counts them until the shell is deleted (4.1).
        honours_ids: Whether the host takes command ids of our choosing; None until the first command tells.
    """

    id: str = ""
    client_address: str = ""
    commands: int = 0
    honours_ids: bool | None = None

    def successor(self) -> Shell:
        """No shell, but what was learnt about the host."""
        return Shell(client_address=self.client_address, honours_ids=self.honours_ids)


@dataclass
class Attempt:
    """One try at one command: what was wanted and what is known so far."""

    line: str
    stdin: bytes | None
    idempotent: bool
    deadline: float
    stopped: Callable[[], bool]
    prompt: bool = False
    command: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    started: bool = False
    state: State = State.OPENING
    event: Event = Event.ACCEPTED
    error: HostError | None = None
    output_lost: bool = False
    unanswered: Request | None = None
    exit_code: int = 0
    _fed: int = 0
    _stdout: list[bytes] = field(default_factory=list)
    _stderr: list[bytes] = field(default_factory=list)

    def next_piece(self) -> tuple[bytes, bool] | None:
        """The next piece of stdin and whether it is the last; None when nothing is left."""
        if self.stdin is None or self._fed > len(self.stdin) or (self._fed and self._fed == len(self.stdin)):
            return None
        piece = self.stdin[self._fed : self._fed + LARGEST_PIECE]
        return piece, self._fed + len(piece) == len(self.stdin)

    def piece_taken(self, piece: bytes) -> None:
        """Move on behind a piece; behind an empty one too, which is a bare end of input."""
        self._fed += max(1, len(piece))

    def take(self, reply: Reply) -> None:
        """Keep the output of one Receive."""
        self._stdout.append(reply.stdout)
        self._stderr.append(reply.stderr)
        self.exit_code = reply.exit_code

    def completed(self) -> Completed:
        """The result, once the command is done."""
        return Completed(self.exit_code, _text(self._stdout), _text(self._stderr), self.output_lost)


def _text(pieces: list[bytes]) -> str:
    # 2008 R2 begins some output with a byte order mark (4.5); sequences may be split across pieces.
    return b"".join(pieces).removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="replace")


class Conversation:
    """Drives one attempt at a time through `TRANSITIONS`."""

    def __init__(
        self,
        host: str,
        envelopes: Envelopes,
        send: Callable[[Request, float], bytes],
        reconnect: Callable[[], None],
        clock: Clock,
    ) -> None:
        """Prepare to talk.

        Args:
            host: The host's name, for messages.
            envelopes: Writes the messages.
            send: Sends a request and returns the reply; the number is how long to wait for it.
            reconnect: Makes the next `send` use a new connection.
            clock: Tells the time.
        """
        self._host = host
        self._send = send
        self._reconnect = reconnect
        self._clock = clock
        self.envelopes = envelopes
        self.shell = Shell()
        self._busy = 0
        self._lost = 0

    def walk(self, attempt: Attempt) -> State:
        """Take an attempt to its end, opening a shell if there is none.

        Returns:
            The final state; `attempt.error` says what went wrong, if something did.
        """
        steps: Mapping[State, Callable[[Attempt], Event]] = {
            State.OPENING: self._open,
            State.STARTING: self._start,
            State.ASKING: self._ask,
            State.FENCING: self._fence,
            State.FEEDING: self._feed,
            State.WAITING: self._wait,
            State.KILLING: self._kill,
            State.FREEING: self._free,
        }
        self._busy = self._lost = 0
        state = State.STARTING if self.shell.id else State.OPENING
        while state not in FINAL:
            attempt.state = state
            stoppable = Event.STOP in TRANSITIONS[state]
            attempt.event = Event.STOP if stoppable and self._must_stop(attempt) else steps[state](attempt)
            if attempt.event not in TRANSITIONS[state]:
                raise InternalError(f"the conversation with {self._host} has no rule for {attempt.event} in {state}")
            state = TRANSITIONS[state][attempt.event]
        return state

    def delete(self, shell: str, seconds: float = _KILL) -> bool:
        """Delete a shell; whether it is certainly gone."""
        spare = Attempt("", None, idempotent=True, deadline=0, stopped=lambda: False)
        event, _ = self._exchange(spare, self.envelopes.delete(seconds, shell), "closing a shell", seconds)
        return event in {Event.ACCEPTED, Event.GONE}

    def _must_stop(self, attempt: Attempt) -> bool:
        return attempt.stopped() or self._clock.now() >= attempt.deadline

    def _open(self, attempt: Attempt) -> Event:
        seconds = self._seconds(attempt, _PATIENCE)
        event, reply = self._exchange(attempt, self.envelopes.create(seconds), "opening a shell", seconds)
        if reply is not None:
            self.shell = Shell(reply.shell, reply.client_address, honours_ids=self.shell.honours_ids)
        return event

    def _start(self, attempt: Attempt) -> Event:
        seconds = self._seconds(attempt, _PATIENCE)
        request = self.envelopes.command(seconds, self.shell.id, attempt.command, attempt.line)
        self.shell.commands += 1
        event, reply = self._exchange(attempt, request, self._running(attempt), seconds)
        attempt.started = event in {Event.ACCEPTED, Event.LOST, Event.QUIET}
        if reply is not None:
            self.shell.honours_ids = reply.command.upper() == attempt.command
            attempt.command = reply.command
        return event

    def _ask(self, attempt: Attempt) -> Event:
        if not self.shell.honours_ids:
            return Event.REFUSED
        self._reconnect()
        return self._receive(attempt, 1.0)

    def _fence(self, attempt: Attempt) -> Event:
        request = self.envelopes.delete(_KILL, self.shell.id)
        event, _ = self._exchange(attempt, request, "closing a shell", _KILL)
        if event in {Event.ACCEPTED, Event.GONE}:
            self.shell = self.shell.successor()
        return event

    def _feed(self, attempt: Attempt) -> Event:
        piece = attempt.next_piece()
        if piece is None or self._busy >= _BUSY_LIMIT:
            return Event.FED
        data, end = piece
        seconds = self._seconds(attempt, _PATIENCE)
        request = self.envelopes.send(seconds, self.shell.id, attempt.command, data, end=end)
        event, _ = self._exchange(attempt, request, self._running(attempt), seconds)
        if event in {Event.ACCEPTED, Event.QUIET}:
            attempt.piece_taken(data)
        return event

    def _wait(self, attempt: Attempt) -> Event:
        if self._busy > _BUSY_LIMIT:
            return Event.BROKEN
        event = self._receive(attempt, self._seconds(attempt, _PROMPT if attempt.prompt else _PATIENCE))
        if event is Event.LOST:
            # What the broken connection carried may be gone. Output matters to whoever may run the command again.
            attempt.output_lost = True
            self._lost += 1
            if attempt.idempotent or self._lost > _LOST_LIMIT:
                return Event.BROKEN
            self._reconnect()
        return event

    def _receive(self, attempt: Attempt, seconds: float) -> Event:
        # The very same message again may bring the same output again (1.6).
        request = attempt.unanswered or self.envelopes.receive(seconds, self.shell.id, attempt.command)
        event, reply = self._exchange(attempt, request, self._running(attempt), seconds)
        attempt.unanswered = request if event is Event.LOST else None
        if reply is None:
            return event
        attempt.take(reply)
        return Event.FINISHED if reply.done else Event.ACCEPTED

    def _kill(self, attempt: Attempt) -> Event:
        self._reconnect()
        return self._signal(attempt)

    def _free(self, attempt: Attempt) -> Event:
        return self._signal(attempt)

    def _signal(self, attempt: Attempt) -> Event:
        request = self.envelopes.signal(_KILL, self.shell.id, attempt.command)
        event, _ = self._exchange(attempt, request, self._running(attempt), _KILL)
        return event

    def _seconds(self, attempt: Attempt, most: float) -> float:
        return max(1.0, min(most, attempt.deadline - self._clock.now()))

    def _running(self, attempt: Attempt) -> str:
        return f"running {shortened(attempt.line)!r}"

    def _exchange(self, attempt: Attempt, request: Request, asked: str, seconds: float) -> tuple[Event, Reply | None]:
        """Send one message; say what came of it and keep the error, if any."""
        try:
            reply = read(self._send(request, seconds + min(seconds, _GRACE)), request)
        except Ambiguous as error:
            attempt.error = error
            return Event.LOST, None
        except UnreadableReplyError as error:
            attempt.error = Ambiguous(
                f"{asked} on {self._host} got an answer that is not WinRM's: {error}.",
                code="protocol.reply",
                host=self._host,
                advice="Check that the port is WinRM's and that no proxy stands between.",
            )
            self._reconnect()
            return Event.LOST, None
        except HostError as error:
            attempt.error = error
            if error.code in NOT_NOW:
                return self._not_now(attempt), None
            return Event.BROKEN if isinstance(error, Unreachable) else Event.REFUSED, None
        if isinstance(reply, SoapFault):
            return self._faulted(attempt, reply, asked), None
        self._busy = 0
        return Event.ACCEPTED, reply

    def _faulted(self, attempt: Attempt, fault: SoapFault, asked: str) -> Event:
        event = MEANT[fault.meaning]
        attempt.error = fault.error(self._host, asked, may_have_run=attempt.started)
        if event is Event.BUSY:
            return self._not_now(attempt)
        self._busy = 0
        if event is Event.SMALLER:
            if self.envelopes.largest_reply <= SAFE_REPLY:
                return Event.REFUSED
            self.envelopes = Envelopes(self.envelopes.to, SAFE_REPLY)
        return event

    def _not_now(self, attempt: Attempt) -> Event:
        self._busy += 1
        pause(self._clock, _BUSY_WAIT, attempt.stopped)
        return Event.BUSY
