"""Permits that never decide anything."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, standing, winners
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Permits whose every packet another filter decides."""
    for place in standing(subject, Standing.BEATEN):
        if place.action == "permit":
            yield about_filter(
                subject, place.rule, place.filter, f"permits nothing: decided by {winners(place.winners)}"
            )


RULE = LintRule(
    id="WIP301",
    title="A permit never wins",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Neither the order of rules nor permit or block decides, but which filter is more specific: one address before a "
    "subnet before any, then a protocol, then ports. Whoever wrote this permit thinks the traffic passes; it does not.",
    citation="traffic-engine 3",
    find=find,
    bad=example(
        sketch("Administrators", PERMIT, "tcp 10.0.0.8/31 -> me port 22"),
        sketch("Former administrators", BLOCK, "any 10.0.0.8 -> me", "any 10.0.0.9 -> me"),
    ),
    good=example(
        sketch("Administrators", PERMIT, "tcp 10.0.0.8 -> me port 22"),
        sketch("Former administrators", BLOCK, "any 10.0.0.8/31 -> me"),
    ),
)
