"""Stores in which no policy is assigned."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Policies of which none is in force."""
    if subject.store.active_policy is None:
        for policy in subject.store.policies.values():
            yield about(policy, "", "is not assigned, nor is any other policy: nothing is in force")


RULE = LintRule(
    id="WIP703",
    title="No policy is assigned",
    severity=Severity.WARNING,
    scope=Scope.STORE,
    reason="A policy does nothing until it is assigned. It was judged here as if it were. Add a PolicyAssignment, or delete "
    "the policy.",
    citation="ipsec-policy 8.5",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), assigned=False),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
