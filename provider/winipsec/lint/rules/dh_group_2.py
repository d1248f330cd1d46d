"""Diffie-Hellman group 2."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import agreeing
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import MainModeMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Main-mode methods of group 2."""
    for policy, path, method in subject.main_mode():
        if method.dh_group == "group2":
            yield about(policy, f"{path}.dhGroup", "agrees on keys in group 2, of 1024 bits")


RULE = LintRule(
    id="WIP106",
    title="Keys may be agreed on in Diffie-Hellman group 2",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="1024 bits are within reach of a state, and the work is done once for everybody who uses the group. It is the "
    "default of Windows' own tools. Use group 14 (2048 bits) on both sides.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=agreeing(MainModeMethod("3des", "sha1", "group2")),
    good=agreeing(MainModeMethod("3des", "sha1", "group14")),
)
