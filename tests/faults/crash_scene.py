"""A host as somebody else left it, and what may be found on it afterwards, read with the lab's own eyes.

The host has the damaged and foreign objects of a real one, an active policy of its owner, and a policy, a list and an
action of its owner that the tests' rules and filters use. None of it may change, but for the references that Windows
itself keeps on both sides.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from winipsec_lab.store.action_blob import decode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.policy_blob import decode_main_mode, decode_policy
from winipsec_lab.store.registry_store import LOCAL, Store
from winipsec_lab.store.rule_blob import decode_rule
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE, Filter
from winipsec_lab.testing import Host

FOLDER: Final = r"C:\Windows\winipsec"
ACTIVE, SPARE, SECOND, THEIR_POLICY = "Corp baseline", "Quarantine", "Maintenance", "Their policy"
THEIR_LIST, THEIR_ACTION = "Shared list", "Shared action"
REVERT_AFTER: Final = 120
"""Seconds after which a host takes back what nobody confirmed: the shortest there is."""
TASK: Final = "winipsec-revert-"
REST: Final = 4
"""How often in a row a host has to look the same."""
IDLE_TIMEOUT: Final = 900
"""Seconds after which Windows ends a shell that nobody uses; the provider asks for that when it opens one."""

_FOREIGN: Final = (
    f'add policy name="{ACTIVE}" assign=yes',
    f'add policy name="{SPARE}"',
    f'add policy name="{SECOND}"',
    f'add policy name="{THEIR_POLICY}"',
    f'add filterlist name="{THEIR_LIST}"',
    f'add filter filterlist="{THEIR_LIST}" srcaddr=10.9.0.0 srcmask=255.255.0.0 dstaddr=me protocol=TCP dstport=22',
    f'add filteraction name="{THEIR_ACTION}" action=permit',
    f'add rule name="Their rule" policy="{THEIR_POLICY}" filterlist="{THEIR_LIST}" filteraction="{THEIR_ACTION}"',
)
_REFERENCES: Final = {"owners": (), "rules": (), "changed": 0}


def console(host: Host, line: str) -> None:
    """Somebody at the console runs a command of `netsh ipsec static`."""
    code, out, _ = host.run(f"netsh ipsec static {line}")
    assert code == 0, out


def furnish(host: Host) -> None:
    """Put the owner's objects on a new host."""
    for line in _FOREIGN:
        console(host, line)


def come_to_rest(host: Host) -> None:
    """Wait until a host has done whatever a process that died had asked of it."""
    seen: list[object] = []
    for _ in range(200):
        time.sleep(0.04)
        files = host.run(rf"dir {FOLDER}")[1].splitlines()[:-1]  # the last line counts what is free
        seen.append((host.dump(), files, host.messages))
        if len(seen) > REST and all(item == seen[-1] for item in seen[-REST:]):
            return
    raise AssertionError("the host does not come to rest")


@dataclass(frozen=True)
class Look:
    """The policy store at one moment."""

    entries: tuple[Entry, ...]
    active: str

    @classmethod
    def at(cls, host: Host) -> Look:
        """The store as it is now."""
        machine = host.machine
        store = Store(machine.registry, LOCAL, machine.guesses, machine.clock.timestamp)
        with machine.registry.lock:
            return cls(tuple(store.entries()), store.active)

    def named(self, kind: str, *names: str) -> list[Entry]:
        """The objects of a kind with one of these names, in any case."""
        wanted = {name.casefold() for name in names}
        return [entry for entry in self.entries if entry.kind == kind and (entry.name or "").casefold() in wanted]

    def at_identity(self, identity: str) -> Entry:
        """One object by its identity."""
        (found,) = [entry for entry in self.entries if entry.identity == identity.lower()]
        return found


# What is found of our own objects, as plain values. Several objects of one name are several elements.


def lists(look: Look, *names: str) -> list[Any]:
    """Filter lists: name, description, filters."""
    return [
        (entry.name, entry.description or "", sorted(map(_filter, _filters(entry))))
        for entry in look.named(FILTER_LIST, *names)
    ]


def filters(look: Look, name: str) -> list[str]:
    """The filters of the one list of that name."""
    (entry,) = look.named(FILTER_LIST, name)
    return sorted(map(_filter, _filters(entry)))


def actions(look: Look, name: str) -> list[Any]:
    """Filter actions: description, what they do, offers."""
    return [
        (entry.description or "", entry.action_guid, [offer.text() for offer in decode_action(entry.data)])
        for entry in look.named(ACTION, name)
    ]


def policies(look: Look, *names: str) -> list[Any]:
    """Policies: name, description, polling and main-mode seconds, perfect forward secrecy, number of methods, rules."""
    found = []
    for entry in look.named(POLICY, *names):
        assert entry.main_mode
        mode = decode_main_mode(look.at_identity(_identity(entry.main_mode)).data)
        seconds = (decode_policy(entry.data), mode.lifetime_seconds)
        found.append((entry.name, entry.description or "", seconds, mode.master_pfs, len(mode.methods)))
    return found


def rules(look: Look, policy: str, name: str) -> list[Any]:
    """Rules of that name in a policy: description, whether active, authentication."""
    (owner,) = look.named(POLICY, policy)
    listed = {_identity(reference) for reference in owner.rules}
    found = []
    for entry in look.named(RULE, name):
        assert entry.identity in listed, "a rule that its policy does not know"
        rule = decode_rule(entry.data)
        found.append((entry.description or "", rule.active, [(item.kind, item.text) for item in rule.authentications]))
    return found


def whole(look: Look, *names: str) -> list[Any]:
    """Policies with everything in them: settings, then per rule its name, description, authentication, list, action."""
    found = []
    for entry, settings in zip(look.named(POLICY, *names), policies(look, *names), strict=True):
        rules = [_rule(look, look.at_identity(_identity(reference))) for reference in entry.rules]
        found.append((*settings, sorted(item for item in rules if item[0])))  # the default response has no name
    return found


def _rule(look: Look, entry: Entry) -> Any:
    rule = decode_rule(entry.data)
    keys = [(item.kind, item.text) for item in rule.authentications]
    content = [
        text
        for reference in entry.filter_lists
        for text in map(_filter, _filters(look.at_identity(_identity(reference))))
    ]
    action = look.at_identity(_identity(entry.action or ""))
    return (entry.name or "", entry.description or "", rule.active, keys, sorted(content), action.action_guid)


def active(look: Look) -> list[str]:
    """The name of the active policy."""
    return [look.at_identity(look.active).name or ""] if look.active else []


def _identity(reference: str) -> str:
    return reference.rpartition("\\")[2].lower()


def _filters(entry: Entry) -> tuple[Filter, ...]:
    return decode_filter_list(entry.data).filters


def _filter(item: Filter) -> str:
    return f"{item.text()} # {item.description}" if item.description else item.text()


@dataclass
class Scene:
    """One host, brought back to the same state before every test."""

    host: Host
    dumps: dict[str, str] = field(default_factory=dict)
    foreign: Look = field(init=False)

    def __post_init__(self) -> None:
        furnish(self.host)
        self.foreign = Look.at(self.host)
        self.dumps[""] = self.host.dump()

    def restore(self, dump: str = "") -> None:
        """The host as it was when this dump was taken; no shell, no file, no fault."""
        self.host.reset()
        self.host.load(self.dumps[dump])

    def keep(self, dump: str) -> None:
        """Remember the store under a name."""
        self.dumps[dump] = self.host.dump()

    # -- changes that wait to be confirmed

    def tasks(self) -> list[str]:
        """The scheduled tasks of ours."""
        return [task.name for task in self.host.machine.tasks.tasks() if task.name.startswith(TASK)]

    def pending(self) -> bool:
        """Whether the host is going to take a change back: the task is there, and nobody has won the race yet."""
        self.host.machine.tasks.wait_until_idle()
        armed = {name[2:-6] for name in self.files() if name.startswith("c-") and name.endswith(".armed")}
        return bool(armed & {name.removeprefix(TASK) for name in self.tasks()})

    def pass_time(self, seconds: float) -> None:
        """Let time pass on the host, and what is due then come to its end."""
        machine = self.host.machine
        machine.clock.advance(seconds)
        assert machine.tasks.wait_until_idle(), "a task of the host does not end"

    # -- what must be true after the run that follows a broken one

    def assert_foreign_untouched(self, *, filters_of: str = "", active_changes: bool = False) -> None:
        """Every object of others is as it was; the list `filters_of` may have more filters than before."""
        now = Look.at(self.host)
        found = {entry.identity: entry for entry in now.entries}
        for entry in self.foreign.entries:
            after = found.get(entry.identity)
            assert after is not None, f"{entry.kind} {entry.name!r} of somebody else is gone"
            if entry.kind == FILTER_LIST and entry.name == filters_of:
                assert set(_filters(entry)) <= set(_filters(after)), "somebody else's filter is gone"
                after = after.changed_to(data=entry.data)
            before, after = entry.changed_to(**_REFERENCES), after.changed_to(**_REFERENCES)
            assert before == after, f"{entry.kind} {entry.name!r} of somebody else has changed"
        if not active_changes:
            assert now.active == self.foreign.active, "another policy is active"

    def made(self) -> Counter[str]:
        """How many objects of each kind there are beside those of others."""
        known = {entry.identity for entry in self.foreign.entries}
        return Counter(entry.kind for entry in Look.at(self.host).entries if entry.identity not in known)

    def files(self) -> Mapping[str, bytes]:
        """What lies in the provider's folder."""
        disk = self.host.machine.files
        if not disk.is_folder(FOLDER):
            return {}
        return {info.name: disk.read(rf"{FOLDER}\{info.name}") for info in disk.listing(FOLDER)}

    def assert_nothing_waits(self) -> None:
        """No task of ours, and no file of a change that waits to be confirmed; the files of batches may be there."""
        assert not self.tasks()
        assert not [name for name in self.files() if name.startswith("c-")]

    def assert_left_nothing(self) -> None:
        """No file and no task of ours, and no shell once those of dead processes have timed out.

        What waits in such a shell for its input has an empty file open, which comes to light when it ends; it proves
        nothing, and whoever works on the host next removes it.
        """
        assert not self.files()
        assert not self.tasks()
        self.pass_time(IDLE_TIMEOUT + 1)
        assert self.host.shells == 0
        assert not any(self.files().values()), "what ended with its shell left a file behind"

    def assert_secret_kept(self, *secrets: str) -> None:
        """No secret on a command line, in the environment or in any file of the host."""
        places = {entry.canary for entry in self.host.transcript()}
        assert places <= {"", "stdin"}, f"a secret stands in a message's {places - {'', 'stdin'}}"
        disk = self.host.machine.files
        for info in disk.walk("C:\\"):
            if disk.is_file(info.path):
                content = disk.read(info.path)
                assert not any(secret.encode() in content for secret in secrets), f"a secret stands in {info.path}"
