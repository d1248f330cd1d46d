"""From filters to rows of plain numbers, which the engine works on (spec: traffic-engine 2.1, 3).

What a filter says is settled elsewhere: `readings` says which filters can be read and in which ways, `specificity` how
they rank. Here the same is told in numbers, for many filters at once. Two filters with the same `Facts` do the same
wherever they stand, so a difference can forget those that both sides have before anything is computed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
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
from winipsec.traffic.stacks import OUTCOME_BITS, SHAPE, SHAPE_BITS, Boxes

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

_KIND_SHIFT = 8
_RANK_BITS = 12

Line: TypeAlias = tuple[Direction, int]
"""A direction and a family: packets of two lines have nothing to do with each other."""

LINES: tuple[Line, ...] = tuple((direction, family) for direction in Direction for family in (4, 6))

Row: TypeAlias = tuple[int, int, int, int, int, int]
"""One reading: first and last remote address, entry (see `entry`), local side, connections, and the filter by its count."""

Rows: TypeAlias = dict[Line, list[Row]]

Side: TypeAlias = tuple[int, int, int, int]
"""One side of a filter: its kind and how many bits its mask leaves open, packed; family and ends, 0 for a word."""

Facts: TypeAlias = tuple[Side, Side, int, Ports, Ports, bool, "Meaning"]
"""Everything of a filter that decides what it does: sides, protocol, ports, whether it is mirrored, its meaning."""


class Meaning(NamedTuple):
    """What a rule makes of its filters; outcomes by number."""

    inbound: int
    outbound: int
    connections: int


class Place(NamedTuple):
    """Where a filter stands."""

    filter: Filter
    rule: Rule
    action: FilterAction


class Filters:
    """The filters of one state, counted.

    `first` tells, for each of the facts by number, the first filter that says just that; `again`, for such a filter,
    those that say the same.
    """

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._starts = list(accumulate((len(statement.filters) for statement in statements), initial=0))
        self.first: dict[int, int] = {}
        self.again: dict[int, list[int]] = {}

    def place(self, count: int) -> Place:
        """The filter with this count."""
        index = bisect_right(self._starts, count) - 1
        rule, action, filters = self._statements[index]
        return Place(filters[count - self._starts[index]], rule, action)

    def number_in_list(self, count: int) -> int:
        """Which of the filters of its statement it is, from 0."""
        return count - self._starts[bisect_right(self._starts, count) - 1]


def entry(key: int, box: int, outcome: int) -> int:
    """A key with a shape below it, so that entries sort as filters win."""
    return key << SHAPE_BITS | box << OUTCOME_BITS | outcome


def box_of(row: Row) -> int:
    """The box of a row, by number."""
    return (row[2] & SHAPE) >> OUTCOME_BITS


_WORDS: dict[Kind, Side] = {kind: (number << _KIND_SHIFT, 0, 0, 0) for number, kind in enumerate(Kind)}
_ANY, _ME = _WORDS[Kind.ANY], _WORDS[Kind.ME]
_SUBNET, _RANGE = _WORDS[Kind.SUBNET][0], _WORDS[Kind.RANGE][0]


def _new_outcomes() -> dict[Outcome, int]:
    return {CLEAR: 0}


@dataclass
class Tables:
    """The numbers that all sides of one computation share."""

    boxes: Boxes = field(default_factory=Boxes)
    outcomes: dict[Outcome, int] = field(default_factory=_new_outcomes)
    facts: dict[Facts, int] = field(default_factory=dict)
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


def collect(statements: Sequence[Statement], tables: Tables) -> Filters:
    """What each filter says; of filters that say the same, the one whose rule's name comes first, as in a verdict."""
    statements = sorted(statements, key=lambda statement: statement.rule.name)
    found = Filters(statements)
    first, numbers = found.first, tables.facts
    count = -1
    for rule, action, filters in statements:
        inbound, outbound = (
            tables.outcome(outcome(action, direction, rule.tunnel_endpoint) or CLEAR) for direction in Direction
        )  # never None: `statements` has no action that is not known
        meaning = Meaning(inbound, outbound, _CONNECTIONS[connection_of(rule)])
        for item in filters:
            count += 1
            facts = (
                _side(item.source),
                _side(item.destination),
                item.protocol,
                item.source_ports,
                item.destination_ports,
                item.mirrored,
                meaning,
            )
            number = numbers.setdefault(facts, len(numbers))
            if number not in first:
                first[number] = count
            else:
                found.again.setdefault(first[number], []).append(count)
    return found


def _side(of: Endpoint) -> Side:
    kind = of.kind
    if kind is Kind.ME:
        return _ME
    first, last = of.first, of.last
    if first is None or last is None:
        return _WORDS[kind]
    low, high = int(first), int(last)
    return (_SUBNET if kind is Kind.SUBNET else _RANGE) | (low ^ high).bit_length(), first.version, low, high


class Expansion:
    """Makes rows of filters, under one setting of the switches."""

    def __init__(self, host: HostFacts, switches: Switches, tables: Tables) -> None:
        self._switches = switches
        self._tables = tables
        self._facts = list(tables.facts)
        self._words = tuple(sorted(families(Filter(), switches)))
        self._servers: dict[tuple[Side, int], Intervals] = {
            (_WORDS[kind], family): tuple((int(a), int(a)) for a in sorted(known, key=int) if a.version == family)
            for kind, known in host.servers.items()
            for family in (4, 6)
        }
        self._keys: dict[int, int] = {}

    def rows(self, filters: Filters, chosen: Iterable[int], mark: Callable[[int], int] | None = None) -> Rows:
        """The rows of the filters with the chosen facts. `mark` puts a number for the filter in place of its outcome."""
        rows: Rows = {line: [] for line in LINES}
        sinks = {family: (rows[Direction.IN, family], rows[Direction.OUT, family]) for family in (4, 6)}
        for number in chosen:
            facts = self._facts[number]
            count = filters.first[number]
            family = facts[0][1] or facts[1][1]
            for each in (family,) if family else self._words:
                self._add(sinks[each], facts, each, filters, count, None if mark is None else mark(count))
        return rows

    def _add(
        self,
        rows: tuple[list[Row], list[Row]],
        facts: Facts,
        family: int,
        filters: Filters,
        count: int,
        mark: int | None,
    ) -> None:
        source, destination, protocol, source_ports, destination_ports, mirrored, meaning = facts
        asymmetric = mirrored and not (source == destination and source_ports == destination_ports)
        from_source, from_destination = self._tables.boxes.of_filter(protocol, source_ports, destination_ports)
        if from_source < 0:
            return
        # What is given, as `specificity` asks: the protocol, source ports, destination ports.
        given = (protocol != 0) << 2 | (source_ports[1] != 0) << 1 | (destination_ports[1] != 0)
        asked = ((family << 3 | given) << _RANK_BITS | source[0]) << _RANK_BITS | destination[0]
        for direction, exchanged in WAYS[source is _ME, destination is _ME, asymmetric]:
            outbound = direction is Direction.OUT
            if outbound is exchanged:
                remote, local, box = source, destination, from_source
            else:
                remote, local, box = destination, source, from_destination
            number = meaning[outbound]
            question = (asked << 1 | exchanged) << OUTCOME_BITS | number
            key = self._keys.get(question)
            if key is None:
                key = self._keys[question] = self._key(filters.place(count), direction, family, exchanged=exchanged)
            told = key | box << OUTCOME_BITS | (number if mark is None else mark)
            own = ME if local is _ME else EVERY if local is _ANY else self._local(local, family)
            if remote[1]:
                rows[outbound].append((remote[2], remote[3], told, own, meaning[2], count))
            else:
                for low, high in self._addresses(remote, family):
                    rows[outbound].append((low, high, told, own, meaning[2], count))

    def _addresses(self, side: Side, family: int) -> Intervals:
        """The addresses of a side that is not `me`."""
        if side[1]:
            return ((side[2], side[3]),)
        return ((0, LAST_ADDRESS[family]),) if side is _ANY else self._servers[side, family]

    def _local(self, side: Side, family: int) -> int:
        return self._tables.local(family, self._addresses(side, family))

    def _key(self, place: Place, direction: Direction, family: int, *, exchanged: bool) -> int:
        """The key of one reading, where it stands in an entry."""
        found = zip(ways(place.filter), directed(place.filter, place.rule, place.action, self._switches), strict=True)
        reading = next(reading for way, reading in found if way == (direction, exchanged))
        packed = 0
        for component in specificity(reading, family, self._switches):
            packed = packed << _COMPONENT_BITS | (component + _COMPONENT_ZERO)
        return entry(packed << _TUNNEL_BITS | self._tables.tunnels[reading.outcome.tunnel], 0, 0)
