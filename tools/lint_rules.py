"""Prints the page of the lint rules as Markdown: ``python tools/lint_rules.py``.

Everything on it stands in the rules themselves; examples are printed from the very values that the tests check.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from winipsec.lint.catalog import catalog, lint
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.outline import outline
from winipsec.lint.subject import Subject

HEAD = """# Lint rules

Made from the rules by `make rules`; do not edit. `winipsec lint HOST` and `winipsec lint --reg FILE` apply them to what
is on a host or in a registry export, [the policy pack](../policy/README.md) to what a Pulumi program is about to make.

A **note** is worth knowing, a **warning** wants a decision, an **error** is hardly ever meant. The exit code of
`winipsec lint` is 1 when there is an error or a warning. Leave rules out with `--ignore WIP406`, `--ignore soft-fallback`
or, for all about algorithms, `--ignore WIP1`; `--rule` applies only some; `--severity error` leaves out what is less
severe. `--format sarif` is what code hosts show beside the code.

Citations name sections of the specification from which the provider is written. Which filter wins is judged by the same
engine that guards the management path; a policy that is not assigned is judged as if it were, where none is.
"""

CHAPTERS = {
    "WIP1": "Algorithms and keys",
    "WIP2": "Authentication",
    "WIP3": "Filters and what they decide",
    "WIP4": "Holes",
    "WIP5": "What stops working",
    "WIP6": "Order in the store",
    "WIP7": "What is in force",
}
"""Chapters by the beginning of the ids."""


def main() -> None:
    """Prints the whole page."""
    sys.stdout.write("\n".join(page()) + "\n")


def page() -> Iterator[str]:
    """The lines of the page."""
    yield HEAD
    yield "| rule | | severity | |\n| --- | --- | --- | --- |"
    for rule in catalog():
        anchor = f"{rule.id}-{rule.name}".lower()
        yield f"| [{rule.id}](#{anchor}) | {rule.name} | {rule.severity.word} | {rule.title} |"
    for beginning, title in CHAPTERS.items():
        yield f"\n## {title}"
        for rule in catalog():
            if rule.id.startswith(beginning):
                yield from section(rule)


def section(rule: LintRule) -> Iterator[str]:
    """One rule with its examples and what it says about the bad one."""
    yield f"\n### {rule.id} {rule.name}\n\n**{rule.title}.** {rule.reason}\n"
    where = "command only" if rule.scope in {Scope.STORE, Scope.HOST} else "command and policy pack"
    yield f"{rule.severity.word.capitalize()}. Looks at {rule.scope.value}; {where}. Source: `{rule.citation}`.\n"
    yield from shown("Found:", rule.bad)
    yield "\n```text"
    yield from (f"{report.finding.subject}: {report.finding.message}" for report in lint(rule.bad, [rule]))
    yield "```\n"
    yield from shown("Not found:", rule.good)


def shown(title: str, subject: Subject) -> Iterator[str]:
    """One example."""
    yield f"{title}\n\n```text"
    yield from outline(subject)
    yield "```"


if __name__ == "__main__":
    main()
