"""Offers with and without encryption in one action."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import offering
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Esp, SecurityMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Lists of offers of which some encrypt and some do not."""
    for owner, path, methods in subject.negotiations():
        open_offers = [index for index, method in enumerate(methods) if not method.encrypts]
        if 0 < len(open_offers) < len(methods):
            yield about(owner, f"{path}[{open_offers[0]}]", "lets the peer choose an offer without encryption")


RULE = LintRule(
    id="WIP107",
    title="The peer chooses whether traffic is encrypted",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="Any offer of a list may be the one that is agreed on, whatever the order. If the traffic must not be read, no "
    "offer without a cipher belongs there; if authentication is enough, one such offer says so plainly.",
    citation="traffic-engine 4.1",
    find=find,
    bad=offering(SecurityMethod(esp=Esp("3des", "sha1")), SecurityMethod(ah="sha1")),
    good=offering(SecurityMethod(esp=Esp("3des", "sha1"))),
)
