"""Policies too large to compare every filter."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import MOST
from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Policies of which nobody worked out which filter wins."""
    for case in subject.cases:
        if case.contest.too_large:
            count = len(case.contest.given.certain)
            yield about(
                case.policy, "", f"has {count} filters, read in each direction: which of them win was not judged"
            )


RULE = LintRule(
    id="WIP300",
    title="A policy is too large to compare every filter",
    severity=Severity.NOTE,
    scope=Scope.POLICY,
    reason="Comparing every filter with every other takes too long here, so the rules about filters that never win, ties and "
    "guesses found nothing in this policy because they did not look. Subnets and ranges say the same in fewer filters.",
    citation="traffic-engine 9",
    find=find,
    bad=example(sketch("Sources", BLOCK, *(f"tcp 10.{n // 256}.{n % 256}.7 -> me port 23" for n in range(MOST + 1)))),
    good=example(sketch("Sources", BLOCK, "tcp 10.0.0.0/8 -> me port 23")),
)
