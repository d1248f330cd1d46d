"""What a change does to conversations (spec: traffic-engine 8).

As a difference of packets, with four stacks at each stretch of addresses: inbound and outbound, before and after. What
the two directions of one side do is one function, joined by the rules of `conversation`; then the sides are compared.
Conversations are those of the host's own addresses with one other host, so groups have no part in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from winipsec.traffic.assembly import Outside, connection_names, local_side
from winipsec.traffic.classes import LocalSide, LocalWord, local_holds
from winipsec.traffic.conversation import Conversation, Flow, Starter, converse
from winipsec.traffic.diagram import Combination, Service
from winipsec.traffic.difference import allowance
from winipsec.traffic.exemptions import Exemption
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.intervals import AddressSet, address_set, holds
from winipsec.traffic.merge import joined_by, merged
from winipsec.traffic.outcome import Outcome
from winipsec.traffic.packet import Direction
from winipsec.traffic.problem import problem
from winipsec.traffic.regions import Calculation, Region, label, labelled, localised, regions
from winipsec.traffic.specificity import DEFAULT, Switches

_ALL_STARTERS = tuple(Starter)


class ConversationClass(NamedTuple):
    """Conversations that change alike; exempt ones are in none, whatever the sets say."""

    starters: tuple[Starter, ...]
    connections: tuple[str, ...]
    local: LocalSide
    remote: AddressSet
    services: tuple[Service, ...]
    before: Conversation
    after: Conversation

    def holds(self, flow: Flow, starter: Starter, host: HostFacts) -> bool:
        """Whether a conversation that is not exempt is of this class."""
        return (
            starter in self.starters
            and flow.connection in self.connections
            and self.remote.holds(flow.remote)
            and local_holds(self.local, flow.local, host)
            and any(
                holds(service.protocols, flow.protocol)
                and holds(service.local_ports, flow.local_port)
                and holds(service.remote_ports, flow.remote_port)
                for service in self.services
            )
        )


class ConversationDifference(NamedTuple):
    """Every conversation whose result changes, in disjoint classes."""

    host: HostFacts
    classes: tuple[ConversationClass, ...]
    exempt: tuple[Exemption, ...]

    def contains(self, flow: Flow, starter: Starter) -> ConversationClass | None:
        """The class of a conversation; None where nothing changes for it."""
        packets = [flow.packet(direction) for direction in Direction]
        if self.host.is_itself(flow.remote) or self.host.is_group(flow.remote):
            return None
        if any(row.matches(packet, self.host) for row in self.exempt for packet in packets):
            return None
        return next((one for one in self.classes if one.holds(flow, starter, self.host)), None)


def conversations(
    before: State, after: State, host: HostFacts, switches: Switches = DEFAULT, *, limit: int | None = None
) -> ConversationDifference:
    """All conversations whose results differ, for whoever starts them.

    Raises:
        TooComplex: it takes more than `limit` units of work.
    """
    given = problem(before, after, host, switches, switches, cancel=False)
    calculation = Calculation(given.tables, allowance(given.filters) if limit is None else limit)
    outcomes = list(given.tables.outcomes)
    was, will_be = given.sides
    found: list[ConversationClass] = []
    for family in (4, 6):
        inbound, outbound = (Direction.IN, family), (Direction.OUT, family)
        sides = [was[inbound], was[outbound], will_be[inbound], will_be[outbound]]
        if not any(sides):
            continue
        local = localised(outbound, sides, host, calculation, groups=False)
        outside = Outside(inbound, host, given.exempt)
        for starter in Starter:
            results = _Results(calculation, outcomes, starter)
            changed = merged(
                regions(family, local, calculation, results.change), calculation.diagrams, calculation.work
            )
            found += (
                _class(region, starter, results, local_side(region.local, local.atoms, outbound, host), family)
                for region in changed
                if not outside.swallows(region.remote, region.services, calculation.diagrams)
            )
    named = [one for one in found if isinstance(one.local, LocalWord)]
    others = [one for one in found if not isinstance(one.local, LocalWord)]
    classes = joined_by(named, 3, lambda many: reduce(AddressSet.joined, many)) + others
    classes = joined_by(classes, 0, lambda many: tuple(one for one in _ALL_STARTERS if (one,) in many))
    return ConversationDifference(host, tuple(sorted(classes, key=_rank)), given.exempt)


def _class(region: Region, starter: Starter, results: _Results, local: LocalSide, family: int) -> ConversationClass:
    before, after = (results.named[number] for number in labelled(region.label))
    return ConversationClass(
        (starter,),
        connection_names(region.connections),
        local,
        address_set(family, region.remote),
        region.services,
        before,
        after,
    )


def _rank(one: ConversationClass) -> tuple[object, ...]:
    return (
        str(one.before),
        str(one.after),
        [starter.value for starter in one.starters],
        one.remote,
        one.services,
        one.connections,
        (0, one.local.value) if isinstance(one.local, LocalWord) else (1, one.local),
    )


class _Results:
    """What two directions make of a conversation, by number."""

    def __init__(self, calculation: Calculation, outcomes: Sequence[Outcome], starter: Starter) -> None:
        self._calculation = calculation
        self._outcomes = outcomes
        self._starter = starter
        self._numbers: dict[Conversation, int] = {}
        self.named: list[Conversation] = []
        diagrams, work = calculation.diagrams, calculation.work
        self._joined = Combination(diagrams, work, self._join, differs=False)
        self._differing = Combination(diagrams, work, label, differs=True)

    def _join(self, inbound: int, outbound: int) -> int:
        result = converse(self._outcomes[inbound], self._outcomes[outbound], self._starter)
        if result not in self._numbers:
            self._numbers[result] = len(self.named)
            self.named.append(result)
        return self._numbers[result]

    def change(self, stacks: Sequence[int]) -> int:
        """The diagram of labels for the four stacks of a stretch."""
        function = self._calculation.diagrams.function
        was_in, was_out, in_, out = (function(stack) for stack in stacks)
        return self._differing.of(self._joined.of(was_in, was_out), self._joined.of(in_, out))
