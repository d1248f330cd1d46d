"""Filters that other filters make superfluous."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, standing, winners
from winipsec.lint.subject import Subject
from winipsec.model.policies import Rule


def find(subject: Subject) -> Iterator[Finding]:
    """Filters whose every packet another filter decides in the same way."""
    for place in standing(subject, Standing.REDUNDANT):
        if all(_says_the_same(place.rule, item.rule) for item in place.winners):
            continue  # a duplicate in its list, or a repeated rule: others report those
        message = f"changes nothing: decided alike by {winners(place.winners)}"
        yield about_filter(subject, place.rule, place.filter, message)


def _says_the_same(one: Rule, other: Rule) -> bool:
    return (one.filter_list, one.filter_action) == (other.filter_list, other.filter_action)


RULE = LintRule(
    id="WIP304",
    title="A filter is superfluous",
    severity=Severity.NOTE,
    scope=Scope.POLICY,
    reason="More specific filters decide all its packets, with the same result. Nothing changes without it, but whoever edits "
    "it later will wonder why nothing changes with it either.",
    citation="traffic-engine 3",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp 10.0.0.8/31 -> me port 23"),
        sketch("Retired", BLOCK, "any 10.0.0.8 -> me", "any 10.0.0.9 -> me"),
    ),
    good=example(sketch("Retired", BLOCK, "any 10.0.0.8 -> me", "any 10.0.0.9 -> me")),
)
