"""Equal filters with different actions."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, named, shown
from winipsec.lint.subject import Subject
from winipsec.model.filters import Filter


def find(subject: Subject) -> Iterator[Finding]:
    """Pairs of filters that are equally specific, meet, and do different things."""
    for case in subject.cases:
        for hinge in case.contest.hinges(tie=True):
            message = (
                f"is as specific as {hinge.other.filter} of {named(hinge.other.rule)}: whether e.g. {shown(hinge.packet)} "
                f"is {hinge.winner.outcome} or {hinge.other.outcome} is nowhere documented"
            )
            yield about_filter(subject, hinge.winner.rule, hinge.winner.filter or Filter(), message)


RULE = LintRule(
    id="WIP306",
    title="Two equally specific filters disagree",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="Windows documents no order between equal filters. A published remark says that the more restrictive action wins, "
    "and that is what is assumed here; nobody should depend on it. Make one of them narrower, or delete it.",
    citation="traffic-engine 3",
    find=find,
    bad=example(
        sketch("Proxy", PERMIT, "tcp any -> me port 8080"),
        sketch("Old proxy", BLOCK, "tcp any -> me port 8080", filter_list="Proxy"),
    ),
    good=example(
        sketch("Proxy", PERMIT, "tcp 10.0.0.0/8 -> me port 8080"),
        sketch("Old proxy", BLOCK, "tcp any -> me port 8080"),
    ),
    companions=frozenset({"WIP301"}),
)
