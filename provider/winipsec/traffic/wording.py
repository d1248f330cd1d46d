"""Sets of addresses, ports and protocols in the words of a report (spec: traffic-engine 7, text)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from winipsec.model.filters import protocol_word
from winipsec.traffic.classes import everything
from winipsec.traffic.diagram import LAST, Layer, Service
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.intervals import (
    LAST_ADDRESS,
    AddressSet,
    Interval,
    Intervals,
    as_address,
    cidrs,
    complement,
    size,
)
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.regions import calculator

MOST_ADDRESSES = 4
MOST_PORTS = 12
_FAMILY_WORDS = {4: "any IPv4", 6: "any IPv6"}


def few(items: Sequence[str], most: int | None, separator: str = ", ") -> str:
    """The items, beyond `most` of them cut short with a count."""
    if most is None or len(items) <= most:
        return separator.join(items)
    shown = most - 1
    return f"{separator.join(items[:shown])} (+{len(items) - shown} more)"


# ---- addresses ----


def families_of(host: HostFacts) -> tuple[int, ...]:
    """The families that a host speaks, both where its addresses are not known."""
    if host.addresses is None:
        return (4, 6)
    return tuple(sorted({address.version for address in host.addresses}))


def address_items(given: Intervals, family: int) -> list[str]:
    """Each interval as one or two prefixes, or as its ends."""
    items = []
    for low, high in given:
        blocks = list(cidrs(low, high))
        if len(blocks) <= 2:
            items += [_prefix(block, family) for block in blocks]
        else:
            items.append(f"{as_address(low, family)}-{as_address(high, family)}")
    return items


def _prefix(block: Interval, family: int) -> str:
    low, high = block
    length = LAST_ADDRESS[family].bit_length() - (high - low).bit_length()
    address = as_address(low, family)
    return str(address) if low == high else f"{address}/{length}"


def exceptions(given: AddressSet, families: Iterable[int]) -> list[str] | None:
    """What is missing of all addresses of some families, where that is the shorter way to say it; else None."""
    inside = [item for family in families for item in _items(given.of(family), family)]
    outside = [item for family in families for item in _items(complement(given.of(family), _last(family)), family)]
    if len(outside) < len(inside):
        return outside
    if len(outside) == len(inside):
        most = all(2 * size(given.of(family)) > _last(family) for family in families)
        return outside if most else None
    return None


def _last(family: int) -> int:
    return LAST_ADDRESS[family]


def _items(given: Intervals, family: int) -> list[str]:
    return [_FAMILY_WORDS[family]] if given == ((0, _last(family)),) else address_items(given, family)


def addresses(given: AddressSet, host: HostFacts, most: int = MOST_ADDRESSES) -> str:
    """A set of remote addresses: `any`, what it holds, or what it does not."""
    families = families_of(host)
    used = tuple(family for family in (4, 6) if given.of(family))
    if all(given.of(family) == ((0, _last(family)),) for family in families) and set(used) == set(families):
        return "any"
    missing = exceptions(given, used)
    if missing is None:
        return few([item for family in used for item in _items(given.of(family), family)], most)
    everywhere = "any" if set(used) >= set(families) else _FAMILY_WORDS[used[0]]
    return f"{everywhere} except {few(missing, most)}" if missing else everywhere


# ---- services ----


def _numbers(given: Intervals, last: int, most: int | None, words: Mapping[int, str]) -> str:
    """Ports or protocols: `80,443`, `1000-2000`, `any except 80`."""
    outside = complement(given, last)
    if len(outside) < len(given):
        return f"any except {_numbers(outside, last, most, words)}" if outside else "any"
    items = [words.get(low, str(low)) if low == high else f"{low}-{high}" for low, high in given]
    return few(items, most, ",")


_PROTOCOLS = {number: protocol_word(number) for number in range(1, LAST[0] + 1)}


def protocols(given: Intervals, most: int | None = MOST_PORTS) -> str:
    """A set of protocols, by word where there is one."""
    return _numbers(given, LAST[0], most, _PROTOCOLS)


def ports(given: Intervals, most: int | None = MOST_PORTS) -> str:
    """A set of ports."""
    return _numbers(given, LAST[1], most, {})


def service_text(given: Service) -> str:
    """`tcp local 80,443`."""
    words = [protocols(given.protocols)]
    for side, numbers in (("local", given.local_ports), ("remote", given.remote_ports)):
        if size(numbers) <= LAST[1]:
            words += [side, ports(numbers)]
    return " ".join(words)


def services(given: Sequence[Service]) -> str:
    """Disjoint services, or what they are not where that is shorter."""
    if everything(given):
        return "any"
    diagrams = calculator().diagrams
    whole = Service(((0, LAST[0]),), ((0, LAST[1]),), ((0, LAST[2]),))
    left = diagrams.products(diagrams.build([*(Layer(one, 0) for one in given), Layer(whole, 1)]))
    outside = sorted(layer.service for layer in left)
    if _length(outside) < _length(given):
        return f"any except {'; '.join(map(service_text, outside))}"
    return "; ".join(map(service_text, given))


def _length(given: Iterable[Service]) -> int:
    """How many intervals it takes to name some services."""
    return sum(len(part) for service in given for part, last in zip(service, LAST, strict=True) if size(part) <= last)


# ---- packets ----


def packet_text(packet: Packet) -> str:
    """`tcp 203.0.113.10:49152 > 10.0.0.5:445`."""
    local = _end(str(packet.local), packet.local_port, packet)
    remote = _end(str(packet.remote), packet.remote_port, packet)
    sender, receiver = (remote, local) if packet.direction is Direction.IN else (local, remote)
    return f"{protocols(((packet.protocol, packet.protocol),))} {sender} > {receiver}"


def _end(address: str, port: int, packet: Packet) -> str:
    if not packet.has_ports:
        return address
    return f"[{address}]:{port}" if packet.family == 6 else f"{address}:{port}"
