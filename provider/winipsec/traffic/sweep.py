"""The walk along the remote addresses: which stacks of shapes hold where.

Filters match blocks of addresses, and blocks that are disjoint or nested make a forest: sorted by their start and, for
equal starts, the longer first, each block comes after those it lies in and before those inside it. Entering a block
inserts its shapes into one sorted stack per side; leaving it undoes just that. Where blocks cross each other (ranges
can), every block is cut into prefixes, which never do.

Between two events nothing changes, so the ids of the stacks there say everything about that stretch.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from winipsec.traffic.intervals import LAST_ADDRESS, Interval, cidrs
from winipsec.traffic.stacks import EMPTY, OUTCOME_BITS, SHAPE_BITS, Stacks
from winipsec.traffic.work import Work

_SHAPE = (1 << SHAPE_BITS) - 1

Event: TypeAlias = tuple[int, int]
"""A side, and an entry: the key of a filter with its shape below, so that entries sort as filters win."""

Blocks: TypeAlias = dict[int, list[Event]]
"""The events of each block of addresses; see `block`."""

Undo: TypeAlias = tuple[int, int, list[int], int]


def entry(key: int, of: int) -> int:
    """A shape with the key that says where in a stack it belongs."""
    return key << SHAPE_BITS | of


def block(low: int, high: int, family: int) -> int:
    """A block of addresses as one number; sorted, outer blocks come before those inside."""
    last = LAST_ADDRESS[family]
    return low * (last + 1) + last - high


def bounds(of: int, family: int) -> Interval:
    """The first and the last address of a block."""
    last = LAST_ADDRESS[family]
    low, rest = divmod(of, last + 1)
    return low, last - rest


def laminar(blocks: Iterable[int], family: int) -> bool:
    """Whether of any two blocks one lies in the other, or they are disjoint."""
    enclosing: list[int] = []
    for number in sorted(blocks):
        low, high = bounds(number, family)
        while enclosing and enclosing[-1] < low:
            enclosing.pop()
        if enclosing and enclosing[-1] < high:
            return False
        enclosing.append(high)
    return True


def uncrossed(blocks: Blocks, family: int, work: Work) -> Blocks:
    """The same events on prefixes only."""
    result: Blocks = {}
    for number, events in blocks.items():
        for low, high in cidrs(*bounds(number, family)):
            work.spend(len(events))
            result.setdefault(block(low, high, family), []).extend(events)
    return result


def sweep(blocks: Blocks, family: int, sides: int, stacks: Stacks, work: Work) -> dict[tuple[int, ...], list[Interval]]:
    """For every combination of stacks, one per side, the addresses where it holds.

    Where the first half of the sides has the same stacks as the second, nothing is noted: that is no difference.
    """
    if not laminar(blocks, family):
        blocks = uncrossed(blocks, family, work)
    return _Walk(blocks, family, sides, stacks, work).found


class _Walk:
    def __init__(self, blocks: Blocks, family: int, sides: int, stacks: Stacks, work: Work) -> None:
        self._stacks = stacks
        self._work = work
        self._half = sides // 2
        self._entries: list[list[int]] = [[] for _ in range(sides)]  # weakest first
        self._built: list[list[int]] = [[EMPTY] for _ in range(sides)]  # [i]: the stack of the i weakest
        self._floors = [-1] * sides  # the strongest entry that covers everything: what is below never wins
        self._current = [EMPTY] * sides
        self._position = 0
        self.found: dict[tuple[int, ...], list[Interval]] = {}
        self._walk(blocks, family)

    def _walk(self, blocks: Blocks, family: int) -> None:
        last = LAST_ADDRESS[family]
        inside: list[tuple[int, list[Undo]]] = [(last, [])]
        spend = self._work.spend
        for number in sorted(blocks):
            low, rest = divmod(number, last + 1)
            while inside[-1][0] < low:
                self._leave(*inside.pop())
            if self._position < low:
                self._note(low - 1)
            events = blocks[number]
            spend(1 + len(events))
            inside.append((last - rest, [undo for event in events if (undo := self._insert(*event)) is not None]))
        while inside:
            self._leave(*inside.pop())

    def _note(self, high: int) -> None:
        """Everything from the position up to `high` is alike."""
        current = self._current
        half = self._half
        if current[0] != current[1] if half == 1 else current[:half] != current[half:]:
            stretch = self._position, high
            self.found.setdefault(tuple(current), []).append(stretch)
        self._position = high + 1

    def _insert(self, side: int, added: int) -> Undo | None:
        floor = self._floors[side]
        if added < floor:
            return None
        entries, built = self._entries[side], self._built[side]
        pushed = self._stacks.pushed
        place = bisect_left(entries, added)
        above = built[place + 1 :]
        stack = built[place]
        del built[place + 1 :]
        entries.insert(place, added)
        for one in entries[place:] if above else (added,):
            of = one & _SHAPE
            known = pushed.get(stack << SHAPE_BITS | of)
            stack = self._stacks.push(stack, of) if known is None else known
            built.append(stack)
        if above:
            self._work.spend(len(above))
        if not (added & _SHAPE) >> OUTCOME_BITS:
            self._floors[side] = added
        self._current[side] = stack
        return side, place, above, floor

    def _leave(self, high: int, undone: Sequence[Undo]) -> None:
        if self._position <= high:
            self._note(high)
        for side, place, above, floor in reversed(undone):
            built = self._built[side]
            del self._entries[side][place]
            built[place + 1 :] = above
            self._floors[side] = floor
            self._current[side] = built[-1]
