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

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

from winipsec.model.endpoint import Address, Endpoint, Kind
from winipsec.model.filters import ANY_PORT, TCP, UDP, Filter, Match, Ports, protocol_word
from winipsec.model.policies import CONNECTION_TYPES, FilterAction, Rule
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.outcome import BLOCKED, Outcome, outcome
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import Switches

_LITERALS = frozenset({Kind.SUBNET, Kind.RANGE})


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


def readings(state: State, host: HostFacts, switches: Switches) -> Readings:
    """Read every filter of every active rule of the policy in force."""
    policy = state.policy
    if policy is None:
        return Readings()
    certain: list[Reading] = []
    unresolved: list[Unresolved] = []
    for rule in state.store.rules_of(policy.guid):
        if not rule.active:
            continue
        for item in _read_rule(rule, state, host, switches):
            if isinstance(item, Reading):
                certain.append(item)
            else:
                unresolved.append(item)
    return Readings(tuple(certain), tuple(unresolved))


def _read_rule(rule: Rule, state: State, host: HostFacts, switches: Switches) -> Iterator[Reading | Unresolved]:
    store = state.store
    action = store.filter_actions.get(rule.filter_action)
    filter_list = store.filter_lists.get(rule.filter_list)
    if filter_list is None:
        unreadable = {item.guid: item.reason for item in store.unreadable}
        if rule.filter_list in unreadable:
            reason = f"its filter list cannot be read: {unreadable[rule.filter_list]}"
            presumed = tuple(_unknown_list(rule, action))
            yield Unresolved(rule, None, reason, (rule.filter_list, presumed[0].outcome), presumed)
        else:
            yield Unresolved(rule, None, "its filter list does not exist", rule.filter_list)
        return
    for item in filter_list.filters:
        yield from _read_filter(item, rule, action, host, switches)


def _read_filter(
    item: Filter, rule: Rule, action: FilterAction | None, host: HostFacts, switches: Switches
) -> Iterator[Reading | Unresolved]:
    if action is None or outcome(action, Direction.IN) is None:
        reason = "what its filter action does is not known"
        presumed = tuple(_directed(item, rule, None, switches))
        yield Unresolved(rule, item, reason, (item.match, rule.filter_action), presumed)
        return
    reason = _unreadable(item)
    if reason:
        without_ports = replace(item, source_ports=ANY_PORT, destination_ports=ANY_PORT)
        presumed = tuple(
            replace(reading, filter=item)
            for variant in (item, without_ports)
            for reading in _directed(variant, rule, action, switches)
        )
        yield Unresolved(rule, item, reason, (item.match, rule.filter_action), presumed)
        return
    word = next((s.kind for s in (item.source, item.destination) if s.is_server and s.kind not in host.servers), None)
    if word is not None:
        reason = f"which address {word.value} stands for on this host is not known"
        yield Unresolved(rule, item, reason, word, tuple(_directed(item, rule, action, switches)))
        return
    yield from _directed(item, rule, action, switches)


def _unreadable(item: Filter) -> str:
    """Why a stored filter says nothing definite, empty where it does (spec: traffic-engine 2.1)."""
    source, destination = item.source, item.destination
    if Kind.MASKED in {source.kind, destination.kind}:
        return "its mask is not a prefix"
    if item.protocol not in {TCP, UDP} and not (item.source_ports.any and item.destination_ports.any):
        return f"it names a port, but protocol {protocol_word(item.protocol)}"
    if source.family and destination.family and source.family != destination.family:
        return "its two sides are of different families"
    return ""


def _families(item: Filter, switches: Switches) -> frozenset[int]:
    named = {side.family for side in (item.source, item.destination) if side.family is not None}
    if len(named) == 1:
        return frozenset(named)
    if named:
        return frozenset()
    return frozenset({4, 6}) if switches.any_family == "both" else frozenset({4})


def _directed(item: Filter, rule: Rule, action: FilterAction | None, switches: Switches) -> Iterator[Reading]:
    """Every way to read one filter; without an action the worst is presumed."""
    families = _families(item, switches)
    connection = rule.connection_type if rule.connection_type in CONNECTION_TYPES else "all"
    seen: set[tuple[Direction, Match]] = set()
    for way in (item, _exchanged(item)) if item.mirrored else (item,):
        for direction in Direction:
            result = BLOCKED if action is None else outcome(action, direction, rule.tunnel_endpoint)
            remote = way.source if direction is Direction.IN else way.destination
            if result is None or remote.kind is Kind.ME or (direction, way.match) in seen:
                continue
            seen.add((direction, way.match))
            yield Reading(
                direction,
                way.source,
                way.destination,
                way.protocol,
                way.source_ports,
                way.destination_ports,
                families,
                connection,
                result,
                rule,
                item,
            )


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
    for reading in _directed(everything, rule, action, Switches(any_family="both")):
        yield replace(reading, filter=None)
