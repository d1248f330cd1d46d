"""Session keys that live for days."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod

_MOST_SECONDS = 86_400


def find(subject: Subject) -> Iterator[Finding]:
    """Offers whose keys live longer than a day."""
    for owner, path, method in subject.offers():
        if method.lifetime_seconds > _MOST_SECONDS:
            hours = method.lifetime_seconds // 3_600
            yield about(owner, f"{path}.lifetimeSeconds", f"keeps a session key for {hours} hours")


RULE = LintRule(
    id="WIP111",
    title="Session keys live longer than a day",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="A key that leaks opens everything it protected, so its life is the size of the damage. Renewing costs nothing "
    "worth saving. An hour is usual; 0 takes the default of the system.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(SecurityMethod(esp=Esp("3des", "sha1"), lifetime_seconds=604_800)),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"), lifetime_seconds=3_600)),
)
