"""What comes of one host asking another, in the words, signs and colours of the matrix.

The table in the terminal, the page and the map show the same few things; `KINDS` is all they know of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from winipsec.errors import UserError
from winipsec.model.filters import TCP, UDP, parse_protocol
from winipsec.model.invalid import Invalid
from winipsec.traffic.conversation import Result
from winipsec.traffic.matrix import Asked, Exchange, Meeting, Station
from winipsec.traffic.readings import statements
from winipsec.traffic.specificity import DEFAULT

MOST_SERVICES = 8
_LAST_PORT = 65_535
_COMMON = tuple(
    Asked(protocol, port)
    for protocol, port in ((1, 0), (TCP, 80), (TCP, 443), (TCP, 445), (TCP, 3389), (TCP, 5985), (UDP, 53))
)


class Kind(NamedTuple):
    """One sort of answer: its key in pages, its word, a sign that needs no colour, and a style of the terminal."""

    key: str
    word: str
    sign: str
    style: str
    meaning: str


KINDS = {
    kind.key: kind
    for kind in (
        Kind("encrypted", "encrypted", "●", "green", "works, encrypted"),
        Kind("authenticated", "authenticated", "◐", "cyan", "works, authenticated but readable on the wire"),
        Kind("clear", "clear", "○", "yellow", "works, without IPsec"),
        Kind("one-way", "one way", "◁", "magenta", "the first packet arrives, the reply does not"),
        Kind("no", "no", "✕", "red", "does not work"),
        Kind("mixed", "differs", "±", "bold", "depends on the service, the address or the client's port"),
        Kind("none", "–", "–", "dim", "no addresses of one family"),
    )
}


def kind_of(exchanges: Sequence[Exchange]) -> Kind:
    """The sort of one meeting, or of several."""
    results: set[Result] = {exchange.result for exchange in exchanges}
    if not results:
        return KINDS["none"]
    return KINDS["mixed"] if len(results) > 1 else KINDS[results.pop().value]


def told(meeting: Meeting) -> str:
    """What comes of it, in a sentence without its subject: `no: db1, rule 'rest': blocked`."""
    lines = []
    for exchange in meeting.exchanges:
        word = KINDS[exchange.result.value].word
        lines.append(f"{word}: {exchange.reason}" if exchange.reason else word)
    return "; or ".join(lines) if lines else KINDS["none"].meaning


def parse_services(text: str) -> tuple[Asked, ...]:
    """Read `tcp/445,udp/53,icmp`.

    Raises:
        UserError: one of them is no service.
    """
    return tuple(dict.fromkeys(_service(word.strip()) for word in text.split(",") if word.strip()))


def _service(word: str) -> Asked:
    name, slash, port = word.partition("/")
    try:
        protocol = parse_protocol(name)
    except Invalid as error:
        raise UserError(f"{error}.", path="--services", code="arguments") from None
    has_ports = protocol in {TCP, UDP}
    right = port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT if has_ports else not slash
    if not protocol or not right:
        form = f"{name.lower()}/445" if has_ports else "icmp or 47"
        raise UserError(f"{word!r} is no service; write {form}.", path="--services", code="arguments")
    return Asked(protocol, int(port) if has_ports else 0)


def usual_services(stations: Iterable[Station]) -> tuple[Asked, ...]:
    """Services worth asking about: those that filters name, and then what is common, eight at the most."""
    named = set()
    for station in stations:
        said, _ = statements(station.state, station.host, DEFAULT)
        for statement in said:
            for item in statement.filters:
                if item.protocol in {TCP, UDP} and item.destination_ports.single and not item.destination_ports.any:
                    named.add(Asked(item.protocol, item.destination_ports.first))
    wanted = list(dict.fromkeys([*sorted(named), *_COMMON]))
    return tuple(sorted(wanted[:MOST_SERVICES]))
