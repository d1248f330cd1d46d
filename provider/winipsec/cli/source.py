"""Where a policy is read from: a host, a registry export, or nowhere; and what is known of the machine it is on."""

from __future__ import annotations

import argparse
import getpass
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from winipsec.cli.connection_options import Ask, connection_settings
from winipsec.cli.registry_file import read_registry_file
from winipsec.cli.remarks import remarks
from winipsec.cli.show import Connect
from winipsec.errors import UserError
from winipsec.host.connection import Connection
from winipsec.host.management import facts, in_force
from winipsec.host.reader import Reader
from winipsec.model.endpoint import Address, parse_address
from winipsec.model.invalid import Invalid
from winipsec.model.store import Store, named
from winipsec.traffic.facts import HostFacts, State

NOBODY = "none"
_WITH_PORT = re.compile(r"(\[[^\]]+\]|[^:]+):([0-9]+)")


@dataclass(frozen=True)
class Source:
    """A policy store and its machine. `is_host` says that the machine itself told.

    `address` is where the host was reached, if that is an address; `remarks` say why its policy is not in force.
    """

    name: str
    state: State
    host: HostFacts
    is_host: bool = False
    address: Address | None = None
    remarks: tuple[str, ...] = ()

    def with_policy(self, name: str | None) -> Source:
        """The same as if the policy `name` were assigned and in force; None leaves everything as it is.

        Raises:
            UserError: there is no such policy, or more than one.
        """
        if name is None:
            return self
        found = named(self.state.store.policies.values(), name)
        if len(found) != 1:
            several = ", ".join(item.guid for item in found)
            raise UserError(
                f"{self.name} has {len(found)} policies of the name {name!r}: {several}."
                if found
                else f"{self.name} has no policy {name!r}.",
                code="arguments",
                advice="Name it by its GUID." if found else "winipsec show lists what is there.",
            )
        store = self.state.store.with_active(found[0].guid)
        return replace(self, state=replace(self.state, store=store, assigned=True), remarks=())

    def with_addresses(self, given: frozenset[Address]) -> Source:
        """The same with more addresses of its own."""
        if not given:
            return self
        return replace(self, host=replace(self.host, addresses=(self.host.addresses or frozenset()) | given))


class Sources:
    """Reads what a command line names. A password is asked for once."""

    def __init__(
        self,
        options: argparse.Namespace,
        environment: Mapping[str, str],
        connect: Connect = Connection,
        ask: Ask = getpass.getpass,
    ) -> None:
        self._options = options
        self._environment = environment
        self._connect = connect
        self._ask = ask
        self._answers: dict[str, str] = {}

    def named(self, text: str) -> Source:
        """A host, a file, or `none`.

        Raises:
            UserError: the file holds no store, or the connection's settings are wrong.
            HostError: the host could not be read.
        """
        if text == NOBODY:
            return Source(NOBODY, State(Store()), HostFacts())
        return self.file(text) if _is_file(text) else self.host(text)

    def host(self, text: str | None) -> Source:
        """The host `NAME` or `NAME:PORT`, else the one of the environment.

        Raises:
            UserError: the connection's settings are wrong.
            HostError: the host could not be read.
        """
        options = argparse.Namespace(**vars(self._options))
        options.host = text
        with_port = _WITH_PORT.fullmatch(text or "")
        if with_port:
            options.host, options.port = with_port[1], with_port[2]
        settings = connection_settings(options, self._environment, self._asked)
        connection = self._connect(settings)
        try:
            snapshot = Reader(connection).snapshot(cancelled=None)
        finally:
            connection.close()
        machine = snapshot.machine
        return Source(
            settings.host,
            in_force(snapshot),
            facts(machine),
            is_host=True,
            address=_as_address(settings.host.strip("[]")),
            remarks=tuple(remarks(machine)),
        )

    def file(self, name: str, no_default_exempt: int | None = None) -> Source:
        """A registry export.

        Raises:
            UserError: it cannot be read, or holds no store.
        """
        found = read_registry_file(name, self._options.root)
        exempt = found.no_default_exempt if no_default_exempt is None else no_default_exempt
        state = State(found.store, exempt, assigned=not found.domain_policy)
        return Source(Path(name).name, state, HostFacts(), remarks=found.remarks)

    def _asked(self, prompt: str) -> str:
        if not self._answers:
            self._answers[prompt] = self._ask(prompt)
        return next(iter(self._answers.values()))


def addresses(texts: Iterable[str], option: str = "--address") -> frozenset[Address]:
    """The addresses that the command line gives a host.

    Raises:
        UserError: one of them is none.
    """
    return frozenset(_address(text, option) for text in texts)


def _address(text: str, option: str) -> Address:
    try:
        return parse_address(text.strip())
    except Invalid as error:
        raise UserError(f"{error}.", path=option, code="arguments") from None


def number(text: str | None, option: str, last: int) -> int | None:
    """The number of an option, 0 to `last`; None where it is left out.

    Raises:
        UserError: it is no such number.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text) > last:
        raise UserError(f"{text!r} is no number from 0 to {last}.", path=option, code="arguments")
    return int(text)


def _is_file(text: str) -> bool:
    return text == "-" or text.lower().endswith(".reg") or "/" in text or "\\" in text


def _as_address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except Invalid:
        return None
