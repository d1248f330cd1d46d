"""Rules that say what another one says."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import named
from winipsec.lint.subject import Subject
from winipsec.model.policies import Rule


def find(subject: Subject) -> Iterator[Finding]:
    """Active rules of one policy with the list, action, tunnel and connections of an earlier one."""
    for case in subject.cases:
        seen: dict[tuple[str, ...], Rule] = {}
        for rule in case.rules:
            key = rule.filter_list, rule.filter_action, rule.tunnel_endpoint, rule.connection_type
            first = seen.setdefault(key, rule)
            if first is not rule:
                yield about(rule, "", f"says what {named(first)} says")


RULE = LintRule(
    id="WIP613",
    title="Two rules of a policy say the same",
    severity=Severity.NOTE,
    scope=Scope.POLICY,
    reason="One of them does nothing, and switching the other off does nothing either, which is found out when it matters. "
    "Delete one.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"),
        sketch("Telnet again", BLOCK, "tcp any -> me port 23", filter_list="Telnet"),
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
