"""`winipsec explain`: what becomes of a conversation on a host, and why."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping

from winipsec.cli.show import Connect
from winipsec.cli.source import Source, Sources, addresses, number
from winipsec.errors import UserError
from winipsec.host.connection import Connection
from winipsec.model.filters import parse_protocol
from winipsec.model.invalid import Invalid
from winipsec.traffic.explanation import Explanation, explain
from winipsec.traffic.outcome import Fate
from winipsec.traffic.packet import BadQuestion, Direction
from winipsec.traffic.properties import explanation_properties
from winipsec.traffic.question import Question
from winipsec.traffic.sentences import headline, sentences

STYLES = {
    Fate.BLOCKED: "bold red",
    Fate.ENCRYPTED: "bold green",
    Fate.AUTHENTICATED: "bold cyan",
    Fate.CLEAR: "bold yellow",
    Fate.EXEMPT: "bold yellow",
}
_OPTIONS = {"direction": "--in/--out"}
_LAST_PORT = 65_535


def run(options: argparse.Namespace, environment: Mapping[str, str], connect: Connect = Connection) -> int:
    """Explain one conversation; 0.

    Raises:
        UserError: neither or both of a host and a file are given, or no such conversation can take place.
        HostError: the host could not be read.
    """
    question = _question(options)
    source = _source(options, Sources(options, environment, connect))
    try:
        explanation = explain(source.state, source.host, question)
    except BadQuestion as error:
        path = _OPTIONS.get(error.path, f"--{error.path}" if error.path else "")
        raise UserError(error.problem, path=path, code=error.code, advice=error.advice) from None
    if options.json:
        found = {"source": source.name, "remarks": list(source.remarks), **explanation_properties(explanation)}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        _print(explanation, source)
    return 0


def _question(options: argparse.Namespace) -> Question:
    try:
        protocol = parse_protocol(options.protocol)
    except Invalid as error:
        raise UserError(f"{error}.", path="--protocol", code="arguments") from None
    if not protocol:
        raise UserError("name one protocol; a packet has no other.", path="--protocol", code="arguments")
    return Question(
        options.sender,
        options.receiver,
        protocol,
        number(options.service_port, "--port", _LAST_PORT) or 0,
        number(options.local_port, "--local-port", _LAST_PORT) or 0,
        number(options.remote_port, "--remote-port", _LAST_PORT) or 0,
        Direction(options.direction) if options.direction else None,
        options.connection,
    )


def _source(options: argparse.Namespace, sources: Sources) -> Source:
    exempt = number(options.no_default_exempt, "--no-default-exempt", 3)
    if options.reg is not None and options.host is not None:
        raise UserError("give either a HOST or --reg, not both.", code="arguments")
    if options.reg is None and (options.root is not None or exempt is not None):
        raise UserError("--root and --no-default-exempt need --reg.", code="arguments")
    source = sources.host(options.host) if options.reg is None else sources.file(options.reg, exempt)
    return source.with_policy(options.policy).with_addresses(addresses(options.address))


def _print(explanation: Explanation, source: Source) -> None:
    from winipsec.cli.terminal import console, plain

    screen = console()
    for remark in source.remarks:
        screen.print(plain(f"{source.name}: {remark}", "yellow"))
    head = headline(explanation)
    before, _, outcome = head.rpartition(": ")
    line = plain(f"{before}: ", "bold")
    line.append_text(plain(outcome, STYLES[explanation.answer.first.outcome.fate]))
    screen.print(line)
    for text in sentences(explanation)[1:]:
        screen.print(plain(text, "yellow" if text.startswith("note:") else "dim" if text.startswith("  ") else ""))
