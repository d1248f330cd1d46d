"""Main-mode keys that live for days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from winipsec.lint.example import ENCRYPT, POLICY, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject

_MOST_SECONDS = 86_400


def find(subject: Subject) -> Iterator[Finding]:
    """Policies whose main-mode keys live longer than a day."""
    for policy in subject.store.policies.values():
        if policy.main_mode_lifetime_seconds > _MOST_SECONDS:
            hours = policy.main_mode_lifetime_seconds // 3_600
            yield about(policy, "mainModeLifetimeMinutes", f"keeps a master key, and so a logon, for {hours} hours")


RULE = LintRule(
    id="WIP114",
    title="Master keys live longer than a day",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="Peers prove who they are in main mode, once per master key. A machine that was thrown out of the domain goes on "
    "as a member until then. Windows' default is eight hours (480 minutes).",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(
        sketch("Database", replace(ENCRYPT, session_pfs=True), "tcp any <-> me port 1433"),
        policy=replace(POLICY, main_mode_lifetime_seconds=604_800),
    ),
    good=example(sketch("Database", replace(ENCRYPT, session_pfs=True), "tcp any <-> me port 1433")),
)
