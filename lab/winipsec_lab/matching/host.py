"""What a host knows about itself when it matches packets (spec: traffic-engine 2, 4.2)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from winipsec_lab.machine.machine import Machine
from winipsec_lab.netsh.config import DRIVER, number_of
from winipsec_lab.netsh.volatile import exemption_at_boot

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_ONLY_ISAKMP: Final = 3
_BROADCAST: Final = ipaddress.IPv4Address("255.255.255.255")


@dataclass(frozen=True)
class HostFacts:
    """Own addresses, the addresses behind the server words, and the exemption level."""

    own: frozenset[IPAddress]
    servers: dict[str, frozenset[IPAddress]]
    exempt: int

    def is_own(self, address: IPAddress) -> bool:
        """Whether an address is this host's, loopback included."""
        return address in self.own or address.is_loopback


def _set(addresses: tuple[str, ...]) -> frozenset[IPAddress]:
    return frozenset(ipaddress.ip_address(each) for each in addresses if each)


def facts_of(machine: Machine) -> HostFacts:
    """The facts of a machine as they are now."""
    servers = {
        "dns": _set(machine.dns_servers),
        "wins": _set(machine.wins_servers),
        "dhcp": _set((machine.dhcp_server,)),
        "gateway": _set((machine.gateway,)),
    }
    stored = number_of(machine.registry.get(DRIVER, "NoDefaultExempt"))
    at_boot = exemption_at_boot(machine, stored)
    level = at_boot if machine.guesses["traffic.exempt_change"] == "next_boot" else stored
    if level is None:
        level = int(machine.guesses["traffic.default_exempt"])
    return HostFacts(_set(tuple(machine.addresses)), servers, min(level, _ONLY_ISAKMP))


def is_group(address: IPAddress) -> bool:
    """Whether an address is a multicast or the broadcast address."""
    return address.is_multicast or address == _BROADCAST
