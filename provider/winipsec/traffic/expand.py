"""From filters to rows of plain numbers, which the engine works on (spec: traffic-engine 2.1, 3).

What a filter says is settled elsewhere: `readings` says which filters can be read and in which ways, `specificity` how
they rank. Here the same is told in numbers, for many filters at once. Two filters with the same `Facts` do the same
wherever they stand, so a difference can forget those that both sides have before anything is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from winipsec.model.endpoint import Endpoint, Kind
from winipsec.model.filters import Filter, Ports
from winipsec.model.policies import FilterAction, Rule
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.intervals import LAST_ADDRESS, Intervals
from winipsec.traffic.outcome import CLEAR, Outcome, outcome
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import WAYS, Statement, connection_of, directed, families, ways
from winipsec.traffic.specificity import Switches
from winipsec.traffic.specificity import key as specificity
from winipsec.traffic.stacks import Boxes

ME, EVERY = 0, 1
"""Local sides that are no literals: the host's own addresses; those and every group."""

LAN, DIALUP = 1, 2
_CONNECTIONS = {"all": LAN | DIALUP, "lan": LAN, "dialup": DIALUP}

# A key packs the components of `specificity`, ten bits each, and the rank of the tunnel below them.
_COMPONENT_BITS = 10
_COMPONENT_ZERO = 8  # a tie counts down to minus seven
_TUNNEL_BITS = 20
ABOVE_ALL = 1 << 180
"""A key larger than that of any filter."""

_KINDS = {kind: number for number, kind in enumerate(Kind)}
_KIND_SHIFT = 8
_SIDE_BITS = 12

Line: TypeAlias = tuple[Direction, int]
"""A direction and a family: packets of two lines have nothing to do with each other."""

LINES: tuple[Line, ...] = tuple((direction, family) for direction in Direction for family in (4, 6))

Row: TypeAlias = tuple[int, int, int, int, int, int, int, int]
"""One reading: first and last remote address, key, box, outcome, local side, connections, and the filter's place."""

Rows: TypeAlias = dict[Line, list[Row]]


class Side(NamedTuple):
    """One side of a filter: its kind and how many bits its mask leaves open, packed; its literal addresses, if any."""

    rank: int
    family: int
    low: int
    high: int


class Meaning(NamedTuple):
    """What a rule makes of its filters; outcomes by number."""

    inbound: int
    outbound: int
    connections: int


class Facts(NamedTuple):
    """Everything of a filter that decides what it does."""

    source: Side
    destination: Side
    protocol: int
    source_ports: Ports
    destination_ports: Ports
    mirrored: bool
    meaning: Meaning


class Place(NamedTuple):
    """Where a filter stands."""

    number: int
    filter: Filter
    rule: Rule
    action: FilterAction


_WORDS = {kind: Side(number << _KIND_SHIFT, 0, 0, 0) for kind, number in _KINDS.items()}
_ANY, _ME = _WORDS[Kind.ANY], _WORDS[Kind.ME]


def _new_outcomes() -> dict[Outcome, int]:
    return {CLEAR: 0}


@dataclass
class Tables:
    """The numbers that all sides of one computation share."""

    boxes: Boxes = field(default_factory=Boxes)
    outcomes: dict[Outcome, int] = field(default_factory=_new_outcomes)
    locals: dict[tuple[int, Intervals], int] = field(default_factory=dict)
    tunnels: dict[str, int] = field(default_factory=dict)

    def outcome(self, of: Outcome) -> int:
        """The number of an outcome; clear, which is what happens without a filter, is 0."""
        return self.outcomes.setdefault(of, len(self.outcomes))

    def local(self, family: int, addresses: Intervals) -> int:
        """The number of a literal local side."""
        return self.locals.setdefault((family, addresses), EVERY + 1 + len(self.locals))

    def rank_tunnels(self, statements: Iterable[Statement]) -> None:
        """Rank the tunnel end points that occur: of equal keys, the smaller text wins (component 10)."""
        texts = {statement.rule.tunnel_endpoint for statement in statements}
        self.tunnels = {text: rank for rank, text in enumerate(sorted(texts, reverse=True))}


def collect(statements: Iterable[Statement], tables: Tables) -> dict[Facts, Place]:
    """What each filter says; of filters that say the same, the first."""
    found: dict[Facts, Place] = {}
    number = 0
    for rule, action, filters in statements:
        inbound = outcome(action, Direction.IN, rule.tunnel_endpoint)
        outbound = outcome(action, Direction.OUT, rule.tunnel_endpoint)
        if inbound is None or outbound is None:
            continue  # `readings` lets no such statement through
        meaning = Meaning(tables.outcome(inbound), tables.outcome(outbound), _CONNECTIONS[connection_of(rule)])
        for item in filters:
            facts = Facts(
                _side(item.source),
                _side(item.destination),
                item.protocol,
                item.source_ports,
                item.destination_ports,
                item.mirrored,
                meaning,
            )
            if facts not in found:
                found[facts] = Place(number, item, rule, action)
            number += 1
    return found


def _side(of: Endpoint) -> Side:
    first, last = of.first, of.last
    if first is None or last is None:
        return _WORDS[of.kind]
    low, high = int(first), int(last)
    return Side(_KINDS[of.kind] << _KIND_SHIFT | (low ^ high).bit_length(), first.version, low, high)


class Expansion:
    """Makes rows of filters, under one setting of the switches."""

    def __init__(self, host: HostFacts, switches: Switches, tables: Tables) -> None:
        self._switches = switches
        self._tables = tables
        self._words = tuple(sorted(families(Filter(), switches)))
        self._servers: dict[tuple[Side, int], Intervals] = {
            (_WORDS[kind], family): tuple((int(a), int(a)) for a in sorted(known, key=int) if a.version == family)
            for kind, known in host.servers.items()
            for family in (4, 6)
        }
        self._keys: dict[int, int] = {}

    def rows(self, filters: Iterable[tuple[Facts, Place]], mark: Callable[[Place], int] | None = None) -> Rows:
        """The rows of some filters. `mark` puts another number in the place of the outcome."""
        rows: Rows = {line: [] for line in LINES}
        for facts, place in filters:
            family = facts.source.family or facts.destination.family
            for each in (family,) if family else self._words:
                self._add(rows, facts, place, each, mark)
        return rows

    def _add(self, rows: Rows, facts: Facts, place: Place, family: int, mark: Callable[[Place], int] | None) -> None:
        source, destination, protocol, source_ports, destination_ports, mirrored, meaning = facts
        asymmetric = mirrored and not (source == destination and source_ports == destination_ports)
        # As in `specificity`: which of the ports are given, those of the destination being the second.
        given = (protocol != 0) << 2 | (source_ports[1] != 0) << 1 | (destination_ports[1] != 0)
        exchanged_given = given & 4 | (given & 1) << 1 | (given & 2) >> 1
        for direction, exchanged in WAYS[source is _ME, destination is _ME, asymmetric]:
            inbound = direction is Direction.IN
            if inbound is not exchanged:
                remote, local = source, destination
                box = self._tables.boxes.of_filter(protocol, destination_ports, source_ports)
            else:
                remote, local = destination, source
                box = self._tables.boxes.of_filter(protocol, source_ports, destination_ports)
            if box < 0:
                continue
            number = meaning.inbound if inbound else meaning.outbound
            question = (number << 1 | (family == 6)) << 3 | (exchanged_given if exchanged else given)
            first, second = (destination, source) if exchanged else (source, destination)
            question = (question << _SIDE_BITS | first.rank) << _SIDE_BITS | second.rank
            key = self._keys.get(question)
            if key is None:
                key = self._keys[question] = self._key(place, direction, family, exchanged=exchanged)
            if mark is not None:
                number = mark(place)
            own = ME if local is _ME else EVERY if local is _ANY else self._local(local, family)
            if remote.family:
                rows[direction, family].append(
                    (remote.low, remote.high, key, box, number, own, meaning.connections, place.number)
                )
                continue
            for low, high in self._addresses(remote, family):
                rows[direction, family].append((low, high, key, box, number, own, meaning.connections, place.number))

    def _addresses(self, side: Side, family: int) -> Intervals:
        """The addresses of a side that is not `me`."""
        if side.family:
            return ((side.low, side.high),)
        return ((0, LAST_ADDRESS[family]),) if side is _ANY else self._servers[side, family]

    def _local(self, side: Side, family: int) -> int:
        return self._tables.local(family, self._addresses(side, family))

    def _key(self, place: Place, direction: Direction, family: int, *, exchanged: bool) -> int:
        found = zip(ways(place.filter), directed(place.filter, place.rule, place.action, self._switches), strict=True)
        reading = next(reading for way, reading in found if way == (direction, exchanged))
        packed = 0
        for component in specificity(reading, family, self._switches):
            packed = packed << _COMPONENT_BITS | (component + _COMPONENT_ZERO)
        return packed << _TUNNEL_BITS | self._tables.tunnels[reading.outcome.tunnel]
