"""From stored filters to directed readings (spec: traffic-engine 2.1).

A filter has no direction. Inbound, its destination is the host's side; outbound, its source is. A mirrored filter
stands for two: as written, and with source and destination exchanged together with their ports. Each of these ways to
read a filter is a `Reading`; readings that say the same of one filter count once.

Some filters cannot be read: a torn mask, a port without TCP or UDP, a server word whose server is not known, a list
or an action that is missing. They take no part and are listed as `Unresolved`, with the reason. Where a wrong answer
would be dangerous, ask with `presumed`: the readings such a filter has at the most. Filters that hang on one unknown
fact share a `doubt`, so that whoever asks about two states can make the same assumption in both.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from winipsec.model.endpoint import Address, Endpoint, Kind
from winipsec.model.filters import ANY_PORT, TCP, UDP, Filter, Ports, protocol_word
from winipsec.model.policies import CONNECTION_TYPES, FilterAction, Rule
from winipsec.model.store import Unreadable
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.outcome import BLOCKED, Outcome, outcome
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import Switches


@dataclass(frozen=True, slots=True)
class Reading:
    """One filter read in one direction. `filter` is None for a list that nobody can read: it may match anything."""

    direction: Direction
    source: Endpoint
    destination: Endpoint
    protocol: int
    source_ports: Ports
    destination_ports: Ports
    families: frozenset[int]
    connection: str
    outcome: Outcome
    rule: Rule
    filter: Filter | None

    @property
    def local(self) -> Endpoint:
        """The host's side."""
        return self.destination if self.direction is Direction.IN else self.source

    @property
    def remote(self) -> Endpoint:
        """The other side."""
        return self.source if self.direction is Direction.IN else self.destination

    @property
    def local_ports(self) -> Ports:
        """The ports of the host's side."""
        return self.destination_ports if self.direction is Direction.IN else self.source_ports

    @property
    def remote_ports(self) -> Ports:
        """The ports of the other side."""
        return self.source_ports if self.direction is Direction.IN else self.destination_ports

    def matches(self, packet: Packet, host: HostFacts) -> bool:
        """Whether this reading speaks of `packet`."""
        return (
            self.direction is packet.direction
            and packet.family in self.families
            and self.protocol in {0, packet.protocol}
            and covers(self.local_ports, packet.local_port)
            and covers(self.remote_ports, packet.remote_port)
            and self.connection in {"all", packet.connection}
            and self.local_holds(packet.local, host)
            and self.remote_holds(packet.remote, host)
        )

    def local_holds(self, address: Address, host: HostFacts) -> bool:
        """Whether the host's side holds `address`, an own address or a group."""
        return host.owns(address) if self.local.kind is Kind.ME else _holds(self.local, address, host)

    def remote_holds(self, address: Address, host: HostFacts) -> bool:
        """Whether the other side holds `address`."""
        return _holds(self.remote, address, host)


def covers(ports: Ports, number: int) -> bool:
    """Whether `ports` holds the port `number`."""
    return ports.any or ports.first <= number <= ports.last


def _holds(side: Endpoint, address: Address, host: HostFacts) -> bool:
    """Whether a side other than the host's own `me` holds `address`; what is not known holds all it may."""
    if side.kind is Kind.ANY:
        return True
    if side.is_server:
        known = host.servers.get(side.kind)
        return address in known if known is not None else not host.is_group(address)
    if side.kind is Kind.MASKED:
        return address.version == 4
    if side.first is None or side.last is None or side.first.version != address.version:
        return False  # `me` on the remote side: self traffic, which no filter sees
    return int(side.first) <= int(address) <= int(side.last)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A filter that takes no part. `filter` is None where the whole list is missing or unreadable."""

    rule: Rule
    filter: Filter | None
    reason: str
    doubt: Hashable
    presumed: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that the policy in force says, and what could not be made out of it."""

    certain: tuple[Reading, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()


class Statement(NamedTuple):
    """What one active rule says: its action, and the filters of its list that can be read."""

    rule: Rule
    action: FilterAction
    filters: tuple[Filter, ...]


class Way(NamedTuple):
    """One way to read a filter: in one direction, as written or with its sides exchanged."""

    direction: Direction
    exchanged: bool


def ways(item: Filter) -> tuple[Way, ...]:
    """Every way to read one filter that differs from the others and does not have the host itself as the other side."""
    source, destination = item.source, item.destination
    mirrored = item.mirrored and not (source == destination and item.source_ports == item.destination_ports)
    return WAYS[source.kind is Kind.ME, destination.kind is Kind.ME, mirrored]


def _ways(source_is_me: bool, destination_is_me: bool, mirrored: bool) -> tuple[Way, ...]:
    found = []
    for exchanged in (False, True)[: 1 + mirrored]:
        for direction in Direction:
            remote_is_source = (direction is Direction.IN) != exchanged
            if not (source_is_me if remote_is_source else destination_is_me):
                found.append(Way(direction, exchanged))
    return tuple(found)


WAYS = {given: _ways(*given) for given in itertools.product((False, True), repeat=3)}
"""The ways to read a filter: whether its source is `me`, its destination is, and it is mirrored to any effect."""


def readings(state: State, host: HostFacts, switches: Switches) -> Readings:
    """Read every filter of every active rule of the policy in force."""
    said, unresolved = statements(state, host, switches)
    certain = [
        reading
        for statement in said
        for item in statement.filters
        for reading in directed(item, statement.rule, statement.action, switches)
    ]
    return Readings(tuple(certain), unresolved)


def statements(
    state: State, host: HostFacts, switches: Switches
) -> tuple[tuple[Statement, ...], tuple[Unresolved, ...]]:
    """What the policy in force says, filters not yet read in their directions, and what could not be made out."""
    policy = state.policy
    if policy is None:
        return (), ()
    said: list[Statement] = []
    unresolved: list[Unresolved] = []
    for rule in state.store.rules_of(policy.guid):
        if rule.active:
            filters, doubts = _read_rule(rule, state, host, switches)
            unresolved += doubts
            action = state.store.filter_actions.get(rule.filter_action)
            if filters and action is not None:
                said.append(Statement(rule, action, tuple(filters)))
    unresolved += map(_lost_rule, state.store.lost_rules_of(policy.guid))
    return tuple(said), tuple(unresolved)


def _lost_rule(item: Unreadable) -> Unresolved:
    """A rule of which nothing is known may do anything to any packet."""
    rule = Rule(item.name, item.owner, "", "", guid=item.guid)
    return Unresolved(
        rule, None, f"the rule cannot be read: {item.reason}", item.guid, tuple(_unknown_list(rule, None))
    )


def _read_rule(rule: Rule, state: State, host: HostFacts, switches: Switches) -> tuple[list[Filter], list[Unresolved]]:
    """The filters of one rule that can be read, and those that cannot."""
    store = state.store
    action = store.filter_actions.get(rule.filter_action)
    filter_list = store.filter_lists.get(rule.filter_list)
    if filter_list is None:
        unreadable = {item.guid: item.reason for item in store.unreadable}
        if rule.filter_list in unreadable:
            reason = f"its filter list cannot be read: {unreadable[rule.filter_list]}"
            presumed = tuple(_unknown_list(rule, action))
            return [], [Unresolved(rule, None, reason, (rule.filter_list, presumed[0].outcome), presumed)]
        return [], [Unresolved(rule, None, "its filter list does not exist", rule.filter_list)]
    if action is None or outcome(action, Direction.IN) is None:
        reason = "what its filter action does is not known"
        return [], [
            Unresolved(
                rule, item, reason, (item.match, rule.filter_action), tuple(directed(item, rule, None, switches))
            )
            for item in filter_list.filters
        ]
    read: list[Filter] = []
    doubts: list[Unresolved] = []
    for item in filter_list.filters:
        doubt = _doubt(item, rule, action, host, switches)
        if doubt is None:
            read.append(item)
        else:
            doubts.append(doubt)
    return read, doubts


def _doubt(item: Filter, rule: Rule, action: FilterAction, host: HostFacts, switches: Switches) -> Unresolved | None:
    """Why one filter cannot be read, None where it can."""
    reason = _unreadable(item)
    if reason:
        without_ports = replace(item, source_ports=ANY_PORT, destination_ports=ANY_PORT)
        presumed = tuple(
            replace(reading, filter=item)
            for variant in (item, without_ports)
            for reading in directed(variant, rule, action, switches)
        )
        return Unresolved(rule, item, reason, (item.match, rule.filter_action), presumed)
    for side in (item.source, item.destination):
        if side.first is None and side.is_server and side.kind not in host.servers:
            reason = f"which address {side.kind.value} stands for on this host is not known"
            return Unresolved(rule, item, reason, side.kind, tuple(directed(item, rule, action, switches)))
    return None


def _unreadable(item: Filter) -> str:
    """Why a stored filter says nothing definite, empty where it does (spec: traffic-engine 2.1)."""
    source, destination, protocol = item.source, item.destination, item.protocol
    if source.kind is Kind.MASKED or destination.kind is Kind.MASKED:
        return "its mask is not a prefix"
    if protocol != TCP and protocol != UDP and not (item.source_ports.any and item.destination_ports.any):  # noqa: PLR1714 - runs per filter
        return f"it names a port, but protocol {protocol_word(protocol)}"
    one, other = source.first, destination.first
    if one is not None and other is not None and one.version != other.version:
        return "its two sides are of different families"
    return ""


def families(item: Filter, switches: Switches) -> frozenset[int]:
    """The families whose packets a filter can match."""
    named = {side.family for side in (item.source, item.destination) if side.family is not None}
    if len(named) == 1:
        return frozenset(named)
    if named:
        return frozenset()
    return frozenset({4, 6}) if switches.any_family == "both" else frozenset({4})


def directed(item: Filter, rule: Rule, action: FilterAction | None, switches: Switches) -> Iterator[Reading]:
    """Every way to read one filter; without an action the worst is presumed."""
    matched = families(item, switches)
    connection = connection_of(rule)
    exchanged = _exchanged(item)
    for way in ways(item):
        result = BLOCKED if action is None else outcome(action, way.direction, rule.tunnel_endpoint)
        if result is None:
            continue
        read = exchanged if way.exchanged else item
        yield Reading(
            way.direction,
            read.source,
            read.destination,
            read.protocol,
            read.source_ports,
            read.destination_ports,
            matched,
            connection,
            result,
            rule,
            item,
        )


def connection_of(rule: Rule) -> str:
    """The connections that a rule speaks of; a type that no document names speaks of all."""
    return rule.connection_type if rule.connection_type in CONNECTION_TYPES else "all"


def _exchanged(item: Filter) -> Filter:
    return replace(
        item,
        source=item.destination,
        destination=item.source,
        source_ports=item.destination_ports,
        destination_ports=item.source_ports,
    )


def _unknown_list(rule: Rule, action: FilterAction | None) -> Iterator[Reading]:
    """A list nobody can read may hold a filter for any packet, the most specific one of all."""
    everything = Filter(mirrored=False)
    for reading in directed(everything, rule, action, Switches(any_family="both")):
        yield replace(reading, filter=None)
