"""The two sides of a filter, from netsh's words to the addresses of the store (spec: ipsec-policy 1.5 filter)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.store.framing import Switches
from winipsec_lab.store.values import ALL_ONES, ANY, ME, SERVER_WORDS, Address

Resolve = Callable[[str], tuple[str, ...]]

_IPV6_ONES: Final = (1 << 128) - 1
_NAME: Final = re.compile(r"(?=.*[A-Za-z])[\w-]+(\.[\w-]+)*\.?")


@dataclass(frozen=True)
class Side:
    """One side as written: the addresses it stands for, the DNS name behind them, and whether a mask was given."""

    addresses: tuple[Address, ...]
    dns: str = ""
    masked: bool = False

    @property
    def is_server(self) -> bool:
        """Whether it is a server word."""
        return self.addresses[0].kind in SERVER_WORDS

    @property
    def families(self) -> frozenset[int]:
        """The families (4, 6) of its addresses; none where the side is a word. A DNS name may have both."""
        return frozenset(each.version for each in self.addresses if is_literal(each))


def is_literal(address: Address) -> bool:
    """Whether an address is a number and not a word."""
    return address.kind in ("single", "subnet", "range")


def parse_side(tag: str, text: str, mask: str, switches: Switches, resolve: Resolve) -> Side:
    """One side of a filter.

    Args:
        tag: the argument's name, for messages.
        text: an address, range, word or DNS name.
        mask: the mask argument, empty when it was not given.
        switches: the machine's guesses.
        resolve: looks a DNS name up.

    Raises:
        Refusal: the value is none of these, or does not go with a mask.
    """
    word = text.lower()
    if word in ("any", "me", *SERVER_WORDS):
        if mask and switches["netsh.word_mask"] == "refused":
            raise Refusal("bad_mask", tag=tag)
        return Side((_word(word, switches),))
    if "-" in text and _ip(text.partition("-")[0].strip()):
        return Side((_range(tag, text, mask),))
    if "/" in text and switches["netsh.slash_prefix"] == "accepted" and not mask:
        text, _, mask = text.partition("/")
    address = _ip(text)
    if address is not None:
        return Side((_address(tag, address, mask, switches),), masked=bool(mask))
    if not _NAME.fullmatch(text):
        raise Refusal("bad_address", tag=tag)
    found = resolve(text)
    if not found:
        raise Refusal("name_unresolved", tag=tag)
    addresses = tuple(_address(tag, ipaddress.ip_address(each), mask, switches) for each in found)
    return Side(addresses, text if switches["netsh.dns_name"] == "stored" else "", bool(mask))


def _word(word: str, switches: Switches) -> Address:
    if word in SERVER_WORDS:
        return Address(word, 0, ALL_ONES if switches["netsh.server_mask"] == "ones" else 0)
    return ANY if word == "any" else ME


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _range(tag: str, text: str, mask: str) -> Address:
    first, last = (_ip(part.strip()) for part in text.split("-", 1))
    if first is None or last is None or mask or first.version != last.version or int(first) > int(last):
        raise Refusal("bad_range", tag=tag)
    return Address("range", int(first), int(last), first.version)


def _address(
    tag: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address, mask: str, switches: Switches
) -> Address:
    number, version = int(address), address.version
    if number == 0 and not mask:
        raise Refusal("bad_address", tag=tag)  # 0.0.0.0 alone would be stored as `me`
    if not mask:
        return Address("single", number, 0, version)
    bits = _mask(tag, mask, version, switches)
    if bits == 0:
        return ANY
    if bits == (ALL_ONES if version == 4 else _IPV6_ONES):
        return Address("single", number, 0, version)
    if switches["netsh.host_bits"] == "masked":
        number &= bits
    return Address("subnet", number, bits, version)


def _mask(tag: str, text: str, version: int, switches: Switches) -> int:
    if text.isascii() and text.isdigit():
        wide = version == 6 and switches["netsh.ipv6_prefix"] == "128"
        size, most = (128 if version == 6 else 32), (128 if wide else 32)
        if not 1 <= int(text) <= most:
            raise Refusal("bad_mask", tag=tag)
        return ((1 << int(text)) - 1) << (size - int(text))
    mask = _ip(text)
    if mask is None or mask.version != 4 or version != 4:
        raise Refusal("bad_mask", tag=tag)
    bits = int(mask)
    if bits == 0 and switches["netsh.zero_mask"] == "refused":
        raise Refusal("bad_mask", tag=tag)
    torn = (bits | (bits - 1)) != ALL_ONES if bits else False
    if torn and switches["netsh.torn_mask"] == "refused":
        raise Refusal("bad_mask", tag=tag)
    return bits


def check_pair(source: Side, destination: Side, switches: Switches, generation: str) -> None:
    """Refuse two sides that cannot stand in one filter."""
    if source.is_server or destination.is_server:
        other = destination if source.is_server else source
        if other.addresses[0] != ME:
            raise Refusal("bad_pair")
    if source.addresses == destination.addresses == (ME,) and switches["netsh.me_to_me"] == "refused":
        raise Refusal("bad_pair")
    if source.families and destination.families and not source.families & destination.families:
        raise Refusal("bad_pair")
    kinds = {each.kind for side in (source, destination) for each in side.addresses}
    if generation == "2003" and (6 in source.families | destination.families or "range" in kinds):
        raise Refusal("not_here")
