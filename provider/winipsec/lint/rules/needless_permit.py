"""Permits for what nothing stops."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, PERMIT, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, permits_everything
from winipsec.lint.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """Permits without which every packet would pass all the same."""
    for case in subject.cases:
        contest = case.contest
        if contest.given.unresolved:
            continue  # what cannot be read may be the block that they make an exception from
        for place in contest.places:
            permits = place.standing is Standing.DECIDES and place.action == "permit"
            if permits and not permits_everything(place.filter) and contest.is_needless(place):
                yield about_filter(
                    subject, place.rule, place.filter, "permits what nothing else in the policy would stop"
                )


RULE = LintRule(
    id="WIP316",
    title="A permit makes an exception from nothing",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="What no filter matches passes. A permit alone does not keep the rest out: it needs a broader block or negotiation "
    "beside it, such as any to me. Without one the host is as open as before, and looks protected.",
    citation="traffic-engine 4.1",
    find=find,
    bad=example(sketch("Web", PERMIT, "tcp any <-> me port 80")),
    good=example(
        sketch("Web", PERMIT, "tcp 10.0.0.0/8 <-> me port 80"), sketch("Rest", BLOCK, "tcp any <-> me port 80")
    ),
)
