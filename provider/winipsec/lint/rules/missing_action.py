"""Rules without the filter action they name."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch, without
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Rules whose action is not in the store."""
    unreadable = {item.guid for item in subject.store.unreadable}
    for rule in subject.store.rules.values():
        if subject.action_of(rule) is None and rule.filter_action not in unreadable:
            yield about(rule, "filterAction", "names a filter action that does not exist: what it does, nobody knows")


RULE = LintRule(
    id="WIP312",
    title="The filter action of a rule is missing",
    severity=Severity.ERROR,
    scope=Scope.STORE,
    reason="Windows' tools refuse to delete an action in use, so something else did it, or a copy of the store is incomplete. "
    "Give the rule an action, or delete it.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=without("action", example(sketch("Telnet", BLOCK, "tcp any -> me port 23"))),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
