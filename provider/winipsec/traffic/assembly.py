"""From the regions of single lines to classes of traffic (spec: traffic-engine 7).

Lines are joined where a class reads the same: both families where the local side has a name, and both directions.
What is all exempt, or can be no packet of this host, is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from winipsec.traffic.atoms import Atom, group_addresses, own_addresses, self_addresses
from winipsec.traffic.classes import LocalSide, LocalWord, TrafficClass
from winipsec.traffic.diagram import Diagrams, Service, service
from winipsec.traffic.exemptions import Exemption
from winipsec.traffic.expand import DIALUP, LAN, Line
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.intervals import AddressSet, Intervals, address_set, holds, joined, size, without
from winipsec.traffic.merge import joined_by, united
from winipsec.traffic.outcome import Outcome
from winipsec.traffic.packet import Direction
from winipsec.traffic.problem import exempt_boxes
from winipsec.traffic.regions import Region, labelled

_CONNECTIONS: dict[int, tuple[str, ...]] = {LAN: ("lan",), DIALUP: ("dialup",), LAN | DIALUP: ("dialup", "lan")}


class Outside:
    """What no class holds on one line: exempt services, and remote addresses that meet no filter."""

    def __init__(self, line: Line, host: HostFacts, exempt: Iterable[Exemption]) -> None:
        direction, family = line
        rows = tuple(exempt)
        nobody = [*self_addresses(host, family)]
        if direction is Direction.IN or any(row.group is Direction.OUT for row in rows):
            nobody += group_addresses(host, family)
        self.remote: Intervals = joined(nobody)
        self.services: tuple[Service, ...] = tuple(
            service(box) for row in rows if row.group is None for box in exempt_boxes(row, direction, family)
        )
        self._remote_size = size(self.remote)

    def swallows(self, remote: Intervals, services: Sequence[Service], diagrams: Diagrams) -> bool:
        """Whether no packet remains of these."""
        if size(remote) <= self._remote_size and not without(remote, self.remote):
            return True
        corner = [intervals[0][0] for intervals in services[0]]
        if not any(all(map(holds, exempt, corner)) for exempt in self.services):
            return False
        return not united(services, diagrams, self.services)


def classes(
    found: Mapping[Line, tuple[Sequence[Atom], Sequence[Region]]],
    outcomes: Sequence[Outcome],
    host: HostFacts,
    exempt: Iterable[Exemption],
    diagrams: Diagrams,
) -> tuple[TrafficClass, ...]:
    """The classes of all lines, in the order of a report."""
    rows = tuple(exempt)
    single = []
    for line, (atoms, regions) in found.items():
        outside = Outside(line, host, rows)
        locals_ = {bits: local_side(bits, atoms, line, host) for bits in {region.local for region in regions}}
        for region in regions:
            if not outside.swallows(region.remote, region.services, diagrams):
                before, after = labelled(region.label)
                single.append(
                    TrafficClass(
                        (line[0],),
                        connection_names(region.connections),
                        locals_[region.local],
                        address_set(line[1], region.remote),
                        region.services,
                        outcomes[before],
                        outcomes[after],
                    )
                )
    named = [one for one in single if isinstance(one.local, LocalWord)]
    others = [one for one in single if not isinstance(one.local, LocalWord)]
    families = joined_by(named, 3, lambda many: reduce(AddressSet.joined, many))
    return tuple(sorted(_both_directions(families + others), key=lambda one: one.rank))


def connection_names(bits: int) -> tuple[str, ...]:
    """The connections of a region."""
    return _CONNECTIONS[bits]


def local_side(bits: int, atoms: Sequence[Atom], line: Line, host: HostFacts) -> LocalSide:
    """The local side of a region, by name where it has one."""
    chosen = [atom for bit, atom in enumerate(atoms) if bits >> bit & 1]
    own = joined(piece for atom in chosen if not atom.group for piece in atom.addresses)
    groups = joined(piece for atom in chosen if atom.group for piece in atom.addresses)
    all_own, all_groups = own_addresses(host, line[1]), group_addresses(host, line[1])
    if own == all_own and own and not groups:
        return LocalWord.ME
    if groups == all_groups and own in {(), all_own}:
        return LocalWord.EVERYTHING if own else LocalWord.GROUPS
    return address_set(line[1], joined(own + groups))


def _both_directions(found: Iterable[TrafficClass]) -> list[TrafficClass]:
    """Inbound and outbound classes that agree made one."""
    result: dict[TrafficClass, TrafficClass] = {}
    for one in found:
        local = LocalWord.ME if one.local is LocalWord.EVERYTHING else one.local
        alike = one._replace(directions=(), local=local)
        other = result.get(alike)
        if other is None:
            result[alike] = one
        else:
            wider = one if one.local is LocalWord.EVERYTHING else other
            result[alike] = wider._replace(directions=(Direction.IN, Direction.OUT))
    return list(result.values())
