"""Whether two readings can match one packet at all: a quick look before packets are tried."""

from __future__ import annotations

from winipsec.model.endpoint import Endpoint
from winipsec.model.filters import Ports
from winipsec.traffic.readings import Reading


def meet(one: Reading, other: Reading) -> bool:
    """Whether some packet may match both; False is certain."""
    return (
        one.direction is other.direction
        and (not one.protocol or not other.protocol or one.protocol == other.protocol)
        and _ports(one.local_ports, other.local_ports)
        and _ports(one.remote_ports, other.remote_ports)
        and (one.connection == other.connection or "all" in {one.connection, other.connection})
        and not one.families.isdisjoint(other.families)
        and _sides(one.remote, other.remote)
        and _sides(one.local, other.local)
    )


def _ports(one: Ports, other: Ports) -> bool:
    return one.any or other.any or (one.first <= other.last and other.first <= one.last)


def _sides(one: Endpoint, other: Endpoint) -> bool:
    """Words for servers and for the host itself may be any address."""
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return True
    if one.first.version != other.first.version:
        return False
    return int(one.first) <= int(other.last) and int(other.first) <= int(one.last)
