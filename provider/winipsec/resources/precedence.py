"""From wishes in order of precedence to filters that mean the same where the most specific filter wins.

Users of scenarios think in precedence: what is blocked stays blocked, whoever is exempt. Windows knows none; among
filters the more specific one wins, and how exactly is partly a guess (spec: traffic-engine 3). So wherever a filter of
less precedence might win, a filter for just the traffic that both match is added to the wish of more precedence. It is
at least as specific in every component of the order, and more so in one, so it wins under every guess:

    block udp/1434, and 10.0.0.1 exempt        any -> me udp 1434: block       10.0.0.1 <-> me: permit
    10.0.0.1 is more specific than any, so     10.0.0.1 -> me udp 1434: block  is added

What a wish of more precedence covers altogether is left out, and so is a permit that no wish of less precedence calls
for: what no filter matches passes anyway. All this is done for one direction at a time, because filters are; directions
that come out alike become one mirrored filter.

`any` is IPv4 and `::/0` is IPv6 here, side by side wherever everybody is meant. One thing is beyond filters: the part
of a subnet that is also one of the host's own servers (`dns`) has no words, so a wish about a subnet leaves it to the
wish about the server.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from winipsec.model.endpoint import ANY, ME, Address, Endpoint, subnet
from winipsec.model.filters import Filter, port

IN, OUT = "in", "out"
PERMIT = "permit"
ALL_IPV6 = subnet(ipaddress.IPv6Network("::/0"))


@dataclass(frozen=True, slots=True)
class Way:
    """Traffic of one direction: the other side, the protocol, the port here and the port there; 0 is any."""

    direction: str
    remote: Endpoint
    protocol: int = 0
    local_port: int = 0
    remote_port: int = 0

    def covers(self, other: Way) -> bool:
        """Whether all traffic of `other` is traffic of this one."""
        return (
            self.direction == other.direction
            and _holds(self.remote, other.remote)
            and self.protocol in {0, other.protocol}
            and self.local_port in {0, other.local_port}
            and self.remote_port in {0, other.remote_port}
        )

    def surely_beats(self, other: Way) -> bool:
        """Whether Windows prefers a filter for this, under every guess about its order; both meet."""
        mine, theirs = self._measures(), other._measures()
        return all([mine[at] for at in order] > [theirs[at] for at in order] for order in _ORDERS)

    def _measures(self) -> tuple[int, int, bool, int]:
        near, far = (2, 1) if self.direction == IN else (1, 2)
        return (
            _kind(self.remote),
            -_free_bits(self.remote),
            self.protocol != 0,
            near * (self.local_port != 0) + far * (self.remote_port != 0),
        )

    def meeting(self, other: Way) -> list[Way]:
        """The traffic of both, in ways that are each more specific than `other`; none where there is none."""
        if self.direction != other.direction:
            return []
        numbers = [
            _both(*pair)
            for pair in (
                (self.protocol, other.protocol),
                (self.local_port, other.local_port),
                (self.remote_port, other.remote_port),
            )
        ]
        if any(number is None for number in numbers):
            return []
        protocol, local_port, remote_port = (number or 0 for number in numbers)
        return [
            Way(self.direction, remote, protocol, local_port, remote_port)
            for remote in _common(self.remote, other.remote)
        ]

    def filter(self, description: str = "", *, mirrored: bool = False, outward: bool = False) -> Filter:
        """The filter for this; a mirrored one may be written `outward`, from this host to others."""
        here, there = (ME, port(self.local_port)), (self.remote, port(self.remote_port))
        out = outward if mirrored else self.direction == OUT
        (source, source_ports), (destination, destination_ports) = (here, there) if out else (there, here)
        return Filter(source, destination, self.protocol, source_ports, destination_ports, mirrored, description)


_KIND, _BITS, _PROTOCOL, _PORTS = range(4)
_ORDERS = (
    (_KIND, _PROTOCOL, _PORTS, _BITS),
    (_KIND, _BITS, _PROTOCOL, _PORTS),
    (_BITS, _PROTOCOL, _PORTS),
)
"""The orders that count as possible; the local side is `me` everywhere, so it decides nothing."""


class Wish(NamedTuple):
    """What is to become of some traffic: the rule that says so, its outcome (`permit` is special), and whether mirrored
    filters are written outward, from this host to others.
    """

    rule: str
    outcome: str
    ways: tuple[Way, ...]
    outward: bool = False


class _Placed(NamedTuple):
    """A way among all others, and the rule that it is there to beat, if it is not there for itself."""

    wish: Wish
    way: Way
    over: str = ""


def arranged(wishes: Sequence[Wish], *, alone: bool = True) -> list[tuple[Wish, list[Filter]]]:
    """The filters of each wish; wishes without any are left out.

    Args:
        wishes: In order of precedence, one for each rule.
        alone: Whether there are no other filters beside these, from which a permit may be an exception.
    """
    placed: list[_Placed] = []
    for wish in reversed(wishes):
        below = [item for item in placed if not any(way.covers(item.way) for way in wish.ways)]
        against = [item for item in below if item.wish.outcome != wish.outcome]
        ahead: dict[Way, str] = {}
        called_for: dict[Way, str] = {}
        for way in wish.ways:
            for item in against:
                met = way.meeting(item.way)
                if met and way.surely_beats(item.way):
                    called_for[way] = ""
                elif met:
                    ahead.update({part: ahead.get(part, item.wish.rule) for part in met})
        own = called_for if alone and wish.outcome == PERMIT else dict.fromkeys(wish.ways, "")
        placed = [*(_Placed(wish, way, over) for way, over in {**own, **ahead}.items()), *below]
    return [
        (wish, filters)
        for wish in wishes
        if (filters := list(_filters([item for item in placed if item.wish.rule == wish.rule])))
    ]


def ways(
    directions: Iterable[str], remotes: Iterable[Endpoint], protocol: int = 0, local_port: int = 0, remote_port: int = 0
) -> tuple[Way, ...]:
    """One way for every other side and every direction."""
    return tuple(
        Way(direction, side, protocol, local_port, remote_port) for side in remotes for direction in directions
    )


def _filters(placed: Sequence[_Placed]) -> Iterator[Filter]:
    there = {item.way: item for item in placed}
    for way, item in there.items():
        other = there.get(replace(way, direction=OUT if way.direction == IN else IN))
        if other is None or way.direction == IN:
            description = f"wins over {item.over}" if item.over else ""
            yield way.filter(description, mirrored=other is not None, outward=item.wish.outward)


def _both(one: int, other: int) -> int | None:
    """The number that both mean, 0 being any; None where they exclude each other."""
    return one or other if one in {0, other} or other == 0 else None


def _bounds(side: Endpoint) -> tuple[Address, Address] | None:
    """The first and the last address; None where a word stands for them."""
    if side == ANY:
        return ipaddress.IPv4Address(0), ipaddress.IPv4Address(0xFFFFFFFF)
    return (side.first, side.last) if side.first is not None and side.last is not None else None


def _holds(wide: Endpoint, narrow: Endpoint) -> bool:
    outer, inner = _bounds(wide), _bounds(narrow)
    if wide == narrow or outer is None or inner is None:
        return wide == narrow or (wide == ANY and inner is None)
    same = outer[0].version == inner[0].version
    return same and int(outer[0]) <= int(inner[0]) and int(inner[1]) <= int(outer[1])


def _common(one: Endpoint, other: Endpoint) -> list[Endpoint]:
    """Who belongs to both. Crossing ranges come as subnets: the part of a range need not count as more specific."""
    if _holds(one, other):
        return [other]
    if _holds(other, one):
        return [one]
    first, second = _bounds(one), _bounds(other)
    if first is None or second is None:
        # Whether a server has an address of the other side is not known. An address may as well be named for itself.
        return [one] if _kind(one) == _ADDRESS and other != ALL_IPV6 else []
    low, high = max(int(first[0]), int(second[0])), min(int(first[1]), int(second[1]))
    if first[0].version != second[0].version or low > high:
        return []
    lowest, highest = (type(first[0])(number) for number in (low, high))
    return [subnet(block) for block in ipaddress.summarize_address_range(lowest, highest)]


_EVERYBODY, _SOME, _ADDRESS = range(3)


def _kind(side: Endpoint) -> int:
    if side in {ANY, ALL_IPV6}:
        return _EVERYBODY
    return _ADDRESS if side.is_address or side.first is None else _SOME


def _free_bits(side: Endpoint) -> int:
    """Bits in which addresses of the smallest subnet around this side differ."""
    bounds = _bounds(side)
    if side.first is None and side != ANY:
        return 0
    return (int(bounds[0]) ^ int(bounds[1])).bit_length() if bounds is not None else 0
