"""Filters that stand twice in one list."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.filters import duplicates


def find(subject: Subject) -> Iterator[Finding]:
    """Filters that match exactly what an earlier one of the same list matches."""
    for filter_list in subject.store.filter_lists.values():
        for fault in duplicates(filter_list.filters):
            yield about(filter_list, f"filters{fault.path}", fault.reason.partition(";")[0])


RULE = LintRule(
    id="WIP305",
    title="A filter stands twice in its list",
    severity=Severity.NOTE,
    scope=Scope.OBJECT,
    reason="netsh deletes filters by what they match, and takes every one that fits: deleting one of the two deletes both. The "
    "second does nothing else.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23", "tcp any -> me port 23")),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
