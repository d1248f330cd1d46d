"""Every rule there is, and which of them to apply."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from winipsec.errors import UserError
from winipsec.lint import rules as _folder
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule
from winipsec.lint.subject import Subject


class Report(NamedTuple):
    """One finding and the rule that found it."""

    rule: LintRule
    finding: Finding


@cache
def catalog() -> tuple[LintRule, ...]:
    """All rules, in the order of their ids."""
    modules = (
        importlib.import_module(f"{_folder.__name__}.{item.name}") for item in pkgutil.iter_modules(_folder.__path__)
    )
    found: Iterator[LintRule] = (module.RULE for module in modules)
    return tuple(sorted(found, key=lambda rule: rule.id))


def chosen(
    wanted: Iterable[str] = (), ignored: Iterable[str] = (), least: Severity = Severity.NOTE
) -> tuple[LintRule, ...]:
    """The rules that are `wanted` (all where none is named) and not `ignored`, from `least` upwards.

    A rule is named by its id, the beginning of its id (`WIP1` for all about algorithms), or its name.

    Raises:
        UserError: a word names no rule.
    """
    keep = [_named(word) for word in wanted]
    drop = frozenset[str]().union(*(_named(word) for word in ignored))
    kept = frozenset[str]().union(*keep) if keep else frozenset(rule.id for rule in catalog())
    return tuple(rule for rule in catalog() if rule.id in kept - drop and rule.severity >= least)


def lint(subject: Subject, rules: Iterable[LintRule] | None = None) -> list[Report]:
    """What the rules find; the worst first, then by rule, then as the store has it."""
    applied = catalog() if rules is None else rules
    reports = [Report(rule, finding) for rule in applied for finding in rule.find(subject)]
    return sorted(reports, key=lambda report: (-report.rule.severity, report.rule.id))


def _named(word: str) -> frozenset[str]:
    text = word.strip()
    found = frozenset(rule.id for rule in catalog() if rule.id.startswith(text.upper()) or rule.name == text.lower())
    if text and found:
        return found
    known = [word for rule in catalog() for word in (rule.id, rule.name)]
    near = difflib.get_close_matches(text, known, n=1) or difflib.get_close_matches(text.upper(), known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "Rules are named WIP101 or des-encryption; WIP1 means all of WIP1xx."
    raise UserError(f"{word!r} names no rule.", code="lint.rule", advice=hint)
