"""From the properties of one resource to the object that it makes. URNs stand for GUIDs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winipsec.model.filters import FilterList
from winipsec.model.methods import DEFAULT_AUTH_METHODS, DEFAULT_MAIN_MODE_METHODS, DEFAULT_SECURITY_METHODS
from winipsec.model.policies import DefaultRule, FilterAction, Policy, Rule
from winipsec.resources.desired import auth_method_of, filter_of, main_mode_method_of, seconds, security_method_of

Properties = Mapping[str, Any]


def plain(value: Any) -> Any:
    """Dictionaries, lists and whole numbers in the place of the SDK's proxies and of JSON's floating point.

    What the SDK does not know yet raises on the way.
    """
    if isinstance(value, Mapping):
        return {name: plain(value[name]) for name in value if not str(name).startswith("__") and name != "machine"}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(value[index]) for index in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def filter_list_of(props: Properties, name: str, urn: str) -> FilterList:
    """A filter list with the filters it owns."""
    filters = tuple(filter_of(item) for item in plain(props.get("filters") or []))
    return FilterList(props.get("name") or name, filters, props.get("description") or "", urn)


def action_of(props: Properties, name: str, urn: str) -> FilterAction:
    """A filter action."""
    offers = plain(props.get("securityMethods"))
    given = tuple(security_method_of(item) for item in offers) if offers is not None else DEFAULT_SECURITY_METHODS
    return FilterAction(
        name=props.get("name") or name,
        action=props["action"],
        security_methods=given if props["action"] == "negotiate" else (),
        session_pfs=props.get("sessionPfs") or False,
        inbound_pass_through=props.get("inboundPassThrough") or False,
        soft_fallback=props.get("softFallback") or False,
        description=props.get("description") or "",
        guid=urn,
    )


def policy_of(props: Properties, name: str, urn: str) -> Policy:
    """A policy; what is left out has the provider's default."""
    usual = Policy("")
    methods = plain(props.get("mainModeMethods"))
    minutes = plain(props.get("mainModeLifetimeMinutes"))
    return Policy(
        name=props.get("name") or name,
        master_pfs=props.get("masterPfs") or False,
        quick_modes_per_main_mode=plain(props.get("quickModesPerMainMode")) or 0,
        main_mode_lifetime_seconds=seconds(minutes) if minutes else usual.main_mode_lifetime_seconds,
        main_mode_methods=tuple(map(main_mode_method_of, methods)) if methods else DEFAULT_MAIN_MODE_METHODS,
        default_rule=_default_rule_of(plain(props.get("defaultRule") or {})),
        description=props.get("description") or "",
        guid=urn,
    )


def rule_of(props: Properties, name: str, urn: str, policy: str, filter_list: str, filter_action: str) -> Rule:
    """A rule that refers to these objects."""
    methods = plain(props.get("authMethods"))
    return Rule(
        name=props.get("name") or name,
        policy=policy,
        filter_list=filter_list,
        filter_action=filter_action,
        active=props.get("active") is not False,
        connection_type=props.get("connectionType") or "all",
        tunnel_endpoint=props.get("tunnelEndpoint") or "",
        auth_methods=tuple(map(auth_method_of, methods)) if methods else DEFAULT_AUTH_METHODS,
        description=props.get("description") or "",
        guid=urn,
    )


def _default_rule_of(properties: Properties) -> DefaultRule:
    usual = DefaultRule()
    offers, methods = properties.get("securityMethods"), properties.get("authMethods")
    return DefaultRule(
        active=properties.get("active") or False,
        session_pfs=properties.get("sessionPfs") or False,
        security_methods=tuple(map(security_method_of, offers)) if offers else usual.security_methods,
        auth_methods=tuple(map(auth_method_of, methods)) if methods else usual.auth_methods,
    )
