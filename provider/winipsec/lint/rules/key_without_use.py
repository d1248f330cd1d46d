"""Pre-shared keys of rules that do not negotiate."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import PresharedKey


def find(subject: Subject) -> Iterator[Finding]:
    """Rules that permit or block, and hold a key."""
    for rule in subject.store.rules.values():
        action = subject.action_of(rule)
        for index, method in enumerate(rule.auth_methods):
            if action is not None and action.action != "negotiate" and isinstance(method, PresharedKey):
                yield about(rule, f"authMethods[{index}].presharedKey", f"holds a key, but only says {action.action}")


RULE = LintRule(
    id="WIP202",
    title="A rule holds a pre-shared key that it never uses",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="Nobody authenticates to a rule that permits or blocks, but the key lies in clear in the registry all the same, "
    "ready for whoever looks for one that other hosts still use. Leave authMethods out.",
    citation="ipsec-policy 5.4",
    find=find,
    bad=example(
        sketch("Telnet", BLOCK, "tcp any -> me port 23", auth_methods=(PresharedKey("not a key, only an example"),))
    ),
    good=example(sketch("Telnet", BLOCK, "tcp any -> me port 23")),
)
