"""Filter lists that no rule uses."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, parse_filter, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.filters import FilterList


def find(subject: Subject) -> Iterator[Finding]:
    """Filter lists without a user."""
    for item in subject.store.filter_lists.values():
        if not subject.store.users_of(item.guid):
            yield about(item, "", "is used by no rule")


RULE = LintRule(
    id="WIP605",
    title="A filter list is not used",
    severity=Severity.NOTE,
    scope=Scope.STORE,
    reason="It does nothing, and the next reader takes it for something that does. Deleting a rule leaves its list behind. "
    "Delete it, or use it.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"),
        besides=[FilterList("Old proxy", (parse_filter("tcp any -> me port 8080"),))],
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
