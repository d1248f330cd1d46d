"""Blocks that never decide anything."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, standing, winners
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Blocks whose every packet another filter decides."""
    for place in standing(subject, Standing.BEATEN):
        if place.action == "block":
            yield about_filter(
                subject, place.rule, place.filter, f"blocks nothing: decided by {winners(place.winners)}"
            )


RULE = LintRule(
    id="WIP302",
    title="A block never wins",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="A block does not beat a permit: the more specific filter does. Whoever wrote this block thinks the traffic is "
    "stopped; it is not. Make the block as specific as what it is to stop, or narrow the permits.",
    citation="traffic-engine 3",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp 10.0.0.8/31 -> me port 23"),
        sketch("Administrators", PERMIT, "any 10.0.0.8 -> me", "any 10.0.0.9 -> me"),
    ),
    good=example(
        sketch("Telnet", BLOCK, "tcp 10.0.0.8 -> me port 23", "tcp 10.0.0.9 -> me port 23"),
    ),
)
