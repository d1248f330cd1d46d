"""A change that closes the way in, made all the same, through the provider's own writer and its confirmed commit.

Everything is real but the wire: the provider's writer, commit and scripts, and on the host `cmd`, `netsh`, `reg` and the
Task Scheduler of the lab. Between them is a connection in this process that is as deaf as the policy in force makes it,
and a clock that both share, so that minutes of silence take no time (design 5; spec: winrm 5).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from functools import partial
from typing import Final
from unittest.mock import patch

from lockout_hosts import LabHost, as_action, as_filter, as_rule, as_store, guid
from lockout_matcher import Flow
from lockout_policies import Book
from winipsec.errors import Ambiguous, WinipsecError
from winipsec.formats import netsh
from winipsec.formats.netsh import Command
from winipsec.host import safe_dispatch
from winipsec.host.change import Plan, Transaction
from winipsec.host.commit import Commit, Reverted
from winipsec.host.connection import Connection
from winipsec.host.host import Host
from winipsec.host.leftovers import Intent
from winipsec.host.shell import Completed
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Invalid
from winipsec.model.store import Store
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.store.registry_store import LOCAL

WINDOW: Final = 60
"""Seconds that the host waits to be confirmed."""
SILENCE: Final = 20.0
"""Seconds after which a client gives up."""
URN: Final = "urn:pulumi:bench::bench::winipsec:index:HostPolicy::forced"


class SharedClock:
    """The host's clock. Whoever waits moves it, and lets the host do what has come due."""

    def __init__(self, host: LabHost) -> None:
        self._machine = host.machine

    def now(self) -> float:
        """Seconds since some moment in the past."""
        return self._machine.clock.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let time pass on the host."""
        self._machine.clock.advance(seconds)
        self._machine.tasks.wait_until_idle()

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on the condition."""
        condition.wait(seconds)


class Wire(Connection):
    """Runs lines on a host of this process, while connections of one flow get through.

    Args:
        host: The host.
        flow: The connection as the host sees it.
    """

    def __init__(self, host: LabHost, flow: Flow) -> None:
        super().__init__(host.settings)
        self._lab = host
        self._flow = flow
        self._ours = SharedClock(host)
        self.fell_silent = False

    @property
    def client_address(self) -> str:
        """The controller's address."""
        return str(self._flow.remote)

    def renew(self) -> None:
        """The next line goes over a new connection: so does every one."""

    def close(self) -> None:
        """There is nothing to close."""

    def run(self, line: str, stdin: bytes | None = None, *, timeout: float | None = None, **_: object) -> Completed:
        """Run a line, unless the host cannot be reached; what it says is lost if it cannot be reached afterwards."""
        self._require_way(timeout)
        out, err = io.BytesIO(), io.BytesIO()
        machine = self._lab.machine
        code = machine.start_process(
            line,
            stdin=io.BytesIO(stdin or b""),
            stdout=out.write,
            stderr=err.write,
            environment={},
            directory="",
            code_page=65001,
            user=machine.users[0],
            cancelled=threading.Event(),
        )
        self._require_way(timeout)
        return Completed(code, out.getvalue().decode("utf-8", "replace"), err.getvalue().decode("utf-8", "replace"))

    def _require_way(self, timeout: float | None) -> None:
        if not self._lab.works_now(self._flow):
            self.fell_silent = True
            self._ours.sleep(min(timeout or SILENCE, SILENCE))
            raise Ambiguous("the host fell silent.", host=self.settings.host, may_have_run=True)


class Forced:
    """All of a change as one wish, whatever comes of it."""

    urn = URN
    allow_cut = True

    def __init__(self, before: Book, after: Book) -> None:
        self._after = as_store(after)
        self._commands = tuple(commands(before, after))

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """Every command that leads from the book to the other; nothing once it was sent."""
        return Plan(self._after, () if attempt else self._commands, (Intent(URN, "policy", "p0"),))


def commands(before: Book, after: Book) -> Iterator[Command]:
    """The commands of netsh that lead from one book to the other.

    Raises:
        Invalid: netsh has no words for it.
    """
    for name, rows in after.lists.items():
        yield from (netsh.add_filter(name, as_filter(row)) for row in rows if row not in before.lists[name])
        yield from (netsh.delete_filter(name, as_filter(row)) for row in before.lists[name] if row not in rows)
    for name, word in after.actions.items():
        if before.actions[name] != word:
            yield netsh.set_filter_action(guid("action", name), as_action(name, word))
    for name, row in before.rules.items():
        if after.rules.get(name) != row:
            yield netsh.delete_rule(name, row.policy)
    for name, row in after.rules.items():
        if before.rules.get(name) != row:
            to = {"policy": row.policy, "filter_list": row.filter_list, "filter_action": row.action}
            yield netsh.add_rule(as_rule(name, row), **to)
    if before.active != after.active:
        yield netsh.assign_policy(after.active or before.active, assigned=bool(after.active))


def content(host: LabHost) -> dict[str, dict[str, RegistryValue]]:
    """Every value of the policy store."""
    registry = host.machine.registry
    with registry.lock:
        return {path: dict(values) for path, values in registry.walk(LOCAL)}


def force(host: LabHost, before: Book, after: Book, flow: Flow) -> str | None:
    """Make a change that closes `flow`, with a revert window.

    Returns:
        What is wrong afterwards, empty if the host is what it was; None where the change cannot be made by netsh, or
        its commands close the flow so that the change never comes to be as a whole.
    """
    try:
        change = Forced(before, after)
    except Invalid:
        return None
    if not host.works_now(flow):
        return None
    held = content(host)
    wire = Wire(host, flow)
    clock = SharedClock(host)
    with patch.object(safe_dispatch, "Commit", partial(Commit, clock=clock)):
        said = _applied(Host(wire), change)
    if not wire.fell_silent:
        return f"the way stayed open although it was said to close: {said}"
    if not isinstance(said, Reverted):
        return f"it was not said to be taken back, but {said!r}"
    if content(host) != held:
        return "the store is not what it was"
    if not host.works_now(flow):
        return "the way is still closed"
    left = [task.path for task in host.machine.tasks.tasks() if "winipsec" in task.path]
    left += [
        name for name in host.machine.console(r"dir /b C:\Windows\winipsec")[1].split() if name[:2] in ("c-", "b-")
    ]
    return f"left behind: {', '.join(left)}" if left else ""


def _applied(host: Host, change: Forced) -> WinipsecError | None:
    said = None
    try:
        host.apply(change, threading.Event(), transaction=Transaction(WINDOW))
    except WinipsecError as error:
        said = error
    host.settle(URN)
    host.close()
    return said
