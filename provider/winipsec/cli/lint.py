"""`winipsec lint`: what is dangerous or pointless in the policy store of a host or of a registry export."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from urllib.parse import quote

from winipsec.cli.connection_options import connection_settings
from winipsec.cli.registry_file import RegistryFile, read_registry_file
from winipsec.cli.show import Connect
from winipsec.errors import UserError
from winipsec.host.connection import Connection
from winipsec.host.management import facts
from winipsec.host.reader import Reader
from winipsec.lint.catalog import Report, chosen, lint
from winipsec.lint.document import document, sarif, summary
from winipsec.lint.finding import Severity
from winipsec.lint.subject import Subject

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_INDENT = 9


def run(options: argparse.Namespace, environment: Mapping[str, str], connect: Connect = Connection) -> int:
    """Lint a store; 1 if there is an error or a warning, else 0.

    Raises:
        UserError: neither or both of a host and a file are given, the file is no registry export with a store, or a
            rule is named that does not exist.
        HostError: the host could not be read.
    """
    rules = chosen(options.rule or (), options.ignore or (), Severity[options.severity.upper()])
    file, lines = "", None
    if options.reg is not None:
        if options.host is not None:
            raise UserError("give either a HOST or --reg, not both.", code="arguments")
        found = read_registry_file(options.reg, options.root)
        subject, source, lines = _subject(found), Path(options.reg).name, found.lines
        file = _uri(options.reg) if options.reg != "-" else ""
    elif options.root is not None:
        raise UserError("--root needs --reg.", code="arguments")
    else:
        subject, source = _from_host(options, environment, connect)
    reports = lint(subject, rules)
    if options.format == "json":
        sys.stdout.write(json.dumps(document(source, reports), indent=2) + "\n")
    elif options.format == "sarif":
        sys.stdout.write(json.dumps(sarif(reports, rules, file, lines), indent=2) + "\n")
    else:
        _print(reports, len(rules))
    return 1 if any(report.rule.severity >= Severity.WARNING for report in reports) else 0


def _subject(found: RegistryFile) -> Subject:
    return Subject(found.store, no_default_exempt=found.no_default_exempt, domain_policy=found.domain_policy)


def _from_host(options: argparse.Namespace, environment: Mapping[str, str], connect: Connect) -> tuple[Subject, str]:
    settings = connection_settings(options, environment)
    connection = connect(settings)
    try:
        snapshot = Reader(connection).snapshot(cancelled=None)
    finally:
        connection.close()
    machine = snapshot.machine
    subject = Subject(
        snapshot.store,
        no_default_exempt=machine.no_default_exempt,
        host=facts(machine),
        agent=machine.service.value,
        domain_policy=machine.domain_policy,
    )
    return subject, settings.host


def _uri(name: str) -> str:
    """The file as SARIF names files: relative where it was given so, with `/` between folders."""
    path = PurePath(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _print(reports: Sequence[Report], applied: int) -> None:
    """The findings of each rule below its title, and why they matter."""
    from rich.padding import Padding

    from winipsec.cli.terminal import console, plain

    screen = console()
    for rule, found in itertools.groupby(reports, key=lambda report: report.rule):
        head = plain("")
        head.append_text(plain(f"{rule.severity.word:{_INDENT}}{rule.id}", _STYLES[rule.severity]))
        head.append_text(plain(f"  {rule.title} ", "bold"))
        head.append_text(plain(f"({rule.name})", "dim"))
        screen.print(head)
        for _, finding in found:
            line = plain("")
            line.append_text(plain(finding.subject, "cyan"))
            line.append_text(plain(f": {finding.message}"))
            screen.print(Padding(line, (0, 0, 0, _INDENT), expand=False))
        screen.print(Padding(plain(rule.reason, "dim"), (0, 0, 0, _INDENT), expand=False))
        screen.print()
    counts = [f"{count} {word}{'' if count == 1 else 's'}" for word, count in summary(reports).items() if count]
    screen.print(plain(", ".join(counts) + "." if counts else f"Nothing found by {applied} rules."))
