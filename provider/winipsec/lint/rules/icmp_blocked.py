"""Blocks of all ICMP."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Subject
from winipsec.traffic.outcome import Fate
from winipsec.traffic.packet import Direction
from winipsec.traffic.specificity import Rank, rank


def find(subject: Subject) -> Iterator[Finding]:
    """Active blocks of ICMP from everybody."""
    for case in subject.cases:
        seen: set[int] = set()
        for reading in case.contest.given.certain:
            item = reading.filter
            everybody = reading.direction is Direction.IN and rank(reading.remote) is Rank.ANY
            if item is None or id(item) in seen or reading.protocol != _ICMP or not everybody:
                continue
            if reading.outcome.fate is Fate.BLOCKED:
                seen.add(id(item))
                yield about_filter(subject, reading.rule, item, "blocks all of ICMP, not only ping")


_ICMP = 1

RULE = LintRule(
    id="WIP504",
    title="All of ICMP is blocked",
    severity=Severity.NOTE,
    scope=Scope.POLICY,
    reason="Filters know no ICMP types. With ping goes the message that a packet is too large for the way, and connections "
    "across links with a smaller packet size hang half-way. To hide from ping, use the host firewall.",
    citation="traffic-engine 2",
    find=find,
    bad=example(sketch("Ping", BLOCK, "icmp any <-> me")),
    good=example(sketch("Ping", BLOCK, "icmp 10.0.0.0/8 <-> me")),
)
