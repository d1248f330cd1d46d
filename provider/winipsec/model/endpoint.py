"""One side of a filter: who the traffic is from, or for.

Windows knows many spellings for one side; each `Endpoint` has one normal form, and two spellings of the same set of
addresses are equal. A subnet loses its host bits, a range that is exactly a subnet becomes one, a range of one
address becomes that address, and everything IPv4 becomes `any` (spec: ipsec-policy 1.5 and 5.6, traffic-engine 2.1:
ranges and subnets rank alike, so nothing is lost).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from winipsec.model.invalid import Invalid

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


class Kind(Enum):
    """What sort of side this is; the value is the word users write, where there is one."""

    ANY = "any"
    ME = "me"
    DNS = "dns"
    WINS = "wins"
    DHCP = "dhcp"
    GATEWAY = "gateway"
    SUBNET = "subnet"
    RANGE = "range"
    MASKED = "masked"


SERVERS = frozenset({Kind.DNS, Kind.WINS, Kind.DHCP, Kind.GATEWAY})
_WORDS = {kind.value: kind for kind in (Kind.ANY, Kind.ME, *SERVERS)}
_FORMS = "write any, me, an address, a subnet (10.0.0.0/8), a range (10.0.0.1-10.0.0.9), dns, wins, dhcp or gateway"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A set of addresses.

    `first` and `last` bound a subnet (an address is a subnet of one) or a range. `MASKED` exists in foreign stores
    only: an address under a mask whose bits are not contiguous; `last` then holds the mask.
    """

    kind: Kind
    first: Address | None = None
    last: Address | None = None

    @property
    def is_server(self) -> bool:
        """Whether this is a word for a server that the host itself looks up."""
        return self.kind in SERVERS

    @property
    def family(self) -> int | None:
        """4 or 6, or None where the side names no addresses."""
        return self.first.version if self.first is not None else None

    @property
    def is_address(self) -> bool:
        """Whether this is exactly one literal address."""
        return self.kind is Kind.SUBNET and self.first == self.last

    @property
    def network(self) -> Network | None:
        """The subnet, where this is one."""
        if self.kind is not Kind.SUBNET or self.first is None or self.last is None:
            return None
        return _blocks(self.first, self.last)[0]

    def holds(self, other: Endpoint) -> bool:
        """Whether all of `other` is in here, as far as the addresses themselves tell: a word holds only itself."""
        if self == other:
            return True
        bounded = {self.kind, other.kind} <= {Kind.SUBNET, Kind.RANGE} and self.family == other.family
        return bounded and _span(self)[0] <= _span(other)[0] and _span(other)[1] <= _span(self)[1]

    def __str__(self) -> str:
        if self.kind is Kind.RANGE:
            return f"{self.first}-{self.last}"
        if self.kind is Kind.MASKED:
            return f"{self.first}/{self.last}"
        if self.kind is Kind.SUBNET:
            return str(self.first) if self.first == self.last else str(self.network)
        return str(self.kind.value)


ANY = Endpoint(Kind.ANY)
ME = Endpoint(Kind.ME)
NOBODY = Endpoint(Kind.SUBNET, ipaddress.IPv4Address(0), ipaddress.IPv4Address(0))
"""0.0.0.0 as an address: the form in which Windows stores `me` (spec: ipsec-policy 5.6), so no side may be it."""


def _span(side: Endpoint) -> tuple[int, int]:
    return int(side.first or 0), int(side.last or 0)


def _blocks(first: Address, last: Address) -> list[Network]:
    blocks: Iterator[Network] = ipaddress.summarize_address_range(first, last)
    return list(blocks)


def subnet(network: Network) -> Endpoint:
    """The side that holds exactly the addresses of `network`; all of IPv4 is `any`."""
    if network.version == 4 and network.prefixlen == 0:
        return ANY
    return Endpoint(Kind.SUBNET, network.network_address, network.broadcast_address)


def between(first: Address, last: Address) -> Endpoint:
    """The side from `first` to `last`, both included, in normal form.

    Raises:
        Invalid: the ends are of two families, or the wrong way round.
    """
    if first.version != last.version:
        raise Invalid(f"{first}-{last} mixes IPv4 and IPv6")
    if int(first) > int(last):
        raise Invalid(f"{first}-{last} is an empty range; write {last}-{first}")
    blocks = _blocks(first, last)
    return subnet(blocks[0]) if len(blocks) == 1 else Endpoint(Kind.RANGE, first, last)


def masked(address: ipaddress.IPv4Address, mask: ipaddress.IPv4Address) -> Endpoint:
    """The side that an address and a mask word of the V1 form stand for (spec: ipsec-policy 5.6)."""
    bits = int(mask)
    inverse = ~bits & 0xFFFFFFFF
    if inverse & (inverse + 1):
        return Endpoint(Kind.MASKED, address, mask)
    return subnet(ipaddress.IPv4Network((int(address) & bits, bits.bit_count())))


def parse_endpoint(text: str) -> Endpoint:
    """Read any spelling that Windows or a user may give for one side.

    Raises:
        Invalid: the text names no set of addresses; the message lists what would.
    """
    word = text.strip().lower()
    if word in _WORDS:
        return Endpoint(_WORDS[word])
    if not word:
        raise Invalid(f"is empty; {_FORMS}")
    side = _parse_subnet(word) if "/" in word else _parse_range(word)
    if side == NOBODY:
        raise Invalid(f"{text.strip()!r} is no host's address, and would be stored as me; write me or any")
    return side


def parse_address(text: str) -> Address:
    """Read one literal address, IPv4 or IPv6, without a scope.

    Raises:
        Invalid: the text is no address.
    """
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        raise Invalid(f"{text.strip()!r} is not an IPv4 or IPv6 address") from None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise Invalid(f"{text.strip()!r} names an interface (%{address.scope_id}); IPsec filters cannot")
    return address


def _parse_range(word: str) -> Endpoint:
    first, dash, last = word.partition("-")
    try:
        ends = [parse_address(end) for end in ((first, last) if dash else (word,))]
    except Invalid:
        raise Invalid(f"{word!r} is not an address; {_FORMS}") from None
    return between(ends[0], ends[-1])


def _parse_subnet(word: str) -> Endpoint:
    base, _, mask = word.partition("/")
    address = parse_address(base)
    if mask.isdecimal():
        if int(mask) > address.max_prefixlen:
            raise Invalid(f"{word!r} has a prefix longer than {address.max_prefixlen} bits")
        return subnet(ipaddress.ip_network(f"{address}/{mask}", strict=False))
    try:
        dotted = ipaddress.IPv4Address(mask)
    except ValueError:
        raise Invalid(f"{word!r} has no mask after the slash; write 10.0.0.0/8 or 10.0.0.0/255.0.0.0") from None
    if address.version != 4:
        raise Invalid(f"{word!r} puts a dotted mask on an IPv6 address; write a prefix length")
    side = masked(ipaddress.IPv4Address(int(address)), dotted)
    if side.kind is Kind.MASKED:
        raise Invalid(f"{mask} is not a subnet mask: its one-bits must all come first")
    return side
