"""A whole policy store as one value: what one read of a host gives, and what a planned change would make of it.

Objects are keyed by GUID, the identity Windows itself uses; names are looked up, because they need not be unique and
rules need not have one (spec: ipsec-policy 1.3, 4.3). A planned object that Windows has not numbered yet carries a
GUID of our own making (`planned_guid`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from winipsec.model.filters import FilterList
from winipsec.model.names import as_guid, folded
from winipsec.model.policies import FilterAction, Policy, Rule

Named = TypeVar("Named", Policy, Rule, FilterList, FilterAction)


class Orphan(NamedTuple):
    """A leftover that no policy lists, or a GUID that is referred to and not there: reported, never touched."""

    kind: str
    guid: str
    name: str
    reason: str


class Unreadable(NamedTuple):
    """An object whose data could not be understood; what it does is not known.

    `owner` is the GUID of the policy whose rule it is; empty for whatever is no rule that decides about packets.
    """

    kind: str
    guid: str
    name: str
    reason: str
    owner: str = ""


def _no_policies() -> Mapping[str, Policy]:
    return {}


def _no_rules() -> Mapping[str, Rule]:
    return {}


def _no_lists() -> Mapping[str, FilterList]:
    return {}


def _no_actions() -> Mapping[str, FilterAction]:
    return {}


@dataclass(frozen=True)
class Store:
    """Policies, rules, filter lists and filter actions by GUID, and the GUID of the active policy (empty: none)."""

    policies: Mapping[str, Policy] = field(default_factory=_no_policies)
    rules: Mapping[str, Rule] = field(default_factory=_no_rules)
    filter_lists: Mapping[str, FilterList] = field(default_factory=_no_lists)
    filter_actions: Mapping[str, FilterAction] = field(default_factory=_no_actions)
    active: str = ""
    orphans: tuple[Orphan, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def active_policy(self) -> Policy | None:
        """The policy that is assigned, where it exists."""
        return self.policies.get(self.active)

    def rules_of(self, policy: str) -> list[Rule]:
        """The rules of one policy, by its GUID."""
        return [rule for rule in self.rules.values() if rule.policy == policy]

    def lost_rules_of(self, policy: str) -> list[Unreadable]:
        """The rules of one policy that could not be read, by its GUID."""
        return [item for item in self.unreadable if item.owner == policy]

    def users_of(self, guid: str) -> list[Rule]:
        """The rules that refer to one filter list or filter action, by its GUID."""
        return [rule for rule in self.rules.values() if guid in {rule.filter_list, rule.filter_action}]

    def with_policy(self, policy: Policy) -> Store:
        """This store with `policy` added, or changed where its GUID is known."""
        return replace(self, policies={**self.policies, policy.guid: policy})

    def with_rule(self, rule: Rule) -> Store:
        """This store with `rule` added, or changed where its GUID is known."""
        return replace(self, rules={**self.rules, rule.guid: rule})

    def with_filter_list(self, filter_list: FilterList) -> Store:
        """This store with `filter_list` added, or changed where its GUID is known."""
        return replace(self, filter_lists={**self.filter_lists, filter_list.guid: filter_list})

    def with_filter_action(self, filter_action: FilterAction) -> Store:
        """This store with `filter_action` added, or changed where its GUID is known."""
        return replace(self, filter_actions={**self.filter_actions, filter_action.guid: filter_action})

    def with_active(self, guid: str) -> Store:
        """This store with another active policy; empty for none."""
        return replace(self, active=guid)

    def without(self, guid: str) -> Store:
        """This store without one object; a policy takes its rules along and is unassigned."""
        rules = {key: rule for key, rule in self.rules.items() if guid not in {key, rule.policy}}
        return replace(
            self,
            policies=_less(self.policies, guid),
            rules=rules,
            filter_lists=_less(self.filter_lists, guid),
            filter_actions=_less(self.filter_actions, guid),
            active="" if self.active == guid else self.active,
        )


def _less(objects: Mapping[str, Named], guid: str) -> Mapping[str, Named]:
    return {key: item for key, item in objects.items() if key != guid} if guid in objects else objects


def named(objects: Iterable[Named], reference: str) -> list[Named]:
    """The objects that `reference` means: the one with that GUID, else all with that name."""
    pool = list(objects)
    guid = as_guid(reference)
    if guid is not None:
        return [item for item in pool if item.guid == guid]
    wanted = folded(reference)
    return [item for item in pool if item.name and folded(item.name) == wanted]


def planned_guid(kind: str, name: str) -> str:
    """The key of an object that is planned but not made yet; never the GUID of a real one."""
    return f"planned:{kind}:{folded(name)}"
