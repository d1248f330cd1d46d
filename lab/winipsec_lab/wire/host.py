"""One simulated host on the network: a machine, its WinRM service, its listeners and what tests may do to it."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from winipsec_lab.machine.machine import Machine
from winipsec_lab.matcher import Packet, Verdict, decide
from winipsec_lab.scars import install as install_scars
from winipsec_lab.wire.accounts import Account, Accounts
from winipsec_lab.wire.certificates import CertificateAuthority, Issued, channel_binding
from winipsec_lab.wire.enforcement import Gate
from winipsec_lab.wire.engine import Engine
from winipsec_lab.wire.injection import Faults
from winipsec_lab.wire.listener import HTTP_PORT, HTTPS_PORT, Listener
from winipsec_lab.wire.settings import QUOTAS, Quotas, Service
from winipsec_lab.wire.transcript import Entry, Transcript

if TYPE_CHECKING:
    import socket

    from winipsec_lab.machine.registry import Registry

POLICY_KEY: Final = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec"
USERNAME: Final = "Administrator"


@dataclass(frozen=True)
class Birth:
    """What a host is made from; `Host.reset` brings it back to this."""

    name: str
    number: int
    locale: str = "en-US"
    generation: str = "current"
    scars: bool = False
    guesses: dict[str, str] = field(default_factory=dict)
    dns_name: str = ""
    machine_guid: str = ""
    virtual_address: str = ""
    addresses: tuple[str, ...] = ()
    """Further addresses of its own, IPv4 and IPv6."""
    service: Service | None = None
    """None is the generation's default."""

    def machine(self) -> Machine:
        """A new machine."""
        machine = Machine(
            self.name,
            locale=self.locale,
            generation=self.generation,
            addresses=(self.virtual_address, *self.addresses),
            dns_name=self.dns_name,
            machine_guid=self.machine_guid,
            users=(USERNAME,),
        )
        for name, setting in self.guesses.items():
            machine.guesses.set(name, setting)
        if self.scars:
            install_scars(machine)
        return machine

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Birth:
        """From plain data."""
        service = document["service"]
        if service is not None:
            service = Service(**{**service, "quotas": Quotas(**service["quotas"])})
        return cls(**{**document, "service": service, "addresses": tuple(document["addresses"])})


class Host:
    """A running host; made by `Lab.create`.

    Args:
        birth: What it is made from.
        authority: Issues its certificates.
        password: Of the built-in administrator.
        controller: Virtual address of all clients.
        machine: A machine that existed before; a new one by default.
        ports: The HTTP and the HTTPS port it had before: clients have written them down.
    """

    def __init__(
        self,
        birth: Birth,
        authority: CertificateAuthority,
        *,
        password: str,
        controller: str,
        machine: Machine | None = None,
        ports: Sequence[int | None] = (None, None),
    ) -> None:
        self._machine = machine or birth.machine()
        birth = replace(birth, machine_guid=self._machine.machine_guid)
        self.birth = birth
        self.name = birth.name
        self.address = f"127.77.0.{birth.number}"
        self.username = USERNAME
        self.password = password
        self.controller = controller
        self.ca_file = authority.file
        self.round_trip = 0.0
        self.faults = Faults()
        self.book = Transcript()
        self._authority = authority
        self._down_until = 0.0
        self._rebooting = threading.Lock()
        self.engine = Engine(
            self._machine,
            birth.service or Service(quotas=QUOTAS[birth.generation]),
            controller=controller,
            address=self.virtual_address,
        )
        self._machine.reboot_listeners.append(self.reboot)
        names = (self._machine.name, self._machine.dns_name)
        self.accounts = Accounts(names, authority.directory / f"users-{self.name}", self._machine.registry)
        self.accounts.add(Account(USERNAME, password))
        server = authority.server(
            self.name, (self.address, self.virtual_address), (self._machine.dns_name, self.name.lower(), "localhost")
        )
        self.binding = channel_binding(server.certificate)
        self._listeners = (
            Listener(self, self.address, HTTP_PORT, port=ports[0]),
            Listener(self, self.address, HTTPS_PORT, tls=_tls_context(server, authority.file), port=ports[1]),
        )

    # What a client needs

    @property
    def port(self) -> int:
        """Port of the HTTP listener: 5985 where it was free."""
        return self._listeners[0].port

    @property
    def tls_port(self) -> int:
        """Port of the HTTPS listener: 5986 where it was free."""
        return self._listeners[1].port

    @property
    def virtual_address(self) -> str:
        """The address under which the host knows itself."""
        return self.birth.virtual_address

    def add_account(self, account: Account) -> None:
        """Let somebody else log on too."""
        self.accounts.add(account)

    def client_certificate(self, user: str = USERNAME) -> Issued:
        """A certificate with which a user logs on."""
        return self._authority.client(user)

    # The machine

    @property
    def machine(self) -> Machine:
        """The simulated machine; `reset` replaces it."""
        return self._machine

    @property
    def registry(self) -> Registry:
        """The machine's registry."""
        return self._machine.registry

    def run(self, line: str) -> tuple[int, str, str]:
        """What somebody at the console gets for a command line: (exit code, output, error output)."""
        return self._machine.console(line)

    def packet(self, packet: Packet) -> Verdict:
        """What the active policy does to a packet."""
        return decide(self._machine, packet)

    def dump(self) -> str:
        """The policy store as `.reg` text."""
        return self._machine.registry.export_text(POLICY_KEY)

    def load(self, text: str) -> None:
        """Replace the policy store by the one in a `.reg` text.

        Raises:
            ValueError: The text is no `.reg` file, or has no key below the policy store.
        """
        if POLICY_KEY.lower() not in text.lower().replace("[hklm\\", "[hkey_local_machine\\"):
            raise ValueError(f"there is no key below {POLICY_KEY} in this file")
        registry = self._machine.registry
        with registry.lock:
            before = registry.export_text(POLICY_KEY) if registry.has_key(POLICY_KEY) else ""
            registry.delete_key(POLICY_KEY)
            try:
                registry.import_text(text)
            except ValueError:
                registry.delete_key(POLICY_KEY)
                if before:
                    registry.import_text(before)
                raise

    # What happens to it

    def latency(self, *, round_trip: float | None = None, process: float | None = None) -> None:
        """Seconds that every round trip, and every start of a process, takes longer."""
        if round_trip is not None:
            self.round_trip = round_trip
        if process is not None:
            self.engine.process_delay = process

    def reset(self) -> None:
        """Bring the host back to its birth: machine, counters, faults, latency. Address and password stay."""
        self._drop_clients()
        self._machine.close()
        self._machine = self.birth.machine()
        self._machine.reboot_listeners.append(self.reboot)
        self.engine.machine = self._machine
        self.engine.service = self.birth.service or Service(quotas=QUOTAS[self.birth.generation])
        self.accounts.use_registry(self._machine.registry)
        self.faults.clear()
        self.book = Transcript()
        self.latency(round_trip=0.0, process=0.0)

    def reboot(self, *, down: float = 0.0) -> None:
        """Restart the host: connections are reset, shells die, services start anew.

        Args:
            down: Seconds for which it does not answer.
        """
        with self._rebooting:
            self._down_until = time.monotonic() + down
            self._drop_clients()
            self._machine.reboot()

    def restart_service(self, name: str) -> None:
        """Stop and start a service; restarting WinRM takes all shells and connections along.

        Raises:
            ValueError: There is no such service.
        """
        services = self._machine.services
        found = services.find(name)
        if found is None:
            raise ValueError(f"no such service: {name}; known: {', '.join(services.names())}")
        if found.lower() == "winrm":
            self._drop_clients()
        if services.running(found):
            services.stop(found)
            services.wait(found)
        services.start(found)
        services.wait(found)

    def stop(self) -> None:
        """Take the host away."""
        self._machine.close()
        for listener in self._listeners:
            listener.stop()
        self.engine.shells.clear()

    # What was seen

    def transcript(self) -> list[Entry]:
        """Every WS-Management message so far."""
        return self.book.entries()

    def watch(self, canary: str) -> None:
        """Mark transcript entries in which a text (a secret) is seen, and where."""
        self.book.watch(canary)

    @property
    def messages(self) -> int:
        """WS-Management messages so far."""
        return self.book.messages

    @property
    def requests(self) -> int:
        """HTTP requests so far, authentication legs included."""
        return self.book.requests

    @property
    def connections(self) -> int:
        """TCP connections so far."""
        return self.book.connections

    @property
    def open_connections(self) -> int:
        """TCP connections open now."""
        return sum(listener.open_connections for listener in self._listeners)

    @property
    def shells(self) -> int:
        """Open shells."""
        return len(self.engine.shells)

    # Its configuration

    @property
    def service(self) -> Service:
        """Configuration of the WinRM service."""
        return self.engine.service

    def configure(self, change: Callable[[Service], Service]) -> None:
        """Change the service's configuration: `host.configure(lambda s: replace(s, basic=False))`."""
        self.engine.service = change(self.engine.service)

    # For the connections

    def gate(self, connection: socket.socket, listener: Listener, remote_port: int) -> Gate:
        """The way between a client and this host."""
        return Gate(
            lambda: self._machine,
            connection,
            local=self.virtual_address,
            remote=self.controller,
            port=listener.well_known_port,
            remote_port=remote_port,
            stopped=listener.stopped,
            down=lambda: time.monotonic() < self._down_until,
        )

    def _drop_clients(self) -> None:
        for listener in self._listeners:
            listener.reset_connections()
        self.engine.shells.clear()


def _tls_context(server: Issued, ca_file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    context.load_verify_locations(ca_file)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context
