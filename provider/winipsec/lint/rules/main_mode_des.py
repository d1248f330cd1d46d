"""Main-mode methods with DES."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import agreeing
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import MainModeMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Main-mode methods whose cipher is DES."""
    for policy, path, method in subject.main_mode():
        if method.encryption == "des":
            yield about(policy, f"{path}.encryption", "protects the exchange of keys with DES")


RULE = LintRule(
    id="WIP103",
    title="The exchange of keys may be encrypted with DES",
    severity=Severity.ERROR,
    scope=Scope.OBJECT,
    reason="Main mode protects the identities of the peers and the agreement on every later key. With DES a recording of it "
    "can be opened by trying all keys, and the stronger ciphers of the traffic help no more.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=agreeing(MainModeMethod("des", "sha1", "group14")),
    good=agreeing(MainModeMethod("3des", "sha1", "group14")),
)
