"""A domain's policy in the place of the local one."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about_host
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Hosts whose local policy is suspended by a domain."""
    if subject.domain_policy:
        message = f"a domain policy is in force instead of the local one: {subject.domain_policy}"
        yield about_host("GPTIPSECPolicy", message)


RULE = LintRule(
    id="WIP702",
    title="A domain policy overrides the local one",
    severity=Severity.WARNING,
    scope=Scope.HOST,
    reason="One policy is in force at a time, and that of the domain goes first: nothing of what is judged here protects this "
    "host. Unassign the domain's policy in Group Policy, or manage this host there.",
    citation="ipsec-policy 8.5",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"), domain_policy="LDAP://CN=ipsecPolicy,DC=corp,DC=example"
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
