"""One packet after another under the same policy, each in microseconds (spec: traffic-engine 6).

`decide` tries every filter; here filters lie by service, and those of one service by remote address (`forest`). A
packet finds its services in eight probes, one for each of protocol and ports being given or not, and a look at those
few that have ranges of ports. Strong filters are tried first, and what is weaker than the best so far is not tried. The
answers are those of `decide`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TypeAlias

from winipsec.model.filters import TCP, UDP
from winipsec.traffic.atoms import atoms, group_addresses, self_addresses
from winipsec.traffic.decide import Verdict, decide_among, on_request
from winipsec.traffic.exemptions import in_force
from winipsec.traffic.expand import DIALUP, LAN, LINES, Expansion, Line, Row, Tables, collect
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.forest import Asked, Candidate, Forest, matches, ordered, strongest
from winipsec.traffic.intervals import Intervals, holds, joined
from winipsec.traffic.outcome import CLEAR, EXEMPT
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Readings, directed, statements
from winipsec.traffic.specificity import DEFAULT, Switches
from winipsec.traffic.stacks import EVERYTHING, LAST_PORT, LAST_PROTOCOL, OUTCOME_BITS, SHAPE_BITS, Box
from winipsec.traffic.work import Work

_FEW = 8
_CONNECTIONS = {"lan": LAN, "dialup": DIALUP}
_OUTCOME = (1 << OUTCOME_BITS) - 1
_BOX = (1 << (SHAPE_BITS - OUTCOME_BITS)) - 1
_ANY = 1 << 16  # in the place of a port or protocol that is not given

Probe: TypeAlias = tuple[int, int, int]
"""A protocol, a local and a remote port, each given or not."""


class Lookup:
    """Decides packets under one state. Building it takes seconds for 100,000 filters."""

    def __init__(self, state: State, host: HostFacts, switches: Switches = DEFAULT) -> None:
        self._state = state
        self._policy = state.policy
        self._host = host
        self._switches = switches
        said, self._unresolved = statements(state, host, switches)
        tables = Tables()
        tables.rank_tunnels(said)
        self._filters = collect(said, tables)
        rows = Expansion(host, switches, tables).rows(self._filters, self._filters.first)
        self._outcomes = list(tables.outcomes)
        self._lines = {
            (direction.value, family): _Line((direction, family), rows[direction, family], host, tables)
            for direction, family in LINES
        }
        self._exempt = in_force(state, host, switches)
        self._exempt_groups = any(row.group for row in self._exempt)
        services = [service for row in self._exempt for service in row.services]
        self._exempt_ports = {(s.protocol, port) for s in services for port in (s.local_port, s.remote_port)}
        self._exempt_protocols = {s.protocol for s in services if s.local_port is s.remote_port is None}
        self._on_request = state.policy is not None and on_request(state.policy, host)

    def decide(self, packet: Packet) -> Verdict:
        """What becomes of one packet; runners-up are not looked for.

        Raises:
            BadQuestion: no such packet can pass this host.
        """
        line, asked = self._asked(packet)
        if self._policy is None:
            return Verdict(CLEAR)
        if self._may_be_exempt(line, packet):
            for row in self._exempt:
                if row.matches(packet, self._host):
                    return Verdict(EXEMPT, self._policy, exemption=row.name)
        best = line.best(packet, asked)
        doubted = self._unresolved and tuple(
            item for item in self._unresolved if any(r.matches(packet, self._host) for r in item.presumed)
        )
        if not best:
            return Verdict(CLEAR, self._policy, on_request=self._on_request, unresolved=doubted)
        winner = best[0] if len(best) == 1 else min(best, key=self._name)
        item, rule, _ = self._filters.place(winner[5])
        return Verdict(self._outcomes[winner[6]], self._policy, rule, item, unresolved=doubted)

    def explain(self, packet: Packet) -> Verdict:
        """What becomes of one packet, and which filters match it too and why they lost.

        Raises:
            BadQuestion: no such packet can pass this host.
        """
        line, asked = self._asked(packet)
        first = {found[5] for found in line.matching(packet, asked)}
        counts = sorted(first.union(*(self._filters.again.get(count, ()) for count in first)))
        certain = tuple(
            reading
            for item, rule, action in map(self._filters.place, counts)
            for reading in directed(item, rule, action, self._switches)
        )
        return decide_among(Readings(certain, self._unresolved), self._state, self._host, packet, self._switches)

    def _asked(self, packet: Packet) -> tuple[_Line, Asked]:
        protocol, local_port, remote_port = packet.protocol, packet.local_port, packet.remote_port
        line = self._lines[packet.direction.value, packet.local.version]
        connection = _CONNECTIONS.get(packet.connection)
        has_ports = protocol == TCP or protocol == UDP  # noqa: PLR1714 - every packet comes here
        held = line.held(int(packet.local))
        remote = int(packet.remote)
        plain = (
            held is not None
            and connection is not None
            and 0 <= protocol <= LAST_PROTOCOL
            and 0 <= local_port <= LAST_PORT
            and 0 <= remote_port <= LAST_PORT
            and (has_ports or not (local_port or remote_port))
            and packet.remote.version == packet.local.version
            and not line.is_nobody(remote)
        )
        if not plain:
            packet.demand(self._host)
        return line, (remote, held or frozenset(), connection or 0)

    def _may_be_exempt(self, line: _Line, packet: Packet) -> bool:
        protocol, ports = packet.protocol, self._exempt_ports
        if (protocol, packet.local_port) in ports or (protocol, packet.remote_port) in ports:
            return True
        if protocol in self._exempt_protocols:
            return True
        return self._exempt_groups and line.to_group(packet)

    def _name(self, found: Candidate) -> tuple[str, str, int]:
        place = self._filters.place(found[5])
        return place.rule.name, str(place.filter), found[5]


class _Line:
    """One direction and family."""

    def __init__(self, line: Line, rows: list[Row], host: HostFacts, tables: Tables) -> None:
        direction, family = line
        self._groups = group_addresses(host, family)
        self._inbound = direction is Direction.IN
        nobody = self_addresses(host, family)
        self._nobody: Intervals = joined(nobody + self._groups) if self._inbound else nobody
        pieces = [
            (low, high, atom.held)
            for atom in atoms(line, host, tables.locals, Work(1 << 60))
            for low, high in atom.addresses
        ]
        pieces.sort(key=lambda piece: piece[:2])
        self._locals = pieces
        self._local_starts = [low for low, _, _ in pieces]
        groups: dict[int, list[Candidate]] = {}
        for low, high, told, own, connections, count in rows:
            candidate = told >> SHAPE_BITS, low, high, own, connections, count, told & _OUTCOME
            groups.setdefault(told >> OUTCOME_BITS & _BOX, []).append(candidate)
        self._few: dict[Probe, list[Candidate]] = {}
        self._many: dict[Probe, Forest] = {}
        self._ranged: list[tuple[Box, Forest]] = []
        for number, candidates in groups.items():
            self._sort_in(tables.boxes.boxes[number], candidates)

    def _sort_in(self, box: Box, candidates: list[Candidate]) -> None:
        probe = _exact(box)
        if probe is None:
            self._ranged.append((box, Forest(candidates)))
        elif len(candidates) <= _FEW:
            self._few[probe] = ordered(candidates)
        else:
            self._many[probe] = Forest(candidates)

    def held(self, address: int) -> frozenset[int] | None:
        """The local sides that hold a local address; None where it is not one of this host."""
        place = bisect_right(self._local_starts, address) - 1
        if place < 0 or self._locals[place][1] < address:
            return None
        return self._locals[place][2]

    def is_nobody(self, address: int) -> bool:
        """Whether no packet that meets a filter can have this remote address."""
        return holds(self._nobody, address)

    def to_group(self, packet: Packet) -> bool:
        """Whether a packet is for a group of hosts."""
        return holds(self._groups, int(packet.local if self._inbound else packet.remote))

    def best(self, packet: Packet, asked: Asked) -> list[Candidate]:
        """The strongest filters that match, all of one key."""
        found: list[Candidate] = []
        for probe in _probes(packet):
            few = self._few.get(probe)
            if few is not None:
                strongest(few, asked, found)
            elif probe in self._many:
                self._many[probe].strongest(asked, found)
        for box, forest in self._ranged:
            if box.holds(packet.protocol, packet.local_port, packet.remote_port):
                forest.strongest(asked, found)
        return found

    def matching(self, packet: Packet, asked: Asked) -> list[Candidate]:
        """All filters that match."""
        probes = _probes(packet)
        found = [candidate for probe in probes for candidate in self._few.get(probe, ())]
        for probe in probes:
            if probe in self._many:
                found += self._many[probe].around(asked[0])
        for box, forest in self._ranged:
            if box.holds(packet.protocol, packet.local_port, packet.remote_port):
                found += forest.around(asked[0])
        return [candidate for candidate in found if matches(candidate, asked)]


def _exact(box: Box) -> Probe | None:
    """Where filters with a box stand; None where it has a range of ports."""
    asked = []
    for low, high, last in zip(box[::2], box[1::2], EVERYTHING[1::2], strict=True):
        if low != high and (low, high) != (0, last):
            return None
        asked.append(low if low == high else _ANY)
    protocol, local_port, remote_port = asked
    return protocol, local_port, remote_port


def _probes(packet: Packet) -> tuple[Probe, ...]:
    """Where filters for a packet may stand: each of protocol and ports given, or not."""
    protocol, local_port, remote_port = packet.protocol, packet.local_port, packet.remote_port
    return (
        (protocol, local_port, remote_port),
        (protocol, local_port, _ANY),
        (protocol, _ANY, remote_port),
        (protocol, _ANY, _ANY),
        (_ANY, local_port, remote_port),
        (_ANY, local_port, _ANY),
        (_ANY, _ANY, remote_port),
        (_ANY, _ANY, _ANY),
    )
