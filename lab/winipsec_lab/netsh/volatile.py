"""What only the running policy agent knows, and forgets when it stops (spec: ipsec-policy 2, 4.4, 8.6).

That is the security policy database of `netsh ipsec dynamic`, and, where a guess wants it, the state of the static
store that the agent has in force. The agent's process number tells one run from the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.registry import Registry
from winipsec_lab.store.registry_store import LOCAL, Store
from winipsec_lab.store.values import Authentication, Filter, MainMethod, Offer

AGENT: Final = "PolicyAgent"
READ_AGAIN: Final = 0x81


@dataclass(frozen=True)
class MainPolicy:
    """A dynamic main-mode policy; lifetimes in seconds."""

    name: str
    methods: tuple[MainMethod, ...]
    quick_mode_limit: int
    lifetime_seconds: int
    soft_seconds: int


@dataclass(frozen=True)
class QuickPolicy:
    """A dynamic quick-mode policy."""

    name: str
    offers: tuple[Offer, ...]
    soft: bool
    pfs_group: str


@dataclass(frozen=True)
class DynamicRule:
    """A dynamic rule: its filters and what happens to what they match."""

    filters: tuple[Filter, ...]
    main_policy: str
    quick_policy: str
    inbound: str
    outbound: str
    interface: str
    tunnel: str
    authentications: tuple[Authentication, ...] = field(repr=False, default=())


@dataclass
class Database:
    """The agent's memory.

    Attributes:
        process: the agent's process number.
        main_policies, quick_policies: by lower-case name.
        rules: in the order of their making.
        in_force: a copy of the static store as the agent last read it, where it does not follow the registry.
    """

    process: int
    main_policies: dict[str, MainPolicy] = field(default_factory=dict)
    quick_policies: dict[str, QuickPolicy] = field(default_factory=dict)
    rules: list[DynamicRule] = field(default_factory=list)
    in_force: Registry | None = None


_DATABASES: WeakKeyDictionary[Machine, Database] = WeakKeyDictionary()
_EXEMPTIONS: WeakKeyDictionary[Machine, tuple[int, int | None]] = WeakKeyDictionary()


def agent_runs(machine: Machine) -> bool:
    """Whether the policy agent runs."""
    return machine.services.running(AGENT)


def database(machine: Machine) -> Database:
    """The memory of the present run of the policy agent."""
    process = machine.services.process(AGENT) if agent_runs(machine) else 0
    known = _DATABASES.get(machine)
    if known is None:
        machine.services.on_control.append(lambda name, code: _heed(machine, name, code))
    if known is None or known.process != process:
        known = _DATABASES[machine] = Database(process)
    return known


def _heed(machine: Machine, name: str, code: int) -> None:
    if name.lower() == AGENT.lower() and code == READ_AGAIN:
        database(machine).in_force = None


def in_force(machine: Machine) -> Store:
    """The local store as the agent has it in force."""
    follows = (
        machine.guesses["netsh.assigned_change"] == "at_once" and machine.guesses["traffic.registry_edit"] == "at_once"
    )
    registry = machine.registry
    if not follows:
        memory = database(machine)
        if memory.in_force is None:
            memory.in_force = _copy(machine.registry)
        registry = memory.in_force
    return Store(registry, LOCAL, machine.guesses, machine.clock.timestamp)


def changed(machine: Machine, *, assigned: bool) -> None:
    """The static store was changed with netsh; `assigned` says that a policy was assigned."""
    if assigned or machine.guesses["netsh.assigned_change"] == "at_once":
        database(machine).in_force = None
        in_force(machine)


def _copy(registry: Registry) -> Registry:
    copy = Registry()
    with registry.lock:
        for path, values in registry.walk(LOCAL):
            copy.create_key(path)
            for name, value in values:
                copy.set(path, name, value)
    return copy


def exemption_at_boot(machine: Machine, current: int | None) -> int | None:
    """The value of `NoDefaultExempt` with which this boot runs: changes count from the next start."""
    boots, value = _EXEMPTIONS.get(machine, (0, None))
    if boots != machine.boots:
        value = current
        _EXEMPTIONS[machine] = machine.boots, value
    return value
