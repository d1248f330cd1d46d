"""Filters that no tool of Windows would make."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.endpoint import Kind, parse_endpoint
from winipsec.model.filters import UDP, Filter, port


def find(subject: Subject) -> Iterator[Finding]:
    """Filters that break the rules for filters."""
    for filter_list in subject.store.filter_lists.values():
        for index, item in enumerate(filter_list.filters):
            for fault in item.faults():
                yield about(filter_list, f"filters[{index}].{fault.path}", fault.reason)
            for field, side in (("source", item.source), ("destination", item.destination)):
                if side.kind is Kind.MASKED:
                    yield about(filter_list, f"filters[{index}].{field}", f"{side} has a mask with gaps")


RULE = LintRule(
    id="WIP315",
    title="A filter contradicts itself",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="No tool of Windows makes such a filter, so it came from a script that wrote the registry; what Windows does with it "
    "is not known. None of the other rules takes it into account.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(
        sketch("Ping", BLOCK, Filter(parse_endpoint("any"), parse_endpoint("me"), 47, destination_ports=port(7)))
    ),
    good=example(
        sketch("Ping", BLOCK, Filter(parse_endpoint("any"), parse_endpoint("me"), UDP, destination_ports=port(7)))
    ),
)
