"""One packet as the host sees it: before protection on the way out, after its removal on the way in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from winipsec.errors import UserError
from winipsec.model.endpoint import Address
from winipsec.model.filters import TCP, UDP
from winipsec.traffic.facts import HostFacts


class TrafficError(UserError):
    """A question about traffic has no answer."""

    default_code = "traffic"


class BadQuestion(TrafficError):  # noqa: N818 - read as what it is
    """No such packet can pass the host: its parts contradict each other, or the host's own addresses."""

    default_code = "traffic.question"


class Direction(Enum):
    """Which way a packet goes, seen from the host."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. Ports are 0 unless the protocol is TCP or UDP; `connection` is `lan` or `dialup`."""

    direction: Direction
    local: Address
    remote: Address
    protocol: int
    local_port: int = 0
    remote_port: int = 0
    connection: str = "lan"

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.local.version

    @property
    def has_ports(self) -> bool:
        """Whether the protocol has ports."""
        return self.protocol in {TCP, UDP}

    def demand(self, host: HostFacts) -> None:
        """Refuse a packet that cannot be on this host's wire.

        Raises:
            BadQuestion: families mixed, a port without TCP or UDP, a number out of range, a local address that is
                not the host's, a packet from a group, or the host talking to itself.
        """
        if self.local.version != self.remote.version:
            raise BadQuestion(f"{self.local} and {self.remote} are of two families.", path="remote")
        if not 0 <= self.protocol <= 255:
            raise BadQuestion(f"{self.protocol} is no protocol number; write 0 to 255.", path="protocol")
        for path, port in (("localPort", self.local_port), ("remotePort", self.remote_port)):
            if not 0 <= port <= 65535:
                raise BadQuestion(f"{port} is no port; write 0 to 65535.", path=path)
            if port and self.protocol not in {TCP, UDP}:
                raise BadQuestion(f"protocol {self.protocol} has no ports; only TCP and UDP have.", path=path)
        if self.connection not in {"lan", "dialup"}:
            raise BadQuestion(f"{self.connection!r} is no connection; write lan or dialup.", path="connection")
        inbound = self.direction is Direction.IN
        if not host.owns(self.local) and not (inbound and host.is_group(self.local)):
            raise BadQuestion(f"{self.local} is not an address of this host.", path="local")
        if inbound and host.is_group(self.remote):
            raise BadQuestion(f"nothing is sent from {self.remote}, a group of hosts.", path="remote")
        if host.is_itself(self.remote):
            raise BadQuestion(f"{self.remote} is this host itself; such traffic never meets a filter.", path="remote")
