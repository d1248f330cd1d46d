"""From the arguments of `add filter` to stored filters, and finding filters by value (spec: ipsec-policy 1.5, 5.6).

An ordinary IPv4 filter is one V1 filter. IPv6 stands in the V2 part. A range of IPv4 addresses is written twice: as the
V1 subnets that cover it, for systems which know no better, and as one V2 range flagged to replace them.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from dataclasses import dataclass
from itertools import product
from typing import Final
from uuid import UUID, uuid4

from winipsec_lab.netsh.arguments import Arguments, whole, yes_no
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.sides import Resolve, Side, check_pair, is_literal, parse_side
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.values import ALL_ONES, ANY_PORT, SERVER_WORDS, Address, Filter, FilterList, Ports

_PROTOCOLS: Final = {"any": 0, "icmp": 1, "tcp": 6, "udp": 17}
_WITH_PORTS: Final = (6, 17)


@dataclass(frozen=True)
class Wanted:
    """What a command says about a filter; None where it says nothing."""

    source: Side
    destination: Side
    protocol: int | None
    mirrored: bool | None
    source_port: int | None
    destination_port: int | None


def read_wanted(args: Arguments, switches: Switches, resolve: Resolve, generation: str) -> Wanted:
    """The filter that arguments describe.

    Raises:
        Refusal: an argument is malformed or two do not go together.
    """
    source = parse_side("srcaddr", args.get("srcaddr"), args.get("srcmask"), switches, resolve)
    destination = parse_side("dstaddr", args.get("dstaddr"), args.get("dstmask"), switches, resolve)
    check_pair(source, destination, switches, generation)
    protocol = parse_protocol(args.get("protocol"), switches) if "protocol" in args else None
    ports = [whole(tag, args.get(tag), 0xFFFF) if tag in args else None for tag in ("srcport", "dstport")]
    if any(ports) and protocol not in _WITH_PORTS and switches["netsh.port_without_protocol"] == "refused":
        raise Refusal("port_needs_protocol")
    mirrored = yes_no("mirrored", args.get("mirrored")) if "mirrored" in args else None
    return Wanted(source, destination, protocol, mirrored, ports[0], ports[1])


def parse_protocol(text: str, switches: Switches) -> int:
    """The number of a protocol."""
    if text.lower() == "raw":
        return int(switches["netsh.raw_protocol"])
    if text.lower() in _PROTOCOLS:
        return _PROTOCOLS[text.lower()]
    return whole("protocol", text, 0xFF)


def build(wanted: Wanted, description: str, switches: Switches) -> FilterList:
    """The stored filters of one command; a DNS name with several addresses makes several, within a family."""
    default_mirrored = switches["netsh.mirrored_default"] == "yes"
    source_port, destination_port = wanted.source_port or 0, wanted.destination_port or 0
    template = Filter(
        Address("any"),
        Address("any"),
        UUID(int=0),
        default_mirrored if wanted.mirrored is None else wanted.mirrored,
        wanted.protocol or 0,
        Ports(source_port, source_port),
        Ports(destination_port, destination_port),
        description,
        wanted.source.dns,
        wanted.destination.dns,
    )
    v1: list[Filter] = []
    v2: list[Filter] = []
    for source, destination in product(wanted.source.addresses, wanted.destination.addresses):
        if is_literal(source) and is_literal(destination) and source.version != destination.version:
            continue
        pair = dataclasses.replace(template, source=source, destination=destination)
        first, second = _forms(pair, switches)
        v1 += first
        v2 += second
    return FilterList(tuple(v1), tuple(v2))


def _forms(pair: Filter, switches: Switches) -> tuple[list[Filter], list[Filter]]:
    sides = (pair.source, pair.destination)
    if any(side.version == 6 for side in sides):
        source, destination = (_beside_ipv6(side, switches) for side in sides)
        return [], [_fresh(pair, source, destination, version=2)]
    if any(side.kind in SERVER_WORDS for side in sides) and switches["netsh.server_form"] == "v2":
        source, destination = (dataclasses.replace(side, bound=0, version=0) for side in sides)
        return [], [_fresh(pair, source, destination, version=2)]
    if all(side.kind != "range" for side in sides):
        return [_fresh(pair, *sides)], []
    if switches["netsh.range_form"] == "v2":
        return [], [_fresh(pair, *sides, version=2)]
    cover = [_fresh(pair, source, destination) for source, destination in product(*map(_subnets, sides))]
    return cover, [_fresh(pair, *sides, version=2, flags=8)]


def _fresh(pair: Filter, source: Address, destination: Address, *, version: int = 1, flags: int = 0) -> Filter:
    return dataclasses.replace(pair, source=source, destination=destination, guid=uuid4(), version=version, flags=flags)


def _beside_ipv6(side: Address, switches: Switches) -> Address:
    if side.version == 6:
        return side
    settings = switches["netsh.any_beside_ipv6" if side.kind == "any" else "netsh.me_beside_ipv6"]
    return Address(side.kind, version=6 if settings == "ipv6" else 0)


def _subnets(side: Address) -> list[Address]:
    if side.kind != "range":
        return [side]
    networks = ipaddress.summarize_address_range(ipaddress.IPv4Address(side.address), ipaddress.IPv4Address(side.bound))
    return [
        Address("single", int(network.network_address))
        if int(network.netmask) == ALL_ONES
        else Address("subnet", int(network.network_address), int(network.netmask))
        for network in networks
    ]


def matches(each: Filter, wanted: Wanted, switches: Switches) -> bool:
    """Whether a stored filter is one that `delete filter` means."""
    exact = switches["netsh.delete_filter"] == "defaults"
    default_mirrored = switches["netsh.mirrored_default"] == "yes"
    return (
        _same_side(each.source, each.source_dns, wanted.source, exact)
        and _same_side(each.destination, each.destination_dns, wanted.destination, exact)
        and _same(each.protocol, wanted.protocol, 0, exact)
        and _same(each.mirrored, wanted.mirrored, default_mirrored, exact)
        and _same(each.source_ports, _ports(wanted.source_port), ANY_PORT, exact)
        and _same(each.destination_ports, _ports(wanted.destination_port), ANY_PORT, exact)
    )


def _ports(port: int | None) -> Ports | None:
    return None if port is None else Ports(port, port)


def _same(stored: object, wanted: object, default: object, exact: bool) -> bool:
    return stored == (default if exact else stored) if wanted is None else stored == wanted


def _same_side(stored: Address, stored_dns: str, wanted: Side, exact: bool) -> bool:
    if wanted.dns and stored_dns:
        return stored_dns.lower() == wanted.dns.lower()
    for each in wanted.addresses:
        bare = each.kind == "single" and not wanted.masked and not exact
        if (
            bare
            and stored.kind in ("single", "subnet")
            and (stored.address, stored.version) == (each.address, each.version)
        ):
            return True
        if stored.kind == each.kind and each.kind not in ("single", "subnet", "range"):
            return True
        if (stored.kind, stored.address, stored.bound) == (each.kind, each.address, each.bound):
            return stored.version == each.version
    return False
