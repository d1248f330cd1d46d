"""Long-lived master keys without forward secrecy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from winipsec.lint.example import ENCRYPT, POLICY, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject

_USUAL_SECONDS = 28_800


def find(subject: Subject) -> Iterator[Finding]:
    """Rules whose session keys all come from one master key that lives longer than usual."""
    for rule in subject.store.rules.values():
        policy, action = subject.store.policies.get(rule.policy), subject.action_of(rule)
        if policy is None or action is None or not subject.negotiates(rule):
            continue
        one_for_all = not policy.master_pfs and policy.quick_modes_per_main_mode == 0
        if one_for_all and not action.session_pfs and policy.main_mode_lifetime_seconds > _USUAL_SECONDS:
            hours = policy.main_mode_lifetime_seconds // 3_600
            yield about(rule, "filterAction", f"derives every session key of {hours} hours from one master key")


RULE = LintRule(
    id="WIP115",
    title="One master key opens many hours of traffic",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Without forward secrecy all session keys follow from the master key: who gets it reads everything since. Turn on "
    "sessionPfs of the action or masterPfs of the policy, or keep mainModeLifetimeMinutes at 480.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=example(
        sketch("Database", ENCRYPT, "tcp any <-> me port 1433"),
        policy=replace(POLICY, main_mode_lifetime_seconds=43_200),
    ),
    good=example(
        sketch("Database", replace(ENCRYPT, session_pfs=True), "tcp any <-> me port 1433"),
        policy=replace(POLICY, main_mode_lifetime_seconds=43_200),
    ),
)
