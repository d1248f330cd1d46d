"""What filters do to one place on the address line: a stack of shapes, the strongest on top.

A shape is what a filter says apart from addresses: a *box* of protocols, local ports and remote ports, and an outcome.
A packet gets the outcome of the first shape, from the top, whose box holds it; where none does, the outcome of the
empty stack. Shapes are numbers (box and outcome packed), and so are stacks: every stack is made once, as one shape on
top of another stack, so equal numbers mean equal behaviour and comparing costs nothing.

Shapes that can no longer win are dropped when something covers them at the top; the rest of the truth is told by
`diagram`, which compares stacks as functions.
"""

from __future__ import annotations

from typing import NamedTuple

from winipsec.model.filters import Ports

EMPTY = 0
"""The stack without shapes."""

OUTCOME_BITS = 24
SHAPE_BITS = 56
SHAPE = (1 << SHAPE_BITS) - 1
_OUTCOME = (1 << OUTCOME_BITS) - 1
BOX = SHAPE & ~_OUTCOME
LAST_PROTOCOL = 255
LAST_PORT = 65535


class Box(NamedTuple):
    """Protocols, local ports and remote ports, each from a first to a last, in the order in which diagrams branch."""

    first_protocol: int = 0
    last_protocol: int = LAST_PROTOCOL
    first_local: int = 0
    last_local: int = LAST_PORT
    first_remote: int = 0
    last_remote: int = LAST_PORT

    def holds(self, protocol: int, local_port: int, remote_port: int) -> bool:
        """Whether a packet with these is in the box."""
        return (
            self.first_protocol <= protocol <= self.last_protocol
            and self.first_local <= local_port <= self.last_local
            and self.first_remote <= remote_port <= self.last_remote
        )

    def covers(self, other: Box) -> bool:
        """Whether this box holds all of the other."""
        return (
            self.first_protocol <= other.first_protocol
            and self.last_protocol >= other.last_protocol
            and self.first_local <= other.first_local
            and self.last_local >= other.last_local
            and self.first_remote <= other.first_remote
            and self.last_remote >= other.last_remote
        )

    def meets(self, other: Box) -> bool:
        """Whether the two boxes share a packet."""
        return (
            self.first_protocol <= other.last_protocol
            and self.last_protocol >= other.first_protocol
            and self.first_local <= other.last_local
            and self.last_local >= other.first_local
            and self.first_remote <= other.last_remote
            and self.last_remote >= other.first_remote
        )


EVERYTHING = Box()
NO_BOX = -1
_ANY_PORT = 0, LAST_PORT


class Boxes:
    """Numbers for boxes; 0 is everything."""

    def __init__(self) -> None:
        self.boxes = [EVERYTHING]
        self._numbers = {EVERYTHING: 0}
        self._given: dict[tuple[int, Ports, Ports], tuple[int, int]] = {}

    def number(self, box: Box) -> int:
        """The number of a box."""
        known = self._numbers.get(box)
        if known is None:
            known = self._numbers[box] = len(self.boxes)
            self.boxes.append(box)
        return known

    def of_filter(self, protocol: int, source: Ports, destination: Ports) -> tuple[int, int]:
        """The boxes that a filter names, protocol 0 being any: with its source as the remote side, and as the local.

        They are below 0 where no packet is in them.
        """
        given = protocol, source, destination
        known = self._given.get(given)
        if known is None:
            known = self._given[given] = self._named(*given), self._named(protocol, destination, source)
        return known

    def _named(self, protocol: int, remote: Ports, local: Ports) -> int:
        first_local, last_local = local if local[1] else _ANY_PORT
        first_remote, last_remote = remote if remote[1] else _ANY_PORT
        if protocol > LAST_PROTOCOL or first_local > last_local or first_remote > last_remote:
            return NO_BOX
        first, last = (protocol, protocol) if protocol else (0, LAST_PROTOCOL)
        return self.number(Box(first, last, first_local, last_local, first_remote, last_remote))


class Stacks:
    """All stacks of one computation. Outcome 0 is what the empty stack gives."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes.boxes
        self._tops: list[int] = [-1]
        self._rests: list[int] = [-1]
        self.pushed: dict[int, int] = {}
        """`stack << SHAPE_BITS | shape` -> the stack with that shape on top, as far as asked for before."""

    def push(self, stack: int, added: int) -> int:
        """The stack with one more shape on top."""
        question = stack << SHAPE_BITS | added
        known = self.pushed.get(question)
        if known is None:
            known = self.pushed[question] = self._push(stack, added)
        return known

    def _push(self, stack: int, added: int) -> int:
        if stack != EMPTY:
            box, covered = self.box(added), self.box(self._tops[stack])
            if box.covers(covered):
                return self.push(self._rests[stack], added)
            if self._tops[stack] & _OUTCOME == added & _OUTCOME and covered.covers(box):
                return stack
        elif not added & _OUTCOME:
            return EMPTY
        self._tops.append(added)
        self._rests.append(stack)
        return len(self._tops) - 1

    def top(self, stack: int) -> int:
        """The strongest shape of a stack that is not empty."""
        return self._tops[stack]

    def rest(self, stack: int) -> int:
        """The stack below the strongest shape."""
        return self._rests[stack]

    def box(self, of: int) -> Box:
        """The box of a shape."""
        return self._boxes[of >> OUTCOME_BITS]

    @staticmethod
    def outcome(of: int) -> int:
        """The outcome of a shape."""
        return of & _OUTCOME
