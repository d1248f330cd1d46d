"""Whether a change closes the way by which the host is managed (spec: traffic-engine 8, last paragraph).

The question: would a *new* WinRM connection from this controller work before the change, and not after it? The
controller has no IPsec as far as the host can tell, so only what passes in clear both ways works.

A wrong "no" locks somebody out of a machine, so everything that is not known counts against the change:

- The order of filters rests on guesses. Every combination of them is tried (`every_order`), not only each alone:
  Windows may be unlike our reading in two places.
- The client's port is not known beforehand. The range of ephemeral ports is split wherever a filter begins or ends,
  and one port of each piece is tried: exact, not sampled.
- So it is with the host's own address, where that is not known.
- A filter that cannot be read may match or not. Every combination of such doubts is assumed while they are few;
  where they are many, each alone, all, and none. The same assumption holds before and after, so that an old riddle in
  the store does not forbid every change.

Most connections are decided without any of that: where no filter that matches would stop a packet, no order does.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from winipsec.model.endpoint import Address, Kind
from winipsec.model.filters import TCP, Filter, Ports
from winipsec.model.policies import Policy, Rule
from winipsec.traffic.conversation import Flow, Starter, passes
from winipsec.traffic.decide import Verdict, decide_among, strength
from winipsec.traffic.exemptions import exemption
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.outcome import Outcome
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Reading, Readings, covers, readings
from winipsec.traffic.specificity import DEFAULT, Switches, every_order

_FEW = 4
"""Doubts of which every combination is tried."""

EPHEMERAL = Ports(32768, 65535)
"""Ports that clients take for themselves: 49152 up on Windows and macOS, 32768 up on Linux."""


@dataclass(frozen=True, slots=True)
class ManagementPath:
    """How the host is reached: the client as the host sees it, and the port it listens on (5985 or 5986).

    `address` is the host's address that connections arrive at; None for any of its own.
    """

    client: Address
    local_port: int = 5985
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """What closes the management path.

    `flow` is a connection that works before and not after; its packet in `direction` is the first to be stopped.
    `filter` is None where a whole filter list cannot be read. `flip` names the guess about Windows that closes the
    path, None where the default reading does. `doubt` says why the filter itself is not certain, empty where it is.
    """

    policy: Policy
    rule: Rule
    filter: Filter | None
    direction: Direction
    outcome: Outcome
    flow: Flow
    flip: str | None = None
    doubt: str = ""

    def __str__(self) -> str:
        way = "from" if self.direction is Direction.IN else "to"
        packets = f"TCP packets {way} {self.flow.remote} with local port {self.flow.local_port}"
        fate = "blocked" if not self.outcome.protected else f"{self.outcome}, which a peer without IPsec cannot answer"
        which = f"rule {(self.rule.name or self.rule.guid)!r}"
        what = f" (filter {self.filter})" if self.filter is not None else ""
        guess = f", if Windows orders filters by another guess ({self.flip})" if self.flip else ""
        doubt = f", as far as can be told: {self.doubt}" if self.doubt else ""
        return f"{which} of policy {self.policy.name!r}{what}: {packets} would be {fate}{guess}{doubt}"


def cut(before: State, after: State, host: HostFacts, management: ManagementPath) -> Cut | None:
    """What would close the management path; None where nothing does."""
    if after.policy is None or host.is_itself(management.client):
        return None
    change = _Change(before, after, _completed(host, management), management)
    for order in every_order():
        if management.client.version == 4 and order.switches.any_family != DEFAULT.any_family:
            continue
        found = change.cut(order.switches)
        if found is not None:
            return replace(found, flip=order.name or None)
    return None


def _completed(host: HostFacts, management: ManagementPath) -> HostFacts:
    """The facts with what the path itself tells: the host must have an address that the client can reach."""
    own = host.addresses
    if own is not None and management.address is not None:
        own |= {management.address}
    if own is not None and not any(address.version == management.client.version for address in own):
        own = None
    return replace(host, addresses=own)


@dataclass(frozen=True, slots=True)
class _Contest:
    """A connection that some filter would stop afterwards: what matches its two packets, before and after."""

    flow: Flow
    presume: frozenset[Hashable]
    before: tuple[_Contenders, ...]
    after: tuple[_Contenders, ...]

    def closes(self, switches: Switches) -> bool:
        """Whether it works before and not after."""
        return all(packet.gets_through(switches) for packet in self.before) and not all(
            packet.gets_through(switches) for packet in self.after
        )


class _Contenders:
    """The readings that match one packet; none where it is exempt."""

    def __init__(self, direction: Direction, family: int, matching: tuple[Reading, ...]) -> None:
        self._direction = direction
        self._family = family
        self._matching = matching
        self._fates = {self._lets_through(reading) for reading in matching} or {True}

    @property
    def uncontested(self) -> bool:
        """Whether nothing stops the packet, in whatever order."""
        return self._fates == {True}

    def gets_through(self, switches: Switches) -> bool:
        """Whether the strongest reading lets the packet through."""
        if len(self._fates) == 1:
            return True in self._fates
        strongest = max(self._matching, key=lambda one: strength(one, self._family, switches))
        return self._lets_through(strongest)

    def _lets_through(self, reading: Reading) -> bool:
        return passes(reading.outcome, self._direction, Starter.REMOTE, partner=False)


class _Change:
    """One change, asked about under several settings of the switches; only `any_family` alters the readings."""

    def __init__(self, before: State, after: State, host: HostFacts, management: ManagementPath) -> None:
        self._states = before, after
        self._host = host
        self._management = management
        self._narrowed: dict[str, tuple[Readings, Readings]] = {}
        self._contests: dict[str, list[_Contest]] = {}

    def cut(self, switches: Switches) -> Cut | None:
        """What closes the path under one setting."""
        family = switches.any_family
        if family not in self._contests:
            before, after = (
                _narrowed(readings(state, self._host, switches), self._host, self._management) for state in self._states
            )
            self._narrowed[family] = before, after
            self._contests[family] = list(self._contested(before, after))
        for contest in self._contests[family]:
            if contest.closes(switches):
                given, state = self._narrowed[family][1], self._states[1]
                stopped = _stopped(given, state, self._host, contest.flow, switches, contest.presume)
                return None if stopped is None else _named(*stopped, contest.flow, given)
        return None

    def _contested(self, before: Readings, after: Readings) -> Iterator[_Contest]:
        old, new = self._states
        doubts = list(dict.fromkeys(item.doubt for item in (*before.unresolved, *after.unresolved)))
        for flow in _flows([*_all(before), *_all(after)], self._host, self._management):
            for presume in _assumptions(doubts):
                afterwards = self._packets(flow, after, new, presume)
                if not all(packet.uncontested for packet in afterwards):
                    yield _Contest(flow, presume, self._packets(flow, before, old, presume), afterwards)

    def _packets(
        self, flow: Flow, given: Readings, state: State, presume: frozenset[Hashable]
    ) -> tuple[_Contenders, ...]:
        found = []
        for direction in (Direction.IN, Direction.OUT):
            packet = flow.packet(direction)
            matching: tuple[Reading, ...] = ()
            if exemption(state, self._host, packet, DEFAULT) is None:
                presumed = (one for item in given.unresolved if item.doubt in presume for one in item.presumed)
                matching = tuple(one for one in (*given.certain, *presumed) if one.matches(packet, self._host))
            found.append(_Contenders(direction, packet.family, matching))
        return tuple(found)


def _assumptions(doubts: Sequence[Hashable]) -> list[frozenset[Hashable]]:
    """Which doubtful filters are taken to match."""
    sizes = range(len(doubts) + 1) if len(doubts) <= _FEW else (0, 1, len(doubts))
    return [frozenset(some) for size in sizes for some in itertools.combinations(doubts, size)]


def _stopped(
    given: Readings, state: State, host: HostFacts, flow: Flow, switches: Switches, presume: frozenset[Hashable]
) -> tuple[Direction, Verdict] | None:
    """The first packet of a connection from a peer without IPsec that does not get through."""
    for direction in (Direction.IN, Direction.OUT):
        verdict = decide_among(given, state, host, flow.packet(direction), switches, presume)
        if not passes(verdict.outcome, direction, Starter.REMOTE, partner=False):
            return direction, verdict
    return None


def _named(direction: Direction, verdict: Verdict, flow: Flow, given: Readings) -> Cut | None:
    if verdict.policy is None or verdict.rule is None:
        return None  # only filters stop packets
    doubt = next(
        (item.reason for item in given.unresolved if item.rule is verdict.rule and item.filter is verdict.filter), ""
    )
    return Cut(verdict.policy, verdict.rule, verdict.filter, direction, verdict.outcome, flow, doubt=doubt)


def _all(given: Readings) -> Iterator[Reading]:
    yield from given.certain
    for item in given.unresolved:
        yield from item.presumed


def _narrowed(given: Readings, host: HostFacts, management: ManagementPath) -> Readings:
    """The readings that can have a say about the path: everything but the client's port and the host's address fits."""

    def concerns(reading: Reading) -> bool:
        return (
            management.client.version in reading.families
            and reading.protocol in {0, TCP}
            and covers(reading.local_ports, management.local_port)
            and reading.remote_holds(management.client, host)
        )

    return Readings(
        tuple(reading for reading in given.certain if concerns(reading)),
        tuple(item for item in given.unresolved if any(concerns(reading) for reading in item.presumed)),
    )


def _flows(involved: list[Reading], host: HostFacts, management: ManagementPath) -> Iterator[Flow]:
    """One connection for every combination that some filter can tell from the others."""
    kinds = {reading.connection for reading in involved}
    for connection in ("lan", "dialup") if kinds - {"all"} else ("lan",):
        for local in _local_addresses(involved, host, management):
            for port in _client_ports(involved):
                yield Flow(local, management.client, TCP, management.local_port, port, connection)


def _client_ports(involved: Iterable[Reading]) -> list[int]:
    starts = {EPHEMERAL.first}
    for ports in {reading.remote_ports for reading in involved if not reading.remote_ports.any}:
        starts |= {port for port in (ports.first, ports.last + 1) if covers(EPHEMERAL, port)}
    return sorted(starts)


def _local_addresses(involved: Iterable[Reading], host: HostFacts, management: ManagementPath) -> list[Address]:
    client = management.client
    if management.address is not None:
        return [management.address]
    if host.addresses is not None:
        return sorted((a for a in host.addresses if a.version == client.version), key=int)
    # Unknown: one address that the host may have in every piece of the line that filters divide.
    edges = {0, 1 << client.max_prefixlen}
    for side in {reading.local for reading in involved}:
        if side.kind is not Kind.MASKED and side.first is not None and side.last is not None:
            edges |= {int(side.first), int(side.last) + 1} if side.family == client.version else set()
    pieces = (range(first, stop) for first, stop in itertools.pairwise(sorted(edges)))
    chosen = (_possible(piece, host, client) for piece in pieces)
    return [address for address in chosen if address is not None]


def _possible(piece: range, host: HostFacts, client: Address) -> Address | None:
    """An address in `piece` that the host may have: not the client's, and no group."""
    for number in piece[:2]:
        address = ipaddress.IPv4Address(number) if client.version == 4 else ipaddress.IPv6Address(number)
        if address != client and host.owns(address):
            return address
    return None
