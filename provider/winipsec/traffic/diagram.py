"""Functions from (protocol, local port, remote port) to a number, as interval diagrams.

A diagram branches first on the protocol, then on the local port, then on the remote port. A node cuts its line into
intervals, each with a child; neighbours with the same child are one interval. Every node is made once, so two diagrams
are the same function exactly when they are the same number: this is what makes an answer exact (traffic-engine 5).

Diagrams come from stacks of shapes in two ways. A shape painted over the diagram of the rest of its stack is cheap
where the rest is known. A deep stack is built at once, by sweeping each line with the shapes in force, so that no
diagram of its inner parts is kept.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from winipsec.traffic.intervals import Interval, Intervals, meets
from winipsec.traffic.stacks import EMPTY, EVERYTHING, LAST_PORT, LAST_PROTOCOL, Box, Stacks
from winipsec.traffic.work import Work

LAST = (LAST_PROTOCOL, LAST_PORT, LAST_PORT)
"""The ends of the three lines."""

LEAVES = len(LAST)
_SHALLOW = 16
_FULL: tuple[Intervals, ...] = tuple(((0, last),) for last in LAST)

Node: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""The last number of each interval, and the child there: a node, on the last level the function's value."""


class Service(NamedTuple):
    """Protocols, local ports and remote ports: every combination of them."""

    protocols: Intervals
    local_ports: Intervals
    remote_ports: Intervals

    def meets(self, box: Box) -> bool:
        """Whether a box has a packet of this service."""
        return (
            meets(self.protocols, box.first_protocol, box.last_protocol)
            and meets(self.local_ports, box.first_local, box.last_local)
            and meets(self.remote_ports, box.first_remote, box.last_remote)
        )


class Layer(NamedTuple):
    """A service and the number it maps to."""

    service: Service
    leaf: int


class Diagrams:
    """All diagrams of one computation."""

    def __init__(self, stacks: Stacks, work: Work) -> None:
        self._stacks = stacks
        self._work = work
        self.nodes: list[Node] = []
        self._numbers: tuple[dict[Node, int], ...] = ({}, {}, {})
        self._constants: dict[tuple[int, int], int] = {}
        self._functions: dict[int, int] = {EMPTY: self.constant(0)}
        self._products: tuple[dict[int, tuple[tuple[int, tuple[Intervals, ...]], ...]], ...] = ({}, {}, {})

    def node(self, level: int, ends: Sequence[int], kids: Sequence[int]) -> int:
        """The node with these intervals, neighbours already different."""
        node = tuple(ends), tuple(kids)
        numbers = self._numbers[level]
        known = numbers.get(node)
        if known is None:
            self._work.spend(1 + (len(ends) >> 3))
            known = numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return known

    def constant(self, leaf: int, level: int = 0) -> int:
        """The function that is `leaf` everywhere."""
        if level == LEAVES:
            return leaf
        known = self._constants.get((level, leaf))
        if known is None:
            known = self._constants[level, leaf] = self.node(level, (LAST[level],), (self.constant(leaf, level + 1),))
        return known

    # ---- from stacks ----

    def function(self, stack: int) -> int:
        """What a stack does."""
        functions, stacks = self._functions, self._stacks
        chain = []
        while stack not in functions:
            chain.append(stack)
            stack = stacks.rest(stack)
        if len(chain) > _SHALLOW:
            stack = chain[_SHALLOW]
            del chain[_SHALLOW:]
            functions[stack] = self._built(stack)
        node = functions[stack]
        while chain:
            stack = chain.pop()
            top = stacks.top(stack)
            node = functions[stack] = self._painted(0, node, stacks.box(top), stacks.outcome(top))
        return node

    def _built(self, stack: int) -> int:
        layers = []
        while stack != EMPTY:
            top = self._stacks.top(stack)
            box = self._stacks.box(top)
            layers.append(Layer(service(box), self._stacks.outcome(top)))
            if box == EVERYTHING:
                break
            stack = self._stacks.rest(stack)
        return self.build(layers)

    def _painted(self, level: int, node: int, box: Box, leaf: int) -> int:
        """The function `node` with `leaf` inside `box`."""
        if level == LEAVES or box[2 * level :] == EVERYTHING[2 * level :]:
            return self.constant(leaf, level)
        low, high = box[2 * level : 2 * level + 2]
        ends, kids = self.nodes[node]
        first = bisect_left(ends, low)
        last = bisect_left(ends, high, first)
        self._work.spend(last - first + 2 + (len(ends) >> 5))
        new_ends, new_kids = list(ends[:first]), list(kids[:first])
        if low > (ends[first - 1] + 1 if first else 0):
            new_ends.append(low - 1)
            new_kids.append(kids[first])
        painted: dict[int, int] = {}
        for place in range(first, last + 1):
            kid = kids[place]
            if kid not in painted:
                painted[kid] = self._painted(level + 1, kid, box, leaf)
            _append(new_ends, new_kids, min(ends[place], high), painted[kid])
        if high < ends[last]:
            _append(new_ends, new_kids, ends[last], kids[last])
        if last + 1 < len(ends):
            _append(new_ends, new_kids, ends[last + 1], kids[last + 1])
            new_ends += ends[last + 2 :]
            new_kids += kids[last + 2 :]
        return self.node(level, new_ends, new_kids)

    # ---- from layers ----

    def build(self, layers: Sequence[Layer]) -> int:
        """The function that the first layer decides wherever it speaks, then the second, and so on; else 0."""
        return self._swept(0, tuple(range(len(layers))), layers)

    def _swept(self, level: int, chosen: tuple[int, ...], layers: Sequence[Layer]) -> int:
        if level == LEAVES:
            return layers[chosen[0]].leaf if chosen else 0
        starts: dict[int, list[int]] = {0: []}
        stops: dict[int, list[int]] = {}
        for index in chosen:
            for low, high in layers[index].service[level]:
                starts.setdefault(low, []).append(index)
                stops.setdefault(high + 1, []).append(index)
        last = LAST[level]
        places = sorted({*starts, *(stop for stop in stops if stop <= last)})
        covering = {index for index in chosen if layers[index].service[level + 1 :] == _FULL[level + 1 :]}
        live: list[int] = []
        made: dict[tuple[int, ...], int] = {}
        ends: list[int] = []
        kids: list[int] = []
        for number, place in enumerate(places):
            for index in stops.get(place, ()):
                del live[bisect_left(live, index)]
            for index in starts.get(place, ()):
                insort(live, index)
            seen = 0
            for index in live:
                seen += 1
                if index in covering:
                    break
            self._work.spend(1 + seen)
            deciding = tuple(live[:seen])
            if deciding not in made:
                made[deciding] = self._swept(level + 1, deciding, layers)
            _append(ends, kids, places[number + 1] - 1 if number + 1 < len(places) else last, made[deciding])
        return self.node(level, ends, kids)

    # ---- into products ----

    def products(self, node: int) -> list[Layer]:
        """The function as disjoint products with their numbers, 0 left out."""
        return [Layer(Service(*parts), leaf) for leaf, parts in self._parts(0, node)]

    def _parts(self, level: int, node: int) -> tuple[tuple[int, tuple[Intervals, ...]], ...]:
        if level == LEAVES:
            return ((node, ()),) if node else ()
        known = self._products[level].get(node)
        if known is None:
            grouped: dict[tuple[int, tuple[Intervals, ...]], list[Interval]] = {}
            start = 0
            ends, kids = self.nodes[node]
            for end, kid in zip(ends, kids, strict=True):
                parts = self._parts(level + 1, kid)
                self._work.spend(1 + len(parts))
                for part in parts:
                    intervals = grouped.setdefault(part, [])
                    if intervals and intervals[-1][1] == start - 1:
                        intervals[-1] = intervals[-1][0], end
                    else:
                        intervals.append((start, end))
                start = end + 1
            known = tuple((leaf, (tuple(found), *parts)) for (leaf, parts), found in grouped.items())
            self._products[level][node] = known
        return known

    def leaves(self, node: int) -> frozenset[int]:
        """Every value of a function."""
        level_nodes = {node}
        for _ in range(LEAVES):
            level_nodes = {kid for one in level_nodes for kid in self.nodes[one][1]}
        return frozenset(level_nodes)


class Combination:
    """One function made of two, value by value; each pair of nodes is combined once."""

    def __init__(self, diagrams: Diagrams, work: Work, join: Callable[[int, int], int], *, differs: bool) -> None:
        """`differs` promises that `join` gives 0 for equal values, so that equal functions need not be looked at."""
        self._diagrams = diagrams
        self._work = work
        self._join = join
        self._differs = differs
        self._made: tuple[dict[tuple[int, int], int], ...] = ({}, {}, {})

    def of(self, left: int, right: int, level: int = 0) -> int:
        """The combined function."""
        if level == LEAVES:
            return self._join(left, right)
        if self._differs and left == right:
            return self._diagrams.constant(0, level)
        known = self._made[level].get((left, right))
        if known is None:
            known = self._made[level][left, right] = self._combined(left, right, level)
        return known

    def _combined(self, left: int, right: int, level: int) -> int:
        left_ends, left_kids = self._diagrams.nodes[left]
        right_ends, right_kids = self._diagrams.nodes[right]
        ends: list[int] = []
        kids: list[int] = []
        i = j = 0
        while i < len(left_ends) and j < len(right_ends):
            end = min(left_ends[i], right_ends[j])
            _append(ends, kids, end, self.of(left_kids[i], right_kids[j], level + 1))
            i += left_ends[i] == end
            j += right_ends[j] == end
        self._work.spend(len(left_ends) + len(right_ends))
        return self._diagrams.node(level, ends, kids)


def service(box: Box) -> Service:
    """The service that is one box."""
    return Service(
        ((box.first_protocol, box.last_protocol),),
        ((box.first_local, box.last_local),),
        ((box.first_remote, box.last_remote),),
    )


def _append(ends: list[int], kids: list[int], end: int, kid: int) -> None:
    """Add an interval up to `end`, one with its neighbour where the child is the same."""
    if kids and kids[-1] == kid:
        ends[-1] = end
    else:
        ends.append(end)
        kids.append(kid)
