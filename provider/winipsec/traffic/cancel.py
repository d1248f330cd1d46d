"""Forgetting what cannot matter: filters on both sides that meet none that is on one side only.

A packet can only change if a filter matches it that is not on both sides; so a filter on both sides matters only where
it meets such a one. This makes a small change of a large policy cheap (spec: traffic-engine 5).
"""

from __future__ import annotations

from collections.abc import Sequence

from winipsec.traffic.expand import Row, Rows, box_of
from winipsec.traffic.intervals import Interval, Intervals, joined, meets
from winipsec.traffic.stacks import EVERYTHING, Box

_FEW = 8


def remaining(common: Rows, changed: Rows, boxes: Sequence[Box]) -> Rows:
    """The rows of `common` that may meet one of `changed`; what is left out meets none for certain."""
    return {line: _meeting(rows, changed[line], boxes) for line, rows in common.items()}


def _meeting(common: list[Row], changed: list[Row], boxes: Sequence[Box]) -> list[Row]:
    if not changed:
        return []
    if len(changed) <= _FEW:
        return _meeting_few(common, changed, boxes)
    if len(changed) > len(common):
        return common  # looking would cost more than it saves
    # By protocol, 0 for those that name none: the addresses of everything changed.
    everywhere: dict[int, list[Interval]] = {0: []}
    for row in changed:
        everywhere.setdefault(_protocol(boxes[box_of(row)]), []).append(row[:2])
    whole = joined(interval for pieces in everywhere.values() for interval in pieces)
    covers: dict[int, Intervals] = {
        protocol: joined(pieces + everywhere[0]) for protocol, pieces in everywhere.items() if protocol
    }
    unnamed = joined(everywhere[0])
    kept = []
    for row in common:
        protocol = _protocol(boxes[box_of(row)])
        if meets(covers.get(protocol, unnamed) if protocol else whole, row[0], row[1]):
            kept.append(row)
    return kept


def _meeting_few(common: list[Row], changed: list[Row], boxes: Sequence[Box]) -> list[Row]:
    one_sided = [(row[0], row[1], boxes[box_of(row)]) for row in changed]
    kept = []
    for row in common:
        low, high = row[0], row[1]
        for other_low, other_high, box in one_sided:
            if low <= other_high and other_low <= high and boxes[box_of(row)].meets(box):
                kept.append(row)
                break
    return kept


def _protocol(box: Box) -> int:
    """The one protocol of a filter's box, 0 for all."""
    return 0 if box[:2] == EVERYTHING[:2] else box.first_protocol
