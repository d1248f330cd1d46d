"""Filter actions, rules and policies (spec: ipsec-policy 0.1, 1.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from winipsec.model.methods import (
    DEFAULT_AUTH_METHODS,
    DEFAULT_MAIN_MODE_METHODS,
    DEFAULT_SECURITY_METHODS,
    AuthMethod,
    MainModeMethod,
    SecurityMethod,
)

ACTIONS = ("permit", "block", "negotiate")
CONNECTION_TYPES = ("all", "lan", "dialup")


@dataclass(frozen=True, slots=True)
class FilterAction:
    """What happens to traffic that a filter list matches.

    `inbound_pass_through` accepts clear traffic inbound and always answers with IPsec; `soft_fallback` lets traffic
    go in clear to hosts without IPsec. Both, like the methods, say something under `negotiate` only.
    """

    name: str
    action: str = "negotiate"
    security_methods: tuple[SecurityMethod, ...] = ()
    session_pfs: bool = False
    inbound_pass_through: bool = False
    soft_fallback: bool = False
    description: str = ""
    guid: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """The answer to peers that ask for security where no rule says anything; each policy has one."""

    active: bool = False
    session_pfs: bool = False
    security_methods: tuple[SecurityMethod, ...] = DEFAULT_SECURITY_METHODS
    auth_methods: tuple[AuthMethod, ...] = DEFAULT_AUTH_METHODS
    guid: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings of a policy; its rules refer to it. Times are seconds as Windows stores them."""

    name: str
    master_pfs: bool = False
    quick_modes_per_main_mode: int = 0
    main_mode_lifetime_seconds: int = 28_800
    polling_interval_seconds: int = 10_800
    main_mode_methods: tuple[MainModeMethod, ...] = DEFAULT_MAIN_MODE_METHODS
    default_rule: DefaultRule | None = DefaultRule()
    description: str = ""
    guid: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one policy does with one filter list. `policy`, `filter_list` and `filter_action` are GUIDs of the store.

    `name` is empty on rules made in the MMC. `tunnel_endpoint` is an address or a DNS name, empty in transport mode.
    """

    name: str
    policy: str
    filter_list: str
    filter_action: str
    active: bool = True
    connection_type: str = "all"
    tunnel_endpoint: str = ""
    auth_methods: tuple[AuthMethod, ...] = DEFAULT_AUTH_METHODS
    description: str = ""
    guid: str = field(default="", compare=False)
