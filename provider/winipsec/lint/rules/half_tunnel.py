"""Tunnels in one direction only."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, exchanged
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """One-way filters of tunnel rules, without another tunnel rule for the way back."""
    for case in subject.cases:
        tunnels = [rule for rule in case.rules if rule.tunnel_endpoint]
        lists = [(rule, filter_list) for rule in tunnels if (filter_list := subject.list_of(rule)) is not None]
        matches = {item.match for _, filter_list in lists for item in filter_list.filters}
        for rule, filter_list in lists:
            for item in filter_list.filters:
                if not item.mirrored and exchanged(item).match not in matches:
                    yield about_filter(subject, rule, item, "goes into a tunnel, but no rule brings the answers back")


RULE = LintRule(
    id="WIP320",
    title="A tunnel leads in one direction only",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="A tunnel needs two rules, one per direction: one whose end point is the far gateway, and one with the filter turned "
    "round whose end point is this host. With one of them answers are dropped.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(sketch("Out", ENCRYPT, "any me -> 10.9.0.0/16", tunnel_endpoint="198.51.100.1")),
    good=example(
        sketch("Out", ENCRYPT, "any me -> 10.9.0.0/16", tunnel_endpoint="198.51.100.1"),
        sketch("In", ENCRYPT, "any 10.9.0.0/16 -> me", tunnel_endpoint="192.0.2.5"),
    ),
)
