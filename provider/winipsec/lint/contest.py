"""Which filters decide something, and what hangs on a guess.

`traffic` says which filters decide. For those that do not, and for those that another one holds against, packets are
tried that stand for all others (`trial`), so that a finding can say why and show one. `PATIENCE` of them without an
answer count as "nothing found wrong", and policies beyond `MOST` readings are not judged at all.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from winipsec.lint.overlap import Box, box, meet
from winipsec.lint.trial import trial_packets
from winipsec.model.filters import Filter
from winipsec.model.policies import Rule
from winipsec.traffic.exemptions import exemption
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.packet import Packet
from winipsec.traffic.reach import deciding, guesses
from winipsec.traffic.readings import Reading, Readings, readings
from winipsec.traffic.specificity import DEFAULT, Flip, Key, Switches, every_flip, key, label
from winipsec.traffic.work import TooComplex

MOST = 4_000
PATIENCE = 20_000


class Meeting(NamedTuple):
    """One packet and the readings that match it, the strongest first."""

    packet: Packet
    present: Sequence[Reading]


class Standing(Enum):
    """What a filter has to say in its policy."""

    DECIDES = "decides"
    BEATEN = "every packet it matches is decided by a filter with another outcome, at least in part"
    REDUNDANT = "every packet it matches is decided alike by another filter"
    EXEMPT = "every packet it matches is exempt from all filters"
    STRANGE = "no packet of this host matches it"


class Place(NamedTuple):
    """One filter in one rule, the word of its action, how it stands, and the filters that decide in its place."""

    rule: Rule
    filter: Filter
    action: str
    standing: Standing
    winners: tuple[Reading, ...] = ()


class Hinge(NamedTuple):
    """A packet that `winner` decides, and `other` would if the guess `flip` is wrong."""

    flip: Flip
    winner: Reading
    other: Reading
    packet: Packet


class Contest:
    """The filters of the policy in force."""

    def __init__(self, state: State, host: HostFacts) -> None:
        self.state = state
        self.host = host
        self.given: Readings = readings(state, host, DEFAULT)
        self.too_large = len(self.given.certain) > MOST

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """What is judged: all readings, or none where there are too many."""
        return () if self.too_large else self.given.certain

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every filter with its standing, in the order of the policy; nothing where there are too many."""
        if self.too_large:
            return ()
        try:
            decide = {(item.rule.guid, id(item.filter)) for item in deciding(self.state, self.host)}
        except TooComplex:
            decide = set()
        return tuple(
            self._standing(group, Standing.DECIDES) if which in decide else self._judged(group)
            for which, group in self._groups.items()
        )

    @cached_property
    def _groups(self) -> dict[Identity, list[Reading]]:
        """The readings of each filter."""
        grouped: dict[Identity, list[Reading]] = {}
        for reading in self.readings:
            grouped.setdefault(identity(reading), []).append(reading)
        return grouped

    @cached_property
    def _all_hinges(self) -> tuple[Hinge, ...]:
        if self.too_large:
            return ()
        try:
            names = {guess.flip.name for guess in guesses(self.state, self.host)}
        except TooComplex:
            names = {flip.name for flip in every_flip()}
        flips = [flip for flip in every_flip() if flip.name in names and _reorders(flip.switches)]
        return tuple(hinge for flip in flips for hinge in self._hinges(flip))

    def hinges(self, *, tie: bool) -> Iterator[Hinge]:
        """One packet for every pair of filters of which a guess says which one decides it.

        With `tie` the guess is what happens between equals, else how filters are weighed.
        """
        seen: set[tuple[Identity, Identity]] = set()
        for hinge in self._all_hinges:
            pair = identity(hinge.winner), identity(hinge.other)
            if pair not in seen and (hinge.flip.switches.tie != DEFAULT.tie) is tie:
                seen.add(pair)
                yield hinge

    def meetings(self, *within: Reading) -> Iterator[Meeting]:
        """One packet of every piece inside all of `within`; exempt ones are left out.

        Raises:
            OutOfPatience: there are too many.
        """
        rivals = self._rivals(within)
        for tried, packet in enumerate(trial_packets(rivals, within, self.host)):
            if tried >= PATIENCE:
                raise OutOfPatience
            present = [item for item in rivals if item.matches(packet, self.host)]
            if exemption(self.state, self.host, packet, DEFAULT) is None:
                present.sort(key=label)
                present.sort(key=lambda item: self._keys[id(item), packet.family], reverse=True)
                yield Meeting(packet, present)

    @cached_property
    def _keys(self) -> dict[tuple[int, int], Key]:
        return {(id(item), family): key(item, family, DEFAULT) for item in self.readings for family in item.families}

    @cached_property
    def _boxes(self) -> dict[int, Box]:
        return {id(item): box(item) for item in self.readings}

    @cached_property
    def _near(self) -> list[tuple[int, int, Box, Reading]]:
        """The readings with what tells most of them apart in front: the bounds of the remote address."""
        return [(*self._boxes[id(item)].remote, self._boxes[id(item)], item) for item in self.readings]

    def _rivals(self, within: Sequence[Reading]) -> Sequence[Reading]:
        """The readings that may match a packet that all of `within` match."""
        inside, *others = (self._boxes[id(item)] for item in within)
        first, last = inside.remote
        return [
            item
            for start, end, other, item in self._near
            if start <= last and first <= end and meet(other, inside) and all(meet(other, box) for box in others)
        ]

    def overruled_packet(self, reading: Reading) -> Packet | None:
        """A packet that passes by `reading` alone: the next filter would stop it, or ask for more security."""
        try:
            return self._overruled(reading)
        except OutOfPatience:
            return None

    def _overruled(self, reading: Reading) -> Packet | None:
        if all(item.outcome.openness >= reading.outcome.openness for item in self._rivals([reading])):
            return None
        for packet, present in self.meetings(reading):
            behind = next((item for item in present if identity(item) != identity(reading)), None)
            if present[0] is reading and behind is not None and behind.outcome.openness < reading.outcome.openness:
                return packet
        return None

    def is_needless(self, place: Place) -> bool:
        """Whether a filter that decides is an exception from nothing: no filter behind it would stop what it lets pass."""
        try:
            return not any(self._is_exception(item) for item in self._groups[place.rule.guid, id(place.filter)])
        except OutOfPatience:
            return False

    def _is_exception(self, reading: Reading) -> bool:
        if all(item.outcome.openness >= reading.outcome.openness for item in self._rivals([reading])):
            return False
        return any(
            present[0] is reading and min(item.outcome.openness for item in present) < reading.outcome.openness
            for _, present in self.meetings(reading)
        )

    def _standing(self, group: Sequence[Reading], standing: Standing, winners: Iterable[Reading] = ()) -> Place:
        rule, item = group[0].rule, group[0].filter or Filter()
        return Place(rule, item, self.state.store.filter_actions[rule.filter_action].action, standing, tuple(winners))

    def _judged(self, group: Sequence[Reading]) -> Place:
        """How a filter stands that seems to decide nothing, and who decides instead."""
        winners: dict[Identity, Reading] = {}
        alike, packets = True, False
        try:
            for reading in group:
                packets = packets or next(trial_packets([reading], [reading], self.host), None) is not None
                for meeting in self.meetings(reading):
                    winner = meeting.present[0]
                    if identity(winner) == identity(reading):
                        return self._standing(group, Standing.DECIDES)
                    winners.setdefault(identity(winner), winner)
                    alike = alike and winner.outcome == reading.outcome
        except OutOfPatience:
            return self._standing(group, Standing.DECIDES)
        if winners:
            return self._standing(group, Standing.REDUNDANT if alike else Standing.BEATEN, winners.values())
        return self._standing(group, Standing.EXEMPT if packets else Standing.STRANGE)

    def _hinges(self, flip: Flip) -> Iterator[Hinge]:
        usual, other = _strength(DEFAULT), _strength(flip.switches)
        keyed = {
            family: [
                (usual(item, family), other(item, family), item) for item in self.readings if family in item.families
            ]
            for family in (4, 6)
        }
        boxes = self._boxes
        for family, entries in keyed.items():
            for (high, low_flipped, winner), (low, high_flipped, loser) in itertools.permutations(entries, 2):
                turned = high > low and high_flipped > low_flipped and winner.outcome != loser.outcome
                if turned and meet(boxes[id(winner)], boxes[id(loser)]):
                    packet = self._turning(winner, loser, family, flip)
                    if packet is not None:
                        yield Hinge(flip, winner, loser, packet)

    def _turning(self, winner: Reading, loser: Reading, family: int, flip: Flip) -> Packet | None:
        strength = _strength(flip.switches)
        try:
            for packet, present in self.meetings(winner, loser):
                if packet.family == family and present[0] is winner:
                    flipped = max(present, key=lambda item: strength(item, family))
                    if flipped is loser:
                        return packet
        except OutOfPatience:
            return None
        return None


Identity = tuple[str, int]


def identity(reading: Reading) -> Identity:
    """One filter in one rule: rules may share a list, and a list may hold equal filters."""
    return reading.rule.guid, id(reading.filter)


class OutOfPatience(Exception):  # noqa: N818 - not an error: the question stays open
    """A question needs more packets than anybody waits for."""


def _reorders(switches: Switches) -> bool:
    """Whether a setting changes the order of filters, rather than what they or the exemptions match."""
    same = DEFAULT.any_family, DEFAULT.inbound_multicast_exempt
    return (switches.any_family, switches.inbound_multicast_exempt) == same


def _strength(switches: Switches) -> Callable[[Reading, int], Key]:
    return lambda reading, family: key(reading, family, switches)
