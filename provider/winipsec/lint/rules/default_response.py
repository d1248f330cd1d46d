"""Active default response rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from winipsec.lint.example import BLOCK, POLICY, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.policies import DefaultRule


def find(subject: Subject) -> Iterator[Finding]:
    """Policies whose default response rule is active."""
    for policy in subject.store.policies.values():
        if policy.default_rule is not None and policy.default_rule.active:
            yield about(policy, "defaultRule.active", "answers every peer that asks for security")


RULE = LintRule(
    id="WIP408",
    title="The default response rule is active",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="On Server 2003 and before, this host negotiates with whoever asks, by methods that nobody chose for that peer. Vista "
    "and later do not honour it, so what looks like protection is none. Write a rule for the peers that are meant.",
    citation="traffic-engine 1",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"), policy=replace(POLICY, default_rule=DefaultRule(active=True))
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
