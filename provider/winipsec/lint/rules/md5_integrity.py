"""Quick-mode offers with MD5."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Offers whose integrity, of AH or of ESP, is MD5."""
    for owner, path, method in subject.offers():
        if method.ah == "md5":
            yield about(owner, f"{path}.ah", "offers AH with MD5")
        if method.esp is not None and method.esp.integrity == "md5":
            yield about(owner, f"{path}.esp.integrity", "offers ESP with MD5")


RULE = LintRule(
    id="WIP102",
    title="Packets may be authenticated with MD5",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="MD5 is there for compatibility with hosts that no longer exist, and no audit accepts it. SHA-1 costs the same "
    "and is as widely understood.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(SecurityMethod(esp=Esp("3des", "md5"))),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"))),
)
