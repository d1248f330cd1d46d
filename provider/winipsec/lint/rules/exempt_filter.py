"""Filters for traffic that no filter sees."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, standing
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Filters whose every packet is exempt."""
    for place in standing(subject, Standing.EXEMPT):
        level = subject.cases[0].state.exempt_level(subject.host)
        message = f"has no effect: all of this is exempt from filters (NoDefaultExempt {level})"
        yield about_filter(subject, place.rule, place.filter, message)


RULE = LintRule(
    id="WIP309",
    title="A filter matches exempt traffic only",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Some traffic never meets a filter while a policy is in force: always the exchange of keys (UDP 500 and 4500), "
    "and more while NoDefaultExempt is below 3. A filter for it permits or blocks nothing.",
    citation="traffic-engine 4.2",
    find=find,
    bad=example(sketch("Key exchange", BLOCK, "udp any -> me port 500")),
    good=example(sketch("Key exchange", BLOCK, "udp any -> me port 501")),
)
