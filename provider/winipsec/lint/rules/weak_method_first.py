"""Weaker methods before stronger ones."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import agreeing
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.strength import main_mode_strength, offer_strength, weaker_first
from winipsec.lint.subject import Subject
from winipsec.model.methods import MainModeMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Offers and main-mode methods that stand before a stronger one."""
    for owner, path, methods in subject.negotiations():
        for weak, strong in weaker_first([offer_strength(method) for method in methods]):
            yield about(owner, f"{path}[{weak}]", f"is preferred to [{strong}], which is stronger")
    for policy in subject.store.policies.values():
        for weak, strong in weaker_first([main_mode_strength(method) for method in policy.main_mode_methods]):
            yield about(policy, f"mainModeMethods[{weak}]", f"is preferred to [{strong}], which is stronger")


RULE = LintRule(
    id="WIP117",
    title="A weaker method is preferred to a stronger one",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="Order is preference: two hosts with the same policy always agree on its first method, and never use the stronger "
    "one behind it. Put the strongest first, or leave the weak one out.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=agreeing(MainModeMethod("3des", "sha1", "group2"), MainModeMethod("3des", "sha1", "group14")),
    good=agreeing(MainModeMethod("3des", "sha1", "group14")),
    companions=frozenset({"WIP106"}),
)
