"""Runs of the real engine that break off at some message: a sample of the matrix of `tests/faults`.

After each the host is as it was, or as the program wants it, or takes the change back by itself; a plain `pulumi up`
then converges, and leaves neither file nor task nor shell. Not tested on real Windows.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from engine_processes import descendants, kill_plugins, plugins, when

sys.path.extend(str(Path(__file__).parents[1] / folder) for folder in ("faults", "protocol"))  # the cells live there

from crash_cells import EVERYWHERE, READ, messages
from crash_checks import Aftermath, assert_converged, let_time_pass
from crash_deeds import (
    ASSIGNMENT_CASE,
    FILTER_ACTION_CASE,
    FILTER_LIST_CASE,
    HOST_POLICY_CASE,
    KEY,
    KEYED_HOST_POLICY_CASE,
    OTHER_KEY,
    POLICY_CASE,
    RULE_CASE,
    VERBS,
    Case,
    Deed,
)
from crash_scene import REVERT_AFTER, Look, Scene
from protocol_values import Secret
from pulumi_stack import Stack
from winipsec_lab.testing import Fault, Host, Lab, Message

HASTE = {"dialTimeout": 2, "commandTimeout": 5, "totalTimeout": 15}
CASES = (
    HOST_POLICY_CASE,
    ASSIGNMENT_CASE,
    KEYED_HOST_POLICY_CASE,
    RULE_CASE,
    HOST_POLICY_CASE,
    FILTER_LIST_CASE,
    ASSIGNMENT_CASE,
    POLICY_CASE,
    HOST_POLICY_CASE,
    FILTER_ACTION_CASE,
)
"""What ten hosts get, one object each."""
DEATHS = (
    (HOST_POLICY_CASE, ("plugin", 7), ("plugin", 10), ("plugin", 13)),
    (KEYED_HOST_POLICY_CASE, ("plugin", 18), ("plugin", 27), ("engine", 12)),
    (HOST_POLICY_CASE, ("engine", 10), ("engine", 6), ("engine", 14)),
    (HOST_POLICY_CASE, ("Ctrl-C", 10), ("Ctrl-C", 7), ("Ctrl-C", 13)),
)
"""Who dies at which message of creating, changing and deleting."""


@dataclass(frozen=True)
class Broken:
    """One host, and how it was before the run that breaks."""

    scene: Scene
    deed: Deed
    before: Look
    dump: str

    @classmethod
    def on(cls, scene: Scene, case: Case, verb: str) -> Broken:
        """Remember a host."""
        label = "HostPolicy (key)" if case is KEYED_HOST_POLICY_CASE else case.kind.rpartition(":")[2]
        return cls(scene, Deed(verb, (case,), label), Look.at(scene.host), scene.host.dump())

    def look_after(self, *, done: bool, time_passes: bool) -> None:
        """See how the host stands after the run that broke."""
        self.scene.host.faults.clear()
        aftermath = Aftermath.of(self.scene, self.deed, self.before)
        aftermath.symbol(self.deed, failed=not done)
        if time_passes:
            let_time_pass(self.scene, self.deed, aftermath, self.dump)

    def converged(self) -> None:
        """See that the next run has brought it to its end."""
        assert_converged(self.scene, self.deed)


def new_scene(lab: Lab, name: str) -> Scene:
    """A host as others left it, on which keys are watched for."""
    scene = Scene(lab.create(name))
    for key in (KEY, OTHER_KEY):
        scene.host.watch(key)
    return scene


def written(value: Any) -> Any:
    """Properties as a YAML program has them."""
    if isinstance(value, Secret):
        return {"fn::secret": value.value}
    if isinstance(value, Mapping):
        return {name: written(item) for name, item in value.items()}
    return [written(item) for item in value] if isinstance(value, list) else value


def resource(case: Case, verb: str, host: Host) -> dict[str, Any]:
    """The resource of a case on one host."""
    way = {"host": host.address, "port": host.port, "username": host.username, "password": host.password}
    return {"type": case.kind, "properties": {**written(case.program(verb)), "connection": {**way, **HASTE}}}


def break_off(stack: Stack) -> bool:
    """`pulumi up` that something happens to; whether it succeeded all the same."""
    with stack.start("up", "--yes", "--skip-preview") as process:
        output, _ = process.communicate(timeout=100)
    assert "Traceback" not in output
    return process.returncode == 0


def test_a_fault_on_each_of_ten_hosts(lab, stack_for):
    """Thirty cells: every fault of the matrix three times, on other objects and at other messages each time."""
    scenes = [new_scene(lab, f"web{number}") for number in range(len(CASES))]
    stack = stack_for(checkpoints=True)
    stack.variables["WINIPSEC_REVERT_AFTER"] = str(REVERT_AFTER)
    for turn, verb in enumerate(VERBS):
        hosts = [Broken.on(scene, case, verb) for scene, case in zip(scenes, CASES, strict=True)]
        for index, broken in enumerate(hosts):
            kind = EVERYWHERE[(index + 3 * turn) % len(EVERYWHERE)]
            broken.scene.host.faults.add(Fault(kind, when=message_of(broken.deed, 5 * index + 3 * turn), seconds=0.3))
        program = (
            {}
            if verb == "delete"
            else {
                f"r{index}": resource(case, verb, scene.host)
                for index, (scene, case) in enumerate(zip(scenes, CASES, strict=True))
            }
        )
        stack.program(program)
        done = break_off(stack)
        for index, broken in enumerate(hosts):
            broken.look_after(done=done, time_passes=(index + turn) % 2 == 0)
        stack.up()
        for broken in hosts:
            broken.converged()


def message_of(deed: Deed, number: int) -> int:
    """Some message of a deed; one that may change something where that goes under a commit."""
    first = READ if deed.commits else 0
    return first + 1 + number % (messages(deed) - first)


@contextmanager
def dying(stack: Stack, host: Host, who: str, message: int) -> Iterator[subprocess.Popen[str]]:
    """`pulumi up` in which somebody dies while a message is on its way; the host acts on it all the same."""
    due = host.messages + message
    with stack.start("up", "--yes", "--skip-preview") as process:
        children: list[int] = []
        others: list[int] = []

        def strike(arrived: Message) -> bool:
            if arrived.number == due:
                children.extend(plugins(process))
                others.extend(set(descendants(process.pid)) - set(children))
                if who == "plugin":
                    kill_plugins(process)
                else:
                    process.send_signal(signal.SIGKILL if who == "engine" else signal.SIGINT)
            return False

        host.faults.add(Fault("drop_before", when=strike))
        yield process
        assert children, "it never came to that message"
        when(lambda: not any(map(alive, children)))
        for other in filter(alive, others):
            with suppress(ProcessLookupError):
                os.kill(other, signal.SIGKILL)  # Pulumi's own: language hosts outlive a dead engine


def alive(process: int) -> bool:
    """Whether a process still runs."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.parametrize(("case", *VERBS), DEATHS, ids=["plugin", "plugin, key", "engine", "Ctrl-C"])
def test_a_death_in_each_of_three_runs(lab, stack_for, case, create, change, delete):
    """Twelve cells: SIGKILL of the provider, SIGKILL of the engine, Ctrl-C."""
    scene = new_scene(lab, "web1")
    stack = stack_for(checkpoints=True)
    for verb, (who, message) in zip(VERBS, (create, change, delete), strict=True):
        broken = Broken.on(scene, case, verb)
        stack.program({} if verb == "delete" else {case.name: resource(case, verb, scene.host)})
        with dying(stack, scene.host, who, message) as process:
            output, _ = process.communicate(timeout=60)
        assert "Traceback" not in output
        if who != "plugin":
            assert scene.host.shells == 0, "a process that may tidy up left its shell"
        broken.look_after(done=process.returncode == 0, time_passes=verb == "change")
        if who == "engine":
            stack.pulumi("cancel", "--yes")  # releases the lock that a dead engine leaves
        stack.up()
        broken.converged()
