"""Classes of traffic that change alike, and the difference made of them (spec: traffic-engine 7).

A class is the product of its sets without exempt packets, which `Difference.exempt` names: so it can say `any`. Classes
are disjoint, and together they are all that changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

from winipsec.model.endpoint import Address
from winipsec.traffic.diagram import LAST, Service
from winipsec.traffic.exemptions import Exemption
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.intervals import AddressSet, holds, size
from winipsec.traffic.outcome import Fallback, Fate, Outcome
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Unresolved


class Change(Enum):
    """What a change means, in the order of a report: what lets more in comes first."""

    OPENED = "opened"
    WEAKER = "weaker"
    REACHABLE = "reachable"
    CUT = "cut"
    SECURED = "secured"
    REROUTED = "rerouted"


class LocalWord(Enum):
    """Local addresses that have a name."""

    ME = "me"
    EVERYTHING = "me+multicast"
    GROUPS = "multicast"


LocalSide: TypeAlias = LocalWord | AddressSet

_OPEN = Outcome(Fate.ENCRYPTED, Fallback.REPLY).openness
_ORDER = {change: place for place, change in enumerate(Change)}
_ALL_SERVICES = (LAST[0] + 1) * (LAST[1] + 1) * (LAST[2] + 1)


class TrafficClass(NamedTuple):
    """Packets that change alike.

    `connections` holds `dialup`, `lan` or both; `services` are disjoint. Exempt packets and those of the host to
    itself are in none, whatever the sets say.
    """

    directions: tuple[Direction, ...]
    connections: tuple[str, ...]
    local: LocalSide
    remote: AddressSet
    services: tuple[Service, ...]
    before: Outcome
    after: Outcome

    @property
    def change(self) -> Change:
        """What the change means."""
        before, after = self.before.openness, self.after.openness
        if before == after:
            return Change.REROUTED
        if after == 0:
            return Change.CUT
        if after < before:
            return Change.SECURED
        if before > 0:
            return Change.WEAKER
        return Change.OPENED if after >= _OPEN else Change.REACHABLE

    @property
    def size(self) -> int:
        """The share of all addresses, times the share of all services; only good for comparing."""
        addresses = (size(self.remote.v4) << 96) + size(self.remote.v6)
        return addresses * sum(size(s[0]) * size(s[1]) * size(s[2]) for s in self.services)

    @property
    def rank(self) -> tuple[object, ...]:
        """Where in a report a class stands: by change, direction, size, and then by value."""
        return (
            _ORDER[self.change],
            tuple(direction.value for direction in self.directions),
            -self.size,
            self.remote,
            self.services,
            self.connections,
            (0, self.local.value) if isinstance(self.local, LocalWord) else (1, self.local),
            str(self.before),
            str(self.after),
        )

    def holds(self, packet: Packet, host: HostFacts) -> bool:
        """Whether `packet`, which is neither exempt nor for the host itself, is of this class."""
        return (
            packet.direction in self.directions
            and packet.connection in self.connections
            and self.remote.holds(packet.remote)
            and local_holds(self.local, packet.local, host)
            and any(
                holds(service.protocols, packet.protocol)
                and holds(service.local_ports, packet.local_port)
                and holds(service.remote_ports, packet.remote_port)
                for service in self.services
            )
        )


def local_holds(local: LocalSide, address: Address, host: HostFacts) -> bool:
    """Whether a local side holds a local address of `host`."""
    if not isinstance(local, LocalWord):
        return local.holds(address)
    if local is LocalWord.EVERYTHING:
        return True
    return host.is_group(address) is (local is LocalWord.GROUPS)


def everything(services: Iterable[Service]) -> bool:
    """Whether disjoint services are all there is."""
    return sum(size(s[0]) * size(s[1]) * size(s[2]) for s in services) == _ALL_SERVICES


@dataclass(frozen=True)
class Difference:
    """Everything that changes between two states, exactly.

    `exempt` are the exemptions that hold on both sides, or on one while the other has no policy: no class holds such
    packets. `unresolved` are filters that could not be read and took no part; where they match, there is no answer.
    `notes` say what else is left out. `method` is how the answer was found: `address` or `service`.
    """

    host: HostFacts
    classes: tuple[TrafficClass, ...] = ()
    exempt: tuple[Exemption, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    notes: tuple[str, ...] = ()
    method: str = "address"

    def contains(self, packet: Packet) -> TrafficClass | None:
        """The class of a packet; None where nothing changes for it, because it is exempt, or never meets a filter."""
        if self.host.is_itself(packet.remote) or any(row.matches(packet, self.host) for row in self.exempt):
            return None
        return next((found for found in self.classes if found.holds(packet, self.host)), None)
