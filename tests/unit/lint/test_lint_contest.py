"""Who decides what in a policy, against an exhaustive search through a small universe.

The search knows nothing of pieces: it asks about every packet between a few addresses and ports.
"""

from __future__ import annotations

import itertools
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec.lint.contest import Standing
from winipsec.lint.example import BLOCK, ENCRYPT, PERMIT, REQUIRE, example, sketch
from winipsec.lint.rules import equal_lists
from winipsec.traffic.decide import decide_among
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import DEFAULT, every_flip

HOST = HostFacts(addresses=frozenset({ip_address("10.0.0.5")}))
ACTIONS = {action.name: action for action in (PERMIT, BLOCK, REQUIRE, ENCRYPT)}
SIDES = ("any", "me", "10.0.0.5", "10.0.0.8", "10.0.0.9", "10.0.0.8/31", "10.0.0.0/28", "10.0.0.8-10.0.0.10")
REMOTES = [ip_address(text) for text in ("10.0.0.7", "10.0.0.8", "10.0.0.9", "10.0.0.10", "10.0.0.17", "203.0.113.9")]
SERVICES = [
    (protocol, local, remote)
    for protocol in (6, 17)
    for local, remote in itertools.product((22, 500, 40_000), repeat=2)
] + [(1, 0, 0)]


def universe():
    """Every packet there is, in this small world; who sends to a group is left out."""
    for direction, remote, (protocol, local_port, remote_port) in itertools.product(Direction, REMOTES, SERVICES):
        yield Packet(direction, ip_address("10.0.0.5"), remote, protocol, local_port, remote_port)


@st.composite
def filter_texts(draw):
    """A filter in words; one side is the host's, so that it can say something."""
    sides = [draw(st.sampled_from(SIDES)), draw(st.sampled_from(("me", "any", "10.0.0.5")))]
    if draw(st.booleans()):
        sides.reverse()
    if sides == ["me", "me"]:
        sides = ["any", "me"]
    protocol = draw(st.sampled_from(("any", "tcp", "udp", "icmp")))
    ports = ["", ""]
    if protocol in {"tcp", "udp"}:
        ports = [draw(st.sampled_from(("", " port 22", " port 500"))) for _ in sides]
    arrow = draw(st.sampled_from(("->", "<->")))
    return f"{protocol} {sides[0]}{ports[0]} {arrow} {sides[1]}{ports[1]}"


def verdict(contest, packet, switches=DEFAULT):
    """What becomes of a packet."""
    return decide_among(contest.given, contest.state, contest.host, packet, switches)


SKETCHES = st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), filter_texts()), min_size=1, max_size=6)


def contest_of(rules):
    """The contest of one rule per filter."""
    items = [sketch(f"r{number}", ACTIONS[name], text) for number, (name, text) in enumerate(rules)]
    (case,) = example(*items, host=HOST, has_ipv6=False, no_default_exempt=3).cases
    return case.contest


@settings(max_examples=15, deadline=None)
@given(SKETCHES)
def test_what_decides_a_packet_stands_as_deciding(rules):
    """Whoever decides a packet of the small world decides; who never does is not reported as beaten by nobody."""
    contest = contest_of(rules)
    deciders = {found.rule.name for packet in universe() if (found := verdict(contest, packet)).rule is not None}
    standings = {place.rule.name: place.standing for place in contest.places}
    assert {name for name in deciders if standings[name] is not Standing.DECIDES} == set()


@settings(max_examples=15, deadline=None)
@given(SKETCHES)
def test_who_is_beaten_decides_no_packet_and_its_winners_do(rules):
    """Every packet it matches in the small world is decided by one of the winners; redundant ones change no outcome."""
    contest = contest_of(rules)
    beaten = {p.rule.name: p for p in contest.places if p.standing in {Standing.BEATEN, Standing.REDUNDANT}}
    for packet in universe():
        found = verdict(contest, packet)
        for runner_up in found.runners_up:
            place = beaten.get(runner_up.rule.name)
            if place is not None:
                assert found.rule.name in {reading.rule.name for reading in place.winners}
                assert place.standing is Standing.BEATEN or found.outcome == runner_up.outcome


@settings(max_examples=15, deadline=None)
@given(SKETCHES)
def test_a_needless_permit_can_go(rules):
    """Without it every packet of the small world passes or not as it did with it."""
    contest = contest_of(rules)
    permits = [place for place in contest.places if place.standing is Standing.DECIDES and place.action == "permit"]
    for place in permits:
        if contest.is_needless(place):
            rest = contest_of(
                [("Block", "icmp 10.0.0.99 -> me"), *(r for i, r in enumerate(rules) if f"r{i}" != place.rule.name)]
            )
            for packet in universe():
                before = verdict(contest, packet).outcome
                assert verdict(rest, packet).outcome.openness == before.openness


@settings(max_examples=15, deadline=None)
@given(SKETCHES)
def test_hinges_turn_and_nothing_else_does(rules):
    """Each packet shown is decided otherwise under the guess named; a packet that turns has a hinge."""
    contest = contest_of(rules)
    hinges = [*contest.hinges(tie=True), *contest.hinges(tie=False)]
    for hinge in hinges:
        assert verdict(contest, hinge.packet).outcome == hinge.winner.outcome
        flipped = verdict(contest, hinge.packet, hinge.flip.switches)
        assert flipped.outcome == hinge.other.outcome
        assert flipped.outcome != hinge.winner.outcome
    orders = [flip for flip in every_flip() if flip.switches.any_family == DEFAULT.any_family]
    turning = any(
        verdict(contest, packet).outcome != verdict(contest, packet, flip.switches).outcome
        for flip in orders
        for packet in universe()
    )
    assert bool(hinges) or not turning


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("udp any -> me port 500", Standing.EXEMPT),
        ("udp any -> me port 4500", Standing.EXEMPT),
        ("udp me port 500 <-> any", Standing.EXEMPT),
        ("udp me -> any port 500", Standing.DECIDES),
        ("tcp any -> me port 500", Standing.DECIDES),
        ("tcp 10.0.9.0/28 -> 10.0.1.5 port 22", Standing.STRANGE),
        ("tcp any -> 10.0.0.8 port 22", Standing.DECIDES),
    ],
)
def test_standings_that_no_other_filter_causes(text, standing):
    """Key exchange is never filtered; what is between two other hosts is not seen; answers to others are."""
    (place,) = contest_of([("Block", text)]).places
    assert place.standing is standing


@pytest.mark.parametrize(("level", "standing"), [(0, Standing.EXEMPT), (2, Standing.EXEMPT), (3, Standing.DECIDES)])
def test_kerberos_is_exempt_under_0_and_2(level, standing):
    """So a block of it is without effect there (spec: traffic-engine 4.2)."""
    subject = example(sketch("Kerberos", BLOCK, "tcp any -> me port 88"), host=HOST, no_default_exempt=level)
    assert [place.standing for place in subject.cases[0].contest.places] == [standing]


def test_two_rules_that_share_a_list_are_told_apart():
    """The filter is one object in two rules: one decides, the other is beaten by it."""
    shared = [sketch(name, ACTIONS[name], "tcp any -> me port 22", filter_list="ssh") for name in ("Permit", "Block")]
    (case,) = example(*shared, host=HOST).cases
    assert {place.rule.name: place.standing for place in case.contest.places} == {
        "Permit": Standing.BEATEN,
        "Block": Standing.DECIDES,
    }
    assert list(equal_lists.find(example(*shared))) == []


def test_with_unknown_addresses_a_literal_side_may_be_the_host():
    """Nothing is strange where nobody knows the host's own addresses."""
    (case,) = example(sketch("r", BLOCK, "tcp 10.0.0.0/28 -> 10.0.1.5 port 22")).cases
    assert [place.standing for place in case.contest.places] == [Standing.DECIDES]


def test_ipv6_filters_are_judged_on_a_host_whose_ipv6_addresses_nobody_told():
    """A registry tells IPv4 addresses only: a shadowed IPv6 permit is found all the same."""
    rules = [
        sketch("Permit", PERMIT, "tcp 2001:db8::8/127 -> me port 22"),
        sketch("Block", BLOCK, "any 2001:db8::8 -> me", "any 2001:db8::9 -> me"),
    ]
    (case,) = example(*rules, host=HOST).cases
    standings = [place.standing for place in case.contest.places]
    assert standings == [Standing.BEATEN, Standing.DECIDES, Standing.DECIDES]
