"""Policies beside the one that is assigned."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.policies import Policy


def find(subject: Subject) -> Iterator[Finding]:
    """Policies that are not in force while another one is."""
    if subject.store.active_policy is not None:
        for policy in subject.store.policies.values():
            if policy.guid != subject.store.active:
                yield about(policy, "", "is not assigned; another policy is")


RULE = LintRule(
    id="WIP609",
    title="A policy lies idle",
    severity=Severity.NOTE,
    scope=Scope.STORE,
    reason="One policy is in force at a time, and assigning another takes one click: its rules then come into force as they "
    "were when somebody last looked. Delete what is not meant to be assigned again.",
    citation="ipsec-policy 8.5",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23"), besides=[Policy("Before", description="As it was last year")]
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
