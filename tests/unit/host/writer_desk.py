"""A host behind the writer's seam: a connection that runs lines, and says what came of them when it is read."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

from snapshot_text import LOCAL, SERVICES, USUAL, key, policy, service
from winipsec.errors import Refused
from winipsec.formats import netsh
from winipsec.host.change import Plan, Wait
from winipsec.host.leftovers import Intent
from winipsec.host.reader import Reader
from winipsec.host.shell import Completed
from winipsec.host.snapshot import READ_LINE
from winipsec.host.writer import Writer
from winipsec.model.policies import Policy

RUNNING, STOPPED = service(4, "RUNNING"), service(1, "STOPPED")
_ADDED = re.compile(r'add policy name="([^"]*)"')


def guid_of(name):
    """The GUID that the host gives to a policy."""
    return f"{{{uuid.uuid5(uuid.NAMESPACE_DNS, name)}}}"


@dataclass
class Run:
    """One remote command."""

    line: str
    stdin: bytes | None
    timeout: float | None
    idempotent: bool

    @property
    def adds(self):
        """The names of the policies it adds, in order."""
        return _ADDED.findall(self.line + (self.stdin or b"").decode())


@dataclass
class Desk:
    """A host with policies, a folder of files and a service, behind a connection; and the writer that works on it.

    `refuses` are names that the host does not take, until tried as often as the value says. `before_run` is called
    with the number of the remote command, from 0, and may block or raise; `after_run` the same, once it is done.
    Readings are not counted among the runs.
    """

    policies: list[str] = field(default_factory=list)
    service: str = RUNNING
    start_type: int = 2
    refuses: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    said: str = ""
    writable: bool = True
    output_lost: bool = False
    before_run: Callable[[int], object] = lambda _: None
    after_run: Callable[[int], object] = lambda _: None

    def __post_init__(self):
        self.settings = SimpleNamespace(host="web1", command_timeout=60.0)
        self.client_address = "192.0.2.10"
        self.runs = []
        self.looks = 0
        self.cuts = set()
        self.writer = Writer(self, Reader(self), self.guard)

    # The connection.

    def run(self, line, stdin=None, *, idempotent, timeout=None, cancelled=None):
        """Run one line: write a script, add policies, delete files, print what the marks ask for."""
        held = self._part("listing")
        if line == READ_LINE:
            self.looks += 1
        else:
            self.runs.append(Run(line, stdin, timeout, idempotent))
            number = len(self.runs) - 1
            self.before_run(number)
            self._work(self.runs[-1])
            self.after_run(number)
        marks = re.findall(r"echo #winipsec:(\w+)", line)
        if "held" in marks and not self.writable:
            marks = marks[marks.index("said") + 1 :]
        parts = {"held": held, "said": self.said}
        printed = "" if "held" in marks else self.said if line != READ_LINE else ""
        printed = self.service if line == "sc query PolicyAgent" else printed
        text = printed + "".join(f"#winipsec:{name}\r\n{parts.get(name, '') or self._part(name)}" for name in marks)
        return Completed(0, text, "", self.output_lost and line != READ_LINE)

    def _work(self, run):
        for name in re.findall(r'del /f /q "[^"]*\\([^"\\]+)"', run.line):
            if not run.stdin:
                self.files.pop(name, None)
        if run.stdin is not None and not self.writable:
            return
        opening = re.search(r'>"[^"]*\\(b-[^"]+)"', run.line)
        if opening:
            self.files[opening.group(1)] = run.stdin.decode()
        for name in run.adds:
            self.refuses[name] = self.refuses.get(name, 0) - 1
            if self.refuses[name] < 0:
                self.policies.append(name)

    def _part(self, name):
        if name == "store":
            return "".join(policy(item, guid_of(item)) for item in self.policies)
        if name == "listing":
            return "".join(f"{LOCAL}\\ipsecPolicy{guid_of(item)}\r\n" for item in self.policies)
        if name == "agent":
            return key(rf"{SERVICES}\PolicyAgent", Start=("REG_DWORD", f"{self.start_type:#x}"))
        if name == "leftovers":
            return "".join(self.files.values())
        if name == "files":
            return "".join(f"{item}\r\n" for item in self.files)
        return {**USUAL, "service": self.service}.get(name, "")

    # The guard.

    def guard(self, snapshot, before, after):
        """What is in `cuts` cuts, unless `open` is there as well."""
        names = {policy.name for policy in after.policies.values()}
        if self.cuts & names and "open" not in names:
            return Refused("the way in.", code="management.cut", host="web1")
        return None

    # What tests do.

    def apply(self, change, cancelled=None, timeout=None):
        """As a resource does."""
        return self.writer.apply(change, cancelled or threading.Event(), timeout)

    def start(self, *changes, cancelled=None, timeout=None):
        """Apply each change in a thread of its own; they are all waiting, or done, when this returns."""
        started = [Applying(self, change, cancelled, timeout) for change in changes]
        for each in started:
            each.start()
            wait_until(lambda each=each: each.waits or not each.is_alive())
        return started

    @property
    def waiting(self):
        """How many changes are in the queue."""
        return len(self.writer._queue)


class Applying(threading.Thread):
    """One change on its way; `outcome` is the snapshot or the error."""

    def __init__(self, desk, change, cancelled, timeout):
        super().__init__(daemon=True)
        self.desk, self.change, self.cancelled, self.timeout = desk, change, cancelled, timeout
        self.outcome = None

    @property
    def waits(self):
        """Whether the writer knows of the change."""
        return any(ticket.change is self.change for ticket in self.desk.writer._unsettled)

    def run(self):
        """Wait for the outcome."""
        try:
            self.outcome = self.desk.apply(self.change, self.cancelled, self.timeout)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            self.outcome = error

    def result(self):
        """The outcome; no change takes longer than this."""
        self.join(10)
        assert not self.is_alive()
        return self.outcome


class Wants:
    """A policy of a name: the simplest of wishes.

    `needs` is a name that must be there first; `says` is an error that planning raises; `command` is given instead of
    adding the policy.
    """

    def __init__(self, name, *, needs="", says=None, allow_cut=False, command=None):
        self.urn = f"urn:pulumi:dev::web::t::{name}"
        self.name = name
        self.needs = needs
        self.says = says
        self.allow_cut = allow_cut
        self.command = command
        self.attempts = []

    def plan(self, store, snapshot, attempt):
        """Add the policy unless it is there."""
        self.attempts.append(attempt)
        if self.says is not None:
            raise self.says
        names = {policy.name for policy in store.policies.values()}
        if self.name in names:
            return Plan(store)
        if self.needs and self.needs not in names:
            raise Wait(Refused(f"{self.name} needs {self.needs}.", code="reference.missing", host="web1"))
        wanted = Policy(self.name, description=f"attempt {attempt}", guid=f"planned:policy:{self.name}")
        commands = (self.command or netsh.add_policy(wanted),)
        unmet = {"": f"the policy {self.name!r} is not there"}
        return Plan(store.with_policy(wanted), commands, (Intent(self.urn, "policy", self.name),), unmet)


def wait_until(condition, seconds=5.0):
    """Wait for something that threads do."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.001)):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError("it never came about")
