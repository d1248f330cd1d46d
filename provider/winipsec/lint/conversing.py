"""Whether a conversation comes about under a policy, and which filter is in its way."""

from __future__ import annotations

from winipsec.lint.subject import Case
from winipsec.model.endpoint import Address, parse_address
from winipsec.traffic.conversation import Flow, Starter, passes
from winipsec.traffic.decide import Verdict, decide_among
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import DEFAULT

_STRANGERS = tuple(parse_address(f"203.0.113.{number}") for number in range(10, 20))
_SOME_HOST = parse_address("192.0.2.5")


def own_address(case: Case) -> Address | None:
    """An IPv4 address of the host, or one that may be; None where it has none."""
    if case.host.addresses is None:
        return _SOME_HOST
    return min((item for item in case.host.addresses if item.version == 4), key=int, default=None)


def stranger(case: Case) -> Address:
    """A peer that filters do not name by chance."""
    return next(item for item in _STRANGERS if is_peer(case, item))


def is_peer(case: Case, address: Address) -> bool:
    """Whether an IPv4 address is that of another host, one that can be talked with."""
    return address.version == 4 and not case.host.is_itself(address) and not case.host.is_group(address)


def judged(case: Case, packet: Packet) -> Verdict:
    """What becomes of a packet, by the readings that the case has at hand."""
    return decide_among(case.contest.given, case.state, case.host, packet, DEFAULT)


def blockade(case: Case, flow: Flow, starter: Starter) -> Verdict | None:
    """What stops a conversation even with a partner that negotiates, the first packet before the reply."""
    ways = (Direction.IN, Direction.OUT) if starter is Starter.REMOTE else (Direction.OUT, Direction.IN)
    for direction in ways:
        verdict = judged(case, flow.packet(direction))
        if not passes(verdict.outcome, direction, starter, partner=True):
            return verdict
    return None
