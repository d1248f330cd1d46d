"""A policy store as JSON: the property names and spellings of the provider's schema, plus each object's GUID.

What is in it is what a program would have to say to make the same objects; secrets are masked (spec: design 2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winipsec.model.names import folded
from winipsec.model.policies import Policy
from winipsec.model.properties import (
    Properties,
    filter_action_properties,
    filter_list_properties,
    filter_properties,
    policy_properties,
    rule_properties,
)
from winipsec.model.store import Named, Store

SECRET = "[secret]"  # noqa: S105 - what is shown instead of one
_SECRETS = frozenset({"presharedKey"})


def document(store: Store) -> Properties:
    """The whole store; objects in the order of their names."""
    active = store.active_policy
    return {
        "policies": [_policy(policy, store) for policy in by_name(store.policies)],
        "filterLists": [
            {
                **_identified(filter_list.guid, filter_list_properties(filter_list)),
                "filters": [_identified(item.guid, filter_properties(item)) for item in filter_list.filters],
            }
            for filter_list in by_name(store.filter_lists)
        ],
        "filterActions": [
            _identified(action.guid, filter_action_properties(action)) for action in by_name(store.filter_actions)
        ],
        "active": (active.name or active.guid) if active is not None else None,
        "orphans": [item._asdict() for item in store.orphans],
        "unreadable": [item._asdict() for item in store.unreadable],
    }


def by_name(objects: Mapping[str, Named]) -> list[Named]:
    """Objects in the order of their names, as people look for them."""
    return sorted(objects.values(), key=lambda item: (folded(item.name), item.guid))


def _policy(policy: Policy, store: Store) -> Properties:
    rules = {rule.guid: rule for rule in store.rules_of(policy.guid)}
    return {
        **_identified(policy.guid, policy_properties(policy)),
        "rules": [_identified(rule.guid, rule_properties(rule, store)) for rule in by_name(rules)],
    }


def _identified(guid: str, properties: Properties) -> Properties:
    return {"guid": guid, **_masked(properties)}


def _masked(value: Any) -> Any:
    """`value` without its secrets, at any depth."""
    if isinstance(value, dict):
        return {name: SECRET if name in _SECRETS else _masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value
