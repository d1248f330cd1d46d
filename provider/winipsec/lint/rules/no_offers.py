"""Negotiation without offers."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Actions that negotiate and have nothing to offer."""
    for owner, path, methods in subject.negotiations():
        if not methods:
            yield about(owner, path, "negotiates, but has nothing to offer: no packet will pass")


RULE = LintRule(
    id="WIP110",
    title="An action negotiates without offers",
    severity=Severity.ERROR,
    scope=Scope.OBJECT,
    reason="Peers agree on one of the offers; without any they never do, and everything the filters match is dropped. Such "
    "actions come from tools that wrote the registry themselves. If dropping is meant, say block.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"))),
)
