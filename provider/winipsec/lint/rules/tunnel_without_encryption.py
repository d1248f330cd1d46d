"""Tunnels that do not encrypt."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import ENCRYPT, REQUIRE, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Tunnel rules with an offer that leaves the content readable."""
    for rule in subject.store.rules.values():
        action = subject.action_of(rule)
        if rule.tunnel_endpoint and action is not None and subject.negotiates(rule):
            open_offers = [index for index, method in enumerate(action.security_methods) if not method.encrypts]
            if open_offers:
                yield about(rule, "filterAction", f"tunnels in clear by securityMethods[{open_offers[0]}]")


RULE = LintRule(
    id="WIP108",
    title="A tunnel does not encrypt",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="A tunnel crosses a network that is not trusted, or there would be none. Without a cipher everybody on the way "
    "reads what it carries. Give its action offers with ESP and 3DES only.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=example(
        sketch("Out", REQUIRE, "any me -> 10.9.0.0/16", tunnel_endpoint="198.51.100.1"),
        sketch("In", REQUIRE, "any 10.9.0.0/16 -> me", tunnel_endpoint="192.0.2.5"),
    ),
    good=example(
        sketch("Out", ENCRYPT, "any me -> 10.9.0.0/16", tunnel_endpoint="198.51.100.1"),
        sketch("In", ENCRYPT, "any 10.9.0.0/16 -> me", tunnel_endpoint="192.0.2.5"),
    ),
)
