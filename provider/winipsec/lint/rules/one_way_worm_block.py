"""Worms that are stopped in one direction."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec.lint.conversing import judged, own_address, stranger
from winipsec.lint.example import BLOCK, example, sketch
from winipsec.lint.finding import Finding, Severity
from winipsec.lint.lint_rule import LintRule, Scope
from winipsec.lint.placement import about_filter, shown
from winipsec.lint.subject import Case, Subject
from winipsec.lint.worms import WORMS
from winipsec.traffic.outcome import Fate
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Reading
from winipsec.traffic.specificity import Rank, rank


def find(subject: Subject) -> Iterator[Finding]:
    """Blocks of a worm's port, where packets to that port still pass the other way."""
    for case in subject.cases:
        seen: set[tuple[int, int]] = set()
        for reading in case.contest.readings:
            inbound = reading.direction is Direction.IN
            ports = reading.local_ports if inbound else reading.remote_ports
            service = reading.protocol, ports.first
            if not _blocks_everybody(reading) or not ports.single or service not in WORMS or service in seen:
                continue
            probe = _probe(case, Direction.OUT if inbound else Direction.IN, *service)
            if probe is None or reading.filter is None:
                continue
            if judged(case, probe).outcome.fate is not Fate.BLOCKED:
                seen.add(service)
                words = "spreads it" if inbound else "catches it"
                message = f"stops {WORMS[service]} one way, but this host still {words}: {shown(probe)} passes"
                yield about_filter(subject, reading.rule, reading.filter, message)


def _blocks_everybody(reading: Reading) -> bool:
    return reading.outcome.fate is Fate.BLOCKED and rank(reading.remote) is Rank.ANY


def _probe(case: Case, direction: Direction, protocol: int, number: int) -> Packet | None:
    own = own_address(case)
    ours, theirs = (number, 49_152) if direction is Direction.IN else (49_152, number)
    return Packet(direction, own, stranger(case), protocol, ours, theirs) if own is not None else None


RULE = LintRule(
    id="WIP402",
    title="A worm is stopped in one direction only",
    severity=Severity.WARNING,
    scope=Scope.POLICY,
    reason="A worm arrives at a port and leaves for the same port of others. Blocking it inbound protects this host, not the "
    "rest from this host; a mirrored filter covers answers only. Block both: any to me, and me to any.",
    citation="traffic-engine 9",
    find=find,
    bad=example(sketch("Slammer", BLOCK, "udp any <-> me port 1434")),
    good=example(sketch("Slammer", BLOCK, "udp any -> me port 1434", "udp me -> any port 1434")),
)
