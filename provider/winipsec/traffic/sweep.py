"""The walk along the remote addresses: which stacks of shapes hold where.

Filters match blocks of addresses, and blocks that are disjoint or nested make a forest: sorted by their start and, for
equal starts, the longer first, each block comes after those it lies in and before those inside it. Entering a block
inserts its shapes into one sorted stack per side; leaving it undoes just that. Where blocks cross each other (ranges
can), every block is cut into prefixes, which never do.

Between two events nothing changes, so the ids of the stacks there say everything about that stretch.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple, TypeAlias

from winipsec.traffic.intervals import LAST_ADDRESS, Interval, cidrs
from winipsec.traffic.stacks import BOX, EMPTY, SHAPE, SHAPE_BITS, Stacks
from winipsec.traffic.work import Work

_NOTHING: list[int] = []

INDEX_BITS = 24
SIDE_BITS = 2
_INDEX = (1 << INDEX_BITS) - 1
_SIDE = (1 << SIDE_BITS) - 1


class Events(NamedTuple):
    """What the walk meets, all in plain numbers, of which there are many.

    `order` holds a block and an index into `entries`, packed; a block is its first address above what is left after its
    last, so that sorted, outer blocks come before those inside. `entries` hold an entry (`expand.entry`: a shape below
    the key that says where in a stack it belongs) above the number of its side.
    """

    order: list[int]
    entries: list[int]


Undo: TypeAlias = tuple[int, int, list[int], int]
"""What one insertion changed: the side, the place in its stack, the stacks above it, and the floor."""


class _Crossing(Exception):  # noqa: N818 - no error: the walk begins again with prefixes
    """Two blocks that overlap, neither inside the other."""


def sweep(events: Events, family: int, sides: int, stacks: Stacks, work: Work) -> dict[tuple[int, ...], list[Interval]]:
    """For every combination of stacks, one per side, the addresses where it holds.

    Where the first half of the sides has the same stacks as the second, nothing is noted: that is no difference.
    """
    try:
        return _Walk(family, sides, stacks, work).over(events)
    except _Crossing:
        return _Walk(family, sides, stacks, work).over(_uncrossed(events, family, work))


def _uncrossed(events: Events, family: int, work: Work) -> Events:
    """The same events on prefixes only."""
    last = LAST_ADDRESS[family]
    order = []
    for item in events.order:
        low, rest = divmod(item >> INDEX_BITS, last + 1)
        for start, end in cidrs(low, last - rest):
            order.append((start * (last + 1) + last - end) << INDEX_BITS | item & _INDEX)
            work.spend(1)
    return Events(order, events.entries)


class _Walk:
    """One walk; it keeps what holds at the position it has come to."""

    def __init__(self, family: int, sides: int, stacks: Stacks, work: Work) -> None:
        self._last = LAST_ADDRESS[family]
        self._stacks = stacks
        self._work = work
        self._half = sides // 2
        self._entries: list[list[int]] = [[] for _ in range(sides)]  # weakest first
        self._built: list[list[int]] = [[EMPTY] for _ in range(sides)]  # [i]: the stack of the i weakest
        self._floors = [-1] * sides  # the strongest entry that covers everything: what is below never wins
        self._current = [EMPTY] * sides
        self._position = 0
        self._found: dict[tuple[int, ...], list[Interval]] = {}

    def over(self, events: Events) -> dict[tuple[int, ...], list[Interval]]:
        """Walk over all blocks."""
        last, insert, leave = self._last, self._insert, self._leave
        width = last.bit_length()
        entries = events.entries
        inside: list[tuple[int, list[Undo]]] = []
        end = last  # of the innermost block
        entered = -1
        undone: list[Undo] = []
        for item in sorted(events.order):
            block = item >> INDEX_BITS
            if block != entered:
                entered = block
                low, high = block >> width, last - (block & last)
                while end < low:
                    leave(*inside.pop())
                    end = inside[-1][0] if inside else last
                if end < high:
                    raise _Crossing
                if self._position < low:
                    self._note(low - 1)
                undone = []
                inside.append((high, undone))
                end = high
            insert(entries[item & _INDEX], undone)
        while inside:
            leave(*inside.pop())
        if self._position <= last:
            self._note(last)
        return self._found

    def _note(self, high: int) -> None:
        """Everything from the position up to `high` is alike."""
        current, half = self._current, self._half
        if current[0] != current[1] if half == 1 else current[:half] != current[half:]:
            held = tuple(current)
            if held in self._found:
                self._found[held].append((self._position, high))
            else:
                self._found[held] = [(self._position, high)]
        self._position = high + 1

    def _insert(self, given: int, undone: list[Undo]) -> None:
        side, added = given & _SIDE, given >> SIDE_BITS
        floor = self._floors[side]
        if added < floor:
            return
        entries, built = self._entries[side], self._built[side]
        if not entries or entries[-1] <= added:
            place = len(entries)
            above = _NOTHING
            entries.append(added)
            pushed = [added]
        else:
            place = bisect_left(entries, added)
            above = built[place + 1 :]
            del built[place + 1 :]
            entries.insert(place, added)
            pushed = entries[place:]
            self._work.spend(len(pushed))
        undone.append((side, place, above, floor))
        stack = built[place]
        for one in pushed:
            shape = one & SHAPE
            known = self._stacks.pushed.get(stack << SHAPE_BITS | shape)
            stack = self._stacks.push(stack, shape) if known is None else known
            built.append(stack)
        if not added & BOX:
            self._floors[side] = added
        self._current[side] = stack

    def _leave(self, high: int, undone: list[Undo]) -> None:
        if self._position <= high:
            self._note(high)
        self._work.spend(1 + len(undone))
        while undone:
            side, place, above, floor = undone.pop()
            built = self._built[side]
            del self._entries[side][place]
            built[place + 1 :] = above
            self._floors[side] = floor
            self._current[side] = built[-1]
