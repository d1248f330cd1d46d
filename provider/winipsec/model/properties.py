"""The one mapping from values to camelCase property dictionaries, as users see them in the schema and in JSON.

Everything that shows a value reads this module: the read half of each resource, `winipsec show --json`, generated
code. A property is always present, except a `description` that is empty, a `tunnelEndpoint` that is none, an `ah` or
`esp` that an offer lacks, and the `defaultRule` of a policy that has none. Pre-shared keys are given in clear: whoever
calls marks or masks them.

Two things stand for what only foreign stores hold: a port range reads as the text `10-20`, and an authentication
method of unknown type as `{"unknown": type}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winipsec.model.filters import Filter, FilterList, Ports, protocol_word
from winipsec.model.methods import AuthMethod, Kerberos, MainModeMethod, PresharedKey, RootCa, SecurityMethod
from winipsec.model.policies import DefaultRule, FilterAction, Policy, Rule
from winipsec.model.store import Named, Store, named

Properties = dict[str, Any]


def filter_properties(item: Filter) -> Properties:
    """One filter; a port is a number, 0 for any."""
    return _with_description(
        {
            "source": str(item.source),
            "destination": str(item.destination),
            "protocol": protocol_word(item.protocol),
            "sourcePort": _port(item.source_ports),
            "destinationPort": _port(item.destination_ports),
            "mirrored": item.mirrored,
        },
        item.description,
    )


def filter_list_properties(filter_list: FilterList) -> Properties:
    """One filter list with its filters, in the order of the store."""
    filters = [filter_properties(item) for item in filter_list.filters]
    return _with_description({"name": filter_list.name, "filters": filters}, filter_list.description)


def filter_action_properties(action: FilterAction) -> Properties:
    """One filter action; its offers in order of preference."""
    return _with_description(
        {
            "name": action.name,
            "action": action.action,
            "securityMethods": [security_method_properties(method) for method in action.security_methods],
            "sessionPfs": action.session_pfs,
            "inboundPassThrough": action.inbound_pass_through,
            "softFallback": action.soft_fallback,
        },
        action.description,
    )


def policy_properties(policy: Policy) -> Properties:
    """The settings of one policy, without its rules; times in minutes."""
    properties = {
        "name": policy.name,
        "masterPfs": policy.master_pfs,
        "quickModesPerMainMode": policy.quick_modes_per_main_mode,
        "mainModeLifetimeMinutes": minutes(policy.main_mode_lifetime_seconds),
        "pollingIntervalMinutes": minutes(policy.polling_interval_seconds),
        "mainModeMethods": [main_mode_method_properties(method) for method in policy.main_mode_methods],
    }
    if policy.default_rule is not None:
        properties["defaultRule"] = default_rule_properties(policy.default_rule)
    return _with_description(properties, policy.description)


def default_rule_properties(rule: DefaultRule) -> Properties:
    """The default response rule of a policy."""
    return {
        "active": rule.active,
        "sessionPfs": rule.session_pfs,
        "securityMethods": [security_method_properties(method) for method in rule.security_methods],
        "authMethods": [auth_method_properties(method) for method in rule.auth_methods],
    }


def rule_properties(rule: Rule, store: Store) -> Properties:
    """One rule; what it refers to by name where `store` knows exactly one such name, else by GUID."""
    properties = {
        "name": rule.name,
        "policy": reference(rule.policy, store.policies),
        "filterList": reference(rule.filter_list, store.filter_lists),
        "filterAction": reference(rule.filter_action, store.filter_actions),
        "active": rule.active,
        "connectionType": rule.connection_type,
        "authMethods": [auth_method_properties(method) for method in rule.auth_methods],
    }
    if rule.tunnel_endpoint:
        properties["tunnelEndpoint"] = rule.tunnel_endpoint
    return _with_description(properties, rule.description)


def reference(guid: str, objects: Mapping[str, Named]) -> str:
    """How to refer to one object: by its name if that means only this one, else by its GUID."""
    found = objects.get(guid)
    if found is None or not found.name:
        return guid
    return found.name if len(named(objects.values(), found.name)) == 1 else guid


def security_method_properties(method: SecurityMethod) -> Properties:
    """One quick-mode offer."""
    properties: Properties = {}
    if method.ah is not None:
        properties["ah"] = method.ah
    if method.esp is not None:
        properties["esp"] = {"encryption": method.esp.encryption, "integrity": method.esp.integrity}
    properties["lifetimeKilobytes"] = method.lifetime_kilobytes
    properties["lifetimeSeconds"] = method.lifetime_seconds
    return properties


def main_mode_method_properties(method: MainModeMethod) -> Properties:
    """One way to agree on keys."""
    return {"encryption": method.encryption, "integrity": method.integrity, "dhGroup": method.dh_group}


def auth_method_properties(method: AuthMethod) -> Properties:
    """One authentication method: a dictionary of one property that says which. A pre-shared key stands in clear."""
    if isinstance(method, Kerberos):
        return {"kerberos": True}
    if isinstance(method, PresharedKey):
        return {"presharedKey": method.key}
    if isinstance(method, RootCa):
        return {
            "rootCa": {
                "name": method.name,
                "certificateMapping": method.certificate_mapping,
                "excludeCaName": method.exclude_ca_name,
            }
        }
    return {"unknown": method.type}


def minutes(seconds: int) -> int | float:
    """Seconds as minutes: a whole number where exact."""
    whole, rest = divmod(seconds, 60)
    return seconds / 60 if rest else whole


def _port(ports: Ports) -> int | str:
    return ports.first if ports.single else str(ports)


def _with_description(properties: Properties, description: str) -> Properties:
    if description:
        properties["description"] = description
    return properties
