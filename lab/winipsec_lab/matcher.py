"""The fate of one packet on a simulated host, by brute force (spec: traffic-engine 2 to 4, 8).

Every filter of every rule in force is held against the packet in every reading; of those that match, the one with the
largest weight decides. Nothing is clever here on purpose: this is what other people's cleverness is checked against.
"""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple

from winipsec_lab.machine.machine import Machine
from winipsec_lab.matching.exempt import exemption
from winipsec_lab.matching.host import HostFacts, IPAddress, facts_of
from winipsec_lab.matching.in_force import Force, RuleInForce, force_of
from winipsec_lab.matching.outcome import Outcome, outcome_of
from winipsec_lab.matching.readings import matches, readings, weight
from winipsec_lab.store.values import Filter


class Packet(NamedTuple):
    """A packet as the host sees it, before protection on the way out and after its removal on the way in.

    `direction` is `in` or `out`. Ports are 0 unless the protocol is TCP or UDP. `connection` is `lan` or `dialup`.
    """

    direction: str
    local: str
    remote: str
    protocol: int
    local_port: int
    remote_port: int
    connection: str = "lan"

    def answer(self) -> Packet:
        """The packet that goes the other way."""
        return self._replace(direction="out" if self.direction == "in" else "in")


class Verdict(NamedTuple):
    """What happens to a packet, and who decided.

    Attributes:
        result: `passes`, `dropped`, or `protected`: it needs IPsec unless `fallback` lets it through in clear.
        action: the action of the deciding rule (`block`, `permit`, `negotiate inpass soft`, ...), `exempt`, or `none`.
        policy, rule, filter_list, filter: the decider, empty when there is none.
        reason: the same as a sentence.
        protection: `encrypted` or `authenticated` when the result is `protected`.
        fallback: which clear packets pass all the same: none, `reply` (to what this host started) or `any`.
        tunnel: the end point, for a tunnel rule.
    """

    result: str
    action: str
    policy: str
    rule: str
    filter_list: str
    filter: str
    reason: str
    protection: str = ""
    fallback: str = ""
    tunnel: str = ""

    @property
    def passes_in_clear(self) -> bool:
        """Whether the packet passes although the other side has no IPsec (and this host did not start it)."""
        return self.result == "passes" or self.fallback == "any"


class _Match(NamedTuple):
    weight: tuple[int, ...]
    rule: RuleInForce
    filter: Filter
    outcome: Outcome


def decide(machine: Machine, packet: Packet) -> Verdict:
    """The fate of a packet on a machine as it is now.

    Raises:
        ValueError: an address is none, or the two are of different families.
    """
    local, remote = ipaddress.ip_address(packet.local), ipaddress.ip_address(packet.remote)
    if local.version != remote.version:
        raise ValueError("a packet has two addresses of one family")
    force = force_of(machine)
    if force.empty:
        return _untouched("none", force.policy, force.reason)
    facts = facts_of(machine)
    if facts.is_own(remote) and machine.guesses["traffic.own_traffic"] == "untouched":
        return _untouched("none", force.policy, "a host's traffic with itself meets no filters")
    ports = (packet.local_port, packet.remote_port)
    name = exemption(packet.direction, local, remote, packet.protocol, ports, facts, machine.guesses)
    if name:
        return _untouched("exempt", force.policy, f"{name} is exempt from all filters")
    found = _matching(machine, packet, (local, remote), force, facts)
    if not found:
        return _untouched("none", force.policy, force.reason or "no filter matches")
    heaviest = max(match.weight for match in found)
    decider = min(
        (match for match in found if match.weight == heaviest),
        key=lambda match: (match.rule.tunnel, match.rule.name, match.filter.text()),
    )
    return _verdict(packet, decider, len(found))


def _untouched(action: str, policy: str, reason: str) -> Verdict:
    return Verdict("passes", action, policy, "", "", "", reason)


def _matching(
    machine: Machine, packet: Packet, sides: tuple[IPAddress, IPAddress], force: Force, facts: HostFacts
) -> list[_Match]:
    switches = machine.guesses
    outward = packet.direction == "out"
    source, destination = sides if outward else sides[::-1]
    ports = (packet.local_port, packet.remote_port) if outward else (packet.remote_port, packet.local_port)
    found = []
    for rule in force.rules:
        if rule.interface not in ("all", packet.connection):
            continue
        action = rule.outbound if outward else rule.inbound
        outcome = outcome_of(action, packet.direction, switches["traffic.soft_inbound"])
        for each in rule.filters:
            tunnel = bool(rule.tunnel) or each.tunnel
            found += [
                _Match(weight(reading, source.version, tunnel, outcome, switches), rule, each, outcome)
                for reading in readings(each)
                if matches(reading, source, destination, packet.protocol, ports, outward, facts, switches)
            ]
    return found


_RESULTS: Final = {"blocked": "dropped", "clear": "passes"}


def _verdict(packet: Packet, match: _Match, candidates: int) -> Verdict:
    rule, outcome = match.rule, match.outcome
    action = rule.outbound if packet.direction == "out" else rule.inbound
    others = f", {candidates - 1} other readings match" if candidates > 1 else ""
    result = _RESULTS.get(outcome.kind, "protected")
    return Verdict(
        result,
        action.text(),
        rule.policy,
        rule.name,
        rule.filter_list,
        match.filter.text(),
        f"{result} by rule {rule.name!r} with filter {match.filter.text()!r}{others}",
        outcome.kind if result == "protected" else "",
        outcome.fallback,
        rule.tunnel,
    )


# ---------------------------------------------------------------------- conversations

_STRENGTH: Final = ("clear", "authenticated", "encrypted")


def conversation(machine: Machine, first: Packet) -> str:
    """What becomes of a conversation that begins with this packet (spec: traffic-engine 8).

    Returns:
        `blocked`, `one way only`, `works in clear`, `works encrypted, in clear with peers without IPsec`,
        `works authenticated only`, `works encrypted only (their first packets still arrive)`, ...
    """
    ours = first.direction == "out"
    verdicts = (decide(machine, first), decide(machine, first.answer()))
    partner = _with_partner(*verdicts)
    there, back = (_passes_stranger(verdict, ours) for verdict in verdicts)
    stranger = _course(there, back, "clear")
    if partner == stranger:
        return {"no": "blocked", "one-way": "one way only"}.get(partner, f"works in {partner}")
    if stranger == "clear":
        return f"works {partner}, in clear with peers without IPsec"
    return f"works {partner} only" + (" (their first packets still arrive)" if stranger == "one-way" else "")


def _passes_stranger(verdict: Verdict, ours: bool) -> bool:
    return verdict.passes_in_clear or (verdict.fallback == "reply" and ours)


def _with_partner(there: Verdict, back: Verdict) -> str:
    strengths = [_STRENGTH.index(verdict.protection or "clear") for verdict in (there, back)]
    return _course(there.result != "dropped", back.result != "dropped", _STRENGTH[min(strengths)])


def _course(there: bool, back: bool, both: str) -> str:
    if not there:
        return "no"
    return both if back else "one-way"
