"""Negotiation in one direction."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, exchanged
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Filters of transport rules that ask for security one way, without a second one for the way back."""
    for rule in subject.store.rules.values():
        filter_list = subject.list_of(rule)
        if not subject.negotiates(rule) or rule.tunnel_endpoint or filter_list is None:
            continue
        matches = {item.match for item in filter_list.filters}
        for item in filter_list.filters:
            if not item.mirrored and exchanged(item).match not in matches:
                yield about_filter(subject, rule, item, "asks for security in one direction only", "mirrored")


RULE = LintRule(
    id="WIP318",
    title="Security is asked for in one direction",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Security between two hosts works both ways: the answers of a secured connection arrive secured, and must be expected "
    "so. One-way filters are for permit and block. Set mirrored.",
    citation="ipsec-policy 8.2",
    find=find,
    bad=example(sketch("Database", ENCRYPT, "tcp any -> me port 1433")),
    good=example(sketch("Database", ENCRYPT, "tcp any <-> me port 1433")),
)
