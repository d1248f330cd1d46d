"""Traffic that no filter sees, while a policy is in force (spec: traffic-engine 4.2).

How much is exempt depends on the registry value `NoDefaultExempt`, 0 to 3. `inbound multicast` under 2 and 3 is
documented for Server 2003 and a guess elsewhere, so a switch decides there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from winipsec.model.filters import TCP, UDP
from winipsec.traffic.facts import Generation, HostFacts, State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import Switches

_RSVP = 46
_KERBEROS = 88


class Exemption(NamedTuple):
    """One row: exempt under the values `levels`, and under `switched` where the switch or the generation says so."""

    name: str
    levels: frozenset[int]
    matches: Callable[[Packet, HostFacts], bool]
    switched: frozenset[int] = frozenset()


def _isakmp(packet: Packet, _: HostFacts) -> bool:
    return packet.protocol == UDP and packet.local_port in ({500, 4500} if packet.family == 4 else {500})


def _kerberos(packet: Packet, _: HostFacts) -> bool:
    return packet.protocol in {TCP, UDP} and _KERBEROS in {packet.local_port, packet.remote_port}


def _rsvp(packet: Packet, _: HostFacts) -> bool:
    return packet.protocol == _RSVP


def _outbound_group(packet: Packet, host: HostFacts) -> bool:
    return packet.direction is Direction.OUT and host.is_group(packet.remote)


def _inbound_group(packet: Packet, host: HostFacts) -> bool:
    return packet.direction is Direction.IN and host.is_group(packet.local)


EXEMPTIONS = (
    Exemption("ISAKMP", frozenset({0, 1, 2, 3}), _isakmp),
    Exemption("Kerberos", frozenset({0, 2}), _kerberos),
    Exemption("RSVP", frozenset({0, 2}), _rsvp),
    Exemption("outbound multicast and broadcast", frozenset({0, 1}), _outbound_group),
    Exemption("inbound multicast and broadcast", frozenset({0, 1}), _inbound_group, switched=frozenset({2, 3})),
)


def exemption(state: State, host: HostFacts, packet: Packet, switches: Switches) -> str | None:
    """The name of the exemption that covers `packet` while the policy of `state` is in force; None where none does."""
    level = state.exempt_level(host)
    kept = switches.inbound_multicast_exempt or host.generation is Generation.SERVER_2003
    for row in EXEMPTIONS:
        if (level in row.levels or (kept and level in row.switched)) and row.matches(packet, host):
            return row.name
    return None
