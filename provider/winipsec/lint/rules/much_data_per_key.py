"""Session keys for too much data."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod

_MOST_KILOBYTES = 4 * 1024 * 1024


def find(subject: Subject) -> Iterator[Finding]:
    """Offers that encrypt more than 4 GiB with one key."""
    for owner, path, method in subject.offers():
        if method.encrypts and method.lifetime_kilobytes > _MOST_KILOBYTES:
            gigabytes = method.lifetime_kilobytes // (1024 * 1024)
            yield about(owner, f"{path}.lifetimeKilobytes", f"encrypts {gigabytes} GiB with one key of a 64-bit cipher")


RULE = LintRule(
    id="WIP112",
    title="One key encrypts too much data",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="DES and 3DES work on blocks of 64 bits. After 32 GiB two equal blocks are likely, after 4 GiB they are no longer "
    "unlikely, and each pair tells something about the content. Renew the key before that; 100,000 kB is usual.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(SecurityMethod(esp=Esp("3des", "sha1"), lifetime_kilobytes=20 * 1024 * 1024)),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"), lifetime_kilobytes=100_000)),
)
