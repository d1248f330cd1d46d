"""Wishes in order of precedence become filters among which the most specific wins, under every guess about Windows."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from winipsec.model.endpoint import ANY, Kind, parse_address, parse_endpoint
from winipsec.model.filters import FilterList
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.resources.precedence import ALL_IPV6, IN, OUT, Way, Wish, arranged
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import DEFAULT, every_flip

OWN = {4: parse_address("192.0.2.5"), 6: parse_address("2001:db8::5")}
HOST = HostFacts(addresses=frozenset(OWN.values()), servers={Kind.DNS: frozenset({parse_address("10.9.0.9")})})
SIDES = ["10.0.0.0/8", "10.0.0.0-10.0.0.8", "10.0.0.7-10.0.0.15", "10.0.0.7", "2001:db8:1::/48", "2001:db8:1::7", "dns"]
REMOTES = [*map(parse_address, ("10.0.0.1", "10.0.0.7", "10.0.0.8", "10.0.0.9", "10.9.0.9", "203.0.113.10"))]
REMOTES += [*map(parse_address, ("2001:db8:1::7", "2001:db8:1::8", "2001:db8:2::1"))]
PORTS = [0, 53, 80]
SETTINGS = [DEFAULT, *(flip.switches for flip in every_flip())]


def a_way(direction, remote, protocol=0, local_port=0, remote_port=0):
    """One way, the other side in words."""
    return Way(direction, parse_endpoint(remote), protocol, local_port, remote_port)


def said(wishes, **more):
    """The filters of each wish in words."""
    return {
        wish.rule: [f"{item}" + f" ({item.description})" * bool(item.description) for item in filters]
        for wish, filters in arranged(wishes, **more)
    }


BLOCK = Wish("block", "block", (a_way(IN, "any", 17, 1434),))
EXEMPT = Wish("exempt", "permit", (a_way(IN, "10.0.0.1"), a_way(OUT, "10.0.0.1")))
REST = Wish("rest", "isolation", tuple(Way(way, side) for side in (ANY, ALL_IPV6) for way in (IN, OUT)))


def test_the_narrower_wish_needs_nothing_beside_it():
    """A block of one port holds against negotiation for everything by itself (spec: traffic-engine 3, rows 5 and 6)."""
    assert said([BLOCK, REST]) == {
        "block": ["udp any -> me port 1434"],
        "rest": ["any any <-> me", "any ::/0 <-> me"],
    }


def test_a_broader_wish_gets_a_filter_for_what_both_match():
    """One address beats any whatever the ports (row 2), so the block is said for that address too."""
    assert said([BLOCK, EXEMPT, REST])["block"] == [
        "udp any -> me port 1434",
        "udp 10.0.0.1 -> me port 1434 (wins over exempt)",
    ]


def test_what_a_wish_covers_is_left_out_below_it():
    """It could only stand in the way."""
    inside = Wish("allow", "isolation", (a_way(IN, "10.0.0.1", 6, 80), a_way(OUT, "10.0.0.1", 6, 80)))
    assert said([EXEMPT, inside, REST]).keys() == {"exempt", "rest"}


def test_a_permit_is_an_exception_from_something():
    """Alone it says nothing, for what no filter matches passes; beside filters that nobody knows it may matter."""
    assert said([EXEMPT]) == {}
    assert said([EXEMPT], alone=False) == {"exempt": ["any 10.0.0.1 <-> me"]}
    assert said([BLOCK._replace(rule="b"), EXEMPT]) == {"b": ["udp any -> me port 1434"]}


def test_directions_alike_become_one_mirrored_filter():
    """Written outward where the wish is about what this host asks."""
    ways = (a_way(IN, "10.0.0.1", 17, 0, 53), a_way(OUT, "10.0.0.1", 17, 0, 53))
    assert said([Wish("names", "permit", ways, outward=True), REST])["names"] == ["udp me <-> 10.0.0.1 port 53"]
    assert said([Wish("names", "permit", ways), REST])["names"] == ["udp 10.0.0.1 port 53 <-> me"]
    assert said([Wish("names", "permit", ways[1:]), REST])["names"] == ["udp me -> 10.0.0.1 port 53"]


def test_crossing_ranges_meet_in_subnets():
    """The smallest subnet around the common part can be as large as that around the whole range."""
    wishes = [
        Wish("one", "block", (a_way(IN, "10.0.0.0-10.0.0.8"),)),
        Wish("other", "isolation", (a_way(IN, "10.0.0.7-10.0.0.15"),)),
    ]
    assert said(wishes)["one"] == [
        "any 10.0.0.0-10.0.0.8 -> me",
        "any 10.0.0.7 -> me (wins over other)",
        "any 10.0.0.8 -> me (wins over other)",
    ]


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        (a_way(IN, "any", 17, 1434), a_way(OUT, "any"), []),
        (a_way(IN, "any", 17, 1434), a_way(IN, "any", 6), []),
        (a_way(IN, "any", 17, 1434), a_way(IN, "any", 17, 53), []),
        (a_way(IN, "any", 17, 1434), a_way(IN, "::/0"), []),
        (a_way(IN, "10.0.0.0/8"), a_way(IN, "dns", 17, 0, 53), []),
        (a_way(IN, "any", 17, 1434), a_way(IN, "dns", 17, 0, 53), [a_way(IN, "dns", 17, 1434, 53)]),
        (a_way(IN, "10.0.0.1"), a_way(IN, "dns", 17, 0, 53), [a_way(IN, "10.0.0.1", 17, 0, 53)]),
        (a_way(IN, "10.0.0.0/8", 6), a_way(IN, "10.1.0.0/16"), [a_way(IN, "10.1.0.0/16", 6)]),
    ],
)
def test_what_two_ways_have_in_common(one, other, met):
    """Nothing where protocol, ports, families or directions differ; servers are only named where they are meant."""
    assert one.meeting(other) == met


def matches(way, packet):
    """Whether a way holds a packet, said once more in the plainest words."""
    remote = way.remote
    if remote.kind is Kind.DNS:
        held = packet.remote in HOST.servers[Kind.DNS]
    elif remote == ANY:
        held = packet.family == 4
    else:
        held = packet.family == remote.family and int(remote.first) <= int(packet.remote) <= int(remote.last)
    return (
        held
        and way.direction == packet.direction.value
        and way.protocol in {0, packet.protocol}
        and way.local_port in {0, packet.local_port}
        and way.remote_port in {0, packet.remote_port}
    )


def packets():
    """A packet of every combination."""
    for direction, remote, protocol in itertools.product(Direction, REMOTES, (1, 6, 17)):
        for here, there in itertools.product([53, 80, 50000] if protocol > 1 else [0], repeat=2):
            yield Packet(direction, OWN[remote.version], remote, protocol, here, there)


def in_force(wishes):
    """What the host is told."""
    store = Store().with_policy(Policy("P", guid="{p}")).with_active("{p}")
    for wish, filters in arranged(wishes):
        action = FilterAction(
            wish.outcome, "negotiate" if wish.outcome == "isolation" else wish.outcome, guid=wish.outcome
        )
        store = store.with_filter_action(action).with_filter_list(FilterList(wish.rule, tuple(filters), guid=wish.rule))
        store = store.with_rule(Rule(wish.rule, "{p}", wish.rule, wish.outcome, guid="r" + wish.rule))
    return State(store, 3)


FATES = {"permit": "clear", "block": "blocked", "isolation": "authenticated"}


@st.composite
def some_wishes(draw):
    """Up to five wishes; everybody means both families, as it does in scenarios."""
    wishes = []
    for number in range(draw(st.integers(1, 5))):
        ways = []
        for _ in range(draw(st.integers(1, 2))):
            protocol = draw(st.sampled_from([0, 6, 17]))
            here, there = (draw(st.sampled_from(PORTS)) if protocol else 0 for _ in range(2))
            sides = draw(st.one_of(st.just(["any", "::/0"]), st.sampled_from(SIDES).map(lambda side: [side])))
            directions = draw(st.sampled_from([(IN,), (OUT,), (IN, OUT)]))
            ways += [a_way(way, side, protocol, here, there) for side in sides for way in directions]
        wishes.append(Wish(f"w{number}", draw(st.sampled_from(sorted(FATES))), tuple(ways)))
    return wishes


@settings(max_examples=12, deadline=None)
@given(some_wishes())
@example([BLOCK, EXEMPT, REST])
def test_the_first_wish_decides_under_every_guess(wishes):
    """For every packet of a small world. No word says "the server, if it is in this subnet": that alone is left open."""
    state = in_force(wishes)
    for packet in packets():
        first = next((wish for wish in wishes if any(matches(way, packet) for way in wish.ways)), None)
        if packet.remote in HOST.servers[Kind.DNS] and any(
            _of_a_subnet(way, packet) for wish in wishes for way in wish.ways
        ):
            continue
        expected = FATES[first.outcome] if first is not None else "clear"
        for switches in SETTINGS:
            assert decide(state, HOST, packet, switches).outcome.fate.value == expected, (packet, switches, first)


def _of_a_subnet(way, packet):
    return matches(way, packet) and way.remote.kind in {Kind.SUBNET, Kind.RANGE} and way.remote != ALL_IPV6
