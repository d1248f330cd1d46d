"""Verdicts that hang on a guess about Windows."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, named, shown
from winipsec.lint.subject import Subject
from winipsec.model.filters import Filter


def find(subject: Subject) -> Iterator[Finding]:
    """Pairs of filters of which an unpublished detail of Windows decides which one wins."""
    for case in subject.cases:
        for hinge in case.contest.hinges(tie=False):
            message = (
                f"wins over {hinge.other.filter} of {named(hinge.other.rule)} by a guess ({hinge.flip.name} is the other "
                f"one): e.g. {shown(hinge.packet)} would be {hinge.other.outcome}, not {hinge.winner.outcome}"
            )
            yield about_filter(subject, hinge.winner.rule, hinge.winner.filter or Filter(), message)


RULE = LintRule(
    id="WIP307",
    title="Which filter wins is a guess",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Microsoft never published how Windows weighs masks against ports, or tunnels against the rest. Where two plausible "
    "orders disagree about a packet, say what you mean: give both filters the same ports, or the same addresses.",
    citation="traffic-engine 3",
    find=find,
    bad=example(
        sketch("Branch", BLOCK, "any 10.1.0.0/16 <-> me"),
        sketch("Proxy", PERMIT, "tcp 10.0.0.0/8 <-> me port 8080"),
    ),
    good=example(
        sketch("Branch", BLOCK, "tcp 10.1.0.0/16 <-> me port 8080"),
        sketch("Proxy", PERMIT, "tcp 10.1.2.0/24 <-> me port 8080"),
    ),
)
