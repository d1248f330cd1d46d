"""A difference in words: one line per class, the first line meaningful alone (spec: traffic-engine 7, text)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from winipsec.model.filters import TCP, UDP
from winipsec.traffic.atoms import group_addresses
from winipsec.traffic.classes import Change, Difference, LocalWord, TrafficClass
from winipsec.traffic.example import example
from winipsec.traffic.exemptions import Exemption
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.intervals import AddressSet, holds, joined, shared, size
from winipsec.traffic.outcome import Fallback, Fate
from winipsec.traffic.packet import Direction
from winipsec.traffic.problem import exempt_boxes
from winipsec.traffic.reach import Deciders, Guess, Reach
from winipsec.traffic.readings import Unresolved
from winipsec.traffic.specificity import DEFAULT, Switches
from winipsec.traffic.wording import addresses, packet_text, ports, services
from winipsec.traffic.work import TooComplex

CAP = 10
_RULES = 3
_HOLE_REMOTE = 1_024
_HOLE_LOCAL = 32_768

_WAYS = {
    (Direction.IN,): ("in", "from"),
    (Direction.OUT,): ("out", "to"),
    (Direction.IN, Direction.OUT): ("both", "with"),
}
_CONNECTIONS: dict[tuple[str, ...], str] = {("lan",): " on LAN", ("dialup",): " on dial-up"}


def headline(difference: Difference) -> str:
    """How many changes, and of which sorts."""
    count = len(difference.classes)
    if not count:
        return "Traffic: no change."
    return f"Traffic: {count} {'change' if count == 1 else 'changes'} ({_counted(difference.classes)})."


def report(
    difference: Difference,
    before: State,
    after: State,
    switches: Switches = DEFAULT,
    *,
    guesses: Iterable[Guess] = (),
    cap: int = CAP,
) -> str:
    """The whole report. `guesses` are those on which verdicts of `after` hang (`reach.guesses`)."""
    lines = [headline(difference)]
    shown, rest = difference.classes[:cap], difference.classes[cap:]
    if shown:
        was = Reach(before, difference.host, switches, difference.exempt)
        will_be = Reach(after, difference.host, switches, difference.exempt)
        for one in shown:
            lines.append(_line(one, difference, f"{_deciders(was, one)} -> {_deciders(will_be, one)}"))
            lines += hole_notes(one)
    if rest:
        lines.append(f"... and {len(rest)} more ({_counted(rest)}).")
    overlapping = exempt_text(difference)
    if overlapping:
        lines.append(f"Exempt from all filters, so unchanged: {overlapping}.")
    notes = [*map(_unresolved, difference.unresolved), *(guess_text(guess) for guess in guesses)]
    lines += [f"note: {note}" for note in notes[:cap]]
    if len(notes) > cap:
        lines.append(f"note: ... and {len(notes) - cap} more")
    return "\n".join(lines)


def _counted(classes: Sequence[TrafficClass]) -> str:
    counts = Counter(one.change for one in classes)
    return ", ".join(f"{counts[change]} {change.value}" for change in Change if counts[change])


def summary(one: TrafficClass, difference: Difference) -> str:
    """What a class holds: `tcp local 445 with 10.1.0.0/16`."""
    _, word = _WAYS[one.directions]
    text = f"{services(one.services)} {word} {addresses(one.remote, difference.host)}"
    if one.local is LocalWord.GROUPS:
        text += " at multicast"
    elif not isinstance(one.local, LocalWord):
        text += f" at {_local_text(one.local, difference.host)}"
    return text + _CONNECTIONS.get(one.connections, "")


def _local_text(local: AddressSet, host: HostFacts) -> str:
    """Local addresses; where all but some may be the host's own, that groups are not either goes without saying."""
    plain = addresses(local, host)
    if host.addresses is not None:
        return plain
    groups = [group_addresses(host, family) if local.of(family) else () for family in (4, 6)]
    wider = addresses(local.joined(AddressSet(*groups)), host)
    return wider if wider.startswith("any") else plain


def _line(one: TrafficClass, difference: Difference, rules: str) -> str:
    way, _ = _WAYS[one.directions]
    shown = packet_text(example(one, difference))
    return (
        f"{one.change.name:<9} {way:<4} {summary(one, difference)}: {one.before} -> {one.after}  "
        f"[{rules}]  e.g. {shown}"
    )


def _deciders(reach: Reach, one: TrafficClass) -> str:
    try:
        found = reach.of(one)
    except TooComplex:
        return "rules not computed"
    return decider_text(found)


def decider_text(found: Deciders) -> str:
    """The rules that decide, at most three of them by name."""
    names = sorted({decider.rule.name or decider.rule.guid for decider in found.filters})
    items = [f'"{name}"' for name in names[:_RULES]]
    if len(names) > _RULES:
        items.append(f"+{len(names) - _RULES}")
    items += [f"exempt: {name}" for name in found.exemptions]
    if found.nobody:
        items.append("no filter")
    return ", ".join(items).replace(", +", " +")


def hole_notes(one: TrafficClass) -> list[str]:
    """A warning where whoever picks the right source port gets to nearly every local port (traffic-engine 9)."""
    clear = one.after.fate is Fate.CLEAR or one.after.fallback is Fallback.ANY
    if one.change not in {Change.OPENED, Change.WEAKER} or Direction.IN not in one.directions or not clear:
        return []
    sources = joined(
        interval
        for protocols, local, remote in one.services
        if (holds(protocols, TCP) or holds(protocols, UDP))
        and size(remote) <= _HOLE_REMOTE
        and size(local) >= _HOLE_LOCAL
        for interval in remote
    )
    if not sources:
        return []
    word = "port" if size(sources) == 1 else "ports"
    return [
        f"          ! source-port hole: whoever sends from {word} {ports(sources)} reaches local ports of its choice"
    ]


def exempt_text(difference: Difference) -> str:
    """The exemptions that some class overlaps."""
    texts = []
    for row in difference.exempt:
        found = {family for one in difference.classes for family in _overlap(row, one, difference)}
        if found:
            texts.append(row.ipv6_text if row.ipv6_text and 4 not in found else row.text)
    return "; ".join(texts)


def _overlap(row: Exemption, one: TrafficClass, difference: Difference) -> Iterator[int]:
    """The families in which a class has packets that are exempt."""
    for direction in one.directions:
        for family in (4, 6):
            groups = group_addresses(difference.host, family)
            if row.group is Direction.IN:
                local = one.local if isinstance(one.local, LocalWord) else shared(one.local.of(family), groups)
                possible = bool(one.remote.of(family) and local) and local is not LocalWord.ME
            elif row.group is Direction.OUT:
                possible = bool(shared(one.remote.of(family), groups))
            else:
                possible = bool(one.remote.of(family))
            boxes = exempt_boxes(row, direction, family)
            if possible and any(service.meets(box) for service in one.services for box in boxes):
                yield family


def _unresolved(item: Unresolved) -> str:
    what = f'rule "{item.rule.name or item.rule.guid}"'
    if item.filter is not None:
        what += f", filter {item.filter}"
    return f"no answer where this would match: {what}: {item.reason}"


def guess_text(guess: Guess) -> str:
    """`depends on a guess (mask length before ports): tcp local 445 with 10.1.0.0/16 would be clear`."""
    first, *others = guess.difference.classes
    more = f" (+{len(others)} more)" if others else ""
    return f"depends on a guess ({guess.flip.name}): {summary(first, guess.difference)} would be {first.after}{more}"
