"""Questions about conversations: which end is the host, which ports are meant (traffic-engine 8)."""

import pytest
from traffic_scene import HOST, R, host, state
from winipsec.model.endpoint import parse_address
from winipsec.traffic.conversation import Starter
from winipsec.traffic.explanation import explain
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.packet import BadQuestion, Direction
from winipsec.traffic.question import Question, settled
from winipsec.traffic.sentences import sentences

TCP, ICMP = 6, 1
OUTSIDE = "203.0.113.9"


def flow(question, facts=HOST):
    """Local end, remote end, who starts."""
    asked = settled(question, facts)
    ends = (asked.flow.local, asked.flow.local_port, asked.flow.remote, asked.flow.remote_port)
    return *map(str, ends), asked.starter


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(OUTSIDE, "me", TCP, 80), ("10.0.0.5", "80", OUTSIDE, "49152", Starter.REMOTE)),
        (Question("ME", OUTSIDE, TCP, 80), ("10.0.0.5", "49152", OUTSIDE, "80", Starter.HOST)),
        (Question(OUTSIDE, "10.0.0.5", TCP, 80), ("10.0.0.5", "80", OUTSIDE, "49152", Starter.REMOTE)),
        (Question("10.0.0.5", OUTSIDE, TCP, 80), ("10.0.0.5", "49152", OUTSIDE, "80", Starter.HOST)),
        (
            Question(OUTSIDE, "me", TCP, local_port=445, remote_port=80),
            ("10.0.0.5", "445", OUTSIDE, "80", Starter.REMOTE),
        ),
        (Question("me", OUTSIDE, TCP, remote_port=53), ("10.0.0.5", "49152", OUTSIDE, "53", Starter.HOST)),
        (Question(OUTSIDE, "me", TCP, 80, local_port=80), ("10.0.0.5", "80", OUTSIDE, "49152", Starter.REMOTE)),
        (Question(OUTSIDE, "me", ICMP), ("10.0.0.5", "0", OUTSIDE, "0", Starter.REMOTE)),
        (Question(OUTSIDE, "255.255.255.255", ICMP), ("255.255.255.255", "0", OUTSIDE, "0", Starter.REMOTE)),
    ],
)
def test_the_host_is_found(question, expected):
    """By `me`, by its address, or as one of a group; the client's port is a usual one unless it is named."""
    assert flow(question) == expected


@pytest.mark.parametrize(
    ("question", "facts", "path"),
    [
        (Question("me", "me", TCP, 80), HOST, ""),
        (Question("10.0.0.5", "10.0.0.5", TCP, 80), HOST, "from"),
        (Question(OUTSIDE, "10.0.0.6", TCP, 80), HOST, "to"),
        (Question(OUTSIDE, "10.0.0.6", TCP, 80), HostFacts(), "to"),
        (Question("somewhere", "me", TCP, 80), HOST, "from"),
        (Question(OUTSIDE, "10.0.0.0/8", TCP, 80), HOST, "to"),
        (Question("2001:db8::1", "me", TCP, 80), HOST, "to"),
        (Question("2001:db8::1", "10.0.0.5", TCP, 80), HOST, "from"),
        (Question(OUTSIDE, "me", TCP), HOST, "port"),
        (Question(OUTSIDE, "me", TCP, remote_port=80), HOST, "port"),
        (Question(OUTSIDE, "me", TCP, 80, local_port=81), HOST, "port"),
        (Question(OUTSIDE, "me", ICMP, 80), HOST, "port"),
        (Question(OUTSIDE, "me", TCP, 80, direction=Direction.OUT), HOST, "direction"),
        (Question(OUTSIDE, "me", TCP, 80, connection="isdn"), HOST, "connection"),
        (Question("me", "127.0.0.1", TCP, 80), HOST, "to"),
        (Question("224.0.0.1", "me", ICMP), HOST, "from"),
    ],
)
def test_what_cannot_be_is_refused(question, facts, path):
    """With the part that is at fault."""
    with pytest.raises(BadQuestion) as error:
        settled(question, facts)
    assert error.value.path == path


def test_an_unknown_host_has_a_stand_in():
    """An address of the documentation, but never the peer's; a direction settles the rest."""
    asked = settled(Question(OUTSIDE, "me", ICMP), HostFacts())
    assert (asked.stands_in, str(asked.flow.local)) == (True, "192.0.2.5")
    asked = settled(Question("192.0.2.5", "me", ICMP), HostFacts())
    assert str(asked.flow.local) == "192.0.2.6"
    asked = settled(Question("2001:db8::1", "me", ICMP), HostFacts())
    assert str(asked.flow.local) == "2001:db8::5"
    asked = settled(Question(OUTSIDE, "10.0.0.6", ICMP, direction=Direction.OUT), HostFacts())
    assert (asked.stands_in, asked.flow.local) == (False, parse_address(OUTSIDE))


def text(rules, question, facts=HOST):
    """An explanation in words."""
    return sentences(explain(state(*rules), facts, question))


def test_a_group_has_no_reply():
    """Outbound multicast is decided, but it is no conversation."""
    lines = text([R("all", "block any>any 2w")], Question("me", "224.0.0.5", ICMP))
    assert lines == [
        "icmp 10.0.0.5 > 224.0.0.5 (out): blocked",
        "Traffic to a group of hosts; there is no reply.",
        'Decided by rule "all" (block) of policy "P", filter any any <-> any.',
    ]


def test_another_own_address_may_have_another_answer():
    """Asked by `me`, every own address is meant; asked by address, only that one."""
    rules = [R("x", "block any>10.0.0.5 tcp 80 2w")]
    both = host("10.0.0.5", "10.0.1.5")
    note = "note: at 10.0.1.5 it is another answer: clear (conversation: works in clear)."
    assert note in text(rules, Question(OUTSIDE, "me", TCP, 80), both)
    assert note not in text(rules, Question(OUTSIDE, "10.0.0.5", TCP, 80), both)


def test_a_reply_that_something_else_decides():
    """One-way: the first packet passes by no filter, the reply is blocked by one (traffic-engine 8, last row)."""
    lines = text([R("in", "block any>me udp 1434 1w")], Question("me", OUTSIDE, 17, 53, local_port=1434))
    assert lines == [
        "udp 10.0.0.5:1434 > 203.0.113.9:53 (out): clear",
        "Conversation, started by this host: one way only.",
        'No filter of policy "P" matches, so it passes in clear.',
        "Replies (udp 203.0.113.9:53 > 10.0.0.5:1434): blocked.",
        '  Decided by rule "in" (block) of policy "P", filter udp any -> me port 1434.',
    ]


def test_a_filter_that_cannot_be_read_makes_an_answer_uncertain():
    """A server word whose address is not known."""
    lines = text([R("dns", "block me>dns udp 53 2w")], Question("me", "10.0.0.53", 17, 53))
    assert lines[0].endswith(": clear")
    assert 'note: not certain: rule "dns"' in lines[-1]
    assert "dns" in lines[-1]
