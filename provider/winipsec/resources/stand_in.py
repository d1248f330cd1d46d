"""The stand-in: a copy of a policy's new content that is in force while the policy itself is being changed.

Every command of netsh on the active policy counts at once, so a change of several commands passes through states that
nobody asked for (spec: ipsec-policy 1.7). Assigning a policy is one step. Hence, each line a batch that is read back
before the next one goes:

    build       the new content as a policy of its own, unassigned
    change      the stand-in assigned: old to new in one step; then the policy itself, which is not in force now
    assign      the policy assigned: new to new; the stand-in goes

The stand-in uses the policy's own lists and actions where those stay as they are, and copies of those that are going to
change. What has no effect on traffic (rules that are not active, rules on lists without filters) is left out.

`set batch mode=enable` is no substitute. It holds for one run of netsh, while text outside ASCII and keys travel in runs
of their own; documents say that it shortens the time in which a policy is half written, not that it is one step; and
when it writes what it has collected, and what it does about a line it refuses, is not said (spec: ipsec-policy 1.7).

A run that dies may leave a stand-in behind, even an active one. The next change by the same resource knows it by its
name and by the file that announced it, and takes it away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from winipsec.formats import netsh
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.snapshot import Snapshot
from winipsec.model.filters import FilterList
from winipsec.model.names import folded
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.properties import (
    auth_method_properties,
    default_rule_properties,
    main_mode_method_properties,
)
from winipsec.model.store import Store, planned_guid
from winipsec.resources import policy as policies
from winipsec.resources.course import Course, Step
from winipsec.resources.policy_objects import ACTIONS, LISTS, Possessions
from winipsec.resources.policy_parts import Part, Properties
from winipsec.resources.whole_settings import RuleInPolicy, StandInPolicy
from winipsec.resources.wish import Making

PREFIX = "winipsec stand-in "
_COSMETIC = {"guid", "name", "newname", "description", "policy"}


class StandIn:
    """The stand-in of one policy, known by its GUID, for one change."""

    def __init__(self, host: str, urn: str, policy: str) -> None:
        self._host = host
        self._urn = urn
        self.name = f"{PREFIX}{policy[1:9]}"
        self.begun: int | None = None
        """The attempt in which this change began to build it."""
        self._policy: StandInPolicy | None = None
        self._copies: dict[str, Making[Any]] = {}

    def build(
        self,
        course: Course,
        settings: Properties,
        rules: Sequence[tuple[Part, Rule | None]],
        possessions: tuple[Possessions[Any], Possessions[Any]],
        changing: tuple[AbstractSet[str], AbstractSet[str]],
    ) -> None:
        """Put together what is missing of the new content, unassigned; no commands where it is complete.

        Args:
            course: Where to add the commands.
            settings: Those of the policy.
            rules: Every rule of it, and how it stands on the host.
            possessions: Its lists and its actions.
            changing: Which of them are going to change, and are copied.

        Raises:
            Invalid: netsh cannot say some of it.
        """
        if self.begun is None:
            self.begun = course.attempt
        if self._policy is None:
            current = course.store.policies[course.store.active]
            made = {**settings, "name": self.name, **_left_alone(settings, current)}
            self._policy = StandInPolicy(self._host, self._urn, made, "", "")
        course.make(self._policy)
        lists, actions = (
            {
                key: self._copy(course, each, key) if key in going else holding.reference
                for key, holding in each.holdings.items()
            }
            for each, going in zip(possessions, changing, strict=True)
        )
        there = {rule.name: rule.guid for rule in course.store.rules_of(self._policy.guid)}
        for number, (part, rule) in enumerate(rules):
            if (
                not part.rule["active"]
                or not part.filter_list["filters"]
                or any(each.lacks(part) for each in possessions)
            ):
                continue
            inputs = {
                **part.rule,
                "name": str(number),
                "policy": self.name,
                "filterList": lists[folded(part.filter_list["name"])],
                "filterAction": actions[folded(part.filter_action["name"])],
            }
            inputs.pop("description", None)
            if "authMethods" not in inputs and rule is not None:
                inputs["authMethods"] = [auth_method_properties(item) for item in rule.auth_methods]
            making = RuleInPolicy(self._host, self._urn, inputs, there.get(str(number), ""), "")
            course.make(making, part.path, announced=False)

    def assign(self, course: Course) -> None:
        """Put it into force in place of the policy."""
        guid = (self._policy.guid if self._policy is not None else "") or planned_guid(policies.KIND, self.name)
        command = netsh.assign_policy(self.name, assigned=True)
        course.do([command], course.store.with_active(guid), "is not the active one", "assigned")

    def _copy(self, course: Course, of: Possessions[Any], key: str) -> str:
        holding = of.holdings[key]
        name = f"{self.name} {of.sort.kind} {list(of.holdings).index(key)}"
        if name not in self._copies:
            properties = {**holding.wanted.properties, "name": name}
            properties.pop("description", None)
            self._copies[name] = of.sort.making(self._host, self._urn, properties, "", "")
        course.make(self._copies[name], holding.wanted.path)
        return name

    def remains(self, store: Store, snapshot: Snapshot) -> list[str]:
        """GUIDs of what is there of it, from this change or from one that died; the policy first."""
        mine = folded(self.name)
        left = [guid for guid, item in left_behind(store, snapshot, self._urn) if folded(item.name).startswith(mine)]
        made = [item.guid for item in (self._policy, *self._copies.values()) if item is not None and item.guid]
        there = {**store.policies, **store.filter_lists, **store.filter_actions}
        found = dict.fromkeys(guid for guid in (*made, *left) if guid in there)
        return sorted(found, key=lambda guid: guid not in store.policies)

    def clear(self, course: Course) -> None:
        """Delete what there is of it."""
        for guid in self.remains(course.store, course.snapshot):
            store = course.store
            if guid in store.policies:
                command = netsh.delete_policy(store.policies[guid].name)
            elif guid in store.filter_lists:
                command = netsh.delete_filter_list(store.filter_lists[guid].name)
            else:
                command = netsh.delete_filter_action(store.filter_actions[guid].name)
            course.do([command], store.without(guid), "a stand-in is still there")


def weight(steps: Sequence[Step]) -> int:
    """How many commands change the traffic of the policy in force, at most."""
    return sum(
        max(1, sum(_tells(command) for command in step.commands))
        for step in steps
        if _effect(step.before) != _effect(step.after)
    )


def tells(steps: Sequence[Step], policy: str) -> bool:
    """Whether some of the steps would change the traffic of a policy, by its GUID, if it were in force."""
    return any(_effect(step.before.with_active(policy)) != _effect(step.after.with_active(policy)) for step in steps)


def _tells(command: Command | RegCommand) -> bool:
    """Whether a command may say more than names and descriptions."""
    return isinstance(command, Command) and (
        command.verb != "set" or any(tag not in _COSMETIC for tag, _ in command.tags)
    )


def _effect(store: Store) -> object:
    """What the active policy says about traffic, without any names."""
    policy = store.active_policy
    if policy is None:
        return None
    rules = Counter(_rules(store))
    return replace(policy, name="", description="", polling_interval_seconds=0), rules


def _rules(store: Store) -> Iterator[object]:
    for rule in store.rules_of(store.active):
        found, action = store.filter_lists.get(rule.filter_list), store.filter_actions.get(rule.filter_action)
        if rule.active and found is not None and action is not None:
            yield (
                rule.connection_type,
                rule.tunnel_endpoint,
                rule.auth_methods,
                frozenset(item.match for item in found.filters),
                replace(action, name="", description=""),
            )


def left_behind(store: Store, snapshot: Snapshot, urn: str) -> Iterator[tuple[str, Policy | FilterList | FilterAction]]:
    """The stand-ins of a resource, planned or on the host, with their lists and actions: GUID and object."""
    announced = {
        (intent.kind, folded(intent.name))
        for leftover in snapshot.leftovers
        for intent in leftover.intents
        if intent.urn == urn
    }
    kinds: tuple[tuple[str, Mapping[str, Policy | FilterList | FilterAction]], ...] = (
        (policies.KIND, store.policies),
        (LISTS.kind, store.filter_lists),
        (ACTIONS.kind, store.filter_actions),
    )
    for kind, objects in kinds:
        for guid, item in objects.items():
            planned = guid.startswith("planned:")
            if item.name.startswith(PREFIX) and (planned or (kind, folded(item.name)) in announced):
                yield guid, item


def _left_alone(settings: Mapping[str, Any], current: Policy) -> Properties:
    """What the program leaves alone, as the policy has it."""
    found: Properties = {}
    if "mainModeMethods" not in settings:
        found["mainModeMethods"] = [main_mode_method_properties(item) for item in current.main_mode_methods]
    if current.default_rule is not None:
        found["defaultRule"] = {**default_rule_properties(current.default_rule), **settings["defaultRule"]}
    return found
