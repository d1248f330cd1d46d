"""Who can talk to whom, and how: two hosts, each under its own policy (spec: traffic-engine 8, between two hosts).

The same packet is outbound for its sender and inbound for its receiver. Where both protect it they must agree: on a way
to make keys, to authenticate, and to protect. Where one protects and the other does not, only a fall back helps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from winipsec.model.endpoint import Address
from winipsec.model.filters import TCP, UDP, Ports
from winipsec.model.methods import AuthMethod, RootCa, SecurityMethod, UnknownAuth
from winipsec.model.policies import FilterAction
from winipsec.traffic.conversation import Flow, Result, weaker
from winipsec.traffic.decide import Verdict
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.lookup import Lookup
from winipsec.traffic.management import EPHEMERAL
from winipsec.traffic.outcome import Fallback, Fate
from winipsec.traffic.packet import BadQuestion, Direction
from winipsec.traffic.readings import covers, statements
from winipsec.traffic.specificity import DEFAULT, Switches


@dataclass(frozen=True)
class Station:
    """A host with a name, and what it is told to do."""

    name: str
    state: State
    host: HostFacts


class Asked(NamedTuple):
    """A service that one host asks of another: a protocol, and the port of the host that is asked (0 for none)."""

    protocol: int
    port: int = 0


class Exchange(NamedTuple):
    """What comes of a conversation, and why it is not more; the reason is empty where all is well."""

    result: Result
    reason: str = ""


class Meeting(NamedTuple):
    """What comes of it when one host asks another: more than one answer where addresses or client ports matter.

    There is none where the two have no addresses of one family.
    """

    starter: str
    other: str
    asked: Asked
    exchanges: tuple[Exchange, ...]


def matrix(
    stations: Sequence[Station], asked: Iterable[Asked], switches: Switches = DEFAULT, connection: str = "lan"
) -> tuple[Meeting, ...]:
    """Every host asking every other host, in the order given.

    Raises:
        BadQuestion: the addresses of a host are not known.
    """
    sides = [_Side(station, switches, connection) for station in stations]
    services = tuple(asked)
    return tuple(
        Meeting(one.station.name, other.station.name, service, tuple(dict.fromkeys(_exchanges(one, other, service))))
        for one in sides
        for other in sides
        if one is not other
        for service in services
    )


class _Side:
    """One station, ready to be asked about many packets."""

    def __init__(self, station: Station, switches: Switches, connection: str) -> None:
        if station.host.addresses is None:
            raise BadQuestion(f"the addresses of {station.name} are not known.", path="local")
        self.station = station
        self.addresses: list[Address] = sorted(station.host.addresses, key=lambda a: (a.version, int(a)))
        self._lookup = Lookup(station.state, station.host, switches)
        self._connection = connection
        said, _ = statements(station.state, station.host, switches)
        ports: set[Ports] = set()
        for statement in said:
            for item in statement.filters:
                ports |= {item.source_ports, item.destination_ports}
        self.client_ports = {
            number
            for given in ports
            if not given.any
            for number in (given.first, given.last + 1)
            if covers(EPHEMERAL, number)
        }

    def verdict(self, flow: Flow, direction: Direction) -> Verdict:
        """What this host does to a packet."""
        return self._lookup.decide(flow.packet(direction))

    def flow(self, local: Address, remote: Address, protocol: int, local_port: int, remote_port: int) -> Flow:
        """A conversation as this host sees it."""
        return Flow(local, remote, protocol, local_port, remote_port, self._connection)

    def action(self, verdict: Verdict) -> FilterAction | None:
        """What the deciding rule does."""
        actions = self.station.state.store.filter_actions
        return None if verdict.rule is None else actions.get(verdict.rule.filter_action)

    def says(self, verdict: Verdict) -> str:
        """Who this host is, and by which rule it decides."""
        name = self.station.name
        return f"{name}, rule {(verdict.rule.name or verdict.rule.guid)!r}" if verdict.rule else name


def _exchanges(one: _Side, other: _Side, asked: Asked) -> Iterator[Exchange]:
    """What comes of it for each pair of addresses, and each client port that some filter tells from the others."""
    has_ports = asked.protocol in {TCP, UDP}
    ports = sorted({EPHEMERAL.first} | one.client_ports | other.client_ports) if has_ports else [0]
    for local in one.addresses:
        for remote in other.addresses:
            if local.version != remote.version or local == remote:
                continue
            for port in ports:
                mine = one.flow(local, remote, asked.protocol, port, asked.port if has_ports else 0)
                yours = other.flow(remote, local, asked.protocol, asked.port if has_ports else 0, port)
                yield _conversation(one, other, mine, yours)


def _conversation(one: _Side, other: _Side, mine: Flow, yours: Flow) -> Exchange:
    """What comes of a conversation that `one` starts."""
    first = _passage(one, other, one.verdict(mine, Direction.OUT), other.verdict(yours, Direction.IN), answer=False)
    if first.result is Result.NO:
        return first
    reply = _passage(other, one, other.verdict(yours, Direction.OUT), one.verdict(mine, Direction.IN), answer=True)
    if reply.result is Result.NO:
        return Exchange(Result.ONE_WAY, reply.reason)
    result = weaker(first.result, reply.result)
    return first if result is first.result and first.reason else Exchange(result, reply.reason)


def _passage(sender: _Side, receiver: _Side, out: Verdict, into: Verdict, *, answer: bool) -> Exchange:
    """What comes of one packet; `answer` says that its receiver has started the conversation."""
    for side, verdict in ((sender, out), (receiver, into)):
        if verdict.outcome.fate is Fate.BLOCKED:
            return Exchange(Result.NO, f"{side.says(verdict)}: blocked")
    third = _third(out, receiver)
    protected = out.outcome.protected and not third
    if protected and into.outcome.protected:
        return _agreement(sender, receiver, out, into)
    if protected or into.outcome.protected:
        asking, asked, demand = (sender, receiver, out) if protected else (receiver, sender, into)
        fallback = demand.outcome.fallback
        if fallback is Fallback.ANY or (fallback is Fallback.REPLY and answer and asking is receiver):
            return Exchange(Result.CLEAR, f"{asking.says(demand)}: falls back, {asked.station.name} has no IPsec here")
        return Exchange(Result.NO, f"{asking.says(demand)}: demands IPsec, {asked.station.name} has none here")
    return Exchange(Result.CLEAR, f"protected up to the tunnel end point {out.outcome.tunnel} only" if third else "")


def _third(out: Verdict, receiver: _Side) -> bool:
    """Whether a packet leaves through a tunnel that ends at neither of the two."""
    return out.outcome.protected and out.outcome.tunnel not in {"", *map(str, receiver.addresses)}


def _agreement(sender: _Side, receiver: _Side, out: Verdict, into: Verdict) -> Exchange:
    """What two hosts that both protect a packet agree on."""
    who = f"{sender.says(out)} and {receiver.says(into)}"
    if bool(out.outcome.tunnel) is not bool(into.outcome.tunnel):
        return Exchange(Result.NO, f"{who}: one uses a tunnel, the other does not")
    parts: tuple[tuple[str, list[set[Any]]], ...] = (
        ("way to make keys", [set(v.policy.main_mode_methods) if v.policy else set() for v in (out, into)]),
        ("authentication", [_authentications(v.rule.auth_methods) if v.rule else set() for v in (out, into)]),
        ("security method", [_offers(sender.action(out)), _offers(receiver.action(into))]),
    )
    for name, (ours, theirs) in parts:
        if not ours & theirs:
            return Exchange(Result.NO, f"{who}: no {name} in common")
    shared = _offers(sender.action(out)) & _offers(receiver.action(into))
    encrypted = all(offer.encrypts for offer in shared)
    return Exchange(Result.ENCRYPTED if encrypted else Result.AUTHENTICATED)


def _offers(action: FilterAction | None) -> set[SecurityMethod]:
    """The quick-mode offers, lifetimes aside: the shorter one counts."""
    return {SecurityMethod(offer.ah, offer.esp) for offer in action.security_methods} if action else set()


def _authentications(methods: Iterable[AuthMethod]) -> set[AuthMethod]:
    """What both sides must have: options of one side aside; what nobody knows is shared with nobody."""
    return {
        RootCa(method.name) if isinstance(method, RootCa) else method
        for method in methods
        if not isinstance(method, UnknownAuth)
    }
