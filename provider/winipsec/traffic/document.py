"""A difference as plain data, for programs (spec: traffic-engine 10, last example)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from winipsec.traffic.classes import Difference, LocalWord, TrafficClass
from winipsec.traffic.example import example
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.intervals import AddressSet
from winipsec.traffic.outcome import Outcome
from winipsec.traffic.packet import Packet
from winipsec.traffic.reach import Guess, Reach
from winipsec.traffic.readings import Unresolved
from winipsec.traffic.report import exempt_text, guess_text, headline, hole_notes
from winipsec.traffic.specificity import DEFAULT, Switches
from winipsec.traffic.wording import address_items, exceptions, families_of, ports, protocols
from winipsec.traffic.work import TooComplex

Document = dict[str, Any]


def document(
    difference: Difference,
    before: State,
    after: State,
    switches: Switches = DEFAULT,
    *,
    guesses: Iterable[Guess] = (),
    most: int | None = None,
) -> Document:
    """Everything a report says, and what it leaves out; of more than `most` classes, those that come first.

    Deciders that cannot be computed are missing from their class.
    """
    shown = difference.classes[:most]
    sides: tuple[tuple[str, Reach], ...] = ()
    if shown:
        was = Reach(before, difference.host, switches, difference.exempt)
        will_be = Reach(after, difference.host, switches, difference.exempt)
        sides = ("decidedBefore", was), ("decidedAfter", will_be)
    return {
        "summary": headline(difference),
        "count": len(difference.classes),
        "classes": [class_document(one, difference, sides) for one in shown],
        "exempt": exempt_text(difference),
        "unresolved": [_unresolved(item) for item in difference.unresolved],
        "guesses": [guess_text(guess) for guess in guesses],
        "notes": list(difference.notes),
    }


def class_document(one: TrafficClass, difference: Difference, sides: Iterable[tuple[str, Reach]] = ()) -> Document:
    """One class. `sides` says under which name whose deciders stand."""
    found: Document = {
        "change": one.change.value,
        "directions": [direction.value for direction in one.directions],
        "connections": list(one.connections),
        "local": one.local.value if isinstance(one.local, LocalWord) else _addresses(one.local, difference.host),
        "remote": _addresses(one.remote, difference.host),
        "services": [
            {
                "protocols": protocols(service.protocols, None),
                "localPorts": ports(service.local_ports, None),
                "remotePorts": ports(service.remote_ports, None),
            }
            for service in one.services
        ],
        "before": _outcome(one.before),
        "after": _outcome(one.after),
    }
    found |= {name: deciders for name, reach in sides if (deciders := _deciders(reach, one)) is not None}
    found["example"] = packet_document(example(one, difference))
    warnings = [note.strip(" !") for note in hole_notes(one)]
    return {**found, "warnings": warnings} if warnings else found


def packet_document(packet: Packet) -> Document:
    """One packet, in the words in which one asks for it; over LAN if nothing else is said."""
    found: Document = {
        "direction": packet.direction.value,
        "local": str(packet.local),
        "localPort": packet.local_port,
        "remote": str(packet.remote),
        "remotePort": packet.remote_port,
        "protocol": packet.protocol,
    }
    return found if packet.connection == "lan" else {**found, "connection": packet.connection}


def _outcome(outcome: Outcome) -> Document:
    found: Document = {"outcome": outcome.fate.value}
    if outcome.fallback.value:
        found["fallback"] = outcome.fallback.name.lower()
    if outcome.tunnel:
        found["tunnel"] = outcome.tunnel
    return found


def _deciders(reach: Reach, one: TrafficClass) -> list[Document] | None:
    try:
        found = reach.of(one)
    except TooComplex:
        return None
    return [{"rule": item.rule.name or item.rule.guid, "filter": item.number + 1} for item in found.filters]


def _addresses(given: AddressSet, host: HostFacts) -> Document:
    families: Sequence[int] = families_of(host)
    if all(given.of(family) for family in families) and not any(given.of(f) for f in (4, 6) if f not in families):
        missing = exceptions(given, families)
        if missing is not None:
            return {"except": missing}
    return {"only": [item for family in (4, 6) for item in address_items(given.of(family), family)]}


def _unresolved(item: Unresolved) -> Document:
    found: Document = {"rule": item.rule.name or item.rule.guid, "reason": item.reason}
    if item.filter is not None:
        found["filter"] = str(item.filter)
    return found
