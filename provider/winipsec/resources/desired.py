"""From checked properties to values: the inverse of `model.properties`.

Inputs are in normal form and free of unknowns here, so nothing can fail but what the store itself cannot hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from winipsec.model.endpoint import Endpoint, masked, parse_endpoint
from winipsec.model.filters import Filter, Ports, parse_protocol
from winipsec.model.invalid import Invalid
from winipsec.model.methods import (
    AuthMethod,
    Esp,
    Kerberos,
    MainModeMethod,
    PresharedKey,
    RootCa,
    SecurityMethod,
    UnknownAuth,
)

Properties = Mapping[str, Any]


def filter_of(properties: Properties) -> Filter:
    """One filter."""
    return Filter(
        source=_endpoint(properties["source"]),
        destination=_endpoint(properties["destination"]),
        protocol=parse_protocol(properties.get("protocol", "any")),
        source_ports=_ports(properties.get("sourcePort", 0)),
        destination_ports=_ports(properties.get("destinationPort", 0)),
        mirrored=properties.get("mirrored", True),
        description=properties.get("description", ""),
    )


def security_method_of(properties: Properties) -> SecurityMethod:
    """One quick-mode offer."""
    esp = properties.get("esp")
    return SecurityMethod(
        ah=properties.get("ah"),
        esp=Esp(esp["encryption"], esp["integrity"]) if esp is not None else None,
        lifetime_kilobytes=properties["lifetimeKilobytes"],
        lifetime_seconds=properties["lifetimeSeconds"],
    )


def main_mode_method_of(properties: Properties) -> MainModeMethod:
    """One main-mode method."""
    return MainModeMethod(properties["encryption"], properties["integrity"], properties["dhGroup"])


def auth_method_of(properties: Properties) -> AuthMethod:
    """One authentication method."""
    if "presharedKey" in properties:
        return PresharedKey(properties["presharedKey"])
    if "rootCa" in properties:
        authority = properties["rootCa"]
        return RootCa(
            authority["name"], authority.get("certificateMapping", False), authority.get("excludeCaName", False)
        )
    if "unknown" in properties:
        return UnknownAuth(properties["unknown"])
    return Kerberos()


def seconds(minutes: float) -> int:
    """Minutes of the schema as the seconds of the store."""
    return round(minutes * 60)


def _endpoint(text: str) -> Endpoint:
    try:
        return parse_endpoint(text)
    except Invalid:
        address, _, mask = text.partition("/")  # only an imported filter has a mask like this
        return masked(IPv4Address(address), IPv4Address(mask))


def _ports(value: int | str) -> Ports:
    if isinstance(value, int):
        return Ports(value, value)
    first, _, last = value.partition("-")
    return Ports(int(first), int(last or first))
