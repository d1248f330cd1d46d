"""From many regions to few (spec: traffic-engine 7, merging).

Regions that are equal but for one column are one region with the union there: first remote addresses, then services,
local addresses and connections, and again until nothing changes. Greedy, so perhaps not minimal, but always exact:
disjoint regions stay disjoint, and their union stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import chain, cycle
from operator import or_
from typing import Any, TypeVar

from winipsec.traffic.diagram import Diagrams, Layer, Service
from winipsec.traffic.intervals import joined
from winipsec.traffic.regions import Region
from winipsec.traffic.work import Work

Products = tuple[Service, ...]
Grouped = TypeVar("Grouped", bound=tuple[Any, ...])


def united(services: Iterable[Service], diagrams: Diagrams, exempt: Iterable[Service] = ()) -> Products:
    """The normal form of a union of services, without those that are exempt."""
    layers = [*(Layer(service, 0) for service in exempt), *(Layer(service, 1) for service in services)]
    if len(layers) == 1 and layers[0].leaf:
        return (layers[0].service,)
    return tuple(sorted(layer.service for layer in diagrams.products(diagrams.build(layers))))


def merged(found: Sequence[Region], diagrams: Diagrams, work: Work) -> list[Region]:
    """The same packets in fewer regions."""

    def remote(many: list[Any]) -> Any:
        return joined(chain.from_iterable(many))

    def services(many: list[Any]) -> Any:
        return united(chain.from_iterable(many), diagrams)

    def bits(many: list[Any]) -> Any:
        return reduce(or_, many)

    regions = list(found)
    idle = 0
    for column, join in cycle(((3, remote), (4, services), (2, bits), (1, bits))):
        before = len(regions)
        if len({region[column] for region in regions}) > 1:
            work.spend(sum(1 + (len(region.remote) >> 3) for region in regions))
            regions = joined_by(regions, column, join)
        idle = idle + 1 if len(regions) == before else 0
        if idle == len(Region._fields) - 1:
            break
    return regions


def joined_by(rows: Iterable[Grouped], column: int, join: Callable[[list[Any]], Any]) -> list[Grouped]:
    """Rows that are equal but for `column` made one, with the values of that column joined."""
    grouped: dict[tuple[Any, ...], list[Grouped]] = {}
    for row in rows:
        grouped.setdefault(row[:column] + row[column + 1 :], []).append(row)
    result = []
    for same in grouped.values():
        first = same[0]
        if len(same) > 1:
            value = join([row[column] for row in same])
            first = first._replace(**{first._fields[column]: value})  # type: ignore[attr-defined]
        result.append(first)
    return result
