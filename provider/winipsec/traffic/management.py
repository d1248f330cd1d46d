"""Whether a change closes the way by which the host is managed (spec: traffic-engine 8, last paragraph).

The question: would a *new* WinRM connection from this controller work before the change, and not after it? The
controller has no IPsec as far as the host can tell, so only what passes in clear both ways works.

A wrong "no" locks somebody out of a machine, so everything that is not known counts against the change:

- Every guess about Windows is taken both ways (`every_flip`), and those that others take together one at a time.
- The client's port is not known beforehand. The range of ephemeral ports is split wherever a filter begins or ends,
  and one port of each piece is tried: exact, not sampled.
- So it is with the host's own address, where that is not known.
- A filter that cannot be read may match or not. Each such doubt is assumed alone, all are, and none is; the same
  assumption holds before and after, so that an old riddle in the store does not forbid every change.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

from winipsec.model.endpoint import Address, Kind
from winipsec.model.filters import TCP, Filter, Ports
from winipsec.model.policies import Policy, Rule
from winipsec.traffic.conversation import Flow, Starter, passes
from winipsec.traffic.decide import Verdict, decide_among
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.outcome import Outcome
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Reading, Readings, covers, readings
from winipsec.traffic.specificity import DEFAULT, Flip, Switches, every_flip

_FURTHER_FLIPS = (Flip("mask lengths only", replace(DEFAULT, address="bits")),)
"""The kinds of addresses may not count although the rest of the order holds (spec: traffic-engine 3, rows 2 to 4)."""

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
    host = _completed(host, management)
    change = _Change(before, after, host, management)
    found = change.cut(DEFAULT)
    if found is not None:
        return found
    for flip in (*every_flip(), *_FURTHER_FLIPS):
        found = change.cut(flip.switches)
        if found is not None:
            return replace(found, flip=flip.name)
    return None


def _completed(host: HostFacts, management: ManagementPath) -> HostFacts:
    """The facts with what the path itself tells: the host must have an address that the client can reach."""
    own = host.addresses
    if own is not None and management.address is not None:
        own |= {management.address}
    if own is not None and not any(address.version == management.client.version for address in own):
        own = None
    return replace(host, addresses=own)


class _Change:
    """One change, asked about under several settings of the switches; only `any_family` alters the readings."""

    def __init__(self, before: State, after: State, host: HostFacts, management: ManagementPath) -> None:
        self._states = before, after
        self._host = host
        self._management = management
        self._narrowed: dict[str, tuple[Readings, Readings]] = {}

    def _readings(self, switches: Switches) -> tuple[Readings, Readings]:
        known = self._narrowed.get(switches.any_family)
        if known is None:
            before, after = (
                _narrowed(readings(state, self._host, switches), self._host, self._management) for state in self._states
            )
            known = self._narrowed[switches.any_family] = before, after
        return known

    def cut(self, switches: Switches) -> Cut | None:
        """What closes the path under one setting."""
        (before, after), host = self._states, self._host
        given_before, given_after = self._readings(switches)
        involved = [*_all(given_before), *_all(given_after)]
        doubts = list(dict.fromkeys(item.doubt for item in (*given_before.unresolved, *given_after.unresolved)))
        assumptions: list[frozenset[Hashable]] = [frozenset(), *(frozenset({doubt}) for doubt in doubts)]
        if len(doubts) > 1:
            assumptions.append(frozenset(doubts))
        for flow in _flows(involved, host, self._management):
            for presume in assumptions:
                if _stopped(given_before, before, host, flow, switches, presume) is not None:
                    continue
                stopped = _stopped(given_after, after, host, flow, switches, presume)
                if stopped is not None:
                    return _named(*stopped, flow, given_after)
        return None


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
