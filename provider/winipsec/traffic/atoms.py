"""The host's side of packets, cut into groups of addresses that no filter tells apart (spec: traffic-engine 2.1).

Most filters say `me` there, so most hosts have one group. Literals split it. Where the host's own addresses are not
known, every unicast address may be one. Inbound, multicast and broadcast addresses are local too, which only `any` and
literals match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from winipsec.traffic.expand import EVERY, ME, Line
from winipsec.traffic.facts import BROADCAST, MULTICAST, HostFacts
from winipsec.traffic.intervals import LAST_ADDRESS, Interval, Intervals, complement, joined, meets, shared
from winipsec.traffic.packet import Direction
from winipsec.traffic.work import Work


class Atom(NamedTuple):
    """Local addresses that no filter tells apart, and the local sides that hold them, by number."""

    addresses: Intervals
    group: bool
    held: frozenset[int]


def group_addresses(host: HostFacts, family: int) -> Intervals:
    """All multicast and broadcast addresses, as far as known."""
    found = [(int(n.network_address), int(n.broadcast_address)) for n in MULTICAST if n.version == family]
    if family == 4:
        broadcasts = [BROADCAST, *(n.broadcast_address for n in host.prefixes if n.version == 4 and n.prefixlen < 31)]
        found += [(int(address), int(address)) for address in broadcasts]
    return joined(found)


def own_addresses(host: HostFacts, family: int) -> Intervals:
    """The addresses that are `me`; while they are unknown, all that may be."""
    if host.addresses is None:
        return complement(group_addresses(host, family), LAST_ADDRESS[family])
    own = joined((int(a), int(a)) for a in host.addresses if a.version == family)
    return shared(own, complement(group_addresses(host, family), LAST_ADDRESS[family]))


def self_addresses(host: HostFacts, family: int) -> Intervals:
    """The remote addresses that are this host itself: traffic to them never meets a filter."""
    loopback = (127 << 24, (128 << 24) - 1) if family == 4 else (1, 1)
    own = () if host.addresses is None else own_addresses(host, family)
    return joined([loopback, *own])


def atoms(
    line: Line, host: HostFacts, literals: Mapping[tuple[int, Intervals], int], work: Work, *, groups: bool = True
) -> list[Atom]:
    """The local addresses of one line in groups; `groups` says whether multicast and broadcast are of interest."""
    direction, family = line
    own = own_addresses(host, family)
    everywhere = [(own, False, frozenset({ME, EVERY}))]
    if direction is Direction.IN and groups:
        everywhere.append((group_addresses(host, family), True, frozenset({EVERY})))
    found = []
    for addresses, group, words in everywhere:
        relevant = [
            (number, pieces)
            for (of, pieces), number in literals.items()
            if of == family and any(meets(addresses, low, high) for low, high in pieces)
        ]
        work.spend(len(literals) + len(relevant))
        for held, where in _cut(addresses, relevant, work).items():
            found.append(Atom(joined(where), group, words | held))
    return found


def _cut(
    addresses: Intervals, literals: Iterable[tuple[int, Intervals]], work: Work
) -> dict[frozenset[int], list[Interval]]:
    """The pieces of `addresses`, by the literals that hold them."""
    starts: dict[int, list[int]] = {}
    stops: dict[int, list[int]] = {}
    for number, pieces in literals:
        for low, high in shared(addresses, pieces):
            starts.setdefault(low, []).append(number)
            stops.setdefault(high + 1, []).append(number)
    cuts = sorted({*starts, *stops})
    found: dict[frozenset[int], list[Interval]] = {}
    live: set[int] = set()
    place = 0
    for low, high in addresses:
        start = low
        while start <= high:
            while place < len(cuts) and cuts[place] <= start:
                live.difference_update(stops.get(cuts[place], ()))
                live.update(starts.get(cuts[place], ()))
                place += 1
            stop = min(high, cuts[place] - 1) if place < len(cuts) else high
            found.setdefault(frozenset(live), []).append((start, stop))
            work.spend(1 + len(live))
            start = stop + 1
    return found
