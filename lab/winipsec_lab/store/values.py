"""The values a policy store holds, as the lab understands them (spec: ipsec-policy 0.1, 5).

Five kinds of objects exist. A policy is a polling interval (`ipsecPolicy`) plus a `MainMode` (`ipsecISAKMPPolicy`).
A `Rule` (`ipsecNFA`) ties one `FilterList` (`ipsecFilter`) to one filter action (`ipsecNegotiationPolicy`), whose
blob is a tuple of `Offer`; whether an action blocks or permits is said outside the blob, by a GUID.

Addresses are kept as the words of the store, not as networks: a host may hold a mask that is no prefix or an address
with bits below its mask, and the lab must be able to write down again what it has read.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

POLICY: Final = "ipsecPolicy"
MAIN_MODE: Final = "ipsecISAKMPPolicy"
RULE: Final = "ipsecNFA"
ACTION: Final = "ipsecNegotiationPolicy"
FILTER_LIST: Final = "ipsecFilter"
KINDS: Final = (POLICY, MAIN_MODE, RULE, ACTION, FILTER_LIST)

ALL_ONES: Final = 0xFFFFFFFF
SERVER_WORDS: Final = ("dns", "wins", "dhcp", "gateway")
DEFAULT_POLLING: Final = 10800
DEFAULT_MAIN_MODE_LIFETIME: Final = 28800
NO_GUID: Final = UUID(int=0)

# spec: ipsec-policy 5.5
BLOCK: Final = "{3f91a819-7647-11d1-864d-d46a00000000}"
PERMIT: Final = "{8a171dd2-77e3-11d1-8659-a04f00000000}"
NEGOTIATE: Final = "{8a171dd3-77e3-11d1-8659-a04f00000000}"
PASSTHROUGH: Final = "{3f91a81a-7647-11d1-864d-d46a00000000}"
ORDINARY_TYPE: Final = "{62f49e10-6c37-11d1-864c-14a300000000}"
DEFAULT_RESPONSE_TYPE: Final = "{62f49e13-6c37-11d1-864c-14a300000000}"


class BlobError(ValueError):
    """A blob does not have the layout of its class (spec: ipsec-policy 5)."""


@dataclass(frozen=True)
class Address:
    """One side of a filter.

    `kind` is `any`, `me`, `single`, `subnet`, `range` or a server word. `bound` is the mask of a subnet or of a
    server word, or the last address of a range. `version` is 4, 6, or 0 where the store says "both".
    """

    kind: str
    address: int = 0
    bound: int = 0
    version: int = 4

    def text(self) -> str:
        """The address as an administrator writes it, e.g. `10.0.0.0/255.0.0.0` or `me`."""
        if self.kind not in ("single", "subnet", "range"):
            return self.kind
        first = spell(self.address, self.version)
        if self.kind == "single":
            return first
        if self.kind == "range":
            return f"{first}-{spell(self.bound, self.version)}"
        return f"{first}/{spell(self.bound, 4) if self.version == 4 else self.bound.bit_count()}"


def spell(address: int, version: int) -> str:
    """An address number in its usual text form."""
    return str(ipaddress.IPv6Address(address) if version == 6 else ipaddress.IPv4Address(address))


ANY: Final = Address("any")
ME: Final = Address("me")


class Ports(NamedTuple):
    """An inclusive range of ports; (0, 0) is any port."""

    first: int = 0
    last: int = 0

    def text(self) -> str:
        """`0` for any, a number, or `first-last`."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


ANY_PORT: Final = Ports()


@dataclass(frozen=True)
class Filter:
    """One filter of a list (spec: ipsec-policy 5.6). `version` 1 or 2 says in which part of the blob it stands."""

    source: Address
    destination: Address
    guid: UUID
    mirrored: bool = True
    protocol: int = 0
    source_ports: Ports = ANY_PORT
    destination_ports: Ports = ANY_PORT
    description: str = ""
    source_dns: str = ""
    destination_dns: str = ""
    tunnel_address: int = 0
    tunnel: bool = False
    version: int = 1
    flags: int = 0

    @property
    def replaces_cover(self) -> bool:
        """Whether V1 subnets that express this V2 range are to be ignored (flag 8)."""
        return bool(self.flags & 8)

    def covers(self, other: Filter) -> bool:
        """Whether `other` is one of the V1 subnets that together express this V2 range."""
        return (
            self.mirrored == other.mirrored
            and self.protocol == other.protocol
            and self.source_ports == other.source_ports
            and self.destination_ports == other.destination_ports
            and _holds(self.source, other.source)
            and _holds(self.destination, other.destination)
        )

    def text(self) -> str:
        """The filter in one line, e.g. `any -> me protocol 6 ports 0 -> 80 mirrored`."""
        ports = ""
        if (self.source_ports, self.destination_ports) != (ANY_PORT, ANY_PORT):
            ports = f" ports {self.source_ports.text()} -> {self.destination_ports.text()}"
        protocol = f" protocol {self.protocol}" if self.protocol else ""
        mirrored = " mirrored" if self.mirrored else ""
        return f"{self.source.text()} -> {self.destination.text()}{protocol}{ports}{mirrored}"


def _holds(outer: Address, inner: Address) -> bool:
    if outer.kind != "range":
        masks = outer.kind != "subnet" or outer.bound == inner.bound
        return (outer.kind, outer.address) == (inner.kind, inner.address) and masks
    low, high = extent(inner)
    return inner.version == outer.version and outer.address <= low and high <= outer.bound


def extent(address: Address) -> tuple[int, int]:
    """The first and last address of a single address, subnet or range; a torn mask counts from its lowest bit."""
    if address.kind == "single":
        return address.address, address.address
    if address.kind == "range":
        return address.address, address.bound
    full = (1 << (128 if address.version == 6 else 32)) - 1
    return address.address & address.bound, (address.address & address.bound) | (full & ~address.bound)


@dataclass(frozen=True)
class FilterList:
    """All filters of one list, by the part of the blob they stand in."""

    v1: tuple[Filter, ...] = ()
    v2: tuple[Filter, ...] = ()

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The filters that count: V1 subnets which only repeat a flagged V2 range are left out."""
        ranges = [each for each in self.v2 if each.replaces_cover]
        plain = tuple(each for each in self.v1 if not any(wide.covers(each) for wide in ranges))
        return plain + self.v2

    def without(self, gone: Filter) -> FilterList:
        """The list without one filter, and without the V1 cover of a range."""
        v1 = tuple(
            each for each in self.v1 if each.guid != gone.guid and not (gone.replaces_cover and gone.covers(each))
        )
        return FilterList(v1, tuple(each for each in self.v2 if each.guid != gone.guid))


@dataclass(frozen=True)
class MainMethod:
    """One main-mode method; `group` is 1, 2 or 3 (DH 2048) (spec: ipsec-policy 5.3)."""

    encryption: str
    integrity: str
    group: int
    random_function: int = 0
    quick_mode_limit: int = 0
    lifetime_kilobytes: int = 0
    lifetime_seconds: int = DEFAULT_MAIN_MODE_LIFETIME

    def text(self) -> str:
        """The method in netsh's grammar, e.g. `3DES-SHA1-2`."""
        return f"{self.encryption}-{self.integrity}-{self.group}"


@dataclass(frozen=True)
class MainMode:
    """The main-mode part of a policy; `methods` in order of preference, however the blob spelled them."""

    methods: tuple[MainMethod, ...]
    master_pfs: bool = False
    options: int = 0
    quick_mode_limit: int = 0
    lifetime_seconds: int = DEFAULT_MAIN_MODE_LIFETIME
    new_dh: tuple[int, int, int, int] = (0, 0, 0, 0)
    instance: UUID = NO_GUID


@dataclass(frozen=True)
class Algorithm:
    """AH or ESP with its algorithms; `encryption` is `none` for AH."""

    protocol: str
    encryption: str
    integrity: str

    def text(self) -> str:
        """The algorithm in netsh's grammar, e.g. `ESP[3DES,SHA1]`."""
        names = {"none": "None"}
        integrity = names.get(self.integrity, self.integrity)
        if self.protocol == "AH":
            return f"AH[{integrity}]"
        return f"ESP[{names.get(self.encryption, self.encryption)},{integrity}]"


@dataclass(frozen=True)
class Offer:
    """One quick-mode offer; no algorithms at all means "fall back to clear" (spec: ipsec-policy 5.5)."""

    algorithms: tuple[Algorithm, ...] = ()
    lifetime_seconds: int = 0
    lifetime_kilobytes: int = 0
    pfs: bool = False
    flags: int = 0

    def text(self) -> str:
        """The offer in netsh's grammar, with its lifetimes when it has any."""
        parts = []
        if self.lifetime_kilobytes:
            parts.append(f"{self.lifetime_kilobytes}k")
        if self.lifetime_seconds:
            parts.append(f"{self.lifetime_seconds}s")
        return "+".join(each.text() for each in self.algorithms) + (":" + "/".join(parts) if parts else "")


@dataclass(frozen=True)
class Authentication:
    """One way to prove identity; `kind` is `kerberos`, `psk` or `certificate`. A key never shows in the repr."""

    kind: str
    text: str = field(default="", repr=False)
    map_to_account: bool = False
    exclude_ca_name: bool = False


KERBEROS: Final = Authentication("kerberos")


@dataclass(frozen=True)
class Rule:
    """A rule's own data; what it refers to stands in the registry (spec: ipsec-policy 5.4)."""

    authentications: tuple[Authentication, ...] = (KERBEROS,)
    interface: str = "all"
    interface_name: str = ""
    tunnel_address: int = 0
    is_tunnel: bool = False
    active: bool = True
    tunnel_name: str = ""
    tunnel_ipv6: int | None = None

    @property
    def tunnel_text(self) -> str:
        """The tunnel's end point, or an empty text for a transport rule."""
        if not self.is_tunnel:
            return ""
        return spell(self.tunnel_address, 4) if self.tunnel_ipv6 is None else spell(self.tunnel_ipv6, 6)

    def changed(self, **fields: object) -> Rule:
        """A copy with some fields replaced."""
        return dataclasses.replace(self, **fields)  # type: ignore[arg-type]
