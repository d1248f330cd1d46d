"""Permits that let in whoever sends from a certain port."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, shown
from winipsec.lint.subject import Subject
from winipsec.traffic.outcome import Fate
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Reading
from winipsec.traffic.specificity import Rank, rank

_FEW_PORTS, _MANY_PORTS = 1_024, 32_768


def find(subject: Subject) -> Iterator[Finding]:
    """Permits that open ports of the sender's choice to many hosts, against a filter that would stop them."""
    for case in subject.cases:
        for reading in case.contest.readings:
            if reading.filter is None or not _is_hole(reading):
                continue
            packet = case.contest.overruled_packet(reading)
            if packet is not None:
                message = (
                    f"lets {reading.remote} reach any port from source port {reading.remote_ports}: {shown(packet)}"
                )
                yield about_filter(subject, reading.rule, reading.filter, message)


def _is_hole(reading: Reading) -> bool:
    theirs, ours = reading.remote_ports, reading.local_ports
    return (
        reading.direction is Direction.IN
        and reading.outcome.fate is Fate.CLEAR
        and rank(reading.remote) is not Rank.ADDRESS
        and not theirs.any
        and theirs.last - theirs.first < _FEW_PORTS
        and (ours.any or ours.last - ours.first >= _MANY_PORTS)
    )


RULE = LintRule(
    id="WIP401",
    title="Whoever sends from a certain port gets in",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="Filters know no connections. A mirrored permit for what this host asks of port 53 lets in everything from port 53, "
    "to every port, and a source port is free to choose. Narrow the other side to the servers that are needed.",
    citation="traffic-engine 9",
    find=find,
    bad=example(sketch("Names", PERMIT, "udp me <-> any port 53"), sketch("Rest", BLOCK, "udp any -> me")),
    good=example(sketch("Names", PERMIT, "udp me <-> 10.0.0.1 port 53"), sketch("Rest", BLOCK, "udp any -> me")),
)
