"""Whether a conversation comes about under a policy, and which filter is in its way."""

from __future__ import annotations

from winipsec.lint.subject import Case
from winipsec.model.endpoint import Address, parse_address
from winipsec.traffic.conversation import Flow, Starter, passes
from winipsec.traffic.decide import Verdict, decide
from winipsec.traffic.packet import Direction

SOMEBODY = parse_address("203.0.113.10")
"""A client that filters do not name by chance."""
_SOME_HOST = parse_address("192.0.2.5")


def own_address(case: Case) -> Address:
    """An IPv4 address of the host, or one that may be."""
    own = [item for item in case.host.addresses or () if item.version == 4]
    return min(own, key=int) if own else _SOME_HOST


def blockade(case: Case, flow: Flow, starter: Starter) -> Verdict | None:
    """What stops a conversation even with a partner that negotiates, the first packet before the reply."""
    ways = (Direction.IN, Direction.OUT) if starter is Starter.REMOTE else (Direction.OUT, Direction.IN)
    for direction in ways:
        verdict = decide(case.state, case.host, flow.packet(direction))
        if not passes(verdict.outcome, direction, starter, partner=True):
            return verdict
    return None
