"""The nested inputs of the resources, under the names they have in the generated SDKs.

Each is a dictionary with named keys: `FilterArgs(source="any", destination="me")` is `{"source": "any", ...}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pulumi import Input


class ConnectionArgs(TypedDict, total=False):
    """How a host is reached, where it differs from the stack's configuration."""

    host: Input[str]
    port: Input[int]
    username: Input[str]
    password: Input[str]
    transport: Input[str]
    https: Input[bool]
    ca_file: Input[str]
    verify: Input[bool]
    certificate_file: Input[str]
    certificate_key_file: Input[str]
    kerberos_hostname: Input[str]
    kerberos_delegation: Input[bool]
    proxy: Input[str]
    dial_timeout: Input[int]
    command_timeout: Input[int]
    total_timeout: Input[int]
    connect_retry_for: Input[int]


class FilterArgs(TypedDict, total=False):
    """One filter of a filter list; `source` and `destination` are required."""

    source: Input[str]
    destination: Input[str]
    protocol: Input[str | int]
    source_port: Input[int]
    destination_port: Input[int]
    mirrored: Input[bool]
    description: Input[str]


class EspArgs(TypedDict):
    """ESP: encryption and integrity of the payload."""

    encryption: Input[str]
    integrity: Input[str]


class SecurityMethodArgs(TypedDict, total=False):
    """One quick-mode offer: `ah`, `esp` or both."""

    ah: Input[str]
    esp: Input[EspArgs]
    lifetime_kilobytes: Input[int]
    lifetime_seconds: Input[int]


class MainModeMethodArgs(TypedDict):
    """One way for two hosts to agree on keys."""

    encryption: Input[str]
    integrity: Input[str]
    dh_group: Input[str]


class RootCaArgs(TypedDict, total=False):
    """Certificates below one root authority; `name` is required."""

    name: Input[str]
    certificate_mapping: Input[bool]
    exclude_ca_name: Input[bool]


class AuthMethodArgs(TypedDict, total=False):
    """One way to authenticate: exactly one of these."""

    kerberos: Input[bool]
    preshared_key: Input[str]
    root_ca: Input[RootCaArgs]


class DefaultRuleArgs(TypedDict, total=False):
    """The default response rule of a policy."""

    active: Input[bool]
    session_pfs: Input[bool]
    security_methods: Input[Sequence[Input[SecurityMethodArgs]]]
    auth_methods: Input[Sequence[Input[AuthMethodArgs]]]


class BlockArgs(TypedDict, total=False):
    """Traffic that is dropped; `ports` is required."""

    ports: Input[Sequence[Input[str]]]
    direction: Input[str]
    remotes: Input[Sequence[Input[str]]]


class OutboundArgs(TypedDict, total=False):
    """What this host may ask of others."""

    ports: Input[Sequence[Input[str]]]
    destinations: Input[Sequence[Input[str]]]


class AllowOnlyArgs(TypedDict, total=False):
    """What this host serves and asks, while all else is blocked; `ports` is required."""

    ports: Input[Sequence[Input[str]]]
    remotes: Input[Sequence[Input[str]]]
    outbound: Input[Sequence[Input[OutboundArgs]]]


class IsolateArgs(TypedDict, total=False):
    """Only hosts that authenticate may talk with this one; with Kerberos, `exempt` is required."""

    exempt: Input[Sequence[Input[str]]]
    mode: Input[str]
    methods: Input[Sequence[Input[str]]]
    auth_methods: Input[Sequence[Input[AuthMethodArgs]]]


class ManagementArgs(TypedDict, total=False):
    """The way by which the host is managed."""

    sources: Input[Sequence[Input[str]]]
    ports: Input[Sequence[Input[int]]]


class RuleFilterListArgs(TypedDict, total=False):
    """The traffic that a rule applies to; `filters` is required."""

    name: Input[str]
    description: Input[str]
    filters: Input[Sequence[Input[FilterArgs]]]


class RuleFilterActionArgs(TypedDict, total=False):
    """What a rule does with its traffic; `action` is required."""

    name: Input[str]
    description: Input[str]
    action: Input[str]
    security_methods: Input[Sequence[Input[SecurityMethodArgs]]]
    session_pfs: Input[bool]
    inbound_pass_through: Input[bool]
    soft_fallback: Input[bool]


class PolicyRuleArgs(TypedDict, total=False):
    """A rule of a `HostPolicy`; `name`, `filter_list` and `filter_action` are required."""

    name: Input[str]
    description: Input[str]
    active: Input[bool]
    connection_type: Input[str]
    tunnel_endpoint: Input[str]
    auth_methods: Input[Sequence[Input[AuthMethodArgs]]]
    filter_list: Input[RuleFilterListArgs]
    filter_action: Input[RuleFilterActionArgs]
