"""Pre-shared keys before better ways to authenticate."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import trusting
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Kerberos, PresharedKey, RootCa


def find(subject: Subject) -> Iterator[Finding]:
    """Pre-shared keys that stand before Kerberos or a certificate."""
    for owner, path, methods in subject.authentications():
        strong = [index for index, method in enumerate(methods) if isinstance(method, Kerberos | RootCa)]
        for index, method in enumerate(methods):
            if isinstance(method, PresharedKey) and strong and strong[-1] > index:
                yield about(owner, f"{path}[{index}]", f"is preferred to [{strong[-1]}], which proves who the peer is")


RULE = LintRule(
    id="WIP204",
    title="A pre-shared key is preferred to Kerberos or a certificate",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Order is preference: hosts that know the key never use what stands behind it. Put the key last while it is still "
    "needed, and take it out after that.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=trusting(PresharedKey("not a key, only an example"), Kerberos()),
    good=trusting(Kerberos()),
    companions=frozenset({"WIP201"}),
)
