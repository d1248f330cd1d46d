"""One packet that shows what a class is about (spec: traffic-engine 7, example packet).

A real packet: it is of the class, not exempt, and between this host and another. It prefers what readers know: TCP, a
documentation address, an ephemeral port on the side that asks and a known one on the side that answers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from winipsec.model.endpoint import Address
from winipsec.model.filters import PROTOCOLS, TCP, UDP
from winipsec.traffic.assembly import Outside
from winipsec.traffic.atoms import group_addresses, own_addresses
from winipsec.traffic.classes import Difference, LocalWord, TrafficClass
from winipsec.traffic.diagram import Service
from winipsec.traffic.expand import Line
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.intervals import Intervals, as_address, holds, without
from winipsec.traffic.merge import united
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.regions import calculator

_PROTOCOLS = (TCP, UDP, PROTOCOLS["icmp"])
_REMOTES = tuple(
    ipaddress.ip_address(text) for text in ("203.0.113.10", "10.0.0.10", "192.168.0.10", "172.16.0.10", "2001:db8::10")
)
_LOCALS = tuple(ipaddress.ip_address(text) for text in ("192.0.2.5", "10.0.0.5", "192.168.0.5", "2001:db8::5"))
EPHEMERAL = 49152
_KNOWN = 445


def example(of: TrafficClass, difference: Difference) -> Packet:
    """A packet of a class of `difference`."""
    direction = of.directions[0]
    families = [address.version for address in _REMOTES if of.remote.holds(address)]
    for family in dict.fromkeys((*families, 4, 6)):
        packet = _example(of, (direction, family), difference)
        if packet is not None:
            return packet
    raise AssertionError("a class without a packet is none")  # `assembly` drops those


def _example(of: TrafficClass, line: Line, difference: Difference) -> Packet | None:
    outside = Outside(line, difference.host, difference.exempt)
    remotes = without(of.remote.of(line[1]), outside.remote)
    locals_ = _local_addresses(of, line, difference.host)
    services = united(of.services, calculator().diagrams, outside.services)
    if not remotes or not locals_ or not services:
        return None
    protocol, choices = _protocol(services)
    local_port, remote_port = _ports(choices, line[0]) if protocol in {TCP, UDP} else (0, 0)
    lowest = as_address(locals_[0][0], line[1])
    known = difference.host.addresses is not None and difference.host.owns(lowest)
    local = lowest if known else _pick(locals_, _LOCALS, line[1])
    remote = _pick(without(remotes, ((int(local), int(local)),)) or remotes, _REMOTES, line[1])
    return Packet(line[0], local, remote, protocol, local_port, remote_port, of.connections[-1])


def _local_addresses(of: TrafficClass, line: Line, host: HostFacts) -> Intervals:
    """The local addresses of a class, own ones first."""
    if not isinstance(of.local, LocalWord):
        return of.local.of(line[1])
    if of.local is LocalWord.GROUPS:
        return group_addresses(host, line[1])
    own = own_addresses(host, line[1])
    return own or (group_addresses(host, line[1]) if of.local is LocalWord.EVERYTHING else ())


def _pick(addresses: Intervals, preferred: Iterable[Address], family: int) -> Address:
    """The first that readers know, else the second of the first interval."""
    for address in preferred:
        if address.version == family and holds(addresses, int(address)):
            return address
    low, high = addresses[0]
    return as_address(min(low + 1, high), family)


def _protocol(services: Sequence[Service]) -> tuple[int, list[Service]]:
    """The protocol to show, and the services that have it."""
    for protocol in _PROTOCOLS:
        choices = [service for service in services if holds(service.protocols, protocol)]
        if choices:
            return protocol, choices
    lowest = min(services)
    return lowest.protocols[0][0], [lowest]


def _ports(services: Sequence[Service], direction: Direction) -> tuple[int, int]:
    """A local and a remote port; the receiver's is a known one where both could be ephemeral."""
    service = max(services, key=lambda one: holds(one.local_ports, EPHEMERAL) + holds(one.remote_ports, EPHEMERAL))
    local, remote = _port(service.local_ports), _port(service.remote_ports)
    if local == remote == EPHEMERAL:
        if direction is Direction.IN and holds(service.local_ports, _KNOWN):
            local = _KNOWN
        if direction is Direction.OUT and holds(service.remote_ports, _KNOWN):
            remote = _KNOWN
    return local, remote


def _port(ports: Intervals) -> int:
    if holds(ports, EPHEMERAL):
        return EPHEMERAL
    low, high = ports[0]
    return low or (1 if high else ports[1][0] if len(ports) > 1 else 0)
