"""Encryption without integrity."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Offers that encrypt and do not authenticate packets."""
    for owner, path, method in subject.offers():
        if method.encrypts and method.ah is None and method.esp is not None and method.esp.integrity == "none":
            yield about(owner, f"{path}.esp.integrity", "encrypts without checking that nobody changed the packets")


RULE = LintRule(
    id="WIP109",
    title="Traffic is encrypted but not authenticated",
    severity=Severity.ERROR,
    scope=Scope.OBJECT,
    reason="A cipher alone does not keep anybody from changing what it hides: bits flip where the attacker wants, and the "
    "answers of the receiver give the content away. Add SHA-1, in ESP or as AH.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(SecurityMethod(esp=Esp("3des", "none"))),
    good=offering(SecurityMethod(ah="sha1", esp=Esp("3des", "none"))),
)
