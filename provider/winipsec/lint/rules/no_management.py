"""Policies that close the way to manage the host."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.conversing import blockade, is_peer, own_address, stranger
from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Case, Subject
from winipsec.model.endpoint import Address
from winipsec.model.filters import TCP
from winipsec.traffic.conversation import Flow, Starter
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Reading, covers

_WINRM = (5985, 5986)


def find(subject: Subject) -> Iterator[Finding]:
    """Policies under which no new WinRM connection comes about, from anywhere."""
    for case in subject.cases:
        own = own_address(case)
        if own is None:
            continue
        flows = (Flow(own, client, TCP, number, 49_152) for client in _clients(case) for number in _WINRM)
        first = None
        for flow in flows:
            stopped = blockade(case, flow, Starter.REMOTE)
            if stopped is None:
                break
            first = first or stopped
        else:
            if first is not None and first.rule is not None and first.filter is not None:
                yield about_filter(subject, first.rule, first.filter, "leaves no way in for WinRM (TCP 5985 and 5986)")


def _clients(case: Case) -> list[Address]:
    """Somebody, and one client of every side that some filter lets in: if anybody can manage this host, one of these."""
    sides = dict.fromkeys(item.remote for item in case.contest.given.certain if _lets_in(item))
    return [stranger(case), *(side.first for side in sides if side.first is not None and is_peer(case, side.first))]


def _lets_in(reading: Reading) -> bool:
    open_to_some = reading.direction is Direction.IN and reading.outcome.openness > 0
    return (
        open_to_some and reading.protocol in {0, TCP} and any(covers(reading.local_ports, number) for number in _WINRM)
    )


RULE = LintRule(
    id="WIP501",
    title="The policy locks its administrators out",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="From the moment it is assigned nobody can reach the host over WinRM, this provider included, and only the console "
    "is left. Permit TCP 5985 or 5986 from where the host is managed, in the same policy.",
    citation="ipsec-policy 8.6",
    find=find,
    bad=example(
        sketch("Web", PERMIT, "tcp any <-> me port 80"), sketch("Rest", BLOCK, "any any <-> me"), has_ipv6=False
    ),
    good=example(
        sketch("Web", PERMIT, "tcp any <-> me port 80"),
        sketch("Management", PERMIT, "tcp 10.1.0.0/16 <-> me port 5985"),
        sketch("Rest", BLOCK, "any any <-> me"),
        has_ipv6=False,
    ),
)
