"""What is to be compared, in numbers: the rows of two states that may make a difference, and what is exempt.

Exemptions that both states share are no concern of any filter, so they are left out here and taken off the answer
(`exempt`); so the answer can say `any`. An exemption of one side only acts as a filter above all filters of that side.
Exempt packets are clear: in a difference the two are the same (spec: traffic-engine 4.1, 5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from winipsec.traffic.atoms import group_addresses, own_addresses
from winipsec.traffic.cancel import remaining
from winipsec.traffic.exemptions import Exemption, in_force
from winipsec.traffic.expand import (
    ABOVE_ALL,
    DIALUP,
    EVERY,
    LAN,
    LINES,
    Expansion,
    Filters,
    Rows,
    Tables,
    collect,
    entry,
)
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.intervals import LAST_ADDRESS, Intervals, joined, meets
from winipsec.traffic.packet import Direction
from winipsec.traffic.readings import Unresolved, statements
from winipsec.traffic.specificity import Switches
from winipsec.traffic.stacks import EVERYTHING, LAST_PORT, Box


@dataclass(frozen=True)
class Problem:
    """Rows per side, `filters` of them by count; exemptions of both sides; what could not be read, and what to note."""

    host: HostFacts
    sides: tuple[Rows, ...]
    tables: Tables
    filters: int = 0
    exempt: tuple[Exemption, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    notes: tuple[str, ...] = field(default=())


def problem(
    before: State, after: State, host: HostFacts, switches: Switches, afterwards: Switches, *, cancel: bool = True
) -> Problem:
    """Compare `before` read under `switches` with `after` read under `afterwards`.

    `cancel` leaves out what is on both sides and meets nothing that changes.
    """
    tables = Tables()
    old, old_doubts = statements(before, host, switches)
    new, new_doubts = statements(after, host, afterwards)
    tables.rank_tunnels((*old, *new))
    was, will_be = collect(old, tables), collect(new, tables)
    exempt_before, exempt_after = in_force(before, host, switches), in_force(after, host, afterwards)
    if before.policy is None or after.policy is None:
        exempt = exempt_before or exempt_after
    else:
        exempt = tuple(row for row in exempt_before if row in exempt_after)
    if cancel and switches == afterwards and exempt_before == exempt_after:
        sides = _changed(was, will_be, Expansion(host, switches, tables), tables)
    else:
        sides = (
            Expansion(host, switches, tables).rows(was, was.first),
            Expansion(host, afterwards, tables).rows(will_be, will_be.first),
        )
        if before.policy is not None and after.policy is not None:
            for rows, found in zip(sides, (exempt_before, exempt_after), strict=True):
                own = exempt_rows((row for row in found if row not in exempt), host, tables)
                for line in LINES:
                    rows[line] += own[line]
    filters = sum(len({row[5] for line in LINES for row in rows[line]}) for rows in sides)
    notes = _notes((was, will_be), tables, host)
    return Problem(host, sides, tables, filters, exempt, _distinct((*old_doubts, *new_doubts)), notes)


def _changed(was: Filters, will_be: Filters, expansion: Expansion, tables: Tables) -> tuple[Rows, Rows]:
    """The rows of what is on one side only, and on both sides what meets them."""
    gone = expansion.rows(was, [number for number in was.first if number not in will_be.first])
    new = expansion.rows(will_be, [number for number in will_be.first if number not in was.first])
    changed = {line: gone[line] + new[line] for line in LINES}
    if any(changed.values()):
        common = expansion.rows(was, [number for number in was.first if number in will_be.first])
        common = remaining(common, changed, tables.boxes.boxes)
        for line in LINES:
            gone[line] += common[line]
            new[line] += common[line]
    return gone, new


def exempt_rows(exempt: Iterable[Exemption], host: HostFacts, tables: Tables, outcome: int = 0) -> Rows:
    """Rows above all filters, for everything that is exempt."""
    rows: Rows = {line: [] for line in LINES}
    for exemption in exempt:
        for direction, family in LINES:
            remote: Intervals = ((0, LAST_ADDRESS[family]),)
            local = EVERY
            if exemption.group is direction is Direction.OUT:
                remote = group_addresses(host, family)
            elif exemption.group is direction:
                local = tables.local(family, group_addresses(host, family))
            for box in exempt_boxes(exemption, direction, family):
                number = tables.boxes.number(box)
                rows[direction, family] += (
                    (low, high, entry(ABOVE_ALL, number, outcome), local, LAN | DIALUP, -1) for low, high in remote
                )
    return rows


def exempt_boxes(exemption: Exemption, direction: Direction, family: int) -> list[Box]:
    """What is exempt on one line, apart from addresses."""
    if exemption.group is not None:
        return [EVERYTHING] if exemption.group is direction else []
    found = []
    for service in exemption.services:
        if family in service.families:
            ends = [service.protocol, service.protocol]
            for port in (service.local_port, service.remote_port):
                ends += [0, LAST_PORT] if port is None else [port, port]
            found.append(Box(*ends))
    return found


def _distinct(doubts: Iterable[Unresolved]) -> tuple[Unresolved, ...]:
    return tuple({(item.rule.guid, item.filter, item.reason): item for item in doubts}.values())


def _notes(sides: Iterable[Filters], tables: Tables, host: HostFacts) -> tuple[str, ...]:
    """What the answer leaves out: forwarded traffic, and broadcasts where the host's subnets are not known."""
    held = {family: joined(own_addresses(host, family) + group_addresses(host, family)) for family in (4, 6)}
    foreign = [
        number
        for facts, number in tables.facts.items()
        if facts[0][1] and facts[1][1] and not any(meets(held[side[1]], side[2], side[3]) for side in facts[:2])
    ]
    rules: Counter[str] = Counter()
    for number in foreign:
        rule = next(filters.place(filters.first[number]).rule for filters in sides if number in filters.first)
        rules[rule.name or rule.guid] += 1
    notes = [
        f"rule {name!r}: {count} {'filter names' if count == 1 else 'filters name'} no address of this host; "
        "what it forwards for others is not counted"
        for name, count in sorted(rules.items())
    ]
    if not host.prefixes:
        notes.append("this host's subnets are not known: their broadcast addresses count as those of other hosts")
    return tuple(notes)
