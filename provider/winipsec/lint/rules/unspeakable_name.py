"""Names that netsh cannot be told."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.names import name_fault


def find(subject: Subject) -> Iterator[Finding]:
    """Objects whose name cannot be written on a command line of netsh."""
    for objects in subject.kinds():
        for item in objects:
            reason = name_fault(item.name) if item.name else None
            if reason is not None:
                yield about(item, "name", f"has a name that netsh cannot be told: it {reason}")


RULE = LintRule(
    id="WIP604",
    title="A name cannot be told to netsh",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="netsh has no way to write a double quote, loses blanks at the edges, and takes all for every object there is: a "
    "script that deletes the list named all deletes them all. Rename it in the console of Windows.",
    citation="ipsec-policy 1.3",
    find=find,
    bad=example(sketch("Telnet", BLOCK, "tcp any -> me port 23", filter_list="all")),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
