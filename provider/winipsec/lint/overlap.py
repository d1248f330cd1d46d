"""Whether two readings can match one packet at all: a quick look before packets are tried."""

from __future__ import annotations

from typing import NamedTuple

from winipsec.model.endpoint import Endpoint
from winipsec.model.filters import Ports
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Reading

_ALL = 0, 1 << 128
_CONNECTIONS = {"all": 3, "lan": 1, "dialup": 2}


class Box(NamedTuple):
    """The bounds of one reading in every dimension, as numbers; what is no range is a set of bits."""

    ways: int
    """Direction (2 bits), families (2 bits), connections (2 bits): two readings need one bit of each in common."""
    protocol: int
    local_ports: tuple[int, int]
    remote_ports: tuple[int, int]
    remote: tuple[int, int]
    local: tuple[int, int]


def box(reading: Reading) -> Box:
    """The bounds of `reading`. Words for servers and for the host itself may be any address."""
    direction = 1 if reading.direction is Direction.IN else 2
    families = sum({4: 1, 6: 2}[family] for family in reading.families)
    return Box(
        direction | families << 2 | _CONNECTIONS[reading.connection] << 4,
        reading.protocol,
        _ports(reading.local_ports),
        _ports(reading.remote_ports),
        _side(reading.remote),
        _side(reading.local),
    )


def meet(one: Box, other: Box) -> bool:
    """Whether some packet may match both; False is certain."""
    common = one.ways & other.ways
    if not (common & 0b11 and common & 0b1100 and common & 0b110000):
        return False
    if one.protocol != other.protocol and one.protocol and other.protocol:
        return False
    for (first, last), (start, end) in zip(one[2:], other[2:], strict=True):
        if first > end or start > last:
            return False
    return True


def _ports(ports: Ports) -> tuple[int, int]:
    return (0, 65_535) if ports.any else (ports.first, ports.last)


def _side(side: Endpoint) -> tuple[int, int]:
    return _ALL if side.first is None or side.last is None else (int(side.first), int(side.last))
