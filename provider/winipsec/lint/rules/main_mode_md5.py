"""Main-mode methods with MD5."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.example import agreeing
from winipsec.lint.finding import Finding, Severity, about
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.subject import Subject
from winipsec.model.methods import MainModeMethod


def find(subject: Subject) -> Iterator[Finding]:
    """Main-mode methods whose hash is MD5."""
    for policy, path, method in subject.main_mode():
        if method.integrity == "md5":
            yield about(policy, f"{path}.integrity", "authenticates the exchange of keys with MD5")


RULE = LintRule(
    id="WIP104",
    title="The exchange of keys may be authenticated with MD5",
    severity=Severity.WARNING,
    scope=Scope.OBJECT,
    reason="MD5 is there for compatibility with hosts that no longer exist, and no audit accepts it. Windows' oldest default "
    "policies list it; take it out of the list.",
    citation="ipsec-policy 1.6",
    find=find,
    bad=agreeing(MainModeMethod("3des", "md5", "group14")),
    good=agreeing(MainModeMethod("3des", "sha1", "group14")),
)
