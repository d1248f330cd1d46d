"""AH across an address translator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from winipsec.lint.example import ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter
from winipsec.lint.subject import Subject
from winipsec.model.endpoint import Address, parse_address, parse_endpoint
from winipsec.model.filters import Filter
from winipsec.model.methods import SecurityMethod
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.packet import Direction

_PRIVATE = [parse_endpoint(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def find(subject: Subject) -> Iterator[Finding]:
    """Rules that offer nothing but AH between private and public addresses."""
    own = subject.host.addresses
    if own is None or not all(map(_is_private, own)):
        return
    for case in subject.cases:
        for reading in case.contest.given.certain:
            action = subject.action_of(reading.rule)
            offers = action.security_methods if action is not None and reading.outcome.protected else ()
            abroad = reading.remote.first is not None and not _is_private(reading.remote.first)
            if offers and all(offer.ah for offer in offers) and abroad and reading.direction is Direction.OUT:
                item = reading.filter or Filter()
                yield about_filter(subject, reading.rule, item, f"asks {reading.remote} for AH, across a translator")


def _is_private(address: Address) -> bool:
    sides = [(side.first, side.last) for side in _PRIVATE]
    return any(
        first is not None and last is not None and int(first) <= int(address) <= int(last) for first, last in sides
    )


RULE = LintRule(
    id="WIP505",
    title="AH has to cross an address translator",
    severity=Severity.WARNING,
    scope=Scope.HOST,
    reason="AH authenticates the addresses of a packet, and a translator between a private and a public network changes them: "
    "the receiver drops every packet. Offer ESP, with no cipher if authentication is enough.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=example(
        sketch("Partner", replace(ENCRYPT, security_methods=(SecurityMethod(ah="sha1"),)), "tcp me <-> 198.51.100.7"),
        host=HostFacts(addresses=frozenset({parse_address("10.0.0.5")})),
    ),
    good=example(
        sketch("Partner", ENCRYPT, "tcp me <-> 198.51.100.7"),
        host=HostFacts(addresses=frozenset({parse_address("10.0.0.5")})),
    ),
)
