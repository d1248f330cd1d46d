"""Traffic above all filters (spec: traffic-engine 4.2)."""

from __future__ import annotations

from typing import Final

from winipsec_lab.matching.host import HostFacts, IPAddress, is_group
from winipsec_lab.store.framing import Switches

_TCP: Final = 6
_UDP: Final = 17
_RSVP: Final = 46
_ISAKMP: Final = 500
_NAT_TRAVERSAL: Final = 4500
_KERBEROS: Final = 88


def exemption(
    direction: str,
    local: IPAddress,
    remote: IPAddress,
    protocol: int,
    ports: tuple[int, int],
    facts: HostFacts,
    switches: Switches,
) -> str:
    """The name of the exemption a packet falls under; empty when it has to meet the filters.

    Args:
        direction: `in` or `out`.
        local: the address on this host's side.
        remote: the address on the other side.
        protocol: IP protocol number.
        ports: local and remote port.
        facts: the host.
        switches: the machine's guesses.
    """
    sides = ports[:1] if switches["traffic.isakmp_port"] == "local" else ports
    if protocol == _UDP and (_ISAKMP in sides or (local.version == 4 and _NAT_TRAVERSAL in sides)):
        return "ISAKMP"
    if facts.exempt in (0, 2):
        sides = ports[1:] if switches["traffic.kerberos_port"] == "remote" else ports
        if protocol in (_TCP, _UDP) and _KERBEROS in sides:
            return "Kerberos"
        if protocol == _RSVP:
            return "RSVP"
    if is_group(remote if direction == "out" else local):
        stays = direction == "in" and switches["traffic.inbound_multicast"] == "exempt"
        if facts.exempt in (0, 1) or stays:
            return "multicast or broadcast"
    return ""
