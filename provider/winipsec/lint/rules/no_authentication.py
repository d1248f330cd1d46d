"""Negotiation that nobody can authenticate to."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import trusting
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Kerberos


def find(subject: Subject) -> Iterator[Finding]:
    """Rules that negotiate and know no way to authenticate."""
    for owner, path, methods in subject.authentications():
        if not methods:
            yield about(owner, path, "negotiates, but knows no way to authenticate: no packet will pass")


RULE = LintRule(
    id="WIP206",
    title="A rule negotiates without a way to authenticate",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="Peers that cannot prove who they are never agree on keys, and everything the filters match is dropped. Windows' "
    "own tools always write one method; such rules come from tools that wrote the registry themselves.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=trusting(),
    good=trusting(Kerberos()),
)
