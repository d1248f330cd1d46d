"""Filters of one service by remote address, to find the strongest that holds an address.

Blocks of addresses that are disjoint or nested make a forest (as in `sweep`). An address finds its innermost block by
bisection and looks at the blocks around it one after another, each with its strongest filter first; once nothing
further out can be stronger, it stops. A few filters are just a list.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from winipsec.traffic.intervals import Interval, cidrs

Candidate: TypeAlias = tuple[int, int, int, int, int, int, int]
"""A filter: key, first and last remote address, local side, connections, its count, outcome."""

Asked: TypeAlias = tuple[int, frozenset[int], int]
"""Of a packet: the remote address, the local sides that hold its local address, the connection."""


class _Block(NamedTuple):
    """The filters of one block, strongest first; the block around it, and the largest key from here outwards."""

    candidates: list[Candidate]
    parent: int
    ceiling: int


class Forest:
    """Many filters."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._starts = [0]
        self._owners = [-1]
        self._blocks: list[_Block] = []
        by_block = _by_block(list(candidates))
        inside: list[Interval] = []  # last address and number of the blocks around
        for low, negative in sorted((low, -high) for low, high in by_block):
            while inside and inside[-1][0] < low:
                self._leave(*inside.pop())
            parent = inside[-1][1] if inside else -1
            inside.append((-negative, len(self._blocks)))
            self._begin(low, len(self._blocks))
            mine = ordered(by_block[low, -negative])
            self._blocks.append(
                _Block(mine, parent, max(mine[0][0], self._blocks[parent].ceiling if inside[1:] else -1))
            )
        while inside:
            self._leave(*inside.pop())

    def _leave(self, end: int, number: int) -> None:
        self._begin(end + 1, self._blocks[number].parent)

    def _begin(self, start: int, owner: int) -> None:
        """From `start` on, `owner` is the innermost block."""
        if self._starts[-1] == start:
            self._owners[-1] = owner
        else:
            self._starts.append(start)
            self._owners.append(owner)

    def strongest(self, asked: Asked, found: list[Candidate]) -> None:
        """As the function `strongest`."""
        number = self._owners[bisect_right(self._starts, asked[0]) - 1]
        while number >= 0:
            candidates, number, ceiling = self._blocks[number]
            if found and ceiling < found[0][0]:
                return
            strongest(candidates, asked, found)

    def around(self, remote: int) -> list[Candidate]:
        """All filters that hold a remote address."""
        found = []
        number = self._owners[bisect_right(self._starts, remote) - 1]
        while number >= 0:
            found += self._blocks[number].candidates
            number = self._blocks[number].parent
        return found


def strongest(candidates: Iterable[Candidate], asked: Asked, found: list[Candidate]) -> None:
    """Put into `found` what matches and is not weaker than what is there, and take out what is.

    `candidates` come strongest first; those in `found` are equally strong.
    """
    remote, held, connection = asked
    best = found[0][0] if found else -1
    for candidate in candidates:
        key, low, high, local, connections, _, _ = candidate
        if key < best:
            return
        if low <= remote <= high and local in held and connections & connection:
            if key > best:
                found.clear()
                best = key
            found.append(candidate)


def matches(candidate: Candidate, asked: Asked) -> bool:
    """Whether a filter holds remote address, local side and connection."""
    remote, held, connection = asked
    _, low, high, local, connections, _, _ = candidate
    return low <= remote <= high and local in held and connections & connection != 0


def _key(candidate: Candidate) -> int:
    return candidate[0]


def ordered(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The strongest first."""
    return sorted(candidates, key=_key, reverse=True)


def _by_block(candidates: list[Candidate]) -> dict[Interval, list[Candidate]]:
    """The candidates of each block; where ranges cross each other, all are cut into prefixes."""
    blocks: dict[Interval, list[Candidate]] = {}
    crossing = not _laminar({candidate[1:3] for candidate in candidates})
    for candidate in candidates:
        for block in cidrs(*candidate[1:3]) if crossing else (candidate[1:3],):
            blocks.setdefault(block, []).append(candidate)
    return blocks


def _laminar(blocks: Iterable[Interval]) -> bool:
    """Whether of any two blocks one lies in the other, or they are disjoint."""
    ends: list[int] = []
    for low, negative in sorted((low, -high) for low, high in blocks):
        while ends and ends[-1] < low:
            ends.pop()
        if ends and ends[-1] < -negative:
            return False
        ends.append(-negative)
    return True
