"""The service that enforces policies does not run."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about_host
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Hosts without a running IPsec Policy Agent."""
    if subject.agent != "running":
        yield about_host("PolicyAgent", f"the IPsec Policy Agent is {subject.agent}: no policy is in force")


RULE = LintRule(
    id="WIP701",
    title="The IPsec Policy Agent does not run",
    severity=Severity.ERROR,
    scope=Scope.HOST,
    reason="The agent turns the policy into filters. While it stands still there are none, and everything passes. Start it with "
    "sc start PolicyAgent, and see that it starts with the machine: sc config PolicyAgent start= auto.",
    citation="ipsec-policy 8.6",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), agent="stopped"),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
