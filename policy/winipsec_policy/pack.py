"""One Pulumi policy for each lint rule that can be judged by what a program says.

A rule about single objects becomes a policy for resources, so that its finding stands at the resource; a rule about a
policy with all it refers to becomes one for the stack. Rules about the whole store of a host, or about the host, need
the host: `winipsec lint` has them. Errors are mandatory, warnings advisory, notes switched off until the configuration
of the pack asks for them. What a preview does not know yet is judged by the update.
"""

from __future__ import annotations

from typing import Any

from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, Severity, StackValidationPolicy
from pulumi_policy.proxy import UnknownValueError
from winipsec.lint import finding
from winipsec.lint.catalog import catalog
from winipsec.lint.lint_rule import LintRule, Scope

from winipsec_policy.stack import Hosts, is_ours, lone_subject

NAME = "winipsec"
_LEVELS = {
    finding.Severity.ERROR: EnforcementLevel.MANDATORY,
    finding.Severity.WARNING: EnforcementLevel.ADVISORY,
    finding.Severity.NOTE: EnforcementLevel.DISABLED,
}
_SEVERITIES = {
    finding.Severity.ERROR: Severity.HIGH,
    finding.Severity.WARNING: Severity.MEDIUM,
    finding.Severity.NOTE: Severity.LOW,
}


def policies() -> list[ResourceValidationPolicy | StackValidationPolicy]:
    """Every policy of the pack, named like its rule: `WIP105-dh-group-1`."""
    hosts = Hosts(UnknownValueError)
    made: list[ResourceValidationPolicy | StackValidationPolicy] = []
    for rule in catalog():
        if rule.scope is Scope.OBJECT:
            made.append(_for_resources(rule))
        elif rule.scope is Scope.POLICY:
            made.append(_for_stacks(rule, hosts))
    return made


def _for_resources(rule: LintRule) -> ResourceValidationPolicy:
    def validate(args: Any, report: Any) -> None:
        if is_ours(args.resource_type):
            for found in rule.find(lone_subject(args.resource_type, args.name, args.props)):
                report(f"{found.path}: {found.message}" if found.path else found.message)

    return ResourceValidationPolicy(validate=validate, **_words(rule))


def _for_stacks(rule: LintRule, hosts: Hosts) -> StackValidationPolicy:
    def validate(args: Any, report: Any) -> None:
        for host in hosts.of(args.resources):
            for found in rule.find(host.subject):
                path = f"{found.path}: " if found.path else ""
                report(f"{path}{found.message}", host.urn_of(found))

    return StackValidationPolicy(validate=validate, **_words(rule))


def _words(rule: LintRule) -> dict[str, Any]:
    return {
        "name": f"{rule.id}-{rule.name}",
        "description": f"{rule.title}. {rule.reason}",
        "enforcement_level": _LEVELS[rule.severity],
        "severity": _SEVERITIES[rule.severity],
    }
