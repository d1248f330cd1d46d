"""Clear traffic that is let in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from winipsec.lint.example import ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Actions that negotiate and accept clear packets inbound."""
    for action in subject.store.filter_actions.values():
        if action.action == "negotiate" and action.inbound_pass_through:
            yield about(action, "inboundPassThrough", "lets unsecured packets in, from everybody its filters match")


RULE = LintRule(
    id="WIP407",
    title="Unsecured packets are let in",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="The first packet of anybody arrives in clear and unchecked; only answers are negotiated. One packet is all that many "
    "attacks need, Slammer's for one. It is meant for rollouts: turn it off once every client negotiates.",
    citation="ipsec-policy 8.4",
    find=find,
    bad=example(sketch("Database", replace(ENCRYPT, inbound_pass_through=True), "tcp any <-> me port 1433")),
    good=example(sketch("Database", ENCRYPT, "tcp any <-> me port 1433")),
)
