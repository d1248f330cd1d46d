"""Names that differ in capitals only."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, parse_filter, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.filters import FilterList
from winipsec.model.names import folded


def find(subject: Subject) -> Iterator[Finding]:
    """Objects whose name is that of an earlier one but for capitals."""
    for objects in subject.kinds():
        seen: dict[str, str] = {}
        for item in objects:
            first = seen.setdefault(folded(item.name), item.name)
            if first != item.name:
                yield about(item, "name", f'is the same name as "{first}" to Windows')


RULE = LintRule(
    id="WIP603",
    title="Two names differ in capitals only",
    severity=Severity.WARNING,
    scope=Scope.STORE,
    reason="Windows compares names without regard to capitals, so these are two objects of one name: scripts change both, or "
    "the wrong one. Rename one, by its GUID.",
    citation="ipsec-policy 1.3",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"),
        besides=[FilterList("TELNET", (parse_filter("tcp any -> me port 2323"),))],
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23", "tcp any -> me port 2323")),
    companions=frozenset({"WIP605"}),
)
