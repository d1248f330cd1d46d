"""What an answer depends on besides the packet: the rules in force, and the host they are in force on."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from winipsec.model.endpoint import Address, Kind, Network
from winipsec.model.policies import Policy
from winipsec.model.store import Store

MULTICAST = (ipaddress.IPv4Network("224.0.0.0/4"), ipaddress.IPv6Network("ff00::/8"))
BROADCAST = ipaddress.IPv4Address("255.255.255.255")


class Generation(IntEnum):
    """Generations of Windows that treat traffic differently; each is its NT version times ten."""

    WINDOWS_2000 = 50
    XP = 51
    SERVER_2003 = 52
    VISTA = 60
    """Vista, Server 2008 and everything after."""


def _no_servers() -> Mapping[Kind, frozenset[Address]]:
    return {}


@dataclass(frozen=True)
class HostFacts:
    """What is known of a host.

    `addresses` are its own unicast addresses, None where unknown. `servers` holds the addresses behind the words
    `dns`, `wins`, `dhcp` and `gateway`; a word that is missing is unknown, an empty set means there is none.
    `prefixes` are those of its interfaces, as far as known: they say what a subnet's broadcast address is.
    """

    addresses: frozenset[Address] | None = None
    servers: Mapping[Kind, frozenset[Address]] = field(default_factory=_no_servers)
    prefixes: tuple[Network, ...] = ()
    generation: Generation = Generation.VISTA

    def is_group(self, address: Address) -> bool:
        """Whether `address` is multicast or broadcast (spec: traffic-engine 1)."""
        if address == BROADCAST or any(address in network for network in MULTICAST):
            return True
        return any(
            network.version == 4 and network.prefixlen < 31 and address == network.broadcast_address
            for network in self.prefixes
        )

    def owns(self, address: Address) -> bool:
        """Whether `me` holds `address`; while the own addresses are unknown, every unicast address may be one."""
        if self.is_group(address):
            return False
        return self.addresses is None or address in self.addresses

    def is_itself(self, address: Address) -> bool:
        """Whether traffic to `address` never leaves the host: IPsec has no part in it (spec: traffic-engine 2)."""
        return address.is_loopback or (self.addresses is not None and address in self.addresses)


@dataclass(frozen=True)
class State:
    """What a host is told to do.

    `no_default_exempt` is the registry value of that name, None where absent. `assigned` is False where the store's
    active policy is not in force, because the service does not run or a domain policy suspends it.
    """

    store: Store
    no_default_exempt: int | None = None
    assigned: bool = True

    @property
    def policy(self) -> Policy | None:
        """The policy in force."""
        return self.store.active_policy if self.assigned else None

    def exempt_level(self, host: HostFacts) -> int:
        """The value of `NoDefaultExempt` that counts: 0 to 3 (spec: traffic-engine 2)."""
        if self.no_default_exempt is not None and 0 <= self.no_default_exempt <= 3:
            return self.no_default_exempt
        return 0 if host.generation < Generation.SERVER_2003 else 3
