"""Session keys that are renewed all the time."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod

_LEAST_SECONDS, _LEAST_KILOBYTES = 300, 20_480


def find(subject: Subject) -> Iterator[Finding]:
    """Offers below the least lifetimes that Windows is said to take; 0 is the default of the system."""
    for owner, path, method in subject.offers():
        if 0 < method.lifetime_seconds < _LEAST_SECONDS:
            yield about(owner, f"{path}.lifetimeSeconds", f"renews keys every {method.lifetime_seconds} seconds")
        if 0 < method.lifetime_kilobytes < _LEAST_KILOBYTES:
            yield about(owner, f"{path}.lifetimeKilobytes", f"renews keys every {method.lifetime_kilobytes} kB")


RULE = LintRule(
    id="WIP113",
    title="Session keys are renewed too often",
    severity=Severity.NOTE,
    scope=Scope.OBJECT,
    reason="Each renewal is an exchange that both hosts have to answer; on a busy connection it becomes most of the work, and "
    "a lost packet a pause. Windows is said to want at least 300 seconds and 20,480 kB.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(SecurityMethod(esp=Esp("3des", "sha1"), lifetime_seconds=30)),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"), lifetime_seconds=300)),
)
