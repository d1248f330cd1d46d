"""Policies that close the way to manage the host."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.conversing import SOMEBODY, blockade, own_address
from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Case, Subject
from winipsec.model.endpoint import Address
from winipsec.model.filters import TCP
from winipsec.traffic.conversation import Flow, Starter

_WINRM = (5985, 5986)


def find(subject: Subject) -> Iterator[Finding]:
    """Policies under which no new WinRM connection comes about, from anywhere."""
    for case in subject.cases:
        own, found = own_address(case), None
        for client in (SOMEBODY, *_welcome(case)):
            for number in _WINRM:
                verdict = blockade(case, Flow(own, client, TCP, number, 49_152), Starter.REMOTE)
                if verdict is None:
                    break
                found = found or verdict
            else:
                continue
            break
        else:
            if found is not None and found.rule is not None and found.filter is not None:
                yield about_filter(subject, found.rule, found.filter, "leaves no way in for WinRM (TCP 5985 and 5986)")


def _welcome(case: Case) -> Iterator[Address]:
    """Addresses that some filter lets in: if anybody can manage this host, one of these can."""
    for side in dict.fromkeys(item.remote for item in case.contest.given.certain if item.outcome.openness):
        if side.first is not None and side.first.version == 4 and not case.host.is_itself(side.first):
            yield side.first


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
