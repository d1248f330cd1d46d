"""Rules with a filter list that is empty."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Rules whose list has no filters."""
    for rule in subject.store.rules.values():
        filter_list = subject.list_of(rule)
        if filter_list is not None and not filter_list.filters:
            yield about(rule, "filterList", f'does nothing: filter list "{filter_list.name}" has no filters')


RULE = LintRule(
    id="WIP310",
    title="A rule has no filters",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="A rule applies its action to what its filters match; with none it is switched off, whatever it says. The filters "
    "may have been deleted by value together with others.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(sketch("Telnet", BLOCK), sketch("Tftp", BLOCK, "udp any -> me port 6969")),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
