"""Rules that are switched off."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Inactive rules of policies that are judged."""
    for case in subject.cases:
        for rule in subject.store.rules_of(case.policy.guid):
            if not rule.active:
                yield about(rule, "active", "is switched off")


RULE = LintRule(
    id="WIP611",
    title="A rule is switched off",
    severity=Severity.NOTE,
    scope=Scope.POLICY,
    reason="Rules are switched off in a hurry and stay so; in a list of rules it hardly shows. Switch it on, or delete it: a "
    "deleted rule comes back from the program when it is needed.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"),
        sketch("Proxy", BLOCK, "tcp any -> me port 8080", active=False),
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), sketch("Proxy", BLOCK, "tcp any -> me port 8080")),
)
