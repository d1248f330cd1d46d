"""Filters for the traffic of other hosts."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, standing
from winipsec.lint.subject import Subject
from winipsec.model.endpoint import parse_address
from winipsec.traffic.facts import HostFacts


def find(subject: Subject) -> Iterator[Finding]:
    """Filters of which neither side can be this host."""
    if subject.host.addresses is None:
        return
    for place in standing(subject, Standing.STRANGE):
        if 6 not in {place.filter.source.family, place.filter.destination.family}:
            message = "matches nothing: neither side is an address of this host"
            yield about_filter(subject, place.rule, place.filter, message)


RULE = LintRule(
    id="WIP313",
    title="A filter is about other hosts",
    severity=Severity.WARNING,
    scope=Scope.HOST,
    reason="A filter speaks of packets that this host sends or receives. The host may have got another address since it was "
    "written, or the policy was copied from somewhere else. Write me where the host itself is meant.",
    citation="traffic-engine 2",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp 10.0.1.0/24 -> 10.0.0.6 port 23"),
        host=HostFacts(addresses=frozenset({parse_address("10.0.0.5")})),
    ),
    good=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"),
        host=HostFacts(addresses=frozenset({parse_address("10.0.0.5")})),
    ),
)
