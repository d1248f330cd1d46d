"""Filters for servers that the host does not name."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Subject
from winipsec.model.endpoint import parse_address
from winipsec.traffic.facts import HostFacts


def find(subject: Subject) -> Iterator[Finding]:
    """Filters with a word for a server, on a host that has none, as far as its registry tells."""
    if subject.host.addresses is None:
        return
    for case in subject.cases:
        for unresolved in case.contest.given.unresolved:
            item = unresolved.filter
            sides = (item.source, item.destination) if item is not None else ()
            word = next((side for side in sides if side.is_server and side.kind not in subject.host.servers), None)
            if item is not None and word is not None:
                yield about_filter(
                    subject, unresolved.rule, item, f"names {word}, but this host does not say which that is"
                )


RULE = LintRule(
    id="WIP314",
    title="A filter names a server that the host does not have",
    severity=Severity.NOTE,
    scope=Scope.HOST,
    reason="The words dns, wins, dhcp and gateway stand for the servers in the host's own settings. Where there are none the "
    "filter matches nothing, and none of the other rules could say what it does. Write the address.",
    citation="traffic-engine 2.1",
    find=find,
    bad=example(
        sketch("Names", BLOCK, "udp me <-> wins port 137"),
        host=HostFacts(addresses=frozenset({parse_address("10.0.0.5")})),
    ),
    good=example(
        sketch("Names", BLOCK, "udp me <-> 10.0.0.1 port 137"),
        host=HostFacts(addresses=frozenset({parse_address("10.0.0.5")})),
    ),
)
