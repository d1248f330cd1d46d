"""Objects with the same name."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, parse_filter, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.filters import FilterList


def find(subject: Subject) -> Iterator[Finding]:
    """Objects of one kind with a name that an earlier one has; rules count per policy."""
    for objects in subject.kinds():
        seen: set[str] = set()
        for item in objects:
            if item.name and item.name in seen:
                yield about(item, "name", "has the name of another one: scripts change both or the wrong one")
            seen.add(item.name)


RULE = LintRule(
    id="WIP602",
    title="Two objects have one name",
    severity=Severity.WARNING,
    scope=Scope.STORE,
    reason="netsh finds objects by name. Which of two it takes is not documented, and it may take both. Stores get like this "
    "by imports and by tools that write the registry. Rename one, by its GUID.",
    citation="ipsec-policy 1.3",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"),
        besides=[FilterList("Telnet", (parse_filter("tcp any -> me port 2323"),))],
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23", "tcp any -> me port 2323")),
    companions=frozenset({"WIP605"}),
)
