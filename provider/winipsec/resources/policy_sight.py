"""A whole policy as a host has it, in the words in which a `HostPolicy` knows it.

Rules stand where the resource has them: among `expandedRules` or among `rules`; those it does not know come last in
`rules`. A name that the program leaves to us is left out again, and a copy under a name of our making reads as what the
program calls it. What has no name of its own on the host gets the one that a first change would give it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winipsec.model.names import folded
from winipsec.model.policies import Rule
from winipsec.model.properties import filter_list_properties, rule_properties
from winipsec.model.store import Named, Store
from winipsec.resources.comparison import in_order_of
from winipsec.resources.filter_action import action_settings
from winipsec.resources.policy_objects import ACTIONS, LISTS, Sort, by_name
from winipsec.resources.policy_parts import (
    ACTION,
    LIST,
    RULES,
    Part,
    Properties,
    parts,
    private_name,
    shown_names,
)

_NO_LIST: Properties = {"filters": []}
_NO_ACTION: Properties = {
    "action": "block",
    "sessionPfs": False,
    "inboundPassThrough": False,
    "softFallback": False,
}
"""Stands for an action that is not on the host: such a rule does nothing, and nothing is done to it."""


def rules_seen(store: Store, policy: str, known: Mapping[str, Any]) -> dict[str, list[Properties]]:
    """The rules of one policy by the property that holds them.

    Args:
        store: What the host has.
        policy: The policy's GUID.
        known: The resource as it was last known; empty where it is being imported.
    """
    present = store.rules_of(policy)
    mine = {(part.path.partition("[")[0], folded(part.name)): part for part in parts(known)} if known else {}
    found = by_name(present, [name for _, name in mine])
    names = shown_names({rule.guid: rule for rule in present}, "rule")
    lists = shown_names(store.filter_lists, LISTS.kind)
    actions = shown_names(store.filter_actions, ACTIONS.kind)

    def seen(rule: Rule) -> Properties:
        properties = {**rule_properties(rule, store), "name": names[rule.guid]}
        del properties["policy"]
        properties[LIST] = _object(store, LISTS, rule, lists, filter_list_properties, _NO_LIST)
        properties[ACTION] = _object(store, ACTIONS, rule, actions, action_settings, _NO_ACTION)
        return properties

    result: dict[str, list[Properties]] = {key: [] for key in RULES if key == "rules" or key in known}
    for (key, name), part in mine.items():
        if name in found:
            index = int(part.path.partition("[")[2].rstrip("]"))
            result[key].append(_as_known(seen(found[name]), known[key][index], part, policy))
    taken = {rule.guid for rule in found.values()}
    result["rules"] += [seen(rule) for rule in present if rule.guid not in taken]
    return result


def respelled(rules: Sequence[Properties], old: Sequence[Mapping[str, Any]]) -> list[Properties]:
    """Rules with their names, and those of their lists and actions, in the capitals in which `old` has them."""
    before = {folded(item["name"]): item for item in old}

    def named(item: Properties, known: Mapping[str, Any]) -> Properties:
        same = "name" in item and "name" in known and folded(item["name"]) == folded(known["name"])
        return {**item, "name": known["name"]} if same else item

    result = []
    for rule in rules:
        known = before.get(folded(rule["name"]), {})
        parts = {key: named(rule[key], known[key]) for key in (LIST, ACTION) if key in known}
        result.append({**named(rule, known), **parts})
    return result


def alone(store: Store, policy: str) -> list[str]:
    """GUIDs of the lists and actions that no other policy's rules use."""
    mine = {guid for rule in store.rules_of(policy) for guid in (rule.filter_list, rule.filter_action)}
    others = {
        guid
        for rule in store.rules.values()
        if rule.policy != policy
        for guid in (rule.filter_list, rule.filter_action)
    }
    return sorted(guid for guid in mine - others if guid in store.filter_lists or guid in store.filter_actions)


def _object(
    store: Store, sort: Sort[Named], rule: Rule, names: Mapping[str, str], settings: Any, missing: Properties
) -> Properties:
    guid = sort.of(rule)
    item = sort.objects(store).get(guid)
    return {"name": guid, **missing} if item is None else {**settings(item), "name": names[guid]}


def _as_known(seen: Properties, known: Mapping[str, Any], part: Part, policy: str) -> Properties:
    """One rule in the order and the spelling in which the resource knows it, where that means the same."""
    seen["name"] = known["name"]
    if "authMethods" not in known:
        del seen["authMethods"]
    for key, wanted in ((LIST, part.filter_list), (ACTION, part.filter_action)):
        if folded(seen[key]["name"]) in {folded(wanted["name"]), folded(private_name(wanted["name"], policy))}:
            seen[key]["name"] = known[key].get("name")
            if seen[key]["name"] is None:
                del seen[key]["name"]
    seen[LIST]["filters"] = in_order_of(known[LIST].get("filters", []), seen[LIST]["filters"])
    return seen
