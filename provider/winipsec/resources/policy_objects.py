"""Which filter list, or filter action, of a host stands for one that a whole policy names, and what may be done to it.

Changed in place or deleted is only what is ours (made or imported by the same resource) and used by no rule of another
policy. What others use as well is left as it is: where it is to be different, the policy gets a copy of its own under
another name, which means the same to the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple

from winipsec.errors import WinipsecError
from winipsec.host.change import Wait
from winipsec.model.filters import FilterList
from winipsec.model.names import as_guid, folded
from winipsec.model.policies import FilterAction, Rule
from winipsec.model.properties import filter_list_properties
from winipsec.model.store import Named, Store
from winipsec.resources import filter_action, filter_list
from winipsec.resources.comparison import compare
from winipsec.resources.course import Course
from winipsec.resources.declaration import Record
from winipsec.resources.filter_action import FilterActionMaking, FilterActionRemoving, action_settings
from winipsec.resources.filter_list import FilterListMaking, FilterListRemoving
from winipsec.resources.policy_parts import ACTION, LIST, Part, Properties, Wanted, private_name, shown_names
from winipsec.resources.wish import Making, NameTaken, Removing


@dataclass(frozen=True)
class Sort(Generic[Named]):
    """Filter lists, or filter actions: what is done with them."""

    kind: str
    property: str
    record: Record
    objects: Callable[[Store], Mapping[str, Named]]
    of: Callable[[Rule], str]
    settings: Callable[[Named], Properties]
    making: Callable[[str, str, Properties, str, str], Making[Named]]
    removing: Callable[[str, str, str], Removing[Named]]


LISTS: Sort[FilterList] = Sort(
    filter_list.KIND,
    LIST,
    filter_list.RECORD,
    lambda store: store.filter_lists,
    lambda rule: rule.filter_list,
    filter_list_properties,
    FilterListMaking,
    FilterListRemoving,
)
ACTIONS: Sort[FilterAction] = Sort(
    filter_action.KIND,
    ACTION,
    filter_action.RECORD,
    lambda store: store.filter_actions,
    lambda rule: rule.filter_action,
    action_settings,
    FilterActionMaking,
    FilterActionRemoving,
)


class Holding(NamedTuple, Generic[Named]):
    """One list or action of the policy: as it is wanted, and how it is made or changed, if anything is to be done."""

    wanted: Wanted
    making: Making[Named] | None
    guid: str

    @property
    def reference(self) -> str:
        """How rules refer to it: by GUID, or while it has none by name."""
        guid = self.making.guid if self.making is not None else self.guid
        return guid or (self.making.name if self.making is not None else "")


class Possessions(Generic[Named]):
    """All lists, or all actions, of one policy."""

    def __init__(self, sort: Sort[Named], host: str, urn: str, owned: Iterable[str]) -> None:
        self.sort: Sort[Named] = sort
        self._host = host
        self._urn = urn
        self._owned = frozenset(owned)
        self._makings: dict[tuple[str, str], Making[Named]] = {}
        self.holdings: dict[str, Holding[Named]] = {}

    @property
    def ours(self) -> frozenset[str]:
        """GUIDs of what the resource made or imported."""
        return self._owned | {making.guid for making in self._makings.values() if making.guid}

    def choose(self, course: Course, policy: str, wanted: Mapping[str, Wanted], rules: Mapping[str, Rule]) -> None:
        """Find what stands for each, given the policy's GUID and its rules on the host by the names of the program."""
        for making in self._makings.values():
            if not making.guid:
                making.locate(course.store, course.snapshot, course.attempt)
        found = self._matches(course.store, policy, wanted, rules)
        self.holdings = {key: self._holding(item, found.get(key), course, policy) for key, item in wanted.items()}

    def holding(self, part: Part) -> Holding[Named]:
        """What one rule refers to."""
        properties = part.filter_list if self.sort.property == LIST else part.filter_action
        return self.holdings[folded(properties["name"])]

    def lacks(self, part: Part) -> bool:
        """Whether one rule, an imported one, refers to what is not on the host."""
        return as_guid(self.holding(part).wanted.name) is not None

    def add(self, course: Course) -> None:
        """Make what is not there yet; nothing of that counts before a rule refers to it."""
        for holding in self.holdings.values():
            making = holding.making
            if making is None or making.guid in self.sort.objects(course.store):
                continue
            try:
                plan = making.plan(course.store, course.snapshot, course.attempt)
            except NameTaken as taken:
                taken.advice = (
                    f"Choose another name at {holding.wanted.path}.name. Or, to take it over, import the policy that "
                    "it belongs to."
                )
                raise
            if making.guid not in self.sort.objects(course.store):
                course.take(plan, holding.wanted.path)

    def change(self, course: Course) -> set[str]:
        """Change what is there; returns the names of those that are not as wanted."""
        changed = set[str]()
        for key, holding in self.holdings.items():
            making = holding.making
            if making is None or making.guid not in self.sort.objects(course.store):
                continue
            if course.make(making, holding.wanted.path).commands:
                changed.add(key)
        return changed

    def clear(self, course: Course) -> None:
        """Delete what is ours and no rule uses any more."""
        used = {self.sort.of(rule) for rule in course.store.rules.values()}
        for guid in sorted(self.ours - used):
            course.make(self.sort.removing(self._host, self._urn, guid))

    def _matches(
        self, store: Store, policy: str, wanted: Mapping[str, Wanted], rules: Mapping[str, Rule]
    ) -> dict[str, Named]:
        """By name, among what is ours or our rules use; then by the rule that used it, for it may get another name."""
        objects = self.sort.objects(store)
        used = {self.sort.of(rule) for rule in store.rules_of(policy)}
        known = self.ours
        names: dict[str, list[Named]] = {}
        for guid, shown in shown_names(objects, self.sort.kind).items():
            if guid in known or guid in used:
                for name in {folded(shown), folded(objects[guid].name)}:
                    names.setdefault(name, []).append(objects[guid])
        for pool in names.values():
            pool.sort(key=lambda item: (item.guid not in used, item.guid not in known))
        spellings = {key: (key, folded(private_name(item.name, policy))) for key, item in wanted.items()}
        found = {key: names[name][0] for key, both in spellings.items() for name in both if name in names}
        claimed = {item.guid for item in found.values()}
        for key in [key for key in wanted if key not in found]:
            former = [self.sort.of(rules[folded(name)]) for name in wanted[key].rules if folded(name) in rules]
            free = [guid for guid in former if guid not in claimed and self._may_change(guid, store, policy)]
            if free:
                found[key] = objects[free[0]]
                claimed.add(free[0])
        return found

    def _may_change(self, guid: str, store: Store, policy: str) -> bool:
        return (
            guid in self.ours
            and guid in self.sort.objects(store)
            and all(rule.policy == policy for rule in store.users_of(guid))
        )

    def _holding(self, item: Wanted, current: Named | None, course: Course, policy: str) -> Holding[Named]:
        if as_guid(item.name):
            return Holding(item, None, item.name)  # imported: a rule refers to what is not there
        if current is None:
            return Holding(item, self._making(item.properties, ""), "")
        name = item.name
        if folded(current.name) == folded(private_name(name, policy)):
            name = current.name
        self._take_over({**item.properties, "name": name}, current, course)
        if self._may_change(current.guid, course.store, policy):
            return Holding(item, self._making({**item.properties, "name": name}, current.guid), current.guid)
        same = {**item.properties, "name": current.name}
        if not compare(self.sort.record, self.sort.settings(current), same):
            return Holding(item, None, current.guid)
        return Holding(item, self._making({**same, "name": private_name(name, policy)}, ""), "")

    def _take_over(self, properties: Properties, current: Named, course: Course) -> None:
        """What our rules use and a run of ours that died made is ours."""
        if current.guid in self.ours:
            return
        making = self.sort.making(self._host, self._urn, properties, "", "")
        with suppress(WinipsecError, Wait):
            making.locate(course.store, course.snapshot, 0)
        if making.guid == current.guid:
            self._makings["", folded(making.name)] = making

    def _making(self, properties: Mapping[str, Any], guid: str) -> Making[Named]:
        key = ("", folded(properties["name"]))
        if key in self._makings and self._makings[key].guid == guid:
            return self._makings[key]
        key = (guid, folded(properties["name"]))
        if key not in self._makings:
            self._makings[key] = self.sort.making(self._host, self._urn, dict(properties), guid, "")
        return self._makings[key]


def by_name(rules: Sequence[Rule], names: Iterable[str]) -> dict[str, Rule]:
    """The rules of a policy on the host that the program's names mean, by those names without case."""
    shown = shown_names({rule.guid: rule for rule in rules}, "rule")
    found = {folded(shown[rule.guid]): rule for rule in rules}
    plain = {folded(rule.name): rule for rule in reversed(rules)}
    result: dict[str, Rule] = {}
    for name in map(folded, names):
        rule = found.get(name) or plain.get(name)
        if rule is not None and all(rule.guid != other.guid for other in result.values()):
            result[name] = rule
    return result
