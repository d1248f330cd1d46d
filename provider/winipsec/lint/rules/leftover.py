"""Parts of the store that belong to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, reporting, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.store import Orphan


def find(subject: Subject) -> Iterator[Finding]:
    """Objects that no policy lists, and references to what is not there."""
    for item in subject.store.orphans:
        yield Finding(item.kind, item.name, item.guid, "", f"is a leftover: {item.reason}")


RULE = LintRule(
    id="WIP607",
    title="The store holds leftovers",
    severity=Severity.NOTE,
    scope=Scope.STORE,
    reason="A tool died half-way, or deleted one end of a reference. Windows' tools do not show leftovers and nothing uses "
    "them, but scripts that walk the registry find them. This provider never touches what it did not make.",
    citation="ipsec-policy 4.3",
    find=find,
    bad=reporting(
        example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
        Orphan("ipsecNFA", "{00000000-0000-4000-8000-000000000001}", "", "no policy lists it"),
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
