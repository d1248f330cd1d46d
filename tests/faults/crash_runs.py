"""Runs of the engine over a plugin process: what it does in an update, what it records, and how such a run may end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crash_deeds import Case, Deed
from crash_scene import REVERT_AFTER, come_to_rest
from fake_engine import fake_engine, port_line, spawned
from mini_engine import MiniEngine
from protocol_values import from_struct, to_struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from records import State, StepFailed, create_request, name_of, type_of, update_request
from winipsec_lab.testing import Fault, Host, Message

HURRIED = (sys.executable, str(Path(__file__).parent / "hurried_plugin.py"))
DECLARED = {
    "INVALID_ARGUMENT",
    "UNAVAILABLE",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "DEADLINE_EXCEEDED",
    "CANCELLED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "UNKNOWN",
}
"""Every status that an error of ours may have; INTERNAL would be a bug (spec: pulumi-provider 2.3)."""
NOTHING_HAPPENED = DECLARED - {"UNKNOWN"}
_HASTE = {"dialTimeout": 2, "commandTimeout": 5, "totalTimeout": 15}


@dataclass
class Run:
    """One run of the engine: a plugin process, and the engine in front of it."""

    process: subprocess.Popen[bytes]
    engine: MiniEngine
    ended: bool = False

    def end(self) -> str:
        """End the run as the engine does: Cancel, then SIGINT; what the process wrote on stderr."""
        self.engine.cancel()
        return self.interrupt()

    def interrupt(self) -> str:
        """SIGINT, as at the end of every run and when a user presses Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> str:
        """Wait until the process has ended by itself."""
        _, errors = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        self.ended = True
        return errors.decode()


@contextmanager
def run(host: Host, *, stack: str = "dev", command: tuple[str, ...] = HURRIED, **config: Any) -> Iterator[Run]:
    """A configured plugin process; killed at the end unless it ended before."""
    with fake_engine() as service, spawned(service.address, command=command) as process:
        address = f"127.0.0.1:{port_line(process)}"
        with MiniEngine(address, service, stack=stack) as engine:
            engine.start(configuration(host, **config))
            yield Run(process, engine)


@contextmanager
def attached() -> Iterator[MiniEngine]:
    """A plugin process for any number of runs, one after another; see `begin` and `finish`."""
    with (
        fake_engine() as service,
        spawned(command=HURRIED) as process,
        MiniEngine(f"127.0.0.1:{port_line(process)}", service, attached=True) as engine,
    ):
        yield engine


def begin(engine: MiniEngine, host: Host) -> None:
    """Begin a run of an attached process."""
    engine.service.messages.clear()
    engine.start(configuration(host))


def finish(engine: MiniEngine) -> None:
    """End a run of an attached process; the next `Attach` closes what was cancelled, here before it returns."""
    engine.cancel()
    engine.call("Attach", plugin_pb2.PluginAttach(address=engine.service.address))


def configuration(host: Host, **more: Any) -> dict[str, Any]:
    """Provider configuration for a host, with little patience."""
    way = {"host": host.address, "port": host.port, "username": host.username, "password": host.password}
    return {**way, "revertAfter": REVERT_AFTER, **_HASTE, **more}


@dataclass
class Record:
    """What the engine's state says, and what failed."""

    states: dict[str, State] = field(default_factory=dict)
    doomed: list[State] = field(default_factory=list)
    """Replaced resources that are still to be deleted."""
    failures: dict[str, StepFailed] = field(default_factory=dict)
    """By URN."""

    def copy(self) -> Record:
        """The same state, without the failures of the past."""
        return Record(dict(self.states), list(self.doomed))


def update(engine: MiniEngine, deed: Deed, record: Record) -> None:
    """`pulumi up` without a preview: every step of the deed, side by side, into the record."""
    with ThreadPoolExecutor(len(deed.cases)) as pool:
        for step in [pool.submit(_step, engine, case, deed.verb, record) for case in deed.cases]:
            step.result()


def _step(engine: MiniEngine, case: Case, verb: str, record: Record) -> None:
    urn = engine.urn(case.kind, case.name)
    old = record.states.get(urn)
    program = case.program(verb)
    try:
        if program is None:
            if old is not None:
                delete(engine, old)
                del record.states[urn]
            return
        inputs = engine.check(urn, program, old.inputs if old else {})
        change = engine.diff(old, inputs) if old else None
        if old is not None and change is not None and not change.replaces:
            record.states[urn] = _update(engine, old, inputs)
            return
        assert change is None or not change.delete_before_replace
        record.states[urn] = _create(engine, urn, inputs)
        if old is not None:
            record.doomed.append(old)
            delete(engine, old)
            record.doomed.remove(old)
    except StepFailed as failed:
        record.failures[urn] = failed
        if isinstance(failed.detail, provider_pb2.ErrorResourceInitFailed):
            detail = failed.detail
            outputs, inputs = from_struct(detail.properties), from_struct(detail.inputs)
            record.states[urn] = State(urn, detail.id, inputs, outputs, tuple(detail.reasons))


def _create(engine: MiniEngine, urn: str, inputs: dict[str, Any]) -> State:
    response = engine.call("Create", create_request(urn, inputs, preview=False))
    assert response.id
    return State(urn, response.id, inputs, from_struct(response.properties))


def _update(engine: MiniEngine, old: State, inputs: dict[str, Any]) -> State:
    response = engine.call("Update", update_request(old, inputs, preview=False))
    return replace(old, inputs=inputs, outputs=from_struct(response.properties), init_errors=())


def delete(engine: MiniEngine, state: State) -> None:
    """One Delete, not repeated."""
    engine.call(
        "Delete",
        provider_pb2.DeleteRequest(
            id=state.id,
            urn=state.urn,
            name=name_of(state.urn),
            type=type_of(state.urn),
            properties=to_struct(state.outputs),
            old_inputs=to_struct(state.inputs),
        ),
    )


def converge(engine: MiniEngine, deed: Deed, record: Record, *, refresh: bool = False) -> None:
    """The next `pulumi up`, with every rule of the mini engine: first what is there, then what is left to delete."""
    if refresh:
        for urn, state in list(record.states.items()):
            found = engine.refresh(state)
            record.states.pop(urn)
            if found is not None:
                record.states[urn] = found
    for case in deed.cases:
        urn = engine.urn(case.kind, case.name)
        program, old = case.program(deed.verb), record.states.get(urn)
        if program is not None:
            record.states[urn] = engine.up(case.kind, case.name, program, old)
        elif old is not None:
            engine.destroy(old)
            del record.states[urn]
    for state in record.doomed:
        engine.destroy(state)
    record.doomed.clear()


class Death:
    """Ends a plugin process at one message of a host, counted from now.

    Args:
        host: Where messages are counted.
        dying: Whom to end.
        number: The message, 1 is the next.
        how: `unsent`: it dies before the message is sent. `unanswered`: the message arrives and is acted on, and
            nobody is there to hear the answer. `answered`: the answer has left the host, and the process never gets to
            use it. `eof`: the engine is gone, the process learns of it while it waits for this answer. `sigint`: the
            same with a signal. `cancel`: the same with the engine's request, as for Ctrl-C.
    """

    def __init__(self, host: Host, dying: Run, number: int, how: str) -> None:
        self.struck = threading.Event()
        self._host = host
        self._dying = dying
        self._process = dying.process
        self._number = host.messages + number
        self._how = how
        host.faults.add(Fault("drop_before", when=self._strikes))

    def _strikes(self, message: Message) -> bool:
        if message.number != self._number:
            return False
        if self._how in {"unsent", "unanswered"}:
            self._process.kill()
            self._process.wait()
        elif self._how == "answered":
            os.kill(self._process.pid, signal.SIGSTOP)
            threading.Thread(target=self._kill_when_answered, daemon=True).start()
        elif self._how == "eof":
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.stdin = None  # `communicate` would flush it
        elif self._how == "cancel":
            threading.Thread(target=self._cancel, daemon=True).start()
        else:
            self._process.send_signal(signal.SIGINT)
        if self._how != "answered":
            self.struck.set()
        return self._how == "unsent"

    def _cancel(self) -> None:
        with suppress(StepFailed):  # it may have ended before it could say so
            self._dying.engine.cancel()

    def _kill_when_answered(self) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if any(entry.number == self._number for entry in self._host.transcript()):
                break
            time.sleep(0.005)
        time.sleep(0.02)  # recorded just before it leaves
        self._process.kill()
        self._process.wait()
        self.struck.set()


def die(host: Host, deed: Deed, record: Record, message: int, how: str, stack: str = "dev") -> None:
    """A run of a deed that dies at a message."""
    with run(host, stack=stack) as dying:
        death = Death(host, dying, message, how)
        update(dying.engine, deed, record)
        assert death.struck.wait(20)
    come_to_rest(host)


def at_message(host: Host, number: int, act: Callable[[], object]) -> None:
    """Do something on the host just before a message arrives there, counted from now."""
    due = host.messages + number

    def when(message: Message) -> bool:
        if message.number == due:
            act()
        return False

    host.faults.add(Fault("drop_before", when=when))


def only_failure(record: Record) -> StepFailed:
    """The one failure of an update."""
    (failed,) = record.failures.values()
    return failed
