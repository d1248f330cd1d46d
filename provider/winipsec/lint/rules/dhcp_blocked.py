"""Addresses that cannot be renewed."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.conversing import blockade, is_peer, own_address
from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Subject
from winipsec.model.endpoint import Kind, parse_address
from winipsec.model.filters import UDP
from winipsec.traffic.conversation import Flow, Starter
from winipsec.traffic.facts import HostFacts


def find(subject: Subject) -> Iterator[Finding]:
    """DHCP servers that gave the host its address, and that the policy keeps it from."""
    for case in subject.cases:
        own = own_address(case)
        for server in sorted(case.host.servers.get(Kind.DHCP, ()), key=str):
            if own is not None and is_peer(case, server):
                verdict = blockade(case, Flow(own, server, UDP, 68, 67), Starter.HOST)
                if verdict is not None and verdict.rule is not None and verdict.filter is not None:
                    message = f"keeps this host from the DHCP server {server}: it loses its address when the lease ends"
                    yield about_filter(subject, verdict.rule, verdict.filter, message)


RULE = LintRule(
    id="WIP503",
    title="The host cannot renew its address",
    severity=Severity.WARNING,
    scope=Scope.HOST,
    reason="All goes well until the lease ends, days after the policy was assigned; then the host is off the network. Permit "
    "UDP from port 68 of me to port 67 of the word dhcp.",
    citation="traffic-engine 8",
    find=find,
    bad=example(
        sketch("Management", PERMIT, "tcp any <-> me port 5985"),
        sketch("Rest", BLOCK, "any any <-> me"),
        host=HostFacts(servers={Kind.DHCP: frozenset({parse_address("10.0.0.1")})}),
        has_ipv6=False,
    ),
    good=example(
        sketch("Management", PERMIT, "tcp any <-> me port 5985"),
        sketch("Lease", PERMIT, "udp me port 68 <-> dhcp port 67"),
        sketch("Rest", BLOCK, "any any <-> me"),
        host=HostFacts(servers={Kind.DHCP: frozenset({parse_address("10.0.0.1")})}),
        has_ipv6=False,
    ),
)
