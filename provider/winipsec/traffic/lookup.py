"""One packet after another under the same policy, each in microseconds (spec: traffic-engine 6).

`decide` tries every filter; here the filters lie in a forest of address blocks (as in `sweep`), and a packet looks only
at the blocks that hold its remote address, from the innermost outwards. A large block has its filters by protocol and
ports, so that a packet finds them in eight probes, one for each of the three being given or not. Strong filters are
tried first, and what is weaker than the best so far is not tried. The answers are those of `decide`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from winipsec.model.filters import TCP, UDP
from winipsec.traffic.atoms import atoms, group_addresses, self_addresses
from winipsec.traffic.decide import Verdict, decide_among, on_request
from winipsec.traffic.exemptions import in_force
from winipsec.traffic.expand import DIALUP, LAN, LINES, Expansion, Line, Row, Tables, box_of, collect
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.intervals import LAST_ADDRESS, Intervals, cidrs, holds, joined
from winipsec.traffic.outcome import CLEAR, EXEMPT
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.readings import Readings, directed, statements
from winipsec.traffic.specificity import DEFAULT, Switches
from winipsec.traffic.stacks import EVERYTHING, LAST_PORT, LAST_PROTOCOL, OUTCOME_BITS, SHAPE_BITS, Box
from winipsec.traffic.work import Work

_FEW = 8
_CONNECTIONS = {"lan": LAN, "dialup": DIALUP}
_OUTCOME = (1 << OUTCOME_BITS) - 1
_ANY = 1 << 16  # in the place of a port or protocol that is not given

Candidate: TypeAlias = tuple[int, Box, int, int, int, int]
"""A filter of a block: key, box, local side, connections, the filter by its count, outcome."""

Question: TypeAlias = tuple[int, int, int, frozenset[int], int]
"""Of a packet: protocol, local and remote port, the local sides that hold its local address, connection."""


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
        line, question = self._question(packet)
        if self._policy is None:
            return Verdict(CLEAR)
        if self._may_be_exempt(line, packet):
            for row in self._exempt:
                if row.matches(packet, self._host):
                    return Verdict(EXEMPT, self._policy, exemption=row.name)
        best = line.best(question, int(packet.remote))
        doubted = self._unresolved and tuple(
            item for item in self._unresolved if any(r.matches(packet, self._host) for r in item.presumed)
        )
        if not best:
            return Verdict(CLEAR, self._policy, on_request=self._on_request, unresolved=doubted)
        winner = best[0] if len(best) == 1 else min(best, key=self._name)
        item, rule, _ = self._filters.place(winner[4])
        return Verdict(self._outcomes[winner[5]], self._policy, rule, item, unresolved=doubted)

    def explain(self, packet: Packet) -> Verdict:
        """What becomes of one packet, and which filters match it too and why they lost.

        Raises:
            BadQuestion: no such packet can pass this host.
        """
        line, question = self._question(packet)
        first = {found[4] for found in line.matching(question, int(packet.remote))}
        counts = sorted(first.union(*(self._filters.again.get(count, ()) for count in first)))
        certain = tuple(
            reading
            for item, rule, action in map(self._filters.place, counts)
            for reading in directed(item, rule, action, self._switches)
        )
        return decide_among(Readings(certain, self._unresolved), self._state, self._host, packet, self._switches)

    def _question(self, packet: Packet) -> tuple[_Line, Question]:
        protocol, local_port, remote_port = packet.protocol, packet.local_port, packet.remote_port
        line = self._lines[packet.direction.value, packet.local.version]
        connection = _CONNECTIONS.get(packet.connection)
        has_ports = protocol == TCP or protocol == UDP  # noqa: PLR1714 - every packet comes here
        held = line.held(int(packet.local))
        plain = (
            held is not None
            and connection is not None
            and 0 <= protocol <= LAST_PROTOCOL
            and 0 <= local_port <= LAST_PORT
            and 0 <= remote_port <= LAST_PORT
            and (has_ports or not (local_port or remote_port))
            and packet.remote.version == packet.local.version
            and not line.is_nobody(int(packet.remote))
        )
        if not plain:
            packet.demand(self._host)
        return line, (protocol, local_port, remote_port, held or frozenset(), connection or 0)

    def _may_be_exempt(self, line: _Line, packet: Packet) -> bool:
        protocol, ports = packet.protocol, self._exempt_ports
        if (protocol, packet.local_port) in ports or (protocol, packet.remote_port) in ports:
            return True
        if protocol in self._exempt_protocols:
            return True
        return self._exempt_groups and line.to_group(packet)

    def _name(self, found: Candidate) -> tuple[str, str, int]:
        place = self._filters.place(found[4])
        return place.rule.name, str(place.filter), found[4]


class _Block(NamedTuple):
    """The filters of one block of addresses, strongest first: all, or only those that `exact` does not have."""

    listed: list[Candidate]
    exact: dict[tuple[int, int, int], list[Candidate]]
    parent: int
    ceiling: int


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
        self._blocks: list[_Block] = []
        self._starts = [0]
        self._owners = [-1]
        self._build(_by_block(rows, tables.boxes.boxes), LAST_ADDRESS[family])

    def _build(self, blocks: dict[tuple[int, int], list[Candidate]], last: int) -> None:
        inside: list[tuple[int, int]] = []  # last address and number of the blocks around
        for low, negative in sorted((low, -high) for low, high in blocks):
            while inside and inside[-1][0] < low:
                end, number = inside.pop()
                self._begin(end + 1, self._blocks[number].parent)
            number = len(self._blocks)
            parent = inside[-1][1] if inside else -1
            self._blocks.append(_block(blocks[low, -negative], parent, self._blocks[parent].ceiling if inside else -1))
            self._begin(low, number)
            inside.append((-negative, number))
        while inside:
            end, number = inside.pop()
            if end < last:
                self._begin(end + 1, self._blocks[number].parent)

    def _begin(self, start: int, owner: int) -> None:
        """From `start` on, `owner` is the innermost block."""
        if self._starts[-1] == start:
            self._owners[-1] = owner
        else:
            self._starts.append(start)
            self._owners.append(owner)

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

    def best(self, question: Question, remote: int) -> list[Candidate]:
        """The strongest filters that match, all of one key."""
        found: list[Candidate] = []
        number = self._owners[bisect_right(self._starts, remote) - 1]
        while number >= 0:
            listed, exact, number, ceiling = self._blocks[number]
            if found and ceiling < found[0][0]:
                break
            if listed:
                _strongest(listed, question, found)
            if exact:
                for probe in _probes(question):
                    if probe in exact:
                        _strongest(exact[probe], question, found)
        return found

    def matching(self, question: Question, remote: int) -> Iterator[Candidate]:
        """All filters that match."""
        number = self._owners[bisect_right(self._starts, remote) - 1]
        while number >= 0:
            block = self._blocks[number]
            for candidates in (block.listed, *(block.exact.get(probe, ()) for probe in _probes(question))):
                for candidate in candidates:
                    alone: list[Candidate] = []
                    _strongest([candidate], question, alone)
                    yield from alone
            number = block.parent


def _strongest(candidates: list[Candidate], question: Question, found: list[Candidate]) -> None:
    """Put into `found` what matches and is not weaker than what is there, and take out what is."""
    protocol, local_port, remote_port, held, connection = question
    best = found[0][0] if found else -1
    for candidate in candidates:
        key, box, local, connections, _, _ = candidate
        if key < best:
            return
        if (
            box[0] <= protocol <= box[1]
            and box[2] <= local_port <= box[3]
            and box[4] <= remote_port <= box[5]
            and local in held
            and connections & connection
        ):
            if key > best:
                found.clear()
                best = key
            found.append(candidate)


def _probes(question: Question) -> list[tuple[int, int, int]]:
    """Where in `exact` filters for a packet may stand: each of protocol and ports given, or not."""
    protocol, local_port, remote_port = question[:3]
    return [
        (protocol, local_port, remote_port),
        (protocol, local_port, _ANY),
        (protocol, _ANY, remote_port),
        (protocol, _ANY, _ANY),
        (_ANY, local_port, remote_port),
        (_ANY, local_port, _ANY),
        (_ANY, _ANY, remote_port),
        (_ANY, _ANY, _ANY),
    ]


def _by_block(rows: Iterable[Row], boxes: list[Box]) -> dict[tuple[int, int], list[Candidate]]:
    """The candidates of each block; ranges that may cross others are cut into prefixes."""
    blocks: dict[tuple[int, int], list[Candidate]] = {}
    given = list(rows)
    crossing = not _laminar({row[:2] for row in given})
    for row in given:
        low, high, told, local, connections, count = row
        candidate = told >> SHAPE_BITS, boxes[box_of(row)], local, connections, count, told & _OUTCOME
        for block in cidrs(low, high) if crossing else ((low, high),):
            blocks.setdefault(block, []).append(candidate)
    return blocks


def _laminar(blocks: Iterable[tuple[int, int]]) -> bool:
    """Whether of any two blocks one lies in the other, or they are disjoint."""
    ends: list[int] = []
    for low, negative in sorted((low, -high) for low, high in blocks):
        while ends and ends[-1] < low:
            ends.pop()
        if ends and ends[-1] < -negative:
            return False
        ends.append(-negative)
    return True


def _block(candidates: list[Candidate], parent: int, above: int) -> _Block:
    candidates.sort(key=lambda candidate: candidate[0], reverse=True)
    ceiling = max(above, candidates[0][0])
    if len(candidates) <= _FEW:
        return _Block(candidates, {}, parent, ceiling)
    listed: list[Candidate] = []
    exact: dict[tuple[int, int, int], list[Candidate]] = {}
    for candidate in candidates:
        asked = []
        for low, high, all_of in zip(candidate[1][::2], candidate[1][1::2], EVERYTHING[1::2], strict=True):
            asked.append(low if low == high else _ANY if (low, high) == (0, all_of) else -1)
        if -1 in asked:
            listed.append(candidate)
        else:
            protocol, local, remote = asked
            exact.setdefault((protocol, local, remote), []).append(candidate)
    return _Block(listed, exact, parent, ceiling)
