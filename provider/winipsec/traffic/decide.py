"""What the policy in force does to one packet, and which filter says so.

Exemptions stand above every filter. Then the most specific matching reading wins (`specificity`). Where nothing
matches, the packet stays clear (spec: traffic-engine 4).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from winipsec.model.filters import Filter
from winipsec.model.policies import Policy, Rule
from winipsec.traffic.exemptions import exemption
from winipsec.traffic.facts import Generation, HostFacts, State
from winipsec.traffic.outcome import CLEAR, EXEMPT, Outcome
from winipsec.traffic.packet import Packet
from winipsec.traffic.readings import Reading, Readings, Unresolved, readings
from winipsec.traffic.specificity import DEFAULT, Key, Switches, key, label, reason


class RunnerUp(NamedTuple):
    """A filter that matches too, what it would have done, and why it lost."""

    rule: Rule
    filter: Filter | None
    outcome: Outcome
    lost: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one packet.

    `rule` and `filter` are None where no filter decides. `exemption` names what exempts it. `on_request`: nobody asks
    for protection, but the default response rule grants it to a peer who does. `unresolved` are the filters that
    might turn this verdict, could they be read: if there are any, the answer is not certain.
    """

    outcome: Outcome
    policy: Policy | None = None
    rule: Rule | None = None
    filter: Filter | None = None
    runners_up: tuple[RunnerUp, ...] = ()
    exemption: str | None = None
    on_request: bool = False
    unresolved: tuple[Unresolved, ...] = ()


def decide(state: State, host: HostFacts, packet: Packet, switches: Switches = DEFAULT) -> Verdict:
    """Decide one packet.

    Raises:
        BadQuestion: no such packet can pass this host.
    """
    return decide_among(readings(state, host, switches), state, host, packet, switches)


def decide_among(
    given: Readings,
    state: State,
    host: HostFacts,
    packet: Packet,
    switches: Switches,
    presume: frozenset[Hashable] = frozenset(),
) -> Verdict:
    """Decide one packet by readings that are at hand, taking unresolved filters at their worst where `presume` says.

    Raises:
        BadQuestion: no such packet can pass this host.
    """
    packet.demand(host)
    policy = state.policy
    if policy is None:
        return Verdict(CLEAR)
    exempt = exemption(state, host, packet, switches)
    if exempt is not None:
        return Verdict(EXEMPT, policy, exemption=exempt)
    doubted = tuple(item for item in given.unresolved if any(r.matches(packet, host) for r in item.presumed))
    presumed = [r for item in doubted if item.doubt in presume for r in item.presumed]
    matching = [r for r in (*given.certain, *presumed) if r.matches(packet, host)]
    if not matching:
        return Verdict(CLEAR, policy, on_request=on_request(policy, host), unresolved=doubted)

    matching.sort(key=label)
    matching.sort(key=lambda reading: strength(reading, packet.family, switches), reverse=True)
    winner = matching[0]
    runners_up = {}
    for loser in matching[1:]:
        place = (loser.rule.guid, id(loser.filter))
        if place != (winner.rule.guid, id(winner.filter)) and place not in runners_up:
            lost = reason(winner, loser, packet.family, switches)
            runners_up[place] = RunnerUp(loser.rule, loser.filter, loser.outcome, lost)
    return Verdict(winner.outcome, policy, winner.rule, winner.filter, tuple(runners_up.values()), unresolved=doubted)


def strength(reading: Reading, family: int, switches: Switches) -> tuple[bool, Key]:
    """How strong a reading is among those that match; one of a list that nobody can read is the strongest of all."""
    return reading.filter is None, key(reading, family, switches)


def on_request(policy: Policy, host: HostFacts) -> bool:
    """Whether unmatched traffic is protected for peers that ask for it (spec: traffic-engine 4.1)."""
    rule = policy.default_rule
    return rule is not None and rule.active and host.generation < Generation.VISTA
