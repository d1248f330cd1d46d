"""Why a conversation works or does not: both packets, who decides, who lost, and what hangs on a guess.

Spec: traffic-engine 3 (guesses), 6 (explain) and 8 (conversations).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from winipsec.traffic.conversation import Conversation, Flow, Starter, converse
from winipsec.traffic.decide import Verdict, decide_among
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.question import Question, Settled, own_addresses, settled
from winipsec.traffic.readings import Readings, readings
from winipsec.traffic.specificity import DEFAULT, Switches, every_flip


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a conversation. Traffic to a group of hosts has no reply, and is no conversation."""

    first: Verdict
    reply: Verdict | None
    conversation: Conversation | None

    @property
    def outcomes(self) -> tuple[object, ...]:
        """What would make another answer."""
        return self.first.outcome, self.reply and self.reply.outcome


class Otherwise(NamedTuple):
    """Another answer: `where` names the guess, or the own address, under which it holds."""

    where: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Explanation:
    """One answer with its reasons.

    `guesses` are the guesses about Windows that would turn it. `elsewhere` are the host's other addresses at which it
    is another, where the question says `me`.
    """

    state: State
    asked: Settled
    answer: Answer
    guesses: tuple[Otherwise, ...] = ()
    elsewhere: tuple[Otherwise, ...] = ()


def explain(state: State, host: HostFacts, question: Question, switches: Switches = DEFAULT) -> Explanation:
    """Answer a question under the policy in force.

    Raises:
        BadQuestion: no such conversation can take place on this host.
    """
    asked = settled(question, host)
    inquiry = _Inquiry(state, host, asked.starter)
    answer = inquiry.answer(asked.flow, switches)
    guesses = [Otherwise(flip.name, inquiry.answer(asked.flow, flip.switches)) for flip in every_flip(switches)]
    others = own_addresses(host, asked.flow.local.version) if asked.as_me else []
    elsewhere = [Otherwise(str(own), inquiry.answer(replace(asked.flow, local=own), switches)) for own in others]
    return Explanation(
        state,
        asked,
        answer,
        tuple(item for item in guesses if item.answer.outcomes != answer.outcomes),
        tuple(item for item in elsewhere if item.answer.outcomes != answer.outcomes),
    )


class _Inquiry:
    """One state and host, asked about several conversations under several switches."""

    def __init__(self, state: State, host: HostFacts, starter: Starter) -> None:
        self._state = state
        self._host = host
        self._starter = starter
        self._readings: dict[str, Readings] = {}

    def answer(self, flow: Flow, switches: Switches) -> Answer:
        """What becomes of one conversation."""
        remote_starts = self._starter is Starter.REMOTE
        first, back = (Direction.IN, Direction.OUT) if remote_starts else (Direction.OUT, Direction.IN)
        verdict = self._decide(flow.packet(first), switches)
        if self._host.is_group(flow.local) or self._host.is_group(flow.remote):
            return Answer(verdict, None, None)
        reply = self._decide(flow.packet(back), switches)
        inbound, outbound = (verdict, reply) if remote_starts else (reply, verdict)
        return Answer(verdict, reply, converse(inbound.outcome, outbound.outcome, self._starter))

    def _decide(self, packet: Packet, switches: Switches) -> Verdict:
        # Of all switches only this one alters what filters say; the others alter which of them wins.
        given = self._readings.get(switches.any_family)
        if given is None:
            given = self._readings[switches.any_family] = readings(self._state, self._host, switches)
        return decide_among(given, self._state, self._host, packet, switches)
