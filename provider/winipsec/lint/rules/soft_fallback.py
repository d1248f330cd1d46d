"""Fall back to clear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from winipsec.lint.example import ENCRYPT, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Actions that negotiate and go on without."""
    for action in subject.store.filter_actions.values():
        if action.action == "negotiate" and action.soft_fallback:
            yield about(action, "softFallback", "sends in clear to every peer that does not answer the negotiation")


RULE = LintRule(
    id="WIP406",
    title="Security is given up where a peer does not answer",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="Whoever can drop the negotiation on the way decides that the traffic goes in clear, and nobody notices. It is meant "
    "for the first weeks of a rollout: request first, then require by turning softFallback off.",
    citation="ipsec-policy 8.4",
    find=find,
    bad=example(sketch("Database", replace(ENCRYPT, soft_fallback=True), "tcp any <-> me port 1433")),
    good=example(sketch("Database", ENCRYPT, "tcp any <-> me port 1433")),
)
