"""Security for multicast and broadcast."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Filters that ask for security with a group of hosts."""
    for rule in subject.store.rules.values():
        filter_list = subject.list_of(rule)
        if not subject.negotiates(rule) or filter_list is None:
            continue
        for item in filter_list.filters:
            for field, side in (("source", item.source), ("destination", item.destination)):
                ends = [end for end in (side.first, side.last) if end is not None]
                if ends and all(map(subject.host.is_group, ends)):
                    message = f"asks {side} for security, a group of hosts: its packets are dropped"
                    yield about_filter(subject, rule, item, message, field)


RULE = LintRule(
    id="WIP308",
    title="Security is asked of multicast or broadcast",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Keys are agreed on between two hosts. There is no such agreement with a group, so packets to one that must be "
    "secured are dropped. Permit them, or block them and say so.",
    citation="traffic-engine 1",
    find=find,
    bad=example(sketch("Announcements", ENCRYPT, "udp me <-> 239.0.0.0/8 port 1900")),
    good=example(sketch("Announcements", BLOCK, "udp me <-> 239.0.0.0/8 port 1900")),
)
