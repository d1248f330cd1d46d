"""Protection on some connections only."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Active rules that protect, but for one type of connection, without a twin for the others."""
    for case in subject.cases:
        for rule in case.rules:
            action = subject.action_of(rule)
            if rule.connection_type == "all" or action is None or action.action == "permit":
                continue
            twins = (other for other in case.rules if other.filter_list == rule.filter_list)
            if all(other.connection_type == rule.connection_type for other in twins):
                other = "dial-up and VPN connections" if rule.connection_type == "lan" else "the local network"
                yield about(rule, "connectionType", f"protects {rule.connection_type} connections only, not {other}")


RULE = LintRule(
    id="WIP322",
    title="A rule protects some connections only",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="A worm takes whatever way there is, and dialup means VPN as well. A rule for dial-up only does nothing at all on a "
    "server. Say all, unless another rule takes care of the rest.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23", connection_type="dialup")),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
