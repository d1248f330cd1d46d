"""What the scenarios of `HostPolicy` call ports: `tcp/80`, `udp/1434`, `tcp`, `icmp`, `any`, `proto/47`."""

from __future__ import annotations

from typing import NamedTuple

from winipsec.model.filters import PROTOCOLS, TCP, UDP, parse_protocol, protocol_word
from winipsec.model.invalid import Invalid

_FORMS = "write tcp/80, udp/1434, tcp, udp, icmp, any, or proto/47 for a protocol by its number"
_LAST_PORT = 65_535


class Service(NamedTuple):
    """A protocol and a port; 0 is any."""

    protocol: int
    port: int = 0

    @property
    def is_everything(self) -> bool:
        """Whether all traffic is meant."""
        return self.protocol == 0

    def __str__(self) -> str:
        if self.port:
            return f"{protocol_word(self.protocol)}/{self.port}"
        return protocol_word(self.protocol) if self.protocol in PROTOCOLS.values() else f"proto/{self.protocol}"


def parse_service(text: str) -> Service:
    """Read one service in any spelling.

    Raises:
        Invalid: the text is none; the message says what would be.
    """
    word, slash, number = (part.strip() for part in text.strip().lower().partition("/"))
    if word == "proto" and number.isdecimal():
        return Service(parse_protocol(number))
    if word in PROTOCOLS and not slash:
        return Service(PROTOCOLS[word])
    if word.isdecimal() and not slash:
        raise Invalid(f"{text!r} does not say which protocol; write tcp/{word} or udp/{word}, or proto/{word}")
    if word.isdecimal() and number in {"tcp", "udp"}:
        raise Invalid(f"{text!r} is the wrong way round; write {number}/{word}")
    if word not in PROTOCOLS or not slash:
        raise Invalid(f"{text!r} is no port; {_FORMS}")
    if PROTOCOLS[word] not in {TCP, UDP}:
        raise Invalid(f"{text!r} gives a port to {word}, which has none; {_FORMS}")
    if "-" in number:
        raise Invalid(f"{text!r} is a range; netsh knows single ports only: list them, or write {word} for all")
    if not number.isdecimal() or not 1 <= int(number) <= _LAST_PORT:
        raise Invalid(f"{text!r} has no port from 1 to {_LAST_PORT} after the slash; write {word} for all of them")
    return Service(PROTOCOLS[word], int(number))


def service(text: str) -> str:
    """The normal form of one service.

    Raises:
        Invalid: the text is none.
    """
    return str(parse_service(text))
