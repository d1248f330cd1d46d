"""NoDefaultExempt 0."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about_host
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Hosts with every exemption left on, while a policy is in force."""
    for case in subject.cases:
        if case.is_assigned and case.rules and case.state.exempt_level(case.host) == 0:
            yield about_host("NoDefaultExempt", "lets Kerberos, RSVP, multicast and broadcast past every filter (0)")


RULE = LintRule(
    id="WIP403",
    title="All default exemptions are on",
    severity=Severity.ERROR,
    scope=Scope.HOST,
    reason="Under 0, the default of Windows 2000 and XP, filters never see packets from or to port 88, nor RSVP, nor multicast "
    "and broadcast. Whoever sends from port 88 reaches every port. Set 3 and restart.",
    citation="ipsec-policy 8.3",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), no_default_exempt=0),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), no_default_exempt=3),
)
