"""Offers that say what an earlier one said."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Offers with the algorithms of an earlier one."""
    for owner, path, methods in subject.negotiations():
        seen: dict[tuple[str | None, Esp | None], int] = {}
        for index, method in enumerate(methods):
            first = seen.setdefault((method.ah, method.esp), index)
            if first != index:
                yield about(owner, f"{path}[{index}]", f"offers the algorithms of [{first}] again, and is never chosen")


RULE = LintRule(
    id="WIP116",
    title="An offer repeats an earlier one",
    severity=Severity.NOTE,
    scope=Scope.OBJECT,
    reason="Peers take the first offer that both know, so of two with the same algorithms the second is never taken, nor "
    "are its lifetimes. Somebody may have meant another algorithm, or other lifetimes for the first.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=offering(
        SecurityMethod(esp=Esp("3des", "sha1")), SecurityMethod(esp=Esp("3des", "sha1"), lifetime_seconds=900)
    ),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"), lifetime_seconds=900)),
)
