"""A filter read in one direction: whether it matches a packet, and how specific it is (spec: traffic-engine 2.1, 3).

The weight of a reading is a tuple of numbers in the order of the components of section 3, larger wins. Four guesses
rearrange it. Whatever has equal weight has the same outcome, because the outcome is the last component; who is then
named as the decider is settled by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from winipsec_lab.matching.host import HostFacts, IPAddress
from winipsec_lab.matching.outcome import Outcome, openness
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.values import ANY_PORT, SERVER_WORDS, Address, Filter, Ports, extent

_WITH_PORTS: Final = (6, 17)
_ANY_KIND: Final = 0
_NET_KIND: Final = 1
_ONE_KIND: Final = 2


@dataclass(frozen=True)
class Reading:
    """A filter as written, or with its sides exchanged."""

    source: Address
    destination: Address
    protocol: int
    source_ports: Ports
    destination_ports: Ports
    stored_v1: bool


def readings(each: Filter) -> Iterator[Reading]:
    """The one or two readings of a filter; none when it is stored in a way that makes no sense."""
    torn = any(side.kind == "subnet" and not _is_prefix(side) for side in (each.source, each.destination))
    has_ports = (each.source_ports, each.destination_ports) != (ANY_PORT, ANY_PORT)
    if torn or (has_ports and each.protocol not in _WITH_PORTS):
        return
    v1 = each.version == 1
    first = Reading(each.source, each.destination, each.protocol, each.source_ports, each.destination_ports, v1)
    second = Reading(each.destination, each.source, each.protocol, each.destination_ports, each.source_ports, v1)
    yield first
    if each.mirrored and second != first:
        yield second


def _is_prefix(side: Address) -> bool:
    low, high = extent(side)
    span = high - low + 1
    return span & (span - 1) == 0 and low % span == 0


def matches(
    reading: Reading,
    source: IPAddress,
    destination: IPAddress,
    protocol: int,
    ports: tuple[int, int],
    local_is_source: bool,
    facts: HostFacts,
    switches: Switches,
) -> bool:
    """Whether a reading matches a packet, given by its addresses, protocol, and source and destination port."""
    if reading.protocol not in (0, protocol):
        return False
    if not (_port_fits(reading.source_ports, ports[0]) and _port_fits(reading.destination_ports, ports[1])):
        return False
    wide = reading.stored_v1 and switches["traffic.any_family"] == "both"
    return _fits(reading.source, source, local_is_source, wide, facts, switches) and _fits(
        reading.destination, destination, not local_is_source, wide, facts, switches
    )


def _port_fits(wanted: Ports, port: int) -> bool:
    return wanted == ANY_PORT or wanted.first <= port <= wanted.last


def _fits(side: Address, address: IPAddress, is_local: bool, wide: bool, facts: HostFacts, switches: Switches) -> bool:
    literal = side.kind in ("single", "subnet", "range")
    if side.version not in (address.version, 0) and (literal or not wide):
        return False
    if side.kind == "any":
        return True
    if side.kind == "me":
        return facts.is_own(address) and (is_local or switches["traffic.own_traffic"] == "filtered")
    if side.kind in SERVER_WORDS:
        return address in facts.servers[side.kind]
    low, high = extent(side)
    return low <= int(address) <= high


def _kind(side: Address) -> int:
    if side.kind == "any":
        return _ANY_KIND
    if side.kind == "me" or side.kind in SERVER_WORDS:
        return _ONE_KIND
    low, high = extent(side)
    if low == high:
        return _ONE_KIND
    return _ANY_KIND if _prefix(low, high, side.version) == 0 else _NET_KIND


def _bits(side: Address, size: int) -> int:
    if side.kind == "any":
        return 0
    if side.kind == "me" or side.kind in SERVER_WORDS:
        return size
    return _prefix(*extent(side), side.version)


def _prefix(low: int, high: int, version: int) -> int:
    """The length of the smallest prefix that covers a range."""
    return (128 if version == 6 else 32) - (low ^ high).bit_length()


def weight(reading: Reading, family: int, tunnel: bool, outcome: Outcome, switches: Switches) -> tuple[int, ...]:
    """How specific a reading is.

    Args:
        reading: the reading.
        family: 4 or 6, that of the packet.
        tunnel: whether its rule or itself is for a tunnel.
        outcome: what it does to the packet.
        switches: the machine's guesses.
    """
    kinds = (_kind(reading.source), _kind(reading.destination))
    size = 128 if family == 6 else 32
    sizes = (_bits(reading.source, size), _bits(reading.destination, size))
    ports = 2 * (reading.destination_ports != ANY_PORT) + (reading.source_ports != ANY_PORT)
    addresses = (min(kinds), max(kinds), kinds[1]) if switches["traffic.address"] == "classes" else ()
    service = (int(reading.protocol != 0), ports)
    bits = (sum(sizes), sizes[1])
    middle = (*bits, *service) if switches["traffic.bits"] == "before" else (*service, *bits)
    head, tail = ((int(tunnel),), ()) if switches["traffic.tunnel"] == "first" else ((), (int(not tunnel),))
    restrictive = switches["traffic.tie"] == "restrictive"
    last = -openness(outcome) if restrictive else openness(outcome)
    return (*head, *addresses, *middle, *tail, last)
