"""Kerberos without a way to the domain controllers."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import PERMIT, REQUIRE, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.filters import TCP, UDP
from winipsec.model.methods import Kerberos
from winipsec.traffic.outcome import Fallback, Fate
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Reading, covers
from winipsec.traffic.specificity import Rank, rank


def find(subject: Subject) -> Iterator[Finding]:
    """Policies that ask everybody for Kerberos, the servers that issue the tickets included."""
    for case in subject.cases:
        contest = case.contest
        presumed = (reading for item in contest.given.unresolved for reading in item.presumed)
        if case.state.exempt_level(case.host) in {0, 2} or any(map(_opens, (*contest.given.certain, *presumed))):
            continue
        for rule in dict.fromkeys(item.rule for item in contest.given.certain if _asks_everybody(item)):
            if all(isinstance(method, Kerberos) for method in rule.auth_methods):
                yield about(rule, "authMethods", "asks everybody for Kerberos, domain controllers too")


def _opens(reading: Reading) -> bool:
    """Whether Kerberos' own packets may go out in clear by this reading."""
    passes = reading.outcome.fate is Fate.CLEAR or reading.outcome.fallback is Fallback.ANY
    return passes and _is_kerberos(reading)


def _asks_everybody(reading: Reading) -> bool:
    return reading.outcome.protected and _is_kerberos(reading) and rank(reading.remote) is Rank.ANY


def _is_kerberos(reading: Reading) -> bool:
    ports = covers(reading.remote_ports, 88) and covers(reading.local_ports, 49_152)
    return reading.direction is Direction.OUT and reading.protocol in {0, TCP, UDP} and ports


RULE = LintRule(
    id="WIP207",
    title="Kerberos tickets cannot be fetched",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="Before hosts can authenticate by Kerberos each needs a ticket from a domain controller. If that traffic has to be "
    "authenticated by Kerberos itself, none ever does. Permit the addresses of the domain controllers.",
    citation="traffic-engine 4.2",
    find=find,
    bad=example(sketch("Isolate", REQUIRE, "any any <-> me"), has_ipv6=False),
    good=example(
        sketch("Isolate", REQUIRE, "any any <-> me"),
        sketch("Domain controllers", PERMIT, "any me <-> 10.0.0.1", "any me <-> 10.0.0.2"),
        has_ipv6=False,
    ),
)
