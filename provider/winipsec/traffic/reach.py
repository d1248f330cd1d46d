"""Which filters decide: of a class of traffic, or at all (spec: traffic-engine 7, 9).

The same walk as for a difference, but every filter has an outcome of its own: then what a stack does names who does it.
Of filters with equal keys, the one whose name and text come first is named, as in `specificity.label`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from winipsec.model.filters import Filter
from winipsec.model.policies import Rule
from winipsec.traffic.assembly import Outside
from winipsec.traffic.atoms import group_addresses
from winipsec.traffic.classes import Difference, LocalWord, TrafficClass
from winipsec.traffic.diagram import Combination, Layer, service
from winipsec.traffic.difference import allowance, difference
from winipsec.traffic.exemptions import Exemption, in_force
from winipsec.traffic.expand import (
    DIALUP,
    EVERY,
    LAN,
    LINES,
    ME,
    Expansion,
    Line,
    Row,
    Rows,
    Tables,
    box_of,
    collect,
    entry,
)
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.intervals import LAST_ADDRESS, AddressSet, meets, without
from winipsec.traffic.outcome import CLEAR
from winipsec.traffic.packet import Direction
from winipsec.traffic.problem import exempt_rows
from winipsec.traffic.readings import statements
from winipsec.traffic.regions import Calculation, events, has_groups, localised
from winipsec.traffic.specificity import DEFAULT, Flip, Switches, every_flip
from winipsec.traffic.stacks import EMPTY, EVERYTHING, OUTCOME_BITS, SHAPE, SHAPE_BITS
from winipsec.traffic.sweep import sweep

_CONNECTIONS = {"lan": LAN, "dialup": DIALUP}
_TIE_BITS = 24
_MARK = (1 << OUTCOME_BITS) - 1  # the leaf of a class; no filter's
_EVERYTHING = TrafficClass(
    tuple(Direction),
    ("dialup", "lan"),
    LocalWord.EVERYTHING,
    AddressSet(((0, LAST_ADDRESS[4]),), ((0, LAST_ADDRESS[6]),)),
    (service(EVERYTHING),),
    CLEAR,
    CLEAR,
)


class Decider(NamedTuple):
    """A filter that decides, and which of its list it is, from 0."""

    rule: Rule
    filter: Filter
    number: int


class Deciders(NamedTuple):
    """Who decides the packets of a class: filters, exemptions by name, and whether for some packets nobody does."""

    filters: tuple[Decider, ...] = ()
    exemptions: tuple[str, ...] = ()
    nobody: bool = False


class Guess(NamedTuple):
    """A guess about Windows on which verdicts hang: what would be otherwise."""

    flip: Flip
    difference: Difference


def guesses(state: State, host: HostFacts, switches: Switches = DEFAULT) -> tuple[Guess, ...]:
    """The guesses that turn some verdict of `state`.

    Raises:
        TooComplex: what hangs on some guess cannot be computed within its limit.
    """
    found = (
        Guess(flip, difference(state, state, host, switches, afterwards=flip.switches)) for flip in every_flip(switches)
    )
    return tuple(guess for guess in found if guess.difference.classes)


def deciding(state: State, host: HostFacts, switches: Switches = DEFAULT) -> tuple[Decider, ...]:
    """Every filter that decides some packet; what is missing here is unreachable.

    Raises:
        TooComplex: there are too many ways in which filters overlap.
    """
    return Reach(state, host, switches, in_force(state, host, switches)).of(_EVERYTHING).filters


def deciders(state: State, one: TrafficClass, within: Difference, switches: Switches = DEFAULT) -> Deciders:
    """Who decides, under `state`, the packets of a class of the difference `within`.

    Raises:
        TooComplex: there are too many ways in which filters overlap.
    """
    return Reach(state, within.host, switches, within.exempt).of(one)


class Reach:
    """The filters of one state, ready to be asked who decides; `exempt` packets are left out of every answer."""

    def __init__(self, state: State, host: HostFacts, switches: Switches, exempt: Sequence[Exemption]) -> None:
        self._host = host
        self._exempt = exempt
        self._tables = Tables()
        said, _ = statements(state, host, switches)
        self._tables.rank_tunnels(said)
        self._filters = collect(said, self._tables)
        # Leaves: 0 is nobody, then the exemptions that count as filters, then the filters.
        self._own = [row for row in in_force(state, host, switches) if row not in exempt]
        self._rows: Rows = Expansion(host, switches, self._tables).rows(
            self._filters, self._filters.first, lambda count: 1 + len(self._own) + count
        )
        for number, row in enumerate(self._own, 1):
            for line, added in exempt_rows([row], host, self._tables, number).items():
                self._rows[line] += added

    def of(self, one: TrafficClass) -> Deciders:
        """Who decides the packets of a class.

        Raises:
            TooComplex: there are too many ways in which filters overlap.
        """
        calculation = Calculation(self._tables, allowance(len(self._filters.first)))
        found: set[int] = set()
        for line in LINES:
            if line[0] in one.directions and one.remote.of(line[1]):
                found |= self._on_line(line, one, calculation)
        return self._named(found)

    def _on_line(self, line: Line, one: TrafficClass, calculation: Calculation) -> set[int]:
        """The leaves that the packets of a class come to."""
        outside = Outside(line, self._host, self._exempt)
        remote = without(one.remote.of(line[1]), outside.remote)
        connections = sum(_CONNECTIONS[name] for name in one.connections)
        local = self._local_side(one, line[1])
        marks = [(low, high, entry(0, 0, _MARK), local, connections, -1) for low, high in remote]
        boxes = self._tables.boxes.boxes
        rows = [
            row
            for row in self._rows[line]
            if row[4] & connections
            and meets(remote, row[0], row[1])
            and any(service.meets(boxes[box_of(row)]) for service in one.services)
        ]
        diagrams = calculation.diagrams
        layers = [*(Layer(each, 0) for each in outside.services), *(Layer(each, 1) for each in one.services)]
        mask = diagrams.build(layers)
        leaf_of = Combination(diagrams, calculation.work, lambda inside, leaf: inside and 1 + leaf, differs=False)
        sides = [self._by_name(rows), marks]
        cut = localised(line, sides, self._host, calculation, groups=has_groups(self._exempt))
        found: set[int] = set()
        for atom in cut.atoms:
            for connection in cut.connections:
                given = events(line[1], cut.sides, atom, connection)
                for who, marked in sweep(given, line[1], 2, calculation.stacks, calculation.work):
                    if marked != EMPTY:
                        found |= diagrams.leaves(leaf_of.of(mask, diagrams.function(who)))
        return {leaf - 1 for leaf in found if leaf}

    def _local_side(self, one: TrafficClass, family: int) -> int:
        if not isinstance(one.local, LocalWord):
            return self._tables.local(family, one.local.of(family))
        if one.local is LocalWord.GROUPS:
            return self._tables.local(family, group_addresses(self._host, family))
        return ME if one.local is LocalWord.ME else EVERY

    def _by_name(self, rows: Iterable[Row]) -> list[Row]:
        """The rows with the name of the filter in the key, below everything that ranks it."""
        given = list(rows)
        names = {count: self._name(count) for count in {row[5] for row in given}}
        ranks = {count: rank for rank, count in enumerate(sorted(names, key=names.__getitem__, reverse=True))}
        return [
            (*row[:2], entry(row[2] >> SHAPE_BITS << _TIE_BITS | ranks[row[5]], 0, row[2] & SHAPE), *row[3:])
            for row in given
        ]

    def _name(self, count: int) -> tuple[str, str, int]:
        if count < 0:
            return "", "", count
        place = self._filters.place(count)
        return place.rule.name, str(place.filter), count

    def _named(self, leaves: Iterable[int]) -> Deciders:
        exemptions, filters = [], []
        for leaf in sorted(leaves):
            if 0 < leaf <= len(self._own):
                exemptions.append(self._own[leaf - 1].name)
            elif leaf:
                count = leaf - 1 - len(self._own)
                place = self._filters.place(count)
                filters.append(Decider(place.rule, place.filter, self._filters.number_in_list(count)))
        return Deciders(tuple(filters), tuple(exemptions), 0 in leaves)
