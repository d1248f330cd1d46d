"""`winipsec matrix`: who can talk to whom, and how, with the policies of both ends."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from winipsec.cli.meetings import parse_services, usual_services
from winipsec.cli.show import Connect
from winipsec.cli.source import Source, Sources, addresses, number
from winipsec.errors import UserError
from winipsec.host.connection import Connection
from winipsec.model.names import folded
from winipsec.model.store import Store
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.matrix import Asked, Meeting, Station, matrix
from winipsec.traffic.properties import matrix_properties
from winipsec.traffic.readings import statements
from winipsec.traffic.sentences import unresolved_text
from winipsec.traffic.specificity import DEFAULT


def run(options: argparse.Namespace, environment: Mapping[str, str], connect: Connect = Connection) -> int:
    """Print who can talk to whom; 0.

    Raises:
        UserError: fewer than two hosts, a host without a name or an address, or a wrong service.
        HostError: a host could not be read.
    """
    asked = parse_services(options.services) if options.services is not None else ()
    sources = list(_sources(options, Sources(options, environment, connect)))
    _demand(sources)
    stations = [Station(source.name, source.state, source.host) for source in sources]
    services = asked or usual_services(stations)
    meetings = matrix(stations, services)
    remarks = [f"{source.name}: {remark}" for source in sources for remark in _remarks(source)]
    if options.html is not None:
        _write(options.html, stations, services, meetings, remarks)
    if options.json:
        found = {**matrix_properties(stations, services, meetings), "remarks": remarks}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    elif options.html != "-":
        from winipsec.cli.matrix_table import print_matrix

        print_matrix(stations, services, meetings, remarks)
    return 0


def _sources(options: argparse.Namespace, sources: Sources) -> Iterator[Source]:
    exempt = number(options.no_default_exempt, "--no-default-exempt", 3)
    for text in options.reg:
        file, equals, whom = text.rpartition("=")
        if not equals:
            raise UserError(f"{text!r} has no name and address; write FILE=NAME@ADDRESS.", path="--reg")
        name, own = _named(whom, "--reg")
        source = sources.file(file, exempt)
        yield Source(name, source.state, own)
    for text in options.hosts:
        source = sources.host(text)
        own_address = frozenset({source.address}) if source.address is not None else frozenset()
        yield source if source.host.addresses else source.with_addresses(own_address)
    for text in options.peer:
        name, own = _named(text, "--peer")
        yield Source(name, State(Store()), own)


def _named(text: str, option: str) -> tuple[str, HostFacts]:
    """`NAME@ADDRESS` or `NAME@ADDRESS,ADDRESS`."""
    name, _, own = text.partition("@")
    if not name.strip() or not own.strip():
        raise UserError(f"{text!r} is no NAME@ADDRESS.", path=option, code="arguments")
    return name.strip(), HostFacts(addresses(own.split(","), option))


def _demand(sources: Sequence[Source]) -> None:
    """Refuse what makes no matrix."""
    if len(sources) < 2:
        raise UserError("a matrix needs two hosts at least; name them, or give --reg or --peer.", code="arguments")
    for name, count in Counter(folded(source.name) for source in sources).items():
        if count > 1:
            raise UserError(f"there are {count} hosts of the name {name!r}.", code="arguments")
    holders: dict[object, str] = {}
    for source in sources:
        for address in source.host.addresses or ():
            other = holders.setdefault(address, source.name)
            if other != source.name:
                raise UserError(f"{other} and {source.name} have one address, {address}.", code="arguments")


def _remarks(source: Source) -> Iterator[str]:
    """What makes the answers about one host surprising, or less than certain."""
    yield from source.remarks
    if source.state.policy is None and source.state.store.policies and not source.remarks:
        yield "no policy is assigned"
    _, unresolved = statements(source.state, source.host, DEFAULT)
    for item in unresolved:
        yield f"no answer where this would match: {unresolved_text(item)}"


def _write(
    name: str,
    stations: Sequence[Station],
    services: Sequence[Asked],
    meetings: Sequence[Meeting],
    remarks: Sequence[str],
) -> None:
    from winipsec.cli.matrix_page import page

    text = page(stations, services, meetings, remarks)
    if name == "-":
        sys.stdout.write(text)
        return
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{name} cannot be written: {error.strerror}.", path="--html", code="arguments") from None
