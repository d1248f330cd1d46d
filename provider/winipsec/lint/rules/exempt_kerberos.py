"""NoDefaultExempt 2."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about_host
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Hosts that exempt Kerberos and RSVP, while a policy is in force."""
    for case in subject.cases:
        if case.is_assigned and case.rules and case.state.exempt_level(case.host) == 2:
            yield about_host("NoDefaultExempt", "lets Kerberos and RSVP past every filter (2)")


RULE = LintRule(
    id="WIP405",
    title="Kerberos is exempt from filters",
    severity=Severity.ERROR,
    scope=Scope.HOST,
    reason="Under 2, filters never see packets from or to port 88. A source port is free to choose, so whoever sends from port "
    "88 reaches every port, through any block. Set 3 and restart; permit the domain controllers by address.",
    citation="ipsec-policy 8.3",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), no_default_exempt=2),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), no_default_exempt=3),
)
