"""Which of two filters wins: the more specific one, by the table `ORDER` (spec: traffic-engine 3).

Windows has no order of rules that a user could set. The agent orders filters by how specific they are; how exactly is
only partly published. So the order is one table, read from top to bottom, and every row that rests on a guess names
the switch that turns it. Whatever remains equal at the end has the same outcome, so no verdict depends on the
spelling or the order of a policy; rows that follow only pick the filter to name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from winipsec.model.endpoint import Endpoint, Kind

if TYPE_CHECKING:
    from winipsec.traffic.readings import Reading


@dataclass(frozen=True, slots=True)
class Switches:
    """The guesses that can turn a verdict round; the first value of each is the default."""

    tunnel: str = "first"
    """`first`: a tunnel beats transport; `last`: compared after all else, and transport wins."""
    address: str = "classes"
    """`classes`: kinds of address count before lengths of masks; `bits`: only the lengths count."""
    bits: str = "after"
    """Whether the lengths of masks count `after` or `before` protocol and ports; with `both before` not only their sum
    does, but the destination's too: row 8 of the table does not say whether it moves with row 7.
    """
    tie: str = "restrictive"
    """Whether a tie goes to the more `restrictive` or the more `permissive` outcome."""
    any_family: str = "ipv4"
    """Whether a filter between `any`, `me` and servers is for `ipv4` or for `both` families."""
    inbound_multicast_exempt: bool = True
    """Whether inbound multicast stays exempt under `NoDefaultExempt` 2 and 3."""


DEFAULT = Switches()


class Flip(NamedTuple):
    """One guess taken the other way, in words for a report."""

    name: str
    switches: Switches


def every_flip(switches: Switches = DEFAULT) -> tuple[Flip, ...]:
    """Every guess turned round, one at a time (spec: traffic-engine 3, `guesses`)."""
    return (
        Flip("mask length before ports", replace(switches, bits="before")),
        Flip("mask lengths only, tunnels last", replace(switches, address="bits", bits="before", tunnel="last")),
        Flip("transport before tunnel", replace(switches, tunnel="last")),
        Flip("ties to the more permissive", replace(switches, tie="permissive")),
        Flip("any and me include IPv6", replace(switches, any_family="both")),
        Flip("inbound multicast not exempt", replace(switches, inbound_multicast_exempt=False)),
    )


_TURNED = (
    ("tunnel", "last", "transport before tunnel"),
    ("address", "bits", "mask lengths only"),
    ("bits", "before", "mask length before ports"),
    ("bits", "both before", "mask lengths, the destination's too, before ports"),
    ("tie", "permissive", "ties to the more permissive"),
    ("any_family", "both", "any and me include IPv6"),
)


@cache
def every_order() -> tuple[Flip, ...]:
    """Every combination of the guesses that say which filter wins: the default, which has no name, those of
    `every_flip`, then the others, the fewest turned round first.

    Windows has one order, and nobody knows that our reading of it is wrong in one place only.
    """
    found = {Switches(): ""} | {flip.switches: flip.name for flip in every_flip()}
    for count in range(1, len(_TURNED) + 1):
        for turned in itertools.combinations(_TURNED, count):
            settings: dict[str, Any] = {switch: setting for switch, setting, _ in turned}
            switches = Switches(**settings)
            found.setdefault(switches, ", ".join(name for *_, name in turned))
    return tuple(Flip(name, switches) for switches, name in found.items() if switches.inbound_multicast_exempt)


class Rank(IntEnum):
    """How narrow one side is."""

    ANY = 0
    SUBNET = 1
    ADDRESS = 2


def rank(side: Endpoint) -> Rank:
    """The kind of one side: `me` and servers count as one address, all of a family as any."""
    if side.kind is Kind.ANY:
        return Rank.ANY
    if side.kind in {Kind.RANGE, Kind.MASKED}:
        return Rank.SUBNET
    network = side.network
    if network is None or side.is_address:
        return Rank.ADDRESS
    return Rank.SUBNET if network.prefixlen else Rank.ANY


def mask_bits(side: Endpoint, family: int) -> int:
    """The length of the smallest prefix that covers one side, for packets of `family`."""
    width = 32 if family == 4 else 128
    if side.kind is Kind.ANY:
        return 0
    if side.first is None or side.last is None:
        return width
    if side.kind is Kind.MASKED:
        return int(side.last).bit_count()
    return width - (int(side.first) ^ int(side.last)).bit_length()


def _words(*words: str) -> Callable[[int], str]:
    return lambda measure: words[measure]


def _openness(measure: int) -> str:
    return (
        "blocked",
        "encrypted",
        "authenticated",
        "clear in reply",
        "clear in reply",
        "or clear",
        "or clear",
        "clear",
    )[abs(measure)]


class Component(NamedTuple):
    """One row: `measure` of a reading for a family, larger wins; it counts while each switch of `when` is so set."""

    number: int
    name: str
    measure: Callable[[Reading, int], int]
    say: Callable[[int], str] = str
    when: tuple[tuple[str, str], ...] = ()


_KINDS = _words("any", "subnet", "one address")
_GIVEN = _words("any", "given")
_PORTS = _words("none", "source", "destination", "both")
_MODE = _words("transport", "tunnel")
_TRANSPORT = _words("tunnel", "transport")


def _kinds(reading: Reading) -> tuple[int, int]:
    return rank(reading.source), rank(reading.destination)


def _bits(reading: Reading, family: int) -> int:
    return mask_bits(reading.source, family) + mask_bits(reading.destination, family)


def _destination_bits(reading: Reading, family: int) -> int:
    return mask_bits(reading.destination, family)


def _ports(reading: Reading) -> int:
    return 2 * (not reading.destination_ports.any) + (not reading.source_ports.any)


ORDER: tuple[Component, ...] = (
    Component(1, "tunnel", lambda r, _: bool(r.rule.tunnel_endpoint), _MODE, (("tunnel", "first"),)),
    Component(2, "broader side", lambda r, _: min(_kinds(r)), _KINDS, (("address", "classes"),)),
    Component(3, "narrower side", lambda r, _: max(_kinds(r)), _KINDS, (("address", "classes"),)),
    Component(4, "destination", lambda r, _: rank(r.destination), _KINDS, (("address", "classes"),)),
    Component(7, "mask bits", _bits, when=(("bits", "before"),)),
    Component(7, "mask bits", _bits, when=(("bits", "both before"),)),
    Component(8, "mask bits of the destination", _destination_bits, when=(("bits", "both before"),)),
    Component(5, "protocol", lambda r, _: r.protocol != 0, _GIVEN),
    Component(6, "ports", lambda r, _: _ports(r), _PORTS),
    Component(7, "mask bits", _bits, when=(("bits", "after"),)),
    Component(8, "mask bits of the destination", _destination_bits),
    Component(1, "tunnel", lambda r, _: not r.rule.tunnel_endpoint, _TRANSPORT, (("tunnel", "last"),)),
    Component(9, "tie", lambda r, _: -r.outcome.openness, _openness, (("tie", "restrictive"),)),
    Component(9, "tie", lambda r, _: r.outcome.openness, _openness, (("tie", "permissive"),)),
)


@cache
def components(switches: Switches) -> tuple[Component, ...]:
    """The rows that count under `switches`, in their order."""
    return tuple(row for row in ORDER if all(getattr(switches, name) == value for name, value in row.when))


Key = tuple[int, ...]


def key(reading: Reading, family: int, switches: Switches) -> Key:
    """How specific a reading is for packets of `family`; the larger key wins."""
    return tuple(int(row.measure(reading, family)) for row in components(switches))


def label(reading: Reading) -> tuple[str, str, str]:
    """What decides between equal keys, smaller first: arbitrary, and of no consequence for the outcome but for the
    tunnel end point (component 10).
    """
    return reading.outcome.tunnel, reading.rule.name, str(reading.filter)


def reason(winner: Reading, loser: Reading, family: int, switches: Switches) -> str:
    """The first row that `loser` lost: `destination: one address beats subnet`."""
    for row in components(switches):
        won, lost = int(row.measure(winner, family)), int(row.measure(loser, family))
        if won != lost:
            return f"{row.name}: {row.say(won)} beats {row.say(lost)}"
    if winner.outcome.tunnel != loser.outcome.tunnel:
        return "tunnel end point: the smaller text"
    return "equal, and of the same outcome"
