"""Findings about filters: the list they stand in, their place there, the rule that uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from winipsec.lint.contest import Place, Standing
from winipsec.lint.finding import Finding, about
from winipsec.lint.subject import Subject
from winipsec.model.endpoint import Address, Kind
from winipsec.model.filters import Filter, protocol_word
from winipsec.model.policies import Rule
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Reading

_SHOWN = 3


def about_filter(subject: Subject, rule: Rule, item: Filter, message: str, field: str = "") -> Finding:
    """A finding about one filter, or one `field` of it; `message` goes on where the words of the filter end."""
    message = f"{item} {message}"
    filter_list = subject.list_of(rule)
    if filter_list is None:
        return about(rule, "filterList", message)
    index = next(index for index, other in enumerate(filter_list.filters) if other is item)
    return about(filter_list, f"filters[{index}]" + (f".{field}" if field else ""), message)


def standing(subject: Subject, wanted: Standing) -> Iterator[Place]:
    """The filters of judged policies that stand so."""
    for case in subject.cases:
        yield from (place for place in case.contest.places if place.standing is wanted)


def named(rule: Rule) -> str:
    """A rule as messages name it."""
    return f'rule "{rule.name}"' if rule.name else f"rule {rule.guid}"


def winners(readings: Iterable[Reading]) -> str:
    """The filters that decide instead, in words: a few, then how many more."""
    words = [f"{reading.filter} of {named(reading.rule)}" for reading in readings]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def shown(packet: Packet) -> str:
    """A packet in the words of a traffic report: `tcp 203.0.113.10:49152 > 10.0.0.5:445`."""
    ends = [_end(packet.local, packet.local_port), _end(packet.remote, packet.remote_port)]
    sender, receiver = ends if packet.direction is Direction.OUT else reversed(ends)
    return f"{protocol_word(packet.protocol)} {sender} > {receiver}"


def exchanged(item: Filter) -> Filter:
    """The filter for the other direction."""
    return replace(
        item,
        source=item.destination,
        destination=item.source,
        source_ports=item.destination_ports,
        destination_ports=item.source_ports,
    )


def permits_everything(item: Filter) -> bool:
    """Whether a filter matches all that arrives, or all there is."""
    return item.protocol == 0 and item.source.kind is Kind.ANY and item.destination.kind in {Kind.ANY, Kind.ME}


def _end(address: Address, number: int) -> str:
    host = f"[{address}]" if address.version == 6 and number else str(address)
    return f"{host}:{number}" if number else host
