"""Traffic that no filter sees, while a policy is in force (spec: traffic-engine 4.2).

How much is exempt depends on the registry value `NoDefaultExempt`, 0 to 3. `inbound multicast` under 2 and 3 is
documented for Server 2003 and a guess elsewhere, so a switch decides there.
"""

from __future__ import annotations

from typing import NamedTuple

from winipsec.model.filters import TCP, UDP
from winipsec.traffic.facts import Generation, HostFacts, State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import Switches

_RSVP = 46
_KERBEROS = 88
_BOTH = frozenset({4, 6})


class ExemptService(NamedTuple):
    """A protocol, with one port where one decides."""

    protocol: int
    local_port: int | None = None
    remote_port: int | None = None
    families: frozenset[int] = _BOTH

    def holds(self, packet: Packet) -> bool:
        """Whether `packet` is of this service."""
        return (
            packet.protocol == self.protocol
            and self.local_port in {None, packet.local_port}
            and self.remote_port in {None, packet.remote_port}
            and packet.family in self.families
        )


class Exemption(NamedTuple):
    """One row: exempt under the values `levels`, and under `switched` where the switch or the generation says so.

    It covers `services`, or where `group` is given all traffic to groups of hosts in that direction. `text` names it
    in a report, `ipv6_text` where only IPv6 is concerned and reads otherwise.
    """

    name: str
    text: str
    levels: frozenset[int]
    services: tuple[ExemptService, ...] = ()
    group: Direction | None = None
    switched: frozenset[int] = frozenset()
    ipv6_text: str = ""

    def matches(self, packet: Packet, host: HostFacts) -> bool:
        """Whether this row covers `packet`."""
        if self.group is None:
            return any(service.holds(packet) for service in self.services)
        receiver = packet.local if packet.direction is Direction.IN else packet.remote
        return packet.direction is self.group and host.is_group(receiver)


EXEMPTIONS = (
    Exemption(
        "ISAKMP",
        "udp local 500,4500",
        frozenset({0, 1, 2, 3}),
        (ExemptService(UDP, 500), ExemptService(UDP, 4500, families=frozenset({4}))),
        ipv6_text="udp local 500",
    ),
    Exemption(
        "Kerberos",
        "tcp,udp local 88; tcp,udp remote 88",
        frozenset({0, 2}),
        (
            *(ExemptService(protocol, _KERBEROS) for protocol in (TCP, UDP)),
            *(ExemptService(protocol, None, _KERBEROS) for protocol in (TCP, UDP)),
        ),
    ),
    Exemption("RSVP", "46", frozenset({0, 2}), (ExemptService(_RSVP),)),
    Exemption(
        "outbound multicast and broadcast",
        "outbound multicast and broadcast",
        frozenset({0, 1}),
        group=Direction.OUT,
    ),
    Exemption(
        "inbound multicast and broadcast",
        "inbound multicast and broadcast",
        frozenset({0, 1}),
        group=Direction.IN,
        switched=frozenset({2, 3}),
    ),
)


def in_force(state: State, host: HostFacts, switches: Switches) -> tuple[Exemption, ...]:
    """The rows that count while the policy of `state` is in force; none while there is no policy."""
    if state.policy is None:
        return ()
    level = state.exempt_level(host)
    kept = switches.inbound_multicast_exempt or host.generation is Generation.SERVER_2003
    return tuple(row for row in EXEMPTIONS if level in row.levels or (kept and level in row.switched))


def exemption(state: State, host: HostFacts, packet: Packet, switches: Switches) -> str | None:
    """The name of the exemption that covers `packet` while the policy of `state` is in force; None where none does."""
    return next((row.name for row in in_force(state, host, switches) if row.matches(packet, host)), None)
