"""The commands of `netsh ipsec static` that the provider sends, and the registry values that netsh cannot set.

One builder per command. Each sends every tag that the value has something for, by its full name, in the order of the
syntax line (spec: ipsec-policy 1.4), and leaves nothing to a default of netsh that is not documented: only an empty
description, transport mode (no tunnel) and the methods of permit and block are said by leaving them out. Setting an
empty description is said by an empty value.

All builders raise `Invalid` for values that netsh has no words for (`netsh_values`).
"""

from __future__ import annotations

from winipsec.formats import netsh_values as say
from winipsec.formats.command import KEY_TAG, Command, Quote, RegCommand
from winipsec.formats.ipsec_data.frame import NFA
from winipsec.formats.netsh_values import Tags
from winipsec.formats.policy_store import object_key
from winipsec.model.filters import Filter
from winipsec.model.invalid import Invalid
from winipsec.model.names import as_guid
from winipsec.model.policies import CONNECTION_TYPES, DefaultRule, FilterAction, Policy, Rule

__all__ = [
    "Command",
    "Quote",
    "RegCommand",
    "add_filter",
    "add_filter_action",
    "add_filter_list",
    "add_policy",
    "add_rule",
    "assign_policy",
    "delete_filter",
    "delete_filter_action",
    "delete_filter_list",
    "delete_policy",
    "delete_rule",
    "delete_value",
    "rename_filter_action",
    "rename_policy",
    "set_default_rule",
    "set_description",
    "set_filter_action",
    "set_filter_list",
    "set_policy",
    "set_rule",
    "set_rule_name",
    "set_value",
]

_LOCAL_STORE = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"


# --- filter lists and filters -------------------------------------------------------------------------------------


def add_filter_list(name: str, description: str = "") -> Command:
    """Add an empty filter list."""
    return _command("add", "filterlist", [("name", name), *_described(description)])


def set_filter_list(reference: str, *, name: str, description: str) -> Command:
    """Give a filter list, found by name or GUID, its name and description."""
    return _command("set", "filterlist", [*_renamed(reference, name), ("description", description)])


def delete_filter_list(name: str) -> Command:
    """Delete a filter list; netsh refuses while a rule uses it."""
    return _command("delete", "filterlist", [("name", name)])


def add_filter(filter_list: str, item: Filter) -> Command:
    """Add a filter; netsh makes the list where it is missing."""
    if item.source_name or item.destination_name:
        name = item.source_name or item.destination_name
        raise Invalid(f"a filter made from the DNS name {name!r} cannot be written again as it was")
    return _command("add", "filter", _filter(filter_list, item, _described(item.description)))


def delete_filter(filter_list: str, item: Filter) -> Command:
    """Delete every filter of the list that matches the same traffic; the description takes no part."""
    return _command("delete", "filter", _filter(filter_list, item, []))


def _filter(filter_list: str, item: Filter, description: Tags) -> Tags:
    (source, source_mask), (destination, destination_mask) = (
        say.address_and_mask(side) for side in (item.source, item.destination)
    )
    masks = [("srcmask", source_mask), ("dstmask", destination_mask)]
    return [
        ("filterlist", filter_list),
        ("srcaddr", source),
        ("dstaddr", destination),
        *description,
        ("protocol", say.protocol(item.protocol)),
        ("mirrored", say.yes_no(item.mirrored)),
        *((tag, mask) for tag, mask in masks if mask is not None),
        ("srcport", say.port(item.source_ports)),
        ("dstport", say.port(item.destination_ports)),
    ]


# --- filter actions -----------------------------------------------------------------------------------------------


def add_filter_action(action: FilterAction) -> Command:
    """Add a filter action."""
    return _command(
        "add", "filteraction", [("name", action.name), *_described(action.description), *_filter_action(action)]
    )


def set_filter_action(reference: str, action: FilterAction) -> Command:
    """Make a filter action, found by name or GUID, what `action` says, name and all."""
    named = _renamed(reference, action.name)
    return _command("set", "filteraction", [*named, ("description", action.description), *_filter_action(action)])


def rename_filter_action(reference: str, name: str) -> Command:
    """Give a filter action, found by name or GUID, another name and leave the rest."""
    return _command("set", "filteraction", _renamed(reference, name))


def delete_filter_action(name: str) -> Command:
    """Delete a filter action; netsh refuses while a rule uses it."""
    return _command("delete", "filteraction", [("name", name)])


def _filter_action(action: FilterAction) -> Tags:
    negotiates = action.action == "negotiate"
    tags = [
        ("qmpfs", say.yes_no(negotiates and action.session_pfs)),
        ("inpass", say.yes_no(negotiates and action.inbound_pass_through)),
        ("soft", say.yes_no(negotiates and action.soft_fallback)),
        ("action", action.action),
    ]
    return [*tags, ("qmsecmethods", say.security_methods(action.security_methods))] if negotiates else tags


# --- policies -----------------------------------------------------------------------------------------------------


def add_policy(policy: Policy) -> Command:
    """Add a policy, not assigned; `set_default_rule` says the rest of its default response rule."""
    settings = _policy(policy, polling_in_seconds=False)
    settings.insert(-1, ("assign", "no"))
    return _command("add", "policy", [("name", policy.name), *_described(policy.description), *settings])


def set_policy(reference: str, policy: Policy, *, polling_in_seconds: bool = False) -> Command:
    """Make a policy, found by name or GUID, what `policy` says; whether it is assigned stays as it is.

    The unit of the polling interval is disputed (spec: ipsec-policy 1.5): minutes, unless `polling_in_seconds`.
    """
    named = _renamed(reference, policy.name)
    settings = _policy(policy, polling_in_seconds=polling_in_seconds)
    return _command("set", "policy", [*named, ("description", policy.description), *settings])


def rename_policy(reference: str, name: str) -> Command:
    """Give a policy, found by name or GUID, another name and leave the rest."""
    return _command("set", "policy", _renamed(reference, name))


def delete_policy(name: str) -> Command:
    """Delete a policy with its rules; lists and actions stay."""
    return _command("delete", "policy", [("name", name)])


def assign_policy(reference: str, *, assigned: bool) -> Command:
    """Put a policy, found by name or GUID, into force in place of the one that was, or take it out of force."""
    tag = "guid" if as_guid(reference) else "name"
    return _command("set", "policy", [(tag, reference), ("assign", say.yes_no(assigned))])


def set_default_rule(policy: str, rule: DefaultRule) -> Command:
    """Make the default response rule of a policy what `rule` says; empty methods are left as they are."""
    tags = [
        ("policy", policy),
        ("qmpfs", say.yes_no(rule.session_pfs)),
        ("activate", say.yes_no(rule.active)),
    ]
    if rule.security_methods:
        tags.append(("qmsecmethods", say.security_methods(rule.security_methods)))
    if rule.auth_methods:
        tags += say.auth_methods(rule.auth_methods)
    return _command("set", "defaultrule", tags)


def _policy(policy: Policy, *, polling_in_seconds: bool) -> Tags:
    polling = policy.polling_interval_seconds
    return [
        ("mmpfs", say.yes_no(policy.master_pfs)),
        ("qmpermm", str(policy.quick_modes_per_main_mode)),
        ("mmlifetime", say.minutes(policy.main_mode_lifetime_seconds, "a main-mode lifetime")),
        ("activatedefaultrule", say.yes_no(policy.default_rule is not None and policy.default_rule.active)),
        ("pollinginterval", str(polling) if polling_in_seconds else say.minutes(polling, "a polling interval")),
        ("mmsecmethods", say.main_mode_methods(policy.main_mode_methods)),
    ]


# --- rules --------------------------------------------------------------------------------------------------------


def add_rule(rule: Rule, *, policy: str, filter_list: str, filter_action: str) -> Command:
    """Add a rule; what it refers to is given by name."""
    return _command(
        "add",
        "rule",
        [
            ("name", rule.name),
            ("policy", policy),
            ("filterlist", filter_list),
            ("filteraction", filter_action),
            *_tunnel(rule),
            ("conntype", _connection_type(rule)),
            ("activate", say.yes_no(rule.active)),
            *_described(rule.description),
            *say.auth_methods(rule.auth_methods),
        ],
    )


def set_rule(name: str, rule: Rule, *, policy: str, filter_list: str, filter_action: str) -> Command:
    """Make the rule `name` what `rule` says; what it refers to is given by name.

    Authentication methods replace those there were. A tunnel cannot be taken away like this: netsh has no word for
    none.
    """
    return _command(
        "set",
        "rule",
        [
            ("name", name),
            ("policy", policy),
            *([("newname", rule.name)] if rule.name != name else []),
            ("description", rule.description),
            ("filterlist", filter_list),
            ("filteraction", filter_action),
            *_tunnel(rule),
            ("conntype", _connection_type(rule)),
            ("activate", say.yes_no(rule.active)),
            *say.auth_methods(rule.auth_methods),
        ],
    )


def delete_rule(name: str, policy: str) -> Command:
    """Delete one rule of a policy."""
    return _command("delete", "rule", [("name", name), ("policy", policy)])


def _tunnel(rule: Rule) -> Tags:
    return [("tunnel", rule.tunnel_endpoint)] if rule.tunnel_endpoint else []


def _connection_type(rule: Rule) -> str:
    if rule.connection_type not in CONNECTION_TYPES:
        raise Invalid(f"connection type {rule.connection_type!r} cannot be written: netsh knows all, lan and dialup")
    return rule.connection_type


# --- what netsh cannot say ----------------------------------------------------------------------------------------


def set_value(kind: str, guid: str, value: str, text: str) -> RegCommand:
    """Set a text value of one object of the local store."""
    return RegCommand(object_key(kind, guid, _LOCAL_STORE), value, "REG_SZ", text)


def delete_value(kind: str, guid: str, value: str) -> RegCommand:
    """Delete a value of one object of the local store."""
    return RegCommand(object_key(kind, guid, _LOCAL_STORE), value)


def set_rule_name(guid: str, name: str) -> RegCommand:
    """Name a rule that has no name, or shares it: netsh finds rules by name only."""
    return set_value(NFA, guid, "ipsecName", name)


def set_description(kind: str, guid: str, description: str) -> RegCommand:
    """Set the description of an object of class `kind`; an empty one is stored as none."""
    if description:
        return set_value(kind, guid, "description", description)
    return delete_value(kind, guid, "description")


# --- pieces -------------------------------------------------------------------------------------------------------


def _command(verb: str, kind: str, tags: Tags) -> Command:
    return Command(verb, kind, tuple(tags), secret=any(tag == KEY_TAG for tag, _ in tags))


def _described(description: str) -> Tags:
    return [("description", description)] if description else []


def _renamed(reference: str, name: str) -> Tags:
    if as_guid(reference):
        return [("guid", reference), ("newname", name)]
    return [("name", reference), *([("newname", name)] if name != reference else [])]
