"""Findings as JSON: in our own words, and as SARIF 2.1.0, which code hosts show beside the code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from winipsec._version import __version__
from winipsec.lint.catalog import Report
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule

HOMEPAGE = "https://github.com/pulumi-winipsec/pulumi-winipsec"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def summary(reports: Iterable[Report]) -> dict[str, int]:
    """How many findings there are of each severity, the worst first."""
    counts = {severity.word: 0 for severity in sorted(Severity, reverse=True)}
    for report in reports:
        counts[report.rule.severity.word] += 1
    return counts


def document(source: str, reports: Sequence[Report]) -> dict[str, Any]:
    """All findings in one store; `source` says where it was read."""
    return {"source": source, "findings": [_entry(report) for report in reports], "summary": summary(reports)}


def sarif(
    reports: Sequence[Report], applied: Sequence[LintRule], file: str = "", lines: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """A SARIF log with one run.

    Args:
        reports: What was found.
        applied: The rules that looked for it.
        file: The file that was read, empty for a host; with `/` between folders.
        lines: The line at which each object begins, by GUID.
    """
    numbers = {rule.id: index for index, rule in enumerate(applied)}
    driver = {
        "name": "winipsec",
        "version": __version__,
        "informationUri": HOMEPAGE,
        "rules": [_rule(rule) for rule in applied],
    }
    results = [_result(report, numbers[report.rule.id], file, lines or {}) for report in reports]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _entry(report: Report) -> dict[str, Any]:
    rule, finding = report
    return {
        "rule": rule.id,
        "ruleName": rule.name,
        "severity": rule.severity.word,
        "title": rule.title,
        "object": {"kind": finding.kind, "name": finding.name, "guid": finding.guid},
        "path": finding.path,
        "message": finding.message,
        "reason": rule.reason,
    }


def _rule(rule: LintRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "help": {"text": rule.reason},
        "defaultConfiguration": {"level": rule.severity.word},
    }


def _result(report: Report, number: int, file: str, lines: Mapping[str, int]) -> dict[str, Any]:
    rule, finding = report
    return {
        "ruleId": rule.id,
        "ruleIndex": number,
        "level": rule.severity.word,
        "message": {"text": f"{finding.subject}: {finding.message}"},
        "locations": [_location(finding, file, lines)],
    }


def _location(finding: Finding, file: str, lines: Mapping[str, int]) -> dict[str, Any]:
    name = "/".join(part for part in (finding.kind, finding.name or finding.guid, finding.path) if part)
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name, "kind": "object"}]}
    if file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": file}}
        if finding.guid in lines:
            physical["region"] = {"startLine": lines[finding.guid]}
        location["physicalLocation"] = physical
    return location
