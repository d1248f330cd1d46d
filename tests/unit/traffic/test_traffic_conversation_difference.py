"""What a change does to conversations: traffic-engine 8, against conversations asked one by one."""

import itertools

import pytest
from traffic_matcher import GROUPS, KNOWN, random_packet, random_pair
from traffic_scene import HOST, R, address, state
from winipsec.traffic.conversation import Flow, Result, Starter, conversation
from winipsec.traffic.conversation_difference import conversations
from winipsec.traffic.specificity import Switches
from winipsec.traffic.work import TooComplex


def flow(item):
    """The conversation that a packet of the matcher belongs to."""
    _, local, remote, *rest = item
    return Flow(local, remote, *rest)


def test_random_policies_change_the_conversations_that_change(dice, pairs):
    """Each conversation is in one class with its results, or in none and the same before and after."""
    for number in range(pairs // 2):
        pair = random_pair(dice)
        before, after = pair.states
        switches = Switches(**pair.switches[0])
        found = conversations(before, after, pair.host(), switches)
        for item in [random_packet(dice) for _ in range(40)]:
            if {item[1], item[2]} & set(GROUPS):
                continue
            asked = flow(item)
            for starter in Starter:
                was, will_be = (conversation(s, pair.host(), asked, starter, switches) for s in pair.states)
                holding = [one for one in found.classes if one.holds(asked, starter, KNOWN)]
                one = found.contains(asked, starter)
                assert one is None or holding == [one]
                assert (one and (one.before, one.after)) == (None if was == will_be else (was, will_be)), number


def test_example_one_as_conversations():
    """Two one-way blocks of UDP 1434: four lines, with holes in the port sets, instead of two."""
    rules = state(R("in", "block any>me udp 1434 1w"), R("out", "block me>any udp 1434 1w"))
    found = conversations(state(), rules, HOST)
    assert len(found.classes) == 4
    told = {
        (starter, local, remote): str(one.after) if one else None
        for starter, local, remote in itertools.product(Starter, (1434, 9), (1434, 9))
        for one in [found.contains(Flow(address("10.0.0.5"), address("192.0.2.1"), 17, local, remote), starter)]
    }
    assert told == {
        (Starter.REMOTE, 1434, 1434): "blocked",
        (Starter.REMOTE, 1434, 9): "blocked",
        (Starter.REMOTE, 9, 1434): "one way only",
        (Starter.REMOTE, 9, 9): None,
        (Starter.HOST, 1434, 1434): "blocked",
        (Starter.HOST, 1434, 9): "one way only",
        (Starter.HOST, 9, 1434): "blocked",
        (Starter.HOST, 9, 9): None,
    }


def test_a_mirrored_block_is_one_class_for_both_starters():
    """Blocked, whoever begins; exempt conversations and those with groups or with itself are in none."""
    found = conversations(state(), state(R("all", "block any>me 2w")), HOST)
    (one,) = found.classes
    assert (one.starters, one.after.partner) == ((Starter.REMOTE, Starter.HOST), Result.NO)
    for remote, protocol, port in (
        ("192.0.2.1", 17, 500),
        ("224.0.0.1", 17, 9),
        ("10.0.0.5", 6, 80),
        ("127.0.0.1", 6, 80),
    ):
        asked = Flow(address("10.0.0.5"), address(remote), protocol, port, 9)
        assert found.contains(asked, Starter.REMOTE) is None
    assert found.contains(Flow(address("10.0.0.5"), address("192.0.2.1"), 6, 80, 9), Starter.REMOTE) is one


def test_a_limit_is_kept():
    """Beyond it there is no answer."""
    with pytest.raises(TooComplex):
        conversations(state(), state(R("all", "block any>me 2w")), HOST, limit=3)
