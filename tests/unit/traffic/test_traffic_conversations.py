"""Conversations: the two tables of traffic-engine 8, and the holes of section 9."""

import itertools

import pytest
from traffic_scene import ACTIONS, HOST, R, address, state
from winipsec.model.policies import FilterAction
from winipsec.traffic.conversation import Conversation, Flow, Result, Starter, conversation, converse, passes
from winipsec.traffic.outcome import BLOCKED, CLEAR, EXEMPT, outcome
from winipsec.traffic.packet import Direction

REMOTE, US = Starter.REMOTE, Starter.HOST
REQUEST = "works authenticated, in clear with peers without IPsec"


def flow(protocol, local_port, remote_port):
    """A conversation of the example host with 203.0.113.10."""
    return Flow(address("10.0.0.5"), address("203.0.113.10"), protocol, local_port, remote_port)


@pytest.mark.parametrize(
    ("word", "remote_starts", "host_starts"),
    [
        ("request", REQUEST, REQUEST),
        ("inpass", "works authenticated only (their first packets still arrive)", "works authenticated only"),
        ("soft", "works authenticated only", REQUEST),
        ("require", "works authenticated only", "works authenticated only"),
        ("encrypt", "works encrypted only", "works encrypted only"),
        ("permit", "works in clear", "works in clear"),
        ("block", "blocked", "blocked"),
    ],
)
def test_the_conversation_under_one_mirrored_rule(word, remote_starts, host_starts):
    """What people ask of a policy: does it work, with whom."""
    rules = state(R("r", f"{word} any>me 2w"))
    assert str(conversation(rules, HOST, flow(6, 445, 49152), REMOTE)) == remote_starts
    assert str(conversation(rules, HOST, flow(6, 49152, 445), US)) == host_starts


def test_a_one_way_block_lets_one_datagram_out():
    """One-way block any to me udp 1434, local port 1434: blocked from outside, one way only from here."""
    rules = state(R("r", "block any>me udp 1434 1w"))
    assert str(conversation(rules, HOST, flow(17, 1434, 49152), REMOTE)) == "blocked"
    assert str(conversation(rules, HOST, flow(17, 1434, 49152), US)) == "one way only"


PASSING = [
    (BLOCKED, False, {}),
    (CLEAR, True, dict.fromkeys(itertools.product(Direction, Starter), True)),
    (EXEMPT, True, dict.fromkeys(itertools.product(Direction, Starter), True)),
    (outcome(FilterAction("a", **ACTIONS["require"]), Direction.IN), True, {}),
    (outcome(FilterAction("a", **ACTIONS["soft"]), Direction.IN), True, {(Direction.IN, US): True}),
    (
        outcome(FilterAction("a", **ACTIONS["request"]), Direction.IN),
        True,
        dict.fromkeys(itertools.product(Direction, Starter), True),
    ),
]


@pytest.mark.parametrize(("what", "with_partner", "without"), PASSING, ids=lambda value: str(value)[:30])
def test_who_passes(what, with_partner, without):
    """The first table: each outcome, a partner that negotiates and a peer without IPsec."""
    for direction, starter in itertools.product(Direction, Starter):
        assert passes(what, direction, starter, partner=True) is with_partner
        assert passes(what, direction, starter, partner=False) is without.get((direction, starter), False)


def test_with_a_partner_the_weaker_direction_counts():
    """Clear < authenticated < encrypted."""
    null = outcome(FilterAction("a", **ACTIONS["require"]), Direction.IN)
    cipher = outcome(FilterAction("a", **ACTIONS["encrypt"]), Direction.IN)
    assert converse(cipher, null, REMOTE) == Conversation(Result.AUTHENTICATED, Result.NO)
    assert converse(cipher, cipher, REMOTE) == Conversation(Result.ENCRYPTED, Result.NO)
    assert converse(CLEAR, null, REMOTE) == Conversation(Result.CLEAR, Result.ONE_WAY)


def test_half_protected_conversations_have_words_too():
    """A reply that is stopped for everybody after a first packet that only partners can send."""
    null = outcome(FilterAction("a", **ACTIONS["require"]), Direction.IN)
    assert str(converse(null, BLOCKED, REMOTE)) == "one way only, and only with partners"
    assert str(converse(CLEAR, null, REMOTE)) == "works in clear only (their first packets still arrive)"


@pytest.mark.parametrize(
    ("rule", "local_port", "remote_port", "works"),
    [
        ("permit any>me tcp 80 2w", 80, 49152, True),
        ("permit any>me tcp 80 2w", 445, 80, False),
        ("permit me>any tcp 80 2w", 445, 80, True),
        ("permit me>any tcp 80 2w", 445, 81, False),
    ],
)
def test_stateless_filters_cannot_tell_replies_from_attacks(rule, local_port, remote_port, works):
    """Section 9: a mirrored permit for surfing gives a conversation with local 445 to whoever sends from port 80."""
    rules = state(R("all", "block any>me 2w"), R("hole", rule))
    found = conversation(rules, HOST, flow(6, local_port, remote_port), REMOTE)
    assert (found.without_ipsec is Result.CLEAR) is works


def test_source_port_88_opens_everything_while_kerberos_is_exempt():
    """NoDefaultExempt 0 or 2: from remote port 88 to every local port."""
    for level, works in ((0, True), (1, False), (2, True), (3, False)):
        rules = state(R("all", "block any>any 2w"), exempt=level)
        found = conversation(rules, HOST, flow(6, 445, 88), REMOTE)
        assert (found.without_ipsec is Result.CLEAR) is works
