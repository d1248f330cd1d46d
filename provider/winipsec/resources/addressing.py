"""How netsh is told which object is meant, where its name does not say it.

netsh knows objects by name. One that has none, or shares it, is given a name of its own first: policies, filter lists
and filter actions by GUID, rules in the registry (design 2.2, 5). Not tested on real Windows.
"""

from __future__ import annotations

from collections.abc import Mapping

from winipsec.formats import netsh
from winipsec.formats.netsh import Command, RegCommand
from winipsec.model.filters import FilterList
from winipsec.model.names import name_fault, own_name
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Named, Store, named


def addressable(objects: Mapping[str, Named], item: Named, kind: str) -> tuple[list[Command | RegCommand], str]:
    """The commands that give `item` a name of its own, if it needs one, and the name by which netsh then knows it."""
    if name_fault(item.name) is None and len(named(objects.values(), item.name)) == 1:
        return [], item.name
    name = own_name(item.name, kind, item.guid)
    return [renaming(item, name)], name


def renaming(item: Named, name: str) -> Command | RegCommand:
    """The command that gives `item` another name, whatever its name is now."""
    if isinstance(item, Rule):
        return netsh.set_rule_name(item.guid, name)
    if isinstance(item, FilterList):
        return netsh.set_filter_list(item.guid, name=name, description=item.description)
    if isinstance(item, FilterAction):
        return netsh.rename_filter_action(item.guid, name)
    if isinstance(item, Policy):
        return netsh.rename_policy(item.guid, name)
    raise TypeError(type(item))


def deletion(item: Policy | Rule | FilterList | FilterAction, store: Store) -> list[Command | RegCommand]:
    """The commands that delete what has the name of `item`."""
    if isinstance(item, Rule):
        first, policy = addressable(store.policies, store.policies[item.policy], "policy")
        return [*first, netsh.delete_rule(item.name, policy)]
    if isinstance(item, FilterList):
        return [netsh.delete_filter_list(item.name)]
    if isinstance(item, FilterAction):
        return [netsh.delete_filter_action(item.name)]
    if isinstance(item, Policy):
        return [netsh.delete_policy(item.name)]
    raise TypeError(type(item))
