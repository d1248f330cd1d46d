"""The rules a host has in force (spec: traffic-engine 2, ipsec-policy 8.5).

One static policy: the domain's if group policy points at one, else the assigned local one. Dynamic rules and, where
there is such a thing, the persistent policy are added; all of them are ordered together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.registry import Registry
from winipsec_lab.matching.outcome import Action
from winipsec_lab.netsh import volatile
from winipsec_lab.netsh.actions import action_word, falls_back, passes_inbound
from winipsec_lab.store.action_blob import decode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.registry_store import CACHE, DOMAIN_POINTER, PERSISTENT, Store
from winipsec_lab.store.rule_blob import decode_rule
from winipsec_lab.store.values import BlobError, Filter


@dataclass(frozen=True)
class RuleInForce:
    """One active rule with everything it refers to."""

    policy: str
    name: str
    filter_list: str
    filters: tuple[Filter, ...]
    inbound: Action
    outbound: Action
    interface: str
    tunnel: str


@dataclass(frozen=True)
class Force:
    """All rules in force; `policy` names the static one, and `reason` says why there is none."""

    policy: str = ""
    reason: str = ""
    rules: tuple[RuleInForce, ...] = field(default=())

    @property
    def empty(self) -> bool:
        """Whether nothing at all is in force."""
        return not self.policy and not self.rules


_COMPILED: WeakKeyDictionary[Machine, dict[str, tuple[tuple[Registry, int, str], tuple[RuleInForce, ...]]]] = (
    WeakKeyDictionary()
)


def force_of(machine: Machine) -> Force:
    """What is in force on a machine now."""
    if not volatile.agent_runs(machine):
        return Force(reason="the policy agent does not run")
    with machine.registry.lock:  # nobody sees half of a batch
        force = _static(machine)
        extra = _persistent(machine) + _dynamic(machine)
    return Force(force.policy, force.reason, force.rules + extra)


def _static(machine: Machine) -> Force:
    pointer = machine.registry.get(DOMAIN_POINTER, "DSIPSECPolicyPath")
    if pointer and isinstance(pointer.data, str) and pointer.data:
        cache = Store(machine.registry, CACHE, machine.guesses, machine.clock.timestamp)
        policy = cache.find(pointer.data)
        if policy is None:
            return Force(reason="a domain policy is assigned, but its content is not on this host")
        return Force(policy.name or policy.guid, rules=_compiled(machine, cache, policy))
    store = volatile.in_force(machine)
    policy = store.find(store.active)
    if policy is None:
        return Force(reason="no policy is assigned")
    return Force(policy.name or policy.guid, rules=_compiled(machine, store, policy))


def _persistent(machine: Machine) -> tuple[RuleInForce, ...]:
    store = Store(machine.registry, PERSISTENT, machine.guesses, machine.clock.timestamp)
    policy = store.find(store.active)
    return _compiled(machine, store, policy) if policy else ()


def _compiled(machine: Machine, store: Store, policy: Entry) -> tuple[RuleInForce, ...]:
    """The active rules of a policy, read again when the registry has changed."""
    state = (store.registry, store.registry.version, policy.identity)
    known = _COMPILED.setdefault(machine, {})
    if store.path not in known or known[store.path][0] != state:
        found = [rule for entry in store.rules_of(policy) if (rule := _rule(store, policy, entry))]
        known[store.path] = (state, tuple(found))
    return known[store.path][1]


def _rule(store: Store, policy: Entry, entry: Entry) -> RuleInForce | None:
    """One rule; None when it is inactive, has no filters, or cannot be read."""
    lists = [found for reference in entry.filter_lists if (found := store.find(reference))]
    action = store.find(entry.action)
    if action is None or not lists:
        return None
    try:
        rule, offers = decode_rule(entry.data), decode_action(action.data)
        filters = tuple(each for found in lists for each in decode_filter_list(found.data).filters)
    except BlobError:
        return None
    if not rule.active:
        return None
    act = Action(action_word(action), passes_inbound(action), falls_back(offers), offers)
    return RuleInForce(
        policy.name or policy.guid,
        entry.name or entry.guid,
        lists[0].name or lists[0].guid,
        filters,
        act,
        act,
        rule.interface,
        rule.tunnel_text,
    )


def _dynamic(machine: Machine) -> tuple[RuleInForce, ...]:
    memory = volatile.database(machine)
    found = []
    for number, rule in enumerate(memory.rules, 1):
        quick = memory.quick_policies.get(rule.quick_policy)
        offers = quick.offers if quick else ()
        soft = bool(quick and quick.soft)
        inbound, outbound = (
            Action(word, soft=soft and word == "negotiate", offers=offers) for word in (rule.inbound, rule.outbound)
        )
        name = f"dynamic {number}"
        found.append(RuleInForce("dynamic", name, "", rule.filters, inbound, outbound, rule.interface, rule.tunnel))
    return tuple(found)
