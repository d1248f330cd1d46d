"""Short pre-shared keys."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import trusting
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import Kerberos, PresharedKey

_LEAST = 20


def find(subject: Subject) -> Iterator[Finding]:
    """Pre-shared keys that can be guessed from a recording."""
    for owner, path, methods in subject.authentications():
        for index, method in enumerate(methods):
            if isinstance(method, PresharedKey) and len(method.key) < _LEAST:
                yield about(owner, f"{path}[{index}].presharedKey", f"is a key of fewer than {_LEAST} characters")


RULE = LintRule(
    id="WIP203",
    title="A pre-shared key is short",
    severity=Severity.ERROR,
    scope=Scope.POLICY,
    reason="Who has talked to the host once can try keys at home, as fast as the hardware goes: words and short keys fall "
    "within hours. If there must be a key, let a generator make one of 20 characters or more.",
    citation="ipsec-policy 1.5",
    find=find,
    bad=trusting(PresharedKey("example")),
    good=trusting(Kerberos()),
    companions=frozenset({"WIP201"}),
)
