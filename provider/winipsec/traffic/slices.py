"""The second way to a difference: one walk for each single port, and one for the rest (spec: traffic-engine 5).

Many filters for single ports that overlap on many addresses make deep stacks, a different one on each stretch. A walk
that looks at one protocol and port only meets few of them. Inside such a slice the protocol and that port are settled,
so boxes are cut down to the other port, and what covers that covers everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from winipsec.traffic.diagram import LAST, Combination, Layer, Service
from winipsec.traffic.expand import Row, box_of
from winipsec.traffic.intervals import Intervals, joined
from winipsec.traffic.regions import Calculation, Local, Region, regions
from winipsec.traffic.stacks import BOX, EVERYTHING, OUTCOME_BITS, Box, Boxes

_LOCAL, _REMOTE = 1, 2

Slice = tuple[int, int]
"""A protocol and a port."""

Sorted = list[dict[int, list[Row]]]
"""Rows of each side by their local side."""


def regions_by_slices(family: int, local: Local, calculation: Calculation) -> list[Region]:
    """What `regions.regions` finds, found slice by slice."""
    boxes = calculation.tables.boxes
    dimension = _dimension(local.sides, boxes.boxes)
    specific, rest = _parted(local.sides, dimension, boxes.boxes)
    wide = [(side, boxes.boxes[box_of(row)], _clipped(row, dimension, boxes)) for side, row in _rows(rest)]
    found = []
    for at in sorted(specific):
        sides: Sorted = [{}, {}]
        for side, row in _rows(specific[at]):
            sides[side].setdefault(row[3], []).append(_clipped(row, dimension, boxes))
        calculation.work.spend(len(wide))
        for side, box, row in wide:
            if _holds(box, at, dimension):
                sides[side].setdefault(row[3], []).append(row)
        inside = regions(family, local._replace(sides=sides), calculation, calculation.change)
        found += [_placed(region, at, dimension) for region in inside]
    mask = calculation.diagrams.build([Layer(service, 1) for service in _services(specific, dimension)])
    outside = Combination(
        calculation.diagrams, calculation.work, lambda masked, change: 0 if masked else change, differs=False
    )

    def change(stacks: Sequence[int]) -> int:
        return outside.of(mask, calculation.change(stacks))

    return found + regions(family, local._replace(sides=rest), calculation, change)


def _rows(sides: Sorted) -> Iterator[tuple[int, Row]]:
    for number, by_local in enumerate(sides):
        for rows in by_local.values():
            for row in rows:
                yield number, row


def _slice(box: Box, dimension: int) -> Slice | None:
    """The one protocol and port that a box is for, if any."""
    first, last = box[2 * dimension : 2 * dimension + 2]
    if first != last or box.first_protocol != box.last_protocol:
        return None
    return box.first_protocol, first


def _dimension(sides: Sorted, boxes: Sequence[Box]) -> int:
    """Local or remote ports: those that fewer rows leave open."""
    open_rows = {
        dimension: sum(_slice(boxes[box_of(row)], dimension) is None for _, row in _rows(sides))
        for dimension in (_LOCAL, _REMOTE)
    }
    return min(open_rows, key=lambda dimension: open_rows[dimension])


def _parted(sides: Sorted, dimension: int, boxes: Sequence[Box]) -> tuple[dict[Slice, Sorted], Sorted]:
    """The rows that are for one slice, and all others."""
    specific: dict[Slice, Sorted] = {}
    rest: Sorted = [{} for _ in sides]
    for side, row in _rows(sides):
        at = _slice(boxes[box_of(row)], dimension)
        where = rest if at is None else specific.setdefault(at, [{} for _ in sides])
        where[side].setdefault(row[3], []).append(row)
    return specific, rest


def _holds(box: Box, at: Slice, dimension: int) -> bool:
    """Whether a box speaks of a slice."""
    protocol, port = at
    return box.first_protocol <= protocol <= box.last_protocol and box[2 * dimension] <= port <= box[2 * dimension + 1]


def _clipped(row: Row, dimension: int, boxes: Boxes) -> Row:
    """A row as it is inside a slice, where protocol and port are settled."""
    ends = list(boxes.boxes[box_of(row)])
    for settled in (0, dimension):
        ends[2 * settled : 2 * settled + 2] = EVERYTHING[2 * settled : 2 * settled + 2]
    low, high, told, local, connections, count = row
    return low, high, told & ~BOX | boxes.number(Box(*ends)) << OUTCOME_BITS, local, connections, count


def _placed(region: Region, at: Slice, dimension: int) -> Region:
    """A region of a slice, with the protocol and the port of the slice."""
    protocol, port = at
    services = []
    for service in region.services:
        ports = list(service[1:])
        ports[dimension - 1] = ((port, port),)
        services.append(Service(((protocol, protocol),), *ports))
    return region._replace(services=tuple(services))


def _services(slices: dict[Slice, Sorted], dimension: int) -> list[Service]:
    """All slices, as one service per protocol."""
    ports: dict[int, list[tuple[int, int]]] = {}
    for protocol, port in slices:
        ports.setdefault(protocol, []).append((port, port))
    found = []
    for protocol, pieces in ports.items():
        parts: list[Intervals] = [((protocol, protocol),), ((0, LAST[1]),), ((0, LAST[2]),)]
        parts[dimension] = joined(pieces)
        found.append(Service(*parts))
    return found
