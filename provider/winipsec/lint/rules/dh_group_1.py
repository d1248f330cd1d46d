"""Diffie-Hellman group 1."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import agreeing
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import MainModeMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Main-mode methods of group 1."""
    for policy, path, method in subject.main_mode():
        if method.dh_group == "group1":
            yield about(policy, f"{path}.dhGroup", "agrees on keys in group 1, of 768 bits")


RULE = LintRule(
    id="WIP105",
    title="Keys may be agreed on in Diffie-Hellman group 1",
    severity=Severity.ERROR,
    scope=Scope.OBJECT,
    reason="A group of 768 bits has been broken by academics, and the work is done once for everybody who uses it: each "
    "further recording then takes minutes. Use group 14 (2048 bits), which Windows knows since Server 2003.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=agreeing(MainModeMethod("3des", "sha1", "group1")),
    good=agreeing(MainModeMethod("3des", "sha1", "group14")),
)
