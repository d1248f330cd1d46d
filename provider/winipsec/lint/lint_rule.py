"""What a rule of lint consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from winipsec.lint.finding import Finding, Severity
from winipsec.lint.subject import Subject


class Scope(Enum):
    """How much a rule needs to see; the value says it on the generated page."""

    OBJECT = "one object"
    POLICY = "a policy with all it refers to"
    STORE = "the whole store"
    HOST = "the host"


@dataclass(frozen=True)
class LintRule:
    """One rule.

    `reason` says why it matters and what to do, `citation` names the section of the specification the facts stand in.
    `bad` is found, `good` is not. `companions` are the ids of rules that cannot but find `bad` too.
    """

    id: str
    title: str
    severity: Severity
    scope: Scope
    reason: str
    citation: str
    find: Callable[[Subject], Iterator[Finding]]
    bad: Subject
    good: Subject
    companions: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the rule's file with hyphens: what people remember better than a number."""
        return self.find.__module__.rpartition(".")[2].replace("_", "-")
