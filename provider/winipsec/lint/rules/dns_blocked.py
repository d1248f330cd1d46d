"""Name servers that cannot be asked."""

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
    """Name servers in the host's settings that the policy keeps it from."""
    for case in subject.cases:
        own = own_address(case)
        for server in sorted(case.host.servers.get(Kind.DNS, ()), key=str):
            if own is not None and is_peer(case, server):
                verdict = blockade(case, Flow(own, server, UDP, 49_152, 53), Starter.HOST)
                if verdict is not None and verdict.rule is not None and verdict.filter is not None:
                    message = f"keeps this host from its name server {server}"
                    yield about_filter(subject, verdict.rule, verdict.filter, message)


RULE = LintRule(
    id="WIP502",
    title="The host cannot resolve names",
    severity=Severity.WARNING,
    scope=Scope.HOST,
    reason="Block any to me, mirrored, blocks what this host asks as well. Without names there is no domain logon and no "
    "update. Permit UDP 53 from me to the word dns, which is narrow enough not to be a hole.",
    citation="traffic-engine 8",
    find=find,
    bad=example(
        sketch("Management", PERMIT, "tcp any <-> me port 5985"),
        sketch("Rest", BLOCK, "any any <-> me"),
        host=HostFacts(servers={Kind.DNS: frozenset({parse_address("10.0.0.1")})}),
        has_ipv6=False,
    ),
    good=example(
        sketch("Management", PERMIT, "tcp any <-> me port 5985"),
        sketch("Names", PERMIT, "udp me <-> dns port 53"),
        sketch("Rest", BLOCK, "any any <-> me"),
        host=HostFacts(servers={Kind.DNS: frozenset({parse_address("10.0.0.1")})}),
        has_ipv6=False,
    ),
)
