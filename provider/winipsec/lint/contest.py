"""Which filters decide something, and what hangs on a guess, found by trying packets.

Filters, exemptions and the host's own addresses cut every dimension of a packet (addresses, protocol, ports,
connection) into pieces inside which nothing can be told apart. One packet of each combination of pieces stands for all
of them, so trying these answers exactly, and `traffic` alone says what matches and what wins. Combinations are tried
inside the readings that are asked about, likely ones first; `PATIENCE` of them without an answer count as "nothing
found wrong", and policies beyond `MOST` readings are not judged at all.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from winipsec.lint.overlap import Box, box, meet
from winipsec.model.endpoint import Address, Endpoint
from winipsec.model.filters import TCP, UDP, Filter, Ports
from winipsec.model.policies import Rule
from winipsec.traffic.exemptions import exemption
from winipsec.traffic.facts import BROADCAST, MULTICAST, HostFacts, State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Reading, Readings, covers, readings
from winipsec.traffic.specificity import DEFAULT, Flip, Key, Switches, every_flip, key

MOST = 2_000
PATIENCE = 20_000

_LIKELY = {4: ("203.0.113.10", "10.0.0.10", "192.168.0.10"), 6: ("2001:db8::10",)}
_LIKELY_OWN = {4: "192.0.2.5", 6: "2001:db8::5"}
_NAMED_PROTOCOLS = (TCP, UDP, 1, 46)
_EXEMPT_PORTS = (88, 500, 4500)
_CLIENT_PORT = 49152


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
        """Every filter with its standing, in the order of the policy."""
        grouped: dict[Identity, list[Reading]] = {}
        for reading in self.readings:
            grouped.setdefault(identity(reading), []).append(reading)
        return tuple(self._place(group) for group in grouped.values())

    @cached_property
    def _all_hinges(self) -> tuple[Hinge, ...]:
        flips = [flip for flip in every_flip() if _reorders(flip.switches)]
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
        strength = _strength(DEFAULT)
        for tried, packet in enumerate(self._packets(rivals, within)):
            if tried >= PATIENCE:
                raise OutOfPatience
            present = [item for item in rivals if item.matches(packet, self.host)]
            if exemption(self.state, self.host, packet, DEFAULT) is None:
                present.sort(key=lambda item: strength(item, packet.family), reverse=True)
                yield Meeting(packet, present)

    @cached_property
    def _boxes(self) -> dict[int, Box]:
        return {id(item): box(item) for item in self.readings}

    def _rivals(self, within: Sequence[Reading]) -> Sequence[Reading]:
        """The readings that may match a packet that all of `within` match."""
        found: Sequence[Reading] = self.readings
        for reading in within:
            inside = self._boxes[id(reading)]
            first, last = inside.remote
            # Most filters differ in the remote address, so looking at it first saves most of the work.
            near = [(self._boxes[id(item)], item) for item in found]
            found = [
                item
                for other, item in near
                if other.remote[0] <= last and first <= other.remote[1] and meet(other, inside)
            ]
        return found

    def overruled_packet(self, reading: Reading) -> Packet | None:
        """A packet that passes by `reading` alone: the next filter would stop it, or ask for more security."""
        try:
            return self._overruled(reading)
        except OutOfPatience:
            return None

    def _overruled(self, reading: Reading) -> Packet | None:
        for packet, present in self.meetings(reading):
            behind = next((item for item in present if identity(item) != identity(reading)), None)
            if present[0] is reading and behind is not None and behind.outcome.openness < reading.outcome.openness:
                return packet
        return None

    def is_needless(self, place: Place) -> bool:
        """Whether a filter that decides lets nothing pass that would not pass without it."""
        group = [item for item in self.readings if identity(item) == (place.rule.guid, id(place.filter))]
        try:
            return all(self._overruled(reading) is None for reading in group)
        except OutOfPatience:
            return False

    def _place(self, group: Sequence[Reading]) -> Place:
        rule, item = group[0].rule, group[0].filter or Filter()
        action = self.state.store.filter_actions[rule.filter_action].action
        winners: dict[Identity, Reading] = {}
        alike, packets = True, False
        try:
            for reading in group:
                packets = packets or next(self._packets([reading], [reading]), None) is not None
                for meeting in self.meetings(reading):
                    winner = meeting.present[0]
                    if identity(winner) == identity(reading):
                        return Place(rule, item, action, Standing.DECIDES)
                    winners.setdefault(identity(winner), winner)
                    alike = alike and winner.outcome == reading.outcome
        except OutOfPatience:
            return Place(rule, item, action, Standing.DECIDES)
        if winners:
            return Place(rule, item, action, Standing.REDUNDANT if alike else Standing.BEATEN, tuple(winners.values()))
        return Place(rule, item, action, Standing.EXEMPT if packets else Standing.STRANGE)

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

    # --- packets ---------------------------------------------------------------------------------------------------

    def _packets(self, rivals: Sequence[Reading], within: Sequence[Reading]) -> Iterator[Packet]:
        direction = within[0].direction
        connections = ("lan", "dialup") if any(item.connection != "all" for item in rivals) else ("lan",)
        families = frozenset[int]({4, 6}).intersection(*(item.families for item in within))
        for family in sorted(families):
            for local, remote, protocol in itertools.product(
                self._locals(rivals, within, family), self._remotes(rivals, within, family), _protocols(rivals, within)
            ):
                if local == remote:
                    continue
                for local_port, remote_port in _port_pairs(rivals, within, protocol):
                    for connection in connections:
                        packet = Packet(direction, local, remote, protocol, local_port, remote_port, connection)
                        if all(item.matches(packet, self.host) for item in within):
                            yield packet

    def _locals(self, rivals: Iterable[Reading], within: Sequence[Reading], family: int) -> list[Address]:
        known = self.host.addresses
        starts = _edges((item.local for item in rivals), self.host, family)
        own: list[Address | None]
        if known is None:
            own = [ipaddress.ip_address(_LIKELY_OWN[family]), *starts, *(_next(start) for start in starts)]
        else:
            own = [*sorted((item for item in known if item.version == family), key=int)]
        groups = [start for start in starts if within[0].direction is Direction.IN and self.host.is_group(start)]
        found = dict.fromkeys(item for item in own if item is not None and self.host.owns(item))
        found.update(dict.fromkeys(groups))
        return [item for item in found if all(reading.local_holds(item, self.host) for reading in within)]

    def _remotes(self, rivals: Iterable[Reading], within: Sequence[Reading], family: int) -> list[Address]:
        likely = [ipaddress.ip_address(text) for text in _LIKELY[family]]
        starts = _edges((item.remote for item in rivals), self.host, family)
        inbound = within[0].direction is Direction.IN
        return [
            item
            for item in dict.fromkeys([*likely, *starts])
            if not self.host.is_itself(item)
            and not (inbound and self.host.is_group(item))
            and all(reading.remote_holds(item, self.host) for reading in within)
        ]


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


def _edges(sides: Iterable[Endpoint], host: HostFacts, family: int) -> list[Address]:
    """The first address of every piece into which `sides`, groups and the host's own addresses cut a family."""
    points = {0}
    literals = [*((net.network_address, net.broadcast_address) for net in MULTICAST), (BROADCAST, BROADCAST)]
    literals += [(net.broadcast_address, net.broadcast_address) for net in host.prefixes]
    literals += [(own, own) for own in host.addresses or ()]
    literals += [(ipaddress.ip_address(first), ipaddress.ip_address(last)) for first, last in _LOOPBACK]
    for side in dict.fromkeys(sides):
        if side.is_server:
            literals += [(server, server) for server in host.servers.get(side.kind, ())]
        elif side.first is not None and side.last is not None:
            literals.append((side.first, side.last))
    for first, last in literals:
        if first.version == family:
            points |= {int(first), int(last) + 1}
    return [item for item in (_address(point, family) for point in sorted(points)) if item is not None]


_LOOPBACK = (("127.0.0.0", "127.255.255.255"), ("::1", "::1"))


def _address(number: int, family: int) -> Address | None:
    if number >> (32 if family == 4 else 128):
        return None
    return ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number)


def _next(address: Address) -> Address | None:
    return _address(int(address) + 1, address.version)


def _protocols(rivals: Iterable[Reading], within: Sequence[Reading]) -> list[int]:
    asked = {item.protocol for item in within if item.protocol}
    if asked:
        return sorted(asked)
    named = dict.fromkeys([*_NAMED_PROTOCOLS, *(item.protocol for item in rivals if item.protocol)])
    return [*named, next(number for number in range(2, 256) if number not in named)]


def _port_pairs(rivals: Sequence[Reading], within: Sequence[Reading], protocol: int) -> Iterable[tuple[int, int]]:
    if protocol not in {TCP, UDP}:
        return [(0, 0)]
    return itertools.product(
        _ports([item.local_ports for item in rivals], [item.local_ports for item in within]),
        _ports([item.remote_ports for item in rivals], [item.remote_ports for item in within]),
    )


def _ports(rivals: Iterable[Ports], within: Sequence[Ports]) -> list[int]:
    starts = {1, *_EXEMPT_PORTS, *(port + 1 for port in _EXEMPT_PORTS)}
    for ports in set(rivals):
        if not ports.any:
            starts |= {ports.first, ports.last + 1}
    found = [_CLIENT_PORT, *sorted(starts - {_CLIENT_PORT, 65536})]
    return [port for port in found if all(covers(ports, port) for ports in within)]
