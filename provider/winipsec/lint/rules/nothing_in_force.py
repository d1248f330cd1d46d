"""Policies without an active rule."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Policies that have no rules, or none that is switched on."""
    for case in subject.cases:
        if not case.rules:
            count = len(subject.store.rules_of(case.policy.guid))
            yield about(case.policy, "", f"has no active rule ({count} switched off), so it protects from nothing")


RULE = LintRule(
    id="WIP704",
    title="A policy has no active rule",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="Assigned or not, everything passes: the host looks protected and is not. Switch a rule on, add one, or take the "
    "policy away so that nobody relies on it.",
    citation="ipsec-policy 8.4",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23", active=False)),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
    companions=frozenset({"WIP611"}),
)
