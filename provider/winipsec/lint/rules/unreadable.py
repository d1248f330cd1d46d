"""Objects that cannot be understood."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, reporting, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.store import Unreadable


def find(subject: Subject) -> Iterator[Finding]:
    """Objects whose data make no sense."""
    for item in subject.store.unreadable:
        yield Finding(item.kind, item.name, item.guid, "ipsecData", f"cannot be understood: {item.reason}")


RULE = LintRule(
    id="WIP608",
    title="An object cannot be understood",
    severity=Severity.WARNING,
    scope=Scope.STORE,
    reason="Its data in the registry are damaged, or in a form that no document describes. What it does is not known, so none "
    "of the other rules judged it. Look at it with Windows' own tools, or delete it there.",
    citation="ipsec-policy 5.1",
    find=find,
    bad=reporting(
        example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
        Unreadable(
            "ipsecFilter", "{00000000-0000-4000-8000-000000000002}", "Ping", "it ends in the middle of a filter"
        ),
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
