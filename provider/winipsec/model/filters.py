"""Filters and filter lists (spec: ipsec-policy 0.1, 1.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from winipsec.model.endpoint import ANY, Endpoint, Kind
from winipsec.model.invalid import Fault, Invalid

PROTOCOLS = {"any": 0, "icmp": 1, "tcp": 6, "udp": 17, "raw": 255}
_PROTOCOL_WORDS = {number: word for word, number in PROTOCOLS.items()}
TCP, UDP = PROTOCOLS["tcp"], PROTOCOLS["udp"]


def parse_protocol(value: str | float) -> int:
    """Read a protocol by word or number; 0 is any.

    Raises:
        Invalid: neither a known word nor 0 to 255.
    """
    text = f"{value:g}" if isinstance(value, float) else str(value).strip().lower()
    if text in PROTOCOLS:
        return PROTOCOLS[text]
    if text.isdecimal() and int(text) <= 255:
        return int(text)
    raise Invalid(f"{value!r} is not a protocol; write any, icmp, tcp, udp, raw or a number from 0 to 255")


def protocol_word(number: int) -> str:
    """The normal form of a protocol: its word where it has one, else its number."""
    return _PROTOCOL_WORDS.get(number, str(number))


class Ports(NamedTuple):
    """Ports `first` to `last`; 0 to 0 is any. Only foreign stores hold more than one port (spec: ipsec-policy 5.6)."""

    first: int = 0
    last: int = 0

    @property
    def any(self) -> bool:
        """Whether every port is meant."""
        return self.last == 0

    @property
    def single(self) -> bool:
        """Whether netsh can say this: any port, or exactly one."""
        return self.first == self.last

    def __str__(self) -> str:
        if self.any:
            return "any"
        return str(self.first) if self.single else f"{self.first}-{self.last}"


ANY_PORT = Ports()


def port(number: int) -> Ports:
    """Exactly one port; 0 is any."""
    return Ports(number, number)


class Match(NamedTuple):
    """What a filter matches, without its description: two filters of one list must differ here."""

    source: Endpoint
    destination: Endpoint
    protocol: int
    source_ports: Ports
    destination_ports: Ports
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: traffic from `source` to `destination`, and back when `mirrored`.

    `guid` tells filters of a store apart and takes no part in comparison; nor do the DNS names a foreign filter was
    made from, nor the traces of a tunnel that old tools left inside filters.
    """

    source: Endpoint = ANY
    destination: Endpoint = ANY
    protocol: int = 0
    source_ports: Ports = ANY_PORT
    destination_ports: Ports = ANY_PORT
    mirrored: bool = True
    description: str = ""
    guid: str = field(default="", compare=False)
    source_name: str = field(default="", compare=False)
    destination_name: str = field(default="", compare=False)

    @property
    def match(self) -> Match:
        """What this filter matches."""
        return Match(
            self.source, self.destination, self.protocol, self.source_ports, self.destination_ports, self.mirrored
        )

    def faults(self) -> list[Fault]:
        """The rules of netsh that this filter breaks (spec: ipsec-policy 1.5), each with its field."""
        faults = []
        if self.protocol not in {TCP, UDP}:
            word = protocol_word(self.protocol)
            for name, ports in (("sourcePort", self.source_ports), ("destinationPort", self.destination_ports)):
                if not ports.any:
                    faults.append(Fault(name, f"a port needs protocol tcp or udp, not {word}"))
        for name, side, other in (
            ("source", self.source, self.destination),
            ("destination", self.destination, self.source),
        ):
            if side.is_server and other.kind is not Kind.ME:
                faults.append(Fault(name, f"{side} stands for the host's own server, so the other side must be me"))
        if self.source.kind is self.destination.kind is Kind.ME:
            faults.append(Fault("destination", "is me, like source: such traffic never leaves the host"))
        if self.source.family and self.destination.family and self.source.family != self.destination.family:
            faults.append(Fault("destination", "is not of the same family (IPv4 or IPv6) as source"))
        return faults

    def __str__(self) -> str:
        def side(endpoint: Endpoint, ports: Ports) -> str:
            return str(endpoint) if ports.any else f"{endpoint} port {ports}"

        arrow = "<->" if self.mirrored else "->"
        word = protocol_word(self.protocol)
        return f"{word} {side(self.source, self.source_ports)} {arrow} {side(self.destination, self.destination_ports)}"


def in_a_range(one: Match, other: Match) -> bool:
    """Whether one of two filters lies inside the other, which is a range, and they are the same in all else."""
    if one[2:] != other[2:]:
        return False
    sides = ((one.source, other.source), (one.destination, other.destination))
    return any(
        any(whole.kind is Kind.RANGE for whole, _ in pairs) and all(whole.holds(part) for whole, part in pairs)
        for pairs in (sides, [(part, whole) for whole, part in sides])
    )


@dataclass(frozen=True, slots=True)
class FilterList:
    """A named set of filters that any number of rules may share. The order of filters means nothing."""

    name: str
    filters: tuple[Filter, ...] = ()
    description: str = ""
    guid: str = field(default="", compare=False)

    def with_filters(self, filters: Sequence[Filter]) -> FilterList:
        """The same list with other filters."""
        return replace(self, filters=tuple(filters))


def duplicates(filters: Sequence[Filter]) -> list[Fault]:
    """A fault for every filter that matches exactly what an earlier one does."""
    seen: dict[Match, int] = {}
    faults = []
    for index, item in enumerate(filters):
        first = seen.setdefault(item.match, index)
        if first != index:
            faults.append(Fault(f"[{index}]", f"matches exactly what [{first}] matches; remove one of the two"))
    return faults
