"""Tunnels with mirrored filters."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, named
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Mirrored filters of tunnel rules."""
    for rule in subject.store.rules.values():
        filter_list = subject.list_of(rule)
        if rule.tunnel_endpoint and filter_list is not None:
            for item in filter_list.filters:
                if item.mirrored:
                    message = f"sends both directions of {named(rule)} to {rule.tunnel_endpoint}"
                    yield about_filter(subject, rule, item, message, "mirrored")


RULE = LintRule(
    id="WIP319",
    title="A tunnel has mirrored filters",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="A tunnel needs two rules, one per direction: the end point of one is the far gateway, that of the other this host. A "
    "mirrored filter gives both directions the same end, and what comes back is dropped.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(sketch("Branch", ENCRYPT, "any me <-> 10.9.0.0/16", tunnel_endpoint="198.51.100.1")),
    good=example(
        sketch("Out", ENCRYPT, "any me -> 10.9.0.0/16", tunnel_endpoint="198.51.100.1"),
        sketch("In", ENCRYPT, "any 10.9.0.0/16 -> me", tunnel_endpoint="192.0.2.5"),
    ),
)
