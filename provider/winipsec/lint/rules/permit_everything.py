"""Permits for everything."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, permits_everything
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Active permits from anybody, for any protocol."""
    for case in subject.cases:
        for rule in case.rules:
            action, filter_list = subject.action_of(rule), subject.list_of(rule)
            if action is None or filter_list is None or action.action != "permit":
                continue
            for item in filter_list.filters:
                if permits_everything(item):
                    yield about_filter(subject, rule, item, "permits everything that no narrower filter stops")


RULE = LintRule(
    id="WIP317",
    title="Everything is permitted",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="What no filter matches passes anyway, so this rule does nothing today; but it takes part in every tie, and turns "
    "off whatever general block or negotiation is added later. Delete it, or block instead.",
    citation="traffic-engine 4.1",
    find=find,
    bad=example(sketch("Everything", PERMIT, "any any <-> me"), sketch("Telnet", BLOCK, "tcp any -> me port 23")),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
