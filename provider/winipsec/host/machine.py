"""What one read of a host tells beside the policy store: which machine it is, and what is in force there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from winipsec.formats.registry import RegistryTree
from winipsec.model.endpoint import Address, parse_address
from winipsec.model.invalid import Invalid

SERVICE = "PolicyAgent"
_SERVICES = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"
POLICY_AGENT = rf"{_SERVICES}\{SERVICE}"
EXEMPTIONS = rf"{_SERVICES}\IPSEC"
CRYPTOGRAPHY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography"
INTERFACES = rf"{_SERVICES}\Tcpip\Parameters\Interfaces"
LISTENERS = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Listener"
VERSION = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
DOMAIN_POLICY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"

VISTA_BUILD = 6000
_STATE = re.compile(r"^\s+[^:\r\n]+:\s+([1-7])\s+[A-Z_]+", re.MULTILINE)
_DISABLED = 4


class Service(Enum):
    """The state of the IPsec Policy Agent."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DISABLED = "disabled"


UNSETTLED = frozenset({Service.STARTING, Service.STOPPING})
_NUMBERS = {"2": Service.STARTING, "3": Service.STOPPING, "4": Service.RUNNING}


@dataclass(frozen=True)
class Machine:
    """One Windows machine, as far as policies depend on it.

    `guid` is the MachineGuid: another one at the same address is another machine. `addresses` are the IPv4 addresses
    that the registry knows; `no_default_exempt` is None where the value is absent (spec: ipsec-policy 8.3).
    """

    guid: str = ""
    name: str = ""
    addresses: tuple[Address, ...] = ()
    dns_servers: tuple[Address, ...] = ()
    dhcp_servers: tuple[Address, ...] = ()
    gateways: tuple[Address, ...] = ()
    service: Service = Service.RUNNING
    no_default_exempt: int | None = None
    domain_policy: str = ""
    build: int = 0
    listeners: Mapping[str, int] = field(default_factory=dict)
    """Ports on which WinRM listens, by `http` and `https`; empty where the registry does not tell."""

    @property
    def is_current(self) -> bool:
        """Whether this is Vista or later; an unknown build counts as current."""
        return not 0 < self.build < VISTA_BUILD


def read_machine(tree: RegistryTree, service_text: str, name: str) -> Machine:
    """Put together what the registry and `sc query` say."""
    state = service_state(service_text)
    disabled = state is not Service.RUNNING and _number(tree, POLICY_AGENT, "Start") == _DISABLED
    build = _text(tree, VERSION, "CurrentBuild")
    return Machine(
        guid=_text(tree, CRYPTOGRAPHY, "MachineGuid").lower(),
        name=name,
        addresses=_addresses(tree, ("IPAddress", "DhcpIPAddress")),
        dns_servers=_addresses(tree, ("NameServer", "DhcpNameServer")),
        dhcp_servers=_addresses(tree, ("DhcpServer",)),
        gateways=_addresses(tree, ("DefaultGateway", "DhcpDefaultGateway")),
        service=Service.DISABLED if disabled else state,
        no_default_exempt=no_default_exempt(tree),
        domain_policy=domain_policy(tree),
        build=int(build) if build.isdecimal() else 0,
        listeners=_listeners(tree),
    )


def no_default_exempt(tree: RegistryTree) -> int | None:
    """Which traffic is exempt from all filters; None where the registry does not tell (spec: ipsec-policy 8.3)."""
    return _number(tree, EXEMPTIONS, "NoDefaultExempt")


def domain_policy(tree: RegistryTree) -> str:
    """The policy that a domain has assigned, empty without one (spec: ipsec-policy 6.4)."""
    return _text(tree, DOMAIN_POLICY, "DSIPSECPolicyPath")


def service_state(text: str) -> Service:
    """The state that `sc query` prints, by number before the word in every language (spec: winrm 4.7)."""
    found = (_NUMBERS[number] for number in _STATE.findall(text) if number in _NUMBERS)
    return next(found, Service.STOPPED)


def _text(tree: RegistryTree, path: str, name: str) -> str:
    key = tree.key(path)
    return key.text(name) if key is not None else ""


def _number(tree: RegistryTree, path: str, name: str) -> int | None:
    key = tree.key(path)
    value = key.get(name) if key is not None else None
    return value.number if value is not None else None


def _listeners(tree: RegistryTree) -> dict[str, int]:
    """Each listener has a key, `*+HTTP` or `ADDRESS+HTTPS`, with a value `Port`."""
    found: dict[str, int] = {}
    for key in tree.children(LISTENERS):
        value = key.get("Port")
        if value is not None and value.number:
            found[key.name.rpartition("+")[2].lower()] = value.number
    return found


def _addresses(tree: RegistryTree, names: Iterable[str]) -> tuple[Address, ...]:
    """Addresses of all interfaces: some values are lists, some are texts with several words."""
    found: dict[Address, None] = {}
    texts = (text for key in tree.children(INTERFACES) for name in names for text in key.strings(name))
    for word in (word for text in texts for word in text.replace(",", " ").split()):
        try:
            address = parse_address(word)
        except Invalid:
            continue
        if not address.is_unspecified:
            found[address] = None
    return tuple(found)
