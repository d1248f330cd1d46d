"""The resource classes that a program uses, each with its provider.

Providers are named by reference in the state of every stack that uses them: these classes keep their names and their
module for ever (spec: pulumi-provider 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pulumi
from pulumi.dynamic import Resource

from winipsec.dynamic.adapter import StoreProvider

Connection: TypeAlias = "pulumi.Input[Mapping[str, Any]] | None"
Items: TypeAlias = "pulumi.Input[Sequence[pulumi.Input[Mapping[str, Any]]]] | None"


class FilterListProvider(StoreProvider):
    """Filter lists."""

    token = "winipsec:index:FilterList"


class FilterProvider(StoreProvider):
    """Single filters."""

    token = "winipsec:index:Filter"


class FilterActionProvider(StoreProvider):
    """Filter actions."""

    token = "winipsec:index:FilterAction"


class PolicyProvider(StoreProvider):
    """Policies."""

    token = "winipsec:index:Policy"


class RuleProvider(StoreProvider):
    """Rules."""

    token = "winipsec:index:Rule"


class PolicyAssignmentProvider(StoreProvider):
    """The assignment of a policy."""

    token = "winipsec:index:PolicyAssignment"


class HostPolicyProvider(StoreProvider):
    """Whole policies."""

    token = "winipsec:index:HostPolicy"


class FilterList(Resource, module="winipsec", name="FilterList"):  # type: ignore[call-arg, misc]
    """A named set of filters; given `filters`, even none, it has exactly these."""

    name: pulumi.Output[str]
    description: pulumi.Output[str | None]
    filters: pulumi.Output[list[Any] | None]
    machine: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        filters: Items = None,
        connection: Connection = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"name": name or resource_name, "description": description, "filters": filters}
        super().__init__(FilterListProvider(), resource_name, _props(props, connection, machine=None), opts)


class Filter(Resource, module="winipsec", name="Filter"):  # type: ignore[call-arg, misc]
    """One filter in a filter list that others also edit."""

    filter_list: pulumi.Output[str]
    filter_list_guid: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        filter_list: pulumi.Input[str],
        source: pulumi.Input[str],
        destination: pulumi.Input[str],
        protocol: pulumi.Input[str | int] | None = None,
        source_port: pulumi.Input[int] | None = None,
        destination_port: pulumi.Input[int] | None = None,
        mirrored: pulumi.Input[bool] | None = None,
        description: pulumi.Input[str] | None = None,
        connection: Connection = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "filter_list": filter_list,
            "source": source,
            "destination": destination,
            "protocol": protocol,
            "source_port": source_port,
            "destination_port": destination_port,
            "mirrored": mirrored,
            "description": description,
        }
        outputs = _props(props, connection, machine=None, filter_list_guid=None)
        super().__init__(FilterProvider(), resource_name, outputs, opts)


class FilterAction(Resource, module="winipsec", name="FilterAction"):  # type: ignore[call-arg, misc]
    """What happens to traffic that a filter list matches: permit, block or negotiate."""

    name: pulumi.Output[str]
    action: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        action: pulumi.Input[str],
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        security_methods: Items = None,
        session_pfs: pulumi.Input[bool] | None = None,
        inbound_pass_through: pulumi.Input[bool] | None = None,
        soft_fallback: pulumi.Input[bool] | None = None,
        connection: Connection = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name or resource_name,
            "description": description,
            "action": action,
            "security_methods": security_methods,
            "session_pfs": session_pfs,
            "inbound_pass_through": inbound_pass_through,
            "soft_fallback": soft_fallback,
        }
        super().__init__(FilterActionProvider(), resource_name, _props(props, connection, machine=None), opts)


class Policy(Resource, module="winipsec", name="Policy"):  # type: ignore[call-arg, misc]
    """A policy with its main-mode settings and its default response rule; it starts unassigned."""

    name: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        master_pfs: pulumi.Input[bool] | None = None,
        quick_modes_per_main_mode: pulumi.Input[int] | None = None,
        main_mode_lifetime_minutes: pulumi.Input[int] | None = None,
        polling_interval_minutes: pulumi.Input[int] | None = None,
        main_mode_methods: Items = None,
        default_rule: pulumi.Input[Mapping[str, Any]] | None = None,
        connection: Connection = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name or resource_name,
            "description": description,
            "master_pfs": master_pfs,
            "quick_modes_per_main_mode": quick_modes_per_main_mode,
            "main_mode_lifetime_minutes": main_mode_lifetime_minutes,
            "polling_interval_minutes": polling_interval_minutes,
            "main_mode_methods": main_mode_methods,
            "default_rule": _secret(default_rule),
        }
        outputs = _props(props, connection, machine=None)
        super().__init__(PolicyProvider(), resource_name, outputs, _hiding(opts, "default_rule"))


class Rule(Resource, module="winipsec", name="Rule"):  # type: ignore[call-arg, misc]
    """What a policy does with one filter list."""

    name: pulumi.Output[str]
    policy: pulumi.Output[str]
    filter_list: pulumi.Output[str]
    filter_action: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        policy: pulumi.Input[str],
        filter_list: pulumi.Input[str],
        filter_action: pulumi.Input[str],
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        active: pulumi.Input[bool] | None = None,
        connection_type: pulumi.Input[str] | None = None,
        tunnel_endpoint: pulumi.Input[str] | None = None,
        auth_methods: Items = None,
        connection: Connection = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name or resource_name,
            "description": description,
            "policy": policy,
            "filter_list": filter_list,
            "filter_action": filter_action,
            "active": active,
            "connection_type": connection_type,
            "tunnel_endpoint": tunnel_endpoint,
            "auth_methods": _secret(auth_methods),
        }
        outputs = _props(
            props, connection, machine=None, policy_guid=None, filter_list_guid=None, filter_action_guid=None
        )
        super().__init__(RuleProvider(), resource_name, outputs, _hiding(opts, "auth_methods"))


class PolicyAssignment(Resource, module="winipsec", name="PolicyAssignment"):  # type: ignore[call-arg, misc]
    """Which policy is active; one for each host. Destroying it brings back what was active before."""

    policy: pulumi.Output[str]
    policy_guid: pulumi.Output[str]
    previous_policy: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        policy: pulumi.Input[str],
        allow_overridden: pulumi.Input[bool] | None = None,
        allow_management_cut: pulumi.Input[bool] | None = None,
        connection: Connection = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "policy": policy,
            "allow_overridden": allow_overridden,
            "allow_management_cut": allow_management_cut,
        }
        outputs = _props(props, connection, machine=None, policy_guid=None, previous_policy=None)
        super().__init__(PolicyAssignmentProvider(), resource_name, outputs, opts)


class HostPolicy(Resource, module="winipsec", name="HostPolicy"):  # type: ignore[call-arg, misc]
    """A whole policy as one resource: scenario blocks, rules written out, and its assignment, under a confirmed commit.

    What the blocks come to stands in `expanded_rules`.
    """

    name: pulumi.Output[str]
    expanded_rules: pulumi.Output[list[Any]]
    owned: pulumi.Output[list[str]]
    previous_policy: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        block: Items = None,
        allow_only: pulumi.Input[Mapping[str, Any]] | None = None,
        isolate: pulumi.Input[Mapping[str, Any]] | None = None,
        rules: Items = None,
        management: pulumi.Input[str | Mapping[str, Any]] | None = None,
        master_pfs: pulumi.Input[bool] | None = None,
        quick_modes_per_main_mode: pulumi.Input[int] | None = None,
        main_mode_lifetime_minutes: pulumi.Input[int] | None = None,
        polling_interval_minutes: pulumi.Input[int] | None = None,
        main_mode_methods: Items = None,
        default_rule: pulumi.Input[Mapping[str, Any]] | None = None,
        assigned: pulumi.Input[bool] | None = None,
        allow_overridden: pulumi.Input[bool] | None = None,
        revert_after: pulumi.Input[int] | None = None,
        connection: Connection = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "name": name or resource_name,
            "description": description,
            "block": block,
            "allow_only": allow_only,
            "isolate": _secret(isolate) if _may_hold_keys(isolate) else isolate,
            "rules": _secret(rules),
            "management": management,
            "master_pfs": master_pfs,
            "quick_modes_per_main_mode": quick_modes_per_main_mode,
            "main_mode_lifetime_minutes": main_mode_lifetime_minutes,
            "polling_interval_minutes": polling_interval_minutes,
            "main_mode_methods": main_mode_methods,
            "default_rule": _secret(default_rule),
            "assigned": assigned,
            "allow_overridden": allow_overridden,
            "revert_after": revert_after,
        }
        outputs = _props(props, connection, machine=None, expanded_rules=None, owned=None, previous_policy=None)
        opts = _hiding(opts, "rules", "default_rule", "expanded_rules")
        super().__init__(HostPolicyProvider(), resource_name, outputs, opts)


def _props(inputs: dict[str, Any], connection: Connection, **outputs: None) -> dict[str, Any]:
    """Inputs, the names of further outputs, and a connection whose password nobody sees in the state."""
    return {**inputs, **outputs, "connection": _secret(connection)}


def _hiding(opts: pulumi.ResourceOptions | None, *outputs: str) -> pulumi.ResourceOptions:
    """Options under which outputs are secret that may hold a key, whether the program gave one or the host has one."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=list(outputs)))


def _secret(value: Any) -> Any:
    """A value that may hold a password or a key: the protocol knows no secrets inside, so all of it is one."""
    return value if value is None else pulumi.Output.secret(value)


_KEYED = {"auth_methods", "authMethods"}
"""Both spellings are understood."""


def _may_hold_keys(isolate: Any) -> bool:
    """Whether an `isolate` block says how to authenticate, as far as it can be seen."""
    return isolate is not None and (not isinstance(isolate, Mapping) or not _KEYED.isdisjoint(isolate))
