"""Filter actions that no rule uses."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Filter actions without a user."""
    for item in subject.store.filter_actions.values():
        if not subject.store.users_of(item.guid):
            yield about(item, "", "is used by no rule")


RULE = LintRule(
    id="WIP606",
    title="A filter action is not used",
    severity=Severity.NOTE,
    scope=Scope.STORE,
    reason="It does nothing, and the next reader takes it for something that does; an old permit or a weak offer is ready to "
    "be picked by mistake. Delete it, or use it.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23"), besides=[PERMIT]),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
