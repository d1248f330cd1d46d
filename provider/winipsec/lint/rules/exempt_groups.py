"""NoDefaultExempt 1."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about_host
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Hosts that exempt multicast and broadcast, while a policy is in force."""
    for case in subject.cases:
        if case.is_assigned and case.rules and case.state.exempt_level(case.host) == 1:
            yield about_host("NoDefaultExempt", "lets multicast and broadcast past every filter (1)")


RULE = LintRule(
    id="WIP404",
    title="Multicast and broadcast are exempt from filters",
    severity=Severity.WARNING,
    scope=Scope.HOST,
    reason="Under 1, filters never see multicast and broadcast: a block for everybody does not stop them, and name resolution "
    "by broadcast can be answered by anybody near. Security baselines ask for 3; set it and restart.",
    citation="ipsec-policy 8.3",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), no_default_exempt=1),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), no_default_exempt=3),
)
