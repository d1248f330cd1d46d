"""Tunnel end points of rules that permit or block."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Rules with a tunnel whose action does not negotiate."""
    for rule in subject.store.rules.values():
        action = subject.action_of(rule)
        if rule.tunnel_endpoint and action is not None and action.action != "negotiate":
            yield about(rule, "tunnelEndpoint", f"names a tunnel, but its action only says {action.action}")


RULE = LintRule(
    id="WIP321",
    title="A tunnel rule does not negotiate",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Nothing goes through a tunnel unless security is negotiated with its end. A rule that permits sends the packets in "
    "clear, and because tunnels are weighed first it beats the rules that would have secured them.",
    citation="traffic-engine 3",
    find=find,
    bad=example(
        sketch("Branch", BLOCK, "any me -> 10.9.0.0/16", tunnel_endpoint="198.51.100.1"),
        sketch("Back", BLOCK, "any 10.9.0.0/16 -> me", tunnel_endpoint="192.0.2.5"),
    ),
    good=example(sketch("Branch", BLOCK, "any me -> 10.9.0.0/16")),
)
