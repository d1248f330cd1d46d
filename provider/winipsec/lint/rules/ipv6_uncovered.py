"""Protection from everybody, but not over IPv6."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Subject
from winipsec.model.filters import Filter
from winipsec.traffic.outcome import Fate
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Reading
from winipsec.traffic.specificity import Rank, rank


def find(subject: Subject) -> Iterator[Finding]:
    """Blocks and negotiation for all that arrives over IPv4, without a counterpart for IPv6."""
    if subject.has_ipv6 is False:
        return
    for case in subject.cases:
        general = [item for item in case.contest.given.certain if _is_general(item)]
        if any(6 in item.families for item in general):
            continue
        for reading in general[:1]:
            message = "is for IPv4 only, as far as is known, and everything passes over IPv6"
            yield about_filter(subject, reading.rule, reading.filter or Filter(), message)


def _is_general(reading: Reading) -> bool:
    """Whether a reading keeps out all that arrives from everybody."""
    anything = reading.protocol == 0 and reading.local_ports.any and reading.remote_ports.any
    protects = reading.direction is Direction.IN and reading.outcome.fate is not Fate.CLEAR
    return anything and protects and rank(reading.remote) is Rank.ANY


RULE = LintRule(
    id="WIP409",
    title="IPv6 is not covered",
    severity=Severity.NOTE,
    scope=Scope.POLICY,
    reason="The words any and me are stored in a form that knows IPv4 only, and Windows has IPv6 on since Vista. Add the same "
    "filter with ::/0 in the place of any, or turn IPv6 off. Nobody has published what Windows really does.",
    citation="traffic-engine 2.1",
    find=find,
    bad=example(
        sketch("Web", PERMIT, "tcp any <-> me port 80", "tcp any <-> me port 5985"),
        sketch("Rest", BLOCK, "any any <-> me"),
    ),
    good=example(
        sketch("Web", PERMIT, "tcp any <-> me port 80", "tcp any <-> me port 5985"),
        sketch("Rest", BLOCK, "any any <-> me", "any ::/0 <-> me"),
    ),
)
