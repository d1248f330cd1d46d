"""The stand-in: a copy of a policy's new content that is in force while the policy itself is being changed.

Every command of netsh on the active policy counts at once, so a change of several commands passes through states that
nobody asked for (spec: ipsec-policy 1.7). Assigning a policy is one step. So the new content is first put together as a
policy of its own, unassigned, and assigned: old to new in one step. Then the policy itself is changed at leisure, and
assigned again: new to new. At last the stand-in goes.

The stand-in uses the policy's own lists and actions where those stay as they are, and copies of those that are going to
change. What has no effect on traffic (rules that are not active, rules on lists without filters) is left out.

`set batch mode=enable` is no substitute. It holds for one run of netsh, while text outside ASCII and keys travel in runs
of their own; documents say that it shortens the time in which a policy is half written, not that it is one step; and
when it writes what it has collected, and what it does about a line it refuses, is not said (spec: ipsec-policy 1.7).

A run that dies may leave a stand-in behind, even an active one. The next run of the same resource knows it by its name
and by the file that announced it, and takes it away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from winipsec.formats import netsh
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.leftovers import Leftover
from winipsec.host.snapshot import Snapshot
from winipsec.model.names import folded
from winipsec.model.policies import Policy, Rule
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
from winipsec.resources.rule import RuleMaking
from winipsec.resources.whole_settings import PolicyWithSettings

_COSMETIC = {"guid", "name", "newname", "description", "policy"}


class StandIn:
    """The stand-in of one policy, known by its GUID."""

    def __init__(self, host: str, urn: str, policy: str) -> None:
        self._host = host
        self._urn = urn
        self.name = f"winipsec stand-in {policy[1:9]}"
        self._lists: list[str] = []
        self._actions: list[str] = []

    def build(
        self,
        course: Course,
        settings: Properties,
        rules: Sequence[tuple[Part, Rule | None]],
        possessions: tuple[Possessions[Any], Possessions[Any]],
        changing: tuple[AbstractSet[str], AbstractSet[str]],
    ) -> None:
        """Put the new content together, unassigned.

        Args:
            course: Where to add the commands.
            settings: Those of the policy.
            rules: Every rule of it, and how it stands on the host.
            possessions: Its lists and its actions.
            changing: Which of them are going to change, and are copied.

        Raises:
            Invalid: netsh cannot say some of it.
        """
        current = course.store.policies[course.store.active]
        made = {**settings, "name": self.name, **_left_alone(settings, current)}
        course.take(PolicyWithSettings(self._host, self._urn, made, "", "").plan(course.store, course.snapshot, 0))
        references = tuple(
            {
                key: self._copy(course, each, key) if key in going else holding.reference
                for key, holding in each.holdings.items()
            }
            for each, going in zip(possessions, changing, strict=True)
        )
        for number, (part, rule) in enumerate(rules):
            if (
                part.rule["active"]
                and part.filter_list["filters"]
                and not any(each.lacks(part) for each in possessions)
            ):
                inputs = {
                    **part.rule,
                    "name": str(number),
                    "policy": self.name,
                    "filterList": references[0][folded(part.filter_list["name"])],
                    "filterAction": references[1][folded(part.filter_action["name"])],
                }
                inputs.pop("description", None)
                if "authMethods" not in inputs and rule is not None:
                    inputs["authMethods"] = [auth_method_properties(item) for item in rule.auth_methods]
                making = RuleMaking(self._host, self._urn, inputs, "", "")
                course.take(making.plan(course.store, course.snapshot, 0), announced=False)

    def assign(self, course: Course) -> None:
        """Put it into force in place of the policy."""
        after = course.store.with_active(planned_guid(policies.KIND, self.name))
        course.do([netsh.assign_policy(self.name, assigned=True)], after, "is not the active one", "assigned")

    def _copy(self, course: Course, of: Possessions[Any], key: str) -> str:
        name = f"{self.name} {len(course.steps)}"
        properties = {**of.holdings[key].wanted.properties, "name": name}
        properties.pop("description", None)
        making = of.sort.making(self._host, self._urn, properties, "", "")
        course.take(making.plan(course.store, course.snapshot, 0))
        return name

    def remains(self, store: Store, snapshot: Snapshot) -> list[str]:
        """GUIDs of what a run that died left of it, or what is planned of it now; the policy first."""
        found: list[str] = []
        for kind, objects in (
            (policies.KIND, store.policies),
            (LISTS.kind, store.filter_lists),
            (ACTIONS.kind, store.filter_actions),
        ):
            found += [
                guid
                for guid, item in objects.items()
                if folded(item.name).startswith(folded(self.name))
                and (guid.startswith("planned:") or _announced(snapshot.leftovers, self._urn, kind, item.name))
            ]
        return found

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


def _announced(leftovers: Sequence[Leftover], urn: str, kind: str, name: str) -> bool:
    return any(
        (intent.urn, intent.kind, folded(intent.name)) == (urn, kind, folded(name))
        for leftover in leftovers
        for intent in leftover.intents
    )


def _left_alone(settings: Mapping[str, Any], current: Policy) -> Properties:
    """What the program leaves alone, as the policy has it."""
    found: Properties = {}
    if "mainModeMethods" not in settings:
        found["mainModeMethods"] = [main_mode_method_properties(item) for item in current.main_mode_methods]
    if current.default_rule is not None:
        found["defaultRule"] = {**default_rule_properties(current.default_rule), **settings["defaultRule"]}
    return found
