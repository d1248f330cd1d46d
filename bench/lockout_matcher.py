"""Whether a new WinRM connection works, found by holding every filter against every packet.

Written from the words of the specification (traffic-engine 2 to 4 and 8) on plain rows of text and numbers. It shares no
line with the engine of the provider nor with the matcher of the lab: where the three disagree, one of them is wrong.

A connection works when its first packet comes in and its answer goes out, in clear, because the controller has no IPsec.
The order of filters is not known for certain, so every question is asked for all `SETTINGS` at once, and the answer is a
set of settings, kept as the bits of a number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

Address = IPv4Address | IPv6Address
Span = tuple[int, int]

ANY_PORT: Final[Span] = (0, 0)
WORDS: Final = ("dns", "wins", "dhcp", "gateway")
TCP: Final = 6


class Row(NamedTuple):
    """One filter; a side is `any`, `me`, a word for a server, an address, `10.0.0.0/8` or `10.0.0.1-10.0.0.9`."""

    source: str
    destination: str
    protocol: int = 0
    source_ports: Span = ANY_PORT
    destination_ports: Span = ANY_PORT
    mirrored: bool = True


class InForce(NamedTuple):
    """One active rule of the policy in force, with what it refers to."""

    rows: tuple[Row, ...]
    action: str
    connection: str
    tunnel: str


class Place(NamedTuple):
    """The host: its own addresses, and who is meant by the words for servers."""

    own: frozenset[Address]
    servers: Mapping[str, frozenset[Address]]


class Flow(NamedTuple):
    """One connection from the controller, as the host sees it."""

    local: Address
    remote: Address
    port: int
    client_port: int
    connection: str


class Setting(NamedTuple):
    """One way in which Windows may order filters (traffic-engine 3).

    Under `bits: before` row 7 comes before rows 5 and 6. Whether row 8 goes with it the table does not say: `both
    before` is the reading in which it does.
    """

    tunnel: str
    address: str
    bits: str
    tie: str
    family: str


CHOICES: Final = (
    ("first", "last"),
    ("classes", "bits"),
    ("after", "before", "both before"),
    ("restrictive", "permissive"),
    ("ipv4", "both"),
)
SETTINGS: Final = tuple(Setting(*words) for words in itertools.product(*CHOICES))
"""Every combination, the default first."""
ALL: Final = (1 << len(SETTINGS)) - 1

# What an action does to a packet in and out: how open it is, from 0 (blocked) to 7 (clear), and whether a clear packet
# of a connection that the other side starts gets through (traffic-engine 4.1, 8).
DOES: Final[Mapping[str, tuple[tuple[int, bool], tuple[int, bool]]]] = {
    "block": ((0, False), (0, False)),
    "encrypt": ((1, False), (1, False)),
    "require": ((2, False), (2, False)),
    "inpass": ((6, True), (2, False)),
    "soft": ((4, False), (6, True)),
    "soft encrypt": ((3, False), (5, True)),
    "request": ((6, True), (6, True)),
    "permit": ((7, True), (7, True)),
}


class _Literal(NamedTuple):
    version: int
    low: int
    high: int
    kind: int
    bits: int


@lru_cache(maxsize=4096)
def _literal(text: str) -> _Literal:
    """The addresses of a side that is no word; kinds: any 0, subnet or range 1, one address 2."""
    if "-" in text:
        low, high = map(ip_address, text.split("-"))
        bits: int = low.max_prefixlen
        while high not in ip_network(f"{low}/{bits}", strict=False):
            bits -= 1
        return _Literal(low.version, int(low), int(high), 1, bits)
    network = ip_network(text)
    kind = 2 if network.prefixlen == network.max_prefixlen else min(network.prefixlen, 1)
    return _Literal(
        network.version, int(network.network_address), int(network.broadcast_address), kind, network.prefixlen
    )


def span(text: str) -> tuple[Address, Address] | None:
    """The first and the last address of a side; None for a word."""
    if text in ("any", "me", *WORDS):
        return None
    found = _literal(text)
    make = IPv4Address if found.version == 4 else IPv6Address
    return make(found.low), make(found.high)


class _Contender(NamedTuple):
    """One reading of a filter that matches a packet, as far as it counts for the order."""

    tunnel: bool
    kinds: Span
    bits: Span
    protocol: bool
    ports: int
    openness: int
    passes: bool
    only_words: bool


def _contenders(rules: Iterable[InForce], flow: Flow, place: Place, inbound: bool) -> Iterator[_Contender]:
    sent, received = (flow.remote, flow.local) if inbound else (flow.local, flow.remote)
    ports = (flow.client_port, flow.port) if inbound else (flow.port, flow.client_port)
    for rule in rules:
        if rule.connection not in ("all", flow.connection):
            continue
        openness, passes = DOES[rule.action][0 if inbound else 1]
        for row in rule.rows:
            if row.protocol not in (0, TCP):
                continue
            ways = [(row.source, row.destination, row.source_ports, row.destination_ports)]
            if row.mirrored:
                ways.append((row.destination, row.source, row.destination_ports, row.source_ports))
            for source, destination, source_ports, destination_ports in ways:
                if not _port(source_ports, ports[0]) or not _port(destination_ports, ports[1]):
                    continue
                if not _holds(source, sent, place, not inbound) or not _holds(destination, received, place, inbound):
                    continue
                (one, one_bits), (two, two_bits) = (_width(side, sent.version) for side in (source, destination))
                yield _Contender(
                    bool(rule.tunnel),
                    (one, two),
                    (one_bits, two_bits),
                    row.protocol != 0,
                    2 * (destination_ports != ANY_PORT) + (source_ports != ANY_PORT),
                    openness,
                    passes,
                    span(source) is None and span(destination) is None,
                )


def _port(wanted: Span, number: int) -> bool:
    return wanted == ANY_PORT or wanted[0] <= number <= wanted[1]


def _holds(side: str, address: Address, place: Place, local: bool) -> bool:
    """Whether a side holds an address; `me` never holds the other one's."""
    if side == "any":
        return True
    if side == "me":
        return local and address in place.own
    if side in WORDS:
        return address in place.servers.get(side, frozenset())
    found = _literal(side)
    return found.version == address.version and found.low <= int(address) <= found.high


def _width(side: str, version: int) -> tuple[int, int]:
    """Kind and mask bits of a side."""
    if side == "any":
        return 0, 0
    if side == "me" or side in WORDS:
        return 2, 32 if version == 4 else 128
    found = _literal(side)
    return found.kind, found.bits


def _weight(one: _Contender, setting: Setting) -> list[int]:
    """The table of traffic-engine 3 from top to bottom."""
    kinds = [min(one.kinds), max(one.kinds), one.kinds[1]] if setting.address == "classes" else []
    service = [int(one.protocol), one.ports]
    middle = {
        "after": [*service, sum(one.bits)],
        "before": [sum(one.bits), *service],
        "both before": [sum(one.bits), one.bits[1], *service],
    }[setting.bits]
    first, last = ([int(one.tunnel)], []) if setting.tunnel == "first" else ([], [int(not one.tunnel)])
    tie = -one.openness if setting.tie == "restrictive" else one.openness
    return [*first, *kinds, *middle, one.bits[1], *last, tie]


def _passing(rules: Iterable[InForce], flow: Flow, place: Place, inbound: bool) -> int:
    """The settings under which a packet gets through."""
    found = list(_contenders(rules, flow, place, inbound))
    if all(one.passes for one in found):
        return ALL
    passing = 0
    for number, setting in enumerate(SETTINGS):
        narrow = flow.local.version == 6 and setting.family == "ipv4"
        counted = [one for one in found if not (narrow and one.only_words)]
        winner = max(counted, key=lambda one: _weight(one, setting), default=None)
        passing |= (winner is None or winner.passes) << number
    return passing


def works(rules: Iterable[InForce], flow: Flow, place: Place) -> int:
    """The settings under which a connection works, as bits in the order of `SETTINGS`."""
    known = tuple(rules)
    comes = _passing(known, flow, place, inbound=True)
    return comes & _passing(known, flow, place, inbound=False) if comes else 0
