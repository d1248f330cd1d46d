"""Packets that stand for all others.

Filters, exemptions and the host's own addresses cut every dimension of a packet (addresses, protocol, ports,
connection) into pieces inside which nothing can be told apart. One packet of each combination of pieces is enough to
try; the likely ones come first.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator, Sequence

from winipsec.model.endpoint import Address, Endpoint
from winipsec.model.filters import TCP, UDP, Ports
from winipsec.traffic.facts import BROADCAST, MULTICAST, HostFacts
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Reading, covers

_LIKELY = {4: ("203.0.113.10", "10.0.0.10", "192.168.0.10"), 6: ("2001:db8::10",)}
_LIKELY_OWN = {4: "192.0.2.5", 6: "2001:db8::5"}
_NAMED_PROTOCOLS = (TCP, UDP, 1, 46)
_EXEMPT_PORTS = (88, 500, 4500)
_CLIENT_PORT = 49152
_LOOPBACK = (("127.0.0.0", "127.255.255.255"), ("::1", "::1"))


def trial_packets(rivals: Sequence[Reading], within: Sequence[Reading], host: HostFacts) -> Iterator[Packet]:
    """One packet of every piece inside all of `within` that `rivals` and exemptions can tell from others."""
    direction = within[0].direction
    connections = ("lan", "dialup") if any(item.connection != "all" for item in rivals) else ("lan",)
    families = frozenset[int]({4, 6}).intersection(*(item.families for item in within))
    for family in sorted(families):
        for local, remote, protocol in itertools.product(
            _locals(rivals, within, host, family), _remotes(rivals, within, host, family), _protocols(rivals, within)
        ):
            if local == remote:
                continue
            for local_port, remote_port in _port_pairs(rivals, within, protocol):
                for connection in connections:
                    packet = Packet(direction, local, remote, protocol, local_port, remote_port, connection)
                    if all(item.matches(packet, host) for item in within):
                        yield packet


def _locals(rivals: Iterable[Reading], within: Sequence[Reading], host: HostFacts, family: int) -> list[Address]:
    known = host.addresses
    starts = _edges((item.local for item in rivals), host, family)
    own: list[Address | None]
    if known is None:
        own = [ipaddress.ip_address(_LIKELY_OWN[family]), *starts, *(_next(start) for start in starts)]
    else:
        own = [*sorted((item for item in known if item.version == family), key=int)]
    groups = [start for start in starts if within[0].direction is Direction.IN and host.is_group(start)]
    found = dict.fromkeys(item for item in own if item is not None and host.owns(item))
    found.update(dict.fromkeys(groups))
    return [item for item in found if all(reading.local_holds(item, host) for reading in within)]


def _remotes(rivals: Iterable[Reading], within: Sequence[Reading], host: HostFacts, family: int) -> list[Address]:
    likely = [ipaddress.ip_address(text) for text in _LIKELY[family]]
    starts = _edges((item.remote for item in rivals), host, family)
    inbound = within[0].direction is Direction.IN
    return [
        item
        for item in dict.fromkeys([*likely, *starts])
        if not host.is_itself(item)
        and not (inbound and host.is_group(item))
        and all(reading.remote_holds(item, host) for reading in within)
    ]


def _edges(sides: Iterable[Endpoint], host: HostFacts, family: int) -> list[Address]:
    """The first address of every piece into which `sides`, groups and the host's own addresses cut a family."""
    points = {0}
    literals = [*((net.network_address, net.broadcast_address) for net in MULTICAST), (BROADCAST, BROADCAST)]
    literals += [(net.broadcast_address, net.broadcast_address) for net in host.prefixes]
    literals += [(own, own) for own in host.addresses or ()]
    literals += [(ipaddress.ip_address(first), ipaddress.ip_address(last)) for first, last in _LOOPBACK]
    for side in dict.fromkeys(sides):
        if side.is_server:
            literals += [(server, server) for server in host.servers.get(side.kind, ())]
        elif side.first is not None and side.last is not None:
            literals.append((side.first, side.last))
    for first, last in literals:
        if first.version == family:
            points |= {int(first), int(last) + 1}
    return [item for item in (_address(point, family) for point in sorted(points)) if item is not None]


def _address(number: int, family: int) -> Address | None:
    if number >> (32 if family == 4 else 128):
        return None
    return ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number)


def _next(address: Address) -> Address | None:
    return _address(int(address) + 1, address.version)


def _protocols(rivals: Iterable[Reading], within: Sequence[Reading]) -> list[int]:
    asked = {item.protocol for item in within if item.protocol}
    if asked:
        return sorted(asked)
    named = dict.fromkeys([*_NAMED_PROTOCOLS, *(item.protocol for item in rivals if item.protocol)])
    return [*named, next(number for number in range(2, 256) if number not in named)]


def _port_pairs(rivals: Sequence[Reading], within: Sequence[Reading], protocol: int) -> Iterable[tuple[int, int]]:
    if protocol not in {TCP, UDP}:
        return [(0, 0)]
    return itertools.product(
        _ports([item.local_ports for item in rivals], [item.local_ports for item in within]),
        _ports([item.remote_ports for item in rivals], [item.remote_ports for item in within]),
    )


def _ports(rivals: Iterable[Ports], within: Sequence[Ports]) -> list[int]:
    starts = {1, *_EXEMPT_PORTS, *(port + 1 for port in _EXEMPT_PORTS)}
    for ports in set(rivals):
        if not ports.any:
            starts |= {ports.first, ports.last + 1}
    found = [_CLIENT_PORT, *sorted(starts - {_CLIENT_PORT, 65536})]
    return [port for port in found if all(covers(ports, port) for ports in within)]
