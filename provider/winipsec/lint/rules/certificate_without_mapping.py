"""Certificates that name no account."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import trusting
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import RootCa


def find(subject: Subject) -> Iterator[Finding]:
    """Certificate authorities whose every certificate is good enough."""
    for owner, path, methods in subject.authentications():
        for index, method in enumerate(methods):
            if isinstance(method, RootCa) and not method.certificate_mapping:
                yield about(owner, f"{path}[{index}].rootCa", "accepts every certificate below this authority")


RULE = LintRule(
    id="WIP205",
    title="Every certificate of an authority is accepted",
    severity=Severity.NOTE,
    scope=Scope.POLICY,
    reason="Whoever has any certificate below that root is let in: a web server, a colleague's mail, with a public authority "
    "anybody. Use an authority that issues to these hosts only, or, in a domain, turn on certificateMapping.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=trusting(RootCa("CN=Example Root")),
    good=trusting(RootCa("CN=Example Root", certificate_mapping=True)),
)
