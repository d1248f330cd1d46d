"""Negotiation that never decides anything."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, standing, winners
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Filters that ask for security, and whose every packet another filter decides."""
    for place in standing(subject, Standing.BEATEN):
        if place.action == "negotiate":
            yield about_filter(
                subject, place.rule, place.filter, f"secures nothing: decided by {winners(place.winners)}"
            )


RULE = LintRule(
    id="WIP303",
    title="A filter that asks for security never wins",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="The more specific filter decides, whatever its action. Whoever wrote this rule thinks the traffic is secured; it is "
    "blocked, or passes in clear.",
    citation="traffic-engine 3",
    find=find,
    bad=example(
        sketch("Database", ENCRYPT, "tcp 10.0.0.8/31 <-> me port 1433"),
        sketch("Retired", BLOCK, "any 10.0.0.8 <-> me", "any 10.0.0.9 <-> me"),
    ),
    good=example(
        sketch("Database", ENCRYPT, "tcp 10.0.0.8/31 <-> me port 1433"),
        sketch("Retired", BLOCK, "any 10.0.0.8 <-> me"),
    ),
)
