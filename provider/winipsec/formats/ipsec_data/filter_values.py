"""What the filters of a list mean: stored V1 and V2 records to model filters, and back (spec: ipsec-policy 5.6).

A range of IPv4 addresses is stored twice: as V1 subnets that cover it, for readers that know no better, and as one V2
range with flag 8, which says that the range counts and those subnets do not. Which V1 records those are is not said:
they are taken to be the ones with the GUID of the V2 record; where there are none, the subnets that make up exactly the
range, one record each; where one of these is missing, all that agree with the range but for addresses and lie inside.

IPv6 has no `any` of its own in the model: opposite an IPv6 address `any` is the normal form, and only where nothing
else tells the family does it become `::/0`.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from winipsec.formats.ipsec_data.filter import NO_V4, FilterRecord, V1Record, V2Address, V2Ports, V2Record
from winipsec.formats.ipsec_data.frame import FILTER, NO_GUID, BlobError
from winipsec.model.endpoint import ANY, ME, NOBODY, Address, Endpoint, Kind, between, masked, subnet
from winipsec.model.filters import ANY_PORT, Filter, Ports, port
from winipsec.model.invalid import Invalid

HOST_MASK = IPv4Address(0xFFFFFFFF)
ALL_V6 = subnet(IPv6Network("::/0"))

# V1: the special byte, as source; with the top bit set, as destination.
SPECIAL = {1: Kind.DNS, 2: Kind.WINS, 3: Kind.DHCP, 4: Kind.GATEWAY}
_SPECIAL_IDS = {kind: key for key, kind in SPECIAL.items()}
SPECIAL_DESTINATION = 0x80

# V2: types of addresses and ports, versions, flags.
V2_ANY, V2_SINGLE, V2_RANGE, V2_SUBNET = 0, 1, 2, 4
V2_WORDS = {8: Kind.ME, 0x10: Kind.DNS, 0x20: Kind.WINS, 0x40: Kind.DHCP, 0x80: Kind.GATEWAY}
_V2_WORD_IDS = {kind: key for key, kind in V2_WORDS.items()}
IPV4, IPV6, BOTH = 1, 2, 3
REPLACES_V1 = 8


def filters(record: FilterRecord) -> tuple[Filter, ...]:
    """The filters that a stored list stands for.

    Raises:
        BlobError: a filter says something that no document describes.
    """
    v1 = [_from_v1(entry, index) for index, entry in enumerate(record.v1)]
    if not record.v2:
        return tuple(v1)
    by_guid: defaultdict[str, list[int]] = defaultdict(list)
    by_rest: defaultdict[Filter, list[int]] = defaultdict(list)
    by_value: defaultdict[Filter, list[int]] = defaultdict(list)
    for at, item in enumerate(v1):
        by_guid[item.guid].append(at)
        by_rest[_without_sides(item)].append(at)
        by_value[item].append(at)
    by_guid.pop(NO_GUID, None)
    replaced: set[int] = set()
    instead: defaultdict[int, list[Filter]] = defaultdict(list)
    for index, entry in enumerate(record.v2):
        item = _from_v2(entry, index)
        covered: list[int] = []
        if entry.flags & REPLACES_V1:
            covered = by_guid.get(item.guid) or _exact_cover(item, by_value, replaced)
            covered = covered or [at for at in by_rest.get(_without_sides(item), ()) if _inside(v1[at], item)]
        replaced.update(covered)
        instead[min(covered, default=len(v1))].append(item)
    ordered: list[Filter] = []
    for at, item in enumerate(v1):
        ordered += instead.get(at, ())
        if at not in replaced:
            ordered.append(item)
    return (*ordered, *instead.get(len(v1), ()))


def _without_sides(item: Filter) -> Filter:
    return replace(item, source=ANY, destination=ANY)


def _exact_cover(whole: Filter, by_value: Mapping[Filter, list[int]], taken: set[int]) -> list[int]:
    """One record for each pair of subnets that together are `whole`; none where one of them is missing."""
    found = [
        next(
            (at for at in by_value.get(replace(whole, source=source, destination=destination), ()) if at not in taken),
            None,
        )
        for source in _pieces(whole.source)
        for destination in _pieces(whole.destination)
    ]
    return [] if None in found else [at for at in found if at is not None]


def _pieces(side: Endpoint) -> list[Endpoint]:
    if side.kind is not Kind.RANGE or side.first is None or side.last is None:
        return [side]
    return [subnet(block) for block in ipaddress.summarize_address_range(side.first, side.last)]


def _inside(part: Filter, whole: Filter) -> bool:
    return whole.source.holds(part.source) and whole.destination.holds(part.destination)


def _from_v1(entry: V1Record, index: int) -> Filter:
    special = entry.special & ~SPECIAL_DESTINATION
    if entry.special and special not in SPECIAL:
        raise BlobError(FILTER, 24, f"a known special byte in filter {index + 1}, not {entry.special:#04x}")
    source = _v1_side(entry.source_address, entry.source_mask)
    destination = _v1_side(entry.destination_address, entry.destination_mask)
    if entry.special & SPECIAL_DESTINATION:
        destination = Endpoint(SPECIAL[special])
    elif entry.special:
        source = Endpoint(SPECIAL[special])
    return Filter(
        source=source,
        destination=destination,
        protocol=entry.protocol,
        source_ports=port(entry.source_port),
        destination_ports=port(entry.destination_port),
        mirrored=entry.mirrored,
        description=entry.description,
        guid=entry.guid,
        source_name=entry.source_name,
        destination_name=entry.destination_name,
    )


def _v1_side(address: IPv4Address, mask: IPv4Address) -> Endpoint:
    return ME if (address, mask) == (NO_V4, HOST_MASK) else masked(address, mask)


def _from_v2(entry: V2Record, index: int) -> Filter:
    try:
        source, destination = _v2_side(entry.source), _v2_side(entry.destination)
        if IPV6 in {entry.source.version, entry.destination.version} and not (source.family or destination.family):
            source, destination = (ALL_V6 if side == ANY else side for side in (source, destination))
        return Filter(
            source=source,
            destination=destination,
            protocol=entry.protocol,
            source_ports=_v2_ports(entry.source_ports),
            destination_ports=_v2_ports(entry.destination_ports),
            mirrored=entry.mirrored,
            description=entry.description,
            guid=entry.guid,
            source_name=entry.source_name,
            destination_name=entry.destination_name,
        )
    except Invalid as fault:
        raise BlobError(FILTER, 24, f"a V2 filter {index + 1} that can be understood, but {fault}") from None


def _v2_side(side: V2Address) -> Endpoint:
    if side.type == V2_ANY:
        return ANY
    if side.type in V2_WORDS:
        return Endpoint(V2_WORDS[side.type])
    if side.version not in {IPV4, IPV6}:
        raise Invalid(f"an address is of version {side.version}, neither IPv4 (1) nor IPv6 (2)")
    first, second = _address(side.first, side.version), _address(side.second, side.version)
    if side.type == V2_SINGLE:
        return between(first, first)
    if side.type == V2_RANGE:
        return between(first, second)
    if side.type != V2_SUBNET:
        raise Invalid(f"an address is of type {side.type:#x}, which no document names")
    if isinstance(first, IPv4Address) and isinstance(second, IPv4Address):
        return masked(first, second)
    if side.second[0] > first.max_prefixlen:
        raise Invalid(f"an IPv6 prefix has {side.second[0]} bits")
    return subnet(ipaddress.ip_network((int(first), side.second[0]), strict=False))


def _address(raw: bytes, version: int) -> Address:
    return IPv4Address(raw[:4]) if version == IPV4 else IPv6Address(raw)


def _v2_ports(ports: V2Ports) -> Ports:
    if ports.type == V2_ANY:
        return ANY_PORT
    if ports.type == V2_SINGLE:
        return port(ports.first)
    if ports.type != V2_RANGE:
        raise Invalid(f"ports are of type {ports.type:#x}, which no document names")
    if ports.first > ports.last:
        raise Invalid(f"{ports.first}-{ports.last} is an empty range of ports")
    return ANY_PORT if (ports.first, ports.last) == (0, 0xFFFF) else Ports(ports.first, ports.last)


def stored(items: Sequence[Filter]) -> FilterRecord:
    """The record that says this, in the form of current Windows.

    Raises:
        Invalid: two server words face each other, or two families.
    """
    v1: list[V1Record] = []
    v2: list[V2Record] = []
    for item in items:
        families = {item.source.family, item.destination.family} - {None}
        if len(families) > 1:
            raise Invalid("a filter cannot have IPv4 on one side and IPv6 on the other")
        ranges = Kind.RANGE in {item.source.kind, item.destination.kind}
        plain_ports = item.source_ports.single and item.destination_ports.single
        if 6 not in families and plain_ports:
            v1 += _to_v1(item)
        if 6 in families or ranges or not plain_ports:
            v2.append(_to_v2(item, REPLACES_V1 if ranges and plain_ports and 6 not in families else 0))
    return FilterRecord(tuple(v1), tuple(v2))


def _to_v1(item: Filter) -> list[V1Record]:
    special = _SPECIAL_IDS.get(item.source.kind, 0)
    if item.destination.is_server:
        if special:
            raise Invalid("a filter cannot have a server word on both sides")
        special = _SPECIAL_IDS[item.destination.kind] | SPECIAL_DESTINATION
    return [
        V1Record(
            *source,
            *destination,
            protocol=item.protocol,
            source_port=item.source_ports.first,
            destination_port=item.destination_ports.first,
            mirrored=item.mirrored,
            special=special,
            source_name=item.source_name,
            destination_name=item.destination_name,
            description=item.description,
            guid=item.guid,
        )
        for source in _v1_words(item.source)
        for destination in _v1_words(item.destination)
    ]


def _v1_words(side: Endpoint) -> list[tuple[IPv4Address, IPv4Address]]:
    first, last = side.first, side.last
    if not isinstance(first, IPv4Address) or not isinstance(last, IPv4Address):
        return [(NO_V4, NO_V4 if side.kind is Kind.ANY else HOST_MASK)]
    if side == NOBODY:
        raise Invalid("0.0.0.0 cannot be stored as an address: it would mean this host")
    if side.kind is Kind.MASKED:
        return [(first, last)]
    blocks = ipaddress.summarize_address_range(first, last)
    return [(block.network_address, block.netmask) for block in blocks]


def _to_v2(item: Filter, flags: int) -> V2Record:
    version = IPV6 if 6 in {item.source.family, item.destination.family} else IPV4
    return V2Record(
        source=_v2_address(item.source, version),
        destination=_v2_address(item.destination, version),
        source_ports=_v2_port_data(item.source_ports),
        destination_ports=_v2_port_data(item.destination_ports),
        protocol=item.protocol,
        mirrored=item.mirrored,
        flags=flags,
        source_name=item.source_name,
        destination_name=item.destination_name,
        description=item.description,
        guid=item.guid,
    )


def _v2_address(side: Endpoint, version: int) -> V2Address:
    if side.kind in _V2_WORD_IDS:
        return V2Address(_V2_WORD_IDS[side.kind], BOTH)
    if side.first is None or side.last is None or side == ALL_V6:
        return V2Address(V2_ANY, version)
    first, last = side.first.packed.ljust(16, b"\0"), side.last.packed.ljust(16, b"\0")
    if side.is_address:
        return V2Address(V2_SINGLE, version, first)
    network = side.network
    if isinstance(network, IPv6Network):
        return V2Address(V2_SUBNET, version, first, bytes([network.prefixlen]).ljust(16, b"\0"))
    if isinstance(network, IPv4Network):
        return V2Address(V2_SUBNET, version, first, network.netmask.packed.ljust(16, b"\0"))
    return V2Address(V2_SUBNET if side.kind is Kind.MASKED else V2_RANGE, version, first, last)


def _v2_port_data(ports: Ports) -> V2Ports:
    if ports.any:
        return V2Ports()
    return V2Ports(V2_SINGLE, ports.first) if ports.single else V2Ports(V2_RANGE, ports.first, ports.last)
