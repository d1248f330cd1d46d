"""A lab: hosts side by side, one certification authority, one password."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from winipsec_lab.machine.machine import Machine
from winipsec_lab.wire.certificates import CertificateAuthority
from winipsec_lab.wire.host import Birth, Host
from winipsec_lab.wire.settings import Service

if TYPE_CHECKING:
    from types import TracebackType

CONTROLLER: Final = "10.77.0.250"
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,13}[A-Za-z0-9])?")
_MOST_HOSTS: Final = 249  # 10.77.0.250 is the controller


def new_password() -> str:
    """A password that a Windows host would take: long, with all kinds of characters."""
    return f"Lab-{secrets.token_urlsafe(15)}7"


class Lab:
    """Simulated hosts in this process; a context manager.

    Args:
        directory: Where certificates and user files live; a temporary one, removed at the end, by default.
        password: Of `Administrator` on every host; a new one by default.
        controller: Virtual address of all clients: what the hosts see as the remote side.
    """

    def __init__(self, directory: Path | None = None, *, password: str = "", controller: str = CONTROLLER) -> None:
        self._temporary = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="winipsec-lab-"))
        self.password = password or new_password()
        self.controller = controller
        self._authority = CertificateAuthority(self.directory / "pki")
        self._lock = threading.RLock()
        self._hosts: dict[str, Host] = {}

    def __enter__(self) -> Lab:  # noqa: PYI034 - Self is newer than Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def ca_file(self) -> Path:
        """PEM file of the authority that signed the hosts' certificates."""
        return self._authority.file

    @property
    def hosts(self) -> dict[str, Host]:
        """The hosts by name."""
        with self._lock:
            return dict(self._hosts)

    def __getitem__(self, name: str) -> Host:
        """A host by name, in any case.

        Raises:
            KeyError: There is no such host; the text names those that exist.
        """
        for host in self.hosts.values():
            if host.name.lower() == name.lower():
                return host
        raise KeyError(f"no host named {name!r}; there are: {', '.join(self.hosts) or 'none'}")

    def create(
        self,
        name: str,
        *,
        locale: str = "en-US",
        generation: str = "current",
        scars: bool = False,
        guesses: dict[str, str] | None = None,
        dns_name: str = "",
        machine_guid: str = "",
        virtual_address: str = "",
        addresses: tuple[str, ...] = (),
        service: Service | None = None,
    ) -> Host:
        """Make a host and put it on the network.

        Args:
            name: NetBIOS name.
            locale: Language of the host.
            generation: `current`, or `2003` for old Windows with its old quotas.
            scars: Whether it is born with the foreign and damaged objects of a real host.
            guesses: Settings of switches, by name.
            dns_name: Full DNS name.
            machine_guid: Identity; random by default.
            virtual_address: How it knows itself; `10.77.0.N` by default.
            addresses: Further addresses of its own, IPv4 and IPv6.
            service: Configuration of its WinRM service.

        Raises:
            ValueError: The name is taken or impossible, an option is unknown, or the lab is full.
        """
        with self._lock:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no host name: letters, digits and hyphens, at most 15")
            if any(host.name.lower() == name.lower() for host in self._hosts.values()):
                raise ValueError(f"there is a host named {name!r} already")
            number = self._free_number()
            birth = Birth(
                name=name,
                number=number,
                locale=locale,
                generation=generation,
                scars=scars,
                guesses=dict(guesses or {}),
                dns_name=dns_name,
                machine_guid=machine_guid,
                virtual_address=virtual_address or f"10.77.0.{number}",
                addresses=tuple(addresses),
                service=service,
            )
            return self._start(birth, None)

    def restore(self, document: dict[str, Any]) -> Host:
        """Bring back a host that `save` described."""
        with self._lock:
            try:
                birth, machine = Birth.from_json(document["birth"]), Machine.from_json(document["machine"])
            except (KeyError, TypeError) as error:
                raise ValueError(f"a host was saved by another version of the lab ({error}); delete its file") from None
            return self._start(birth, machine, document.get("ports", (None, None)))

    @staticmethod
    def save(host: Host) -> dict[str, Any]:
        """A host as plain data: its birth and the whole machine, but no password."""
        ports = [host.port, host.tls_port]
        return {"birth": host.birth.to_json(), "machine": host.machine.to_json(), "ports": ports}

    def delete(self, name: str) -> None:
        """Take a host away.

        Raises:
            KeyError: There is no such host.
        """
        with self._lock:
            host = self[name]
            del self._hosts[host.name]
        host.stop()

    def close(self) -> None:
        """Take all hosts away."""
        with self._lock:
            hosts, self._hosts = list(self._hosts.values()), {}
        for host in hosts:
            host.stop()
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self, birth: Birth, machine: Machine | None, ports: Sequence[int | None] = (None, None)) -> Host:
        host = Host(
            birth, self._authority, password=self.password, controller=self.controller, machine=machine, ports=ports
        )
        self._hosts[host.name] = host
        return host

    def _free_number(self) -> int:
        taken = {host.birth.number for host in self._hosts.values()}
        number = next((number for number in range(1, _MOST_HOSTS + 1) if number not in taken), None)
        if number is None:
            raise ValueError(f"the lab is full: {_MOST_HOSTS} hosts")
        return number
