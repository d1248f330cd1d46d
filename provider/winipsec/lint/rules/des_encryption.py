"""Quick-mode offers with DES."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Offers whose cipher is DES."""
    for owner, path, method in subject.offers():
        if method.esp is not None and method.esp.encryption == "des":
            yield about(owner, f"{path}.esp.encryption", "offers DES, whose keys can be found by trying them all")


RULE = LintRule(
    id="WIP101",
    title="Traffic may be encrypted with DES",
    severity=Severity.ERROR,
    scope=Scope.OBJECT,
    reason="DES has 56-bit keys: whoever records the traffic reads it after a day of trying, for the price of a meal. A "
    "peer may choose any offer of the list, so one is enough. Offer 3DES, and leave DES out.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(SecurityMethod(esp=Esp("des", "sha1"))),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"))),
)
