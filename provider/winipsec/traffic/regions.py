"""Where two sides differ: the walks of one problem, and what they find (spec: traffic-engine 5).

One walk per direction, family, group of local addresses and connection. Each combination of stacks that occurs is
compared once, as functions; what differs becomes products of protocols and ports, each with its addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from winipsec.traffic.atoms import Atom, atoms
from winipsec.traffic.diagram import Combination, Diagrams, Service
from winipsec.traffic.exemptions import Exemption
from winipsec.traffic.expand import DIALUP, EVERY, LAN, Line, Row, Tables
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.intervals import LAST_ADDRESS, Interval, Intervals, joined
from winipsec.traffic.packet import Direction
from winipsec.traffic.stacks import OUTCOME_BITS, Stacks
from winipsec.traffic.sweep import INDEX_BITS, SIDE_BITS, Events, sweep
from winipsec.traffic.work import Work

_LABEL_BITS = OUTCOME_BITS


class Region(NamedTuple):
    """Packets of one line that change alike: everything of these columns in every combination.

    `label` packs what happened before and what will (`labelled`); `connections` and `local` are sets of bits, the
    latter of the line's atoms.
    """

    label: int
    connections: int
    local: int
    remote: Intervals
    services: tuple[Service, ...]


def label(before: int, after: int) -> int:
    """A change from one number to another; 0 where they are the same."""
    return 0 if before == after else before << _LABEL_BITS | after


def labelled(change: int) -> tuple[int, int]:
    """The two numbers of a label."""
    return change >> _LABEL_BITS, change & ((1 << _LABEL_BITS) - 1)


class Calculation:
    """The stacks and diagrams of one computation, and its account of work."""

    def __init__(self, tables: Tables, limit: int) -> None:
        self.tables = tables
        self.work = Work(limit)
        self.stacks = Stacks(tables.boxes)
        self.diagrams = Diagrams(self.stacks, self.work)
        self.differing = Combination(self.diagrams, self.work, label, differs=True)

    def change(self, found: Sequence[int]) -> int:
        """The diagram of labels for the two stacks of a stretch."""
        before, after = found
        return self.differing.of(self.diagrams.function(before), self.diagrams.function(after))


def calculator() -> Calculation:
    """Something to compute with sets of services, where nothing can grow."""
    return Calculation(Tables(), 1 << 60)


class Local(NamedTuple):
    """The local addresses of one line, cut, and the rows of each side by their local side."""

    atoms: list[Atom]
    sides: list[dict[int, list[Row]]]
    connections: tuple[int, ...]


def localised(
    line: Line, sides: Sequence[Iterable[Row]], host: HostFacts, calculation: Calculation, *, groups: bool
) -> Local:
    """Sort rows by their local side, and cut the local addresses where they do."""
    by_local: list[dict[int, list[Row]]] = []
    connections = {LAN | DIALUP}
    for rows in sides:
        sorted_rows: dict[int, list[Row]] = {}
        for row in rows:
            sorted_rows.setdefault(row[3], []).append(row)
            connections.add(row[4])
        by_local.append(sorted_rows)
    used = {local for rows_by_local in by_local for local in rows_by_local if local > EVERY}
    literals = {of: number for of, number in calculation.tables.locals.items() if number in used} if used else {}
    found = atoms(line, host, literals, calculation.work, groups=groups)
    return Local(found, by_local, (LAN | DIALUP,) if len(connections) == 1 else (LAN, DIALUP))


def events(family: int, sides: Sequence[dict[int, list[Row]]], atom: Atom, connection: int) -> Events:
    """The events of one walk."""
    last = LAST_ADDRESS[family]
    width = last.bit_length()
    found = Events([], [])
    for side, rows_by_local in enumerate(sides):
        for local in atom.held.intersection(rows_by_local):
            for low, high, entry, _, connections, _ in rows_by_local[local]:
                if connections & connection:
                    found.order.append(((low << width) + last - high) << INDEX_BITS | len(found.entries))
                    found.entries.append(entry << SIDE_BITS | side)
    return found


def has_groups(exempt: Iterable[Exemption]) -> bool:
    """Whether filters see inbound multicast and broadcast."""
    return all(row.group is not Direction.IN for row in exempt)


def regions(
    family: int, local: Local, calculation: Calculation, change: Callable[[Sequence[int]], int]
) -> list[Region]:
    """Every change on one line, as products; the regions are disjoint."""
    found = []
    for bit, atom in enumerate(local.atoms):
        for connection in local.connections:
            given = events(family, local.sides, atom, connection)
            if not given.order:
                continue
            calculation.work.spend(len(given.order))
            places: dict[int, list[Interval]] = {}
            held = sweep(given, family, len(local.sides), calculation.stacks, calculation.work)
            for stacks, stretches in held.items():
                changed = change(stacks)
                places.setdefault(changed, []).extend(stretches)
            found += _products(places, 1 << bit, connection, calculation)
    return found


def _products(places: dict[int, list[Interval]], local: int, connection: int, calculation: Calculation) -> list[Region]:
    by_product: dict[tuple[int, Service], list[Interval]] = {}
    for changed, stretches in places.items():
        for service, change in calculation.diagrams.products(changed):
            calculation.work.spend(1 + (len(stretches) >> 2))
            by_product.setdefault((change, service), []).extend(stretches)
    return [
        Region(change, connection, local, joined(stretches), (service,))
        for (change, service), stretches in by_product.items()
    ]
