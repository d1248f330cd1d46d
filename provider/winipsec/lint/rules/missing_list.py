"""Rules without the filter list they name."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch, without
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Rules whose list is not in the store."""
    unreadable = {item.guid for item in subject.store.unreadable}
    for rule in subject.store.rules.values():
        if subject.list_of(rule) is None and rule.filter_list not in unreadable:
            yield about(rule, "filterList", "names a filter list that does not exist, so it does nothing")


RULE = LintRule(
    id="WIP311",
    title="The filter list of a rule is missing",
    severity=Severity.ERROR,
    scope=Scope.STORE,
    reason="Windows' tools refuse to delete a list in use, so something else did it, or a copy of the store is incomplete. The "
    "rule protects nothing. Give it a list, or delete it.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=without("list", example(sketch("Telnet", BLOCK, "tcp any -> me port 23"))),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
