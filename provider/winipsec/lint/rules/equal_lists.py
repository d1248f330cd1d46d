"""Filter lists with the same filters."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, parse_filter, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.filters import FilterList, Match


def find(subject: Subject) -> Iterator[Finding]:
    """Lists that match exactly what an earlier one matches."""
    seen: dict[frozenset[Match], FilterList] = {}
    for item in subject.store.filter_lists.values():
        matches = frozenset(entry.match for entry in item.filters)
        first = seen.setdefault(matches, item)
        if matches and first is not item:
            yield about(item, "filters", f'matches what filter list "{first.name or first.guid}" matches')


RULE = LintRule(
    id="WIP612",
    title="Two filter lists are equal",
    severity=Severity.NOTE,
    scope=Scope.STORE,
    reason="Lists are there to be shared by rules. Of two equal ones somebody will change one and believe that both rules "
    "follow. Let the rules share one list.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"),
        besides=[FilterList("Telnet again", (parse_filter("tcp any -> me port 23"),))],
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
    companions=frozenset({"WIP605"}),
)
