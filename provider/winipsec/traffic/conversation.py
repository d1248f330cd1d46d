"""Whether two hosts can talk: a first packet one way, replies the other (spec: traffic-engine 8).

Filters know packets, people ask about conversations. The answer depends on the peer: one that negotiates IPsec gets
through where one without does not. `passes` says who does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from winipsec.model.endpoint import Address
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.outcome import Fallback, Fate, Outcome
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import DEFAULT, Switches


class Starter(Enum):
    """Who sends the first packet."""

    REMOTE = "remote"
    HOST = "host"


class Result(Enum):
    """What comes of a conversation with one kind of peer."""

    NO = "no"
    ONE_WAY = "one-way"
    CLEAR = "clear"
    AUTHENTICATED = "authenticated"
    ENCRYPTED = "encrypted"


_WORKS = {Result.CLEAR: "in clear", Result.AUTHENTICATED: "authenticated", Result.ENCRYPTED: "encrypted"}
_ALIKE = {Result.NO: "blocked", Result.ONE_WAY: "one way only", Result.CLEAR: "works in clear"}
_STRENGTH = {
    Fate.EXEMPT: Result.CLEAR,
    Fate.CLEAR: Result.CLEAR,
    Fate.AUTHENTICATED: Result.AUTHENTICATED,
    Fate.ENCRYPTED: Result.ENCRYPTED,
}
_WEAKEST_FIRST = (Result.CLEAR, Result.AUTHENTICATED, Result.ENCRYPTED)


@dataclass(frozen=True, slots=True)
class Flow:
    """The five parts that name a conversation, seen from the host, and how the peer is connected."""

    local: Address
    remote: Address
    protocol: int
    local_port: int = 0
    remote_port: int = 0
    connection: str = "lan"

    def packet(self, direction: Direction) -> Packet:
        """A packet of this conversation."""
        return Packet(
            direction, self.local, self.remote, self.protocol, self.local_port, self.remote_port, self.connection
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """What comes of a conversation: with a partner that negotiates, and with a peer that has no IPsec."""

    partner: Result
    without_ipsec: Result

    def __str__(self) -> str:
        if self.partner is self.without_ipsec:
            return _ALIKE[self.partner]
        if self.partner is Result.ONE_WAY:
            return "one way only, and only with partners"
        works = f"works {_WORKS[self.partner]}"
        if self.without_ipsec is Result.CLEAR:
            return f"{works}, in clear with peers without IPsec"
        arrives = " (their first packets still arrive)" if self.without_ipsec is Result.ONE_WAY else ""
        return f"{works} only{arrives}"


def passes(outcome: Outcome, direction: Direction, starter: Starter, *, partner: bool) -> bool:
    """Whether a packet with this outcome gets through, to or from a partner that negotiates or a peer that cannot."""
    if outcome.fate is Fate.BLOCKED:
        return False
    if partner or not outcome.protected or outcome.fallback is Fallback.ANY:
        return True
    return outcome.fallback is Fallback.REPLY and direction is Direction.IN and starter is Starter.HOST


def converse(inbound: Outcome, outbound: Outcome, starter: Starter) -> Conversation:
    """What two packet outcomes make of a conversation."""
    return Conversation(
        _result(inbound, outbound, starter, partner=True), _result(inbound, outbound, starter, partner=False)
    )


def conversation(
    state: State, host: HostFacts, flow: Flow, starter: Starter, switches: Switches = DEFAULT
) -> Conversation:
    """What comes of `flow` under the policy in force.

    Raises:
        BadQuestion: no such conversation can take place on this host.
    """
    inbound = decide(state, host, flow.packet(Direction.IN), switches).outcome
    outbound = decide(state, host, flow.packet(Direction.OUT), switches).outcome
    return converse(inbound, outbound, starter)


def weaker(one: Result, other: Result) -> Result:
    """Of two directions that work, the one that protects less."""
    return min(one, other, key=_WEAKEST_FIRST.index)


def _result(inbound: Outcome, outbound: Outcome, starter: Starter, *, partner: bool) -> Result:
    comes = passes(inbound, Direction.IN, starter, partner=partner)
    goes = passes(outbound, Direction.OUT, starter, partner=partner)
    first, reply = (comes, goes) if starter is Starter.REMOTE else (goes, comes)
    if not first:
        return Result.NO
    if not reply:
        return Result.ONE_WAY
    if not partner:
        return Result.CLEAR
    return weaker(_STRENGTH[inbound.fate], _STRENGTH[outbound.fate])
