"""Pre-shared keys."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import trusting
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Kerberos, PresharedKey


def find(subject: Subject) -> Iterator[Finding]:
    """Rules and default responses that authenticate by a pre-shared key."""
    for owner, path, methods in subject.authentications():
        for index, method in enumerate(methods):
            if isinstance(method, PresharedKey):
                yield about(
                    owner, f"{path}[{index}].presharedKey", "authenticates by a key that Windows keeps in clear"
                )


RULE = LintRule(
    id="WIP201",
    title="Hosts authenticate by a pre-shared key",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Windows stores the key in clear in the registry, where every administrator and every backup reads it, and any "
    "host that has it can pass for any other. Use Kerberos inside a domain and certificates outside.",
    citation="ipsec-policy 5.4",
    find=find,
    bad=trusting(PresharedKey("not a key, only an example")),
    good=trusting(Kerberos()),
)
