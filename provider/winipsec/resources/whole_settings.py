"""The policy and the rules of a whole policy, as far as they are made otherwise than on their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winipsec.formats import netsh
from winipsec.host.change import Plan
from winipsec.host.snapshot import Snapshot
from winipsec.model.policies import DefaultRule, Policy
from winipsec.model.store import Store
from winipsec.resources.policy import RECORD, PolicyMaking
from winipsec.resources.policy_parts import Properties
from winipsec.resources.rule import RuleMaking
from winipsec.resources.wish import Commands, Making


def settings_of(inputs: Mapping[str, Any]) -> Properties:
    """The inputs that are those of a policy."""
    return {name: inputs[name] for name in RECORD.properties if name in inputs and name != "connection"}


class PolicyWithSettings(PolicyMaking):
    """A policy that is made with its default response rule, all of it."""

    def additions(self, store: Store) -> tuple[Commands, Store]:
        """The policy, unassigned, and its default rule where that is more than active or not.

        netsh finds a default rule by the policy's name. The rules of a whole policy are made under that name in the
        same batch anyway, and what comes of it is looked at before anything counts as done.
        """
        commands, after = super().additions(store)
        rule = self.wanted(None).default_rule
        if rule is not None and rule != DefaultRule(active=rule.active):
            commands.append(netsh.set_default_rule(self.name, rule))
        return commands, after


class StandInPolicy(PolicyWithSettings):
    """A policy that is in force for moments only."""

    def differences(self, current: Policy, store: Store) -> dict[str, str]:
        """All but how often it would be looked for."""
        found = super().differences(current, store)
        return {path: why for path, why in found.items() if path != "pollingIntervalMinutes"}


class RuleInPolicy(RuleMaking):
    """A rule whose list comes with it: it waits for nobody."""

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """As everywhere."""
        return Making.plan(self, store, snapshot, attempt)

    def doubts(self, store: Store) -> dict[str, str]:
        """Also rules on empty lists (spec: ipsec-policy 1.5)."""
        empty = not store.filter_lists[self.filter_list].filters
        why = {"filterList.filters": "is empty, and some systems may refuse a rule on an empty list"} if empty else {}
        return {**super().doubts(store), **why}
