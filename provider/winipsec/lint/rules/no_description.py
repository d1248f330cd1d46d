"""Policies that do not say what they are for."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.policies import Policy


def find(subject: Subject) -> Iterator[Finding]:
    """Policies without a description."""
    for policy in subject.store.policies.values():
        if not policy.description:
            yield about(policy, "description", "does not say what it is for")


RULE = LintRule(
    id="WIP610",
    title="A policy has no description",
    severity=Severity.NOTE,
    scope=Scope.OBJECT,
    reason="Somebody finds this policy at night, on a host that does not answer as it should. Say in one line what it protects, "
    "who looks after it, and that Pulumi will undo what is changed by hand.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), policy=Policy("Protection")),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
