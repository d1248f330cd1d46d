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
