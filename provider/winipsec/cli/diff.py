"""`winipsec diff`: what a change does to traffic, between hosts, registry exports, or no policy at all."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import replace

from winipsec.cli.show import Connect
from winipsec.cli.source import NOBODY, Source, Sources, addresses, number
from winipsec.errors import UserError
from winipsec.host.connection import Connection
from winipsec.traffic.difference import difference
from winipsec.traffic.properties import difference_properties, known_guesses
from winipsec.traffic.report import CAP, report

SAME, CHANGED = 0, 1


def run(options: argparse.Namespace, environment: Mapping[str, str], connect: Connect = Connection) -> int:
    """Print the difference; 0 if nothing changes, 1 if something does.

    Raises:
        UserError: a file or an option is wrong; among them `TooComplex`, if there is no answer.
        HostError: a host could not be read.
    """
    exempt = number(options.no_default_exempt, "--no-default-exempt", 3)
    own = addresses(options.address)
    if options.before == options.after == "-":
        raise UserError("only one of A and B can be standard input.", code="arguments")
    sources = Sources(options, environment, connect)
    before, after = sources.named(options.before), sources.named(options.after)
    before, after = before.with_policy(options.before_policy), after.with_policy(options.after_policy)
    _remark(before, after)
    machine = (before if before.is_host or not after.is_host else after).with_addresses(own)
    old, new = (_on(machine, source, exempt) for source in (before, after))
    found = difference(old.state, new.state, machine.host)
    turned, notes = known_guesses(new.state, machine.host)
    if options.json:
        data = difference_properties(found, old.state, new.state, turned=turned, notes=notes)
        sys.stdout.write(json.dumps({"before": before.name, "after": after.name, **data}, indent=2) + "\n")
    else:
        text = report(found, old.state, new.state, guesses=turned, cap=sys.maxsize if options.all else CAP)
        _print("\n".join([text, *(f"note: {note}" for note in notes)]))
    return CHANGED if found.classes else SAME


def _on(machine: Source, source: Source, exempt: int | None) -> Source:
    """A policy on the machine that is asked about, which alone knows its exemptions where a file does not."""
    if source.is_host:
        return source
    known = machine.state.no_default_exempt if exempt is None else exempt
    return replace(source, state=replace(source.state, no_default_exempt=known))


def _remark(before: Source, after: Source) -> None:
    """Say beside the answer what might surprise in it."""
    for source, policy in ((before, "--before-policy"), (after, "--after-policy")):
        for remark in source.remarks:
            sys.stderr.write(f"winipsec: {source.name}: {remark}.\n")
        if not source.is_host and source.name != NOBODY and source.state.policy is None:
            sys.stderr.write(f"winipsec: {source.name}: no policy is assigned; name one with {policy}.\n")
    if before.is_host and after.is_host and before.host.addresses != after.host.addresses:
        sys.stderr.write(f"winipsec: {after.name} is taken for another state of {before.name}, with its addresses.\n")


def _print(text: str) -> None:
    """The text as it is, but nothing in it can steer the terminal."""
    from winipsec.cli.terminal import plain

    sys.stdout.write("".join(f"{plain(line).plain}\n" for line in text.split("\n")))
