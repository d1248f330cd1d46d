"""The settings of a whole policy: those of `Policy`, all said before the policy is assigned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winipsec.formats import netsh
from winipsec.model.policies import DefaultRule
from winipsec.model.store import Store
from winipsec.resources.policy import RECORD, PolicyMaking
from winipsec.resources.policy_parts import Properties
from winipsec.resources.wish import Commands


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
