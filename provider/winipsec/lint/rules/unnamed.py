"""Objects without a name."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Objects that have no name."""
    for objects in subject.kinds():
        for item in objects:
            if not item.name:
                yield about(item, "name", "has no name, so netsh cannot address it")


RULE = LintRule(
    id="WIP601",
    title="An object has no name",
    severity=Severity.NOTE,
    scope=Scope.STORE,
    reason="The console of Windows leaves rules unnamed; netsh finds objects by name only, so scripts can neither change nor "
    "delete this one. An import takes it over, and the first update gives it a name.",
    citation="ipsec-policy 1.3",
    find=find,
    bad=example(sketch("", BLOCK, "tcp any -> me port 23", filter_list="Telnet")),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
