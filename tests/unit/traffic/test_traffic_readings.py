"""How filters are read, and which cannot be: traffic-engine 2.1."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from traffic_scene import HOST, R, filters, host, packet, state
from winipsec.model.endpoint import Kind, masked, parse_endpoint
from winipsec.model.filters import Filter, Ports, port
from winipsec.model.policies import FilterAction
from winipsec.model.store import Unreadable
from winipsec.traffic.decide import decide
from winipsec.traffic.packet import BadQuestion, Direction
from winipsec.traffic.readings import readings
from winipsec.traffic.specificity import DEFAULT, Switches


def hit(rules, text, facts=HOST, switches=DEFAULT, **more):
    """Whether some filter decides the packet."""
    return decide(rules, facts, packet(text, **more), switches).rule is not None


# filter, packets it matches, packets it does not
WAYS = [
    (
        "any>me tcp 80 1w",
        ["in tcp 192.0.2.1:9 > 10.0.0.5:80"],
        ["out tcp 10.0.0.5:80 > 192.0.2.1:9", "out tcp 10.0.0.5:9 > 192.0.2.1:80", "in udp 192.0.2.1:9 > 10.0.0.5:80"],
    ),
    (
        "any>me tcp 80 2w",
        ["in tcp 192.0.2.1:9 > 10.0.0.5:80", "out tcp 10.0.0.5:80 > 192.0.2.1:9"],
        ["out tcp 10.0.0.5:9 > 192.0.2.1:80", "in tcp 192.0.2.1:80 > 10.0.0.5:9"],
    ),
    (
        "me>any tcp from 7 80 2w",
        ["out tcp 10.0.0.5:7 > 192.0.2.1:80", "in tcp 192.0.2.1:80 > 10.0.0.5:7"],
        ["in tcp 192.0.2.1:7 > 10.0.0.5:80", "out tcp 10.0.0.5:80 > 192.0.2.1:7"],
    ),
    ("any>any 1w", ["in icmp 192.0.2.1 > 10.0.0.5", "out 47 10.0.0.5 > 192.0.2.1"], []),
    (
        "10.0.0.0/8>any 1w",
        ["in tcp 10.9.9.9:9 > 10.0.0.5:80", "out tcp 10.0.0.5:9 > 192.0.2.1:80"],
        ["in tcp 192.0.2.1:9 > 10.0.0.5:80"],
    ),
    (
        "192.0.2.1>any 1w",
        ["in tcp 192.0.2.1:9 > 10.0.0.5:80"],
        ["out tcp 10.0.0.5:9 > 192.0.2.1:80", "in tcp 192.0.2.2:9 > 10.0.0.5:80"],
    ),
    (
        "192.0.2.1-192.0.2.6>me 1w",
        ["in tcp 192.0.2.1:9 > 10.0.0.5:80", "in tcp 192.0.2.6:9 > 10.0.0.5:80"],
        ["in tcp 192.0.2.7:9 > 10.0.0.5:80", "in tcp 192.0.2.0:9 > 10.0.0.5:80"],
    ),
    ("me>me 2w", [], ["in tcp 192.0.2.1:9 > 10.0.0.5:80", "out tcp 10.0.0.5:9 > 192.0.2.1:80"]),
]


@pytest.mark.parametrize(("text", "matched", "others"), WAYS)
def test_a_filter_has_no_direction_but_its_sides_have(text, matched, others):
    """In: local = destination. Out: local = source. Mirrored: the same exchanged, ports too."""
    rules = state(R("r", f"block {text}"))
    assert [item for item in matched if not hit(rules, item)] == []
    assert [item for item in others if hit(rules, item)] == []


def test_identical_readings_count_once():
    """Any to any reads both ways; mirrored adds nothing."""
    for way in ("1w", "2w"):
        found = readings(state(R("r", f"block any>any {way}")), HOST, DEFAULT).certain
        assert [reading.direction for reading in found] == [Direction.IN, Direction.OUT]


def test_me_never_matches_on_the_remote_side():
    """`any>me` has no outbound reading: the remote side would be the host itself."""
    found = readings(state(R("r", "block any>me 1w")), HOST, DEFAULT).certain
    assert [reading.direction for reading in found] == [Direction.IN]


@pytest.mark.parametrize(
    ("side", "matches"),
    [("any", True), ("224.0.0.0/4", True), ("224.0.0.1", True), ("me", False), ("10.0.0.0/8", False)],
)
def test_inbound_groups_are_matched_by_any_and_literals_only(side, matches):
    """Multicast is not among the host's own addresses."""
    rules = state(R("r", f"block 192.0.2.1>{side} 1w"))
    switches = Switches(inbound_multicast_exempt=False)
    assert hit(rules, "in udp 192.0.2.1:9 > 224.0.0.1:9", switches=switches) is matches


def test_me_is_every_own_address():
    """Each unicast address the host has is `me`."""
    rules = state(R("r", "block any>me 2w"))
    facts = host("10.0.0.5", "10.0.1.5")
    assert hit(rules, "in tcp 192.0.2.1:9 > 10.0.1.5:80", facts)
    assert hit(rules, "out tcp 10.0.0.5:80 > 192.0.2.1:9", facts)


def test_unknown_own_addresses_are_whatever_they_may_be():
    """The local address ranges over all unicast addresses and is `me`; literals split it."""
    unknown = host()
    assert hit(state(R("r", "block any>me 1w")), "in tcp 192.0.2.1:9 > 10.7.7.7:80", unknown)
    literal = state(R("r", "block any>10.0.0.5 1w"))
    assert hit(literal, "in tcp 192.0.2.1:9 > 10.0.0.5:80", unknown)
    assert not hit(literal, "in tcp 192.0.2.1:9 > 10.0.0.6:80", unknown)


@pytest.mark.parametrize(
    ("text", "default", "both"),
    [("any>me", False, True), ("any>any", False, True), ("any>::/0", True, True), ("any>10.0.0.0/8", False, False)],
)
def test_words_alone_are_ipv4_unless_switched(text, default, both):
    """A filter between any and me is stored in the old form: IPv4 only, alternative both (a guess)."""
    rules = state(R("r", f"block {text} 1w"))
    facts = host("10.0.0.5", "2001:db8::5")
    item = "in tcp [2001:db8::1]:9 > [2001:db8::5]:80"
    assert hit(rules, item, facts) is default
    assert hit(rules, item, facts, Switches(any_family="both")) is both


@pytest.mark.parametrize(
    ("connection", "lan", "dialup"), [("all", True, True), ("lan", True, False), ("dialup", False, True)]
)
def test_the_connection_type_is_one_more_dimension(connection, lan, dialup):
    """A rule for LAN connections says nothing about dial-up."""
    rules = state(R("r", "block any>me 1w", connection=connection))
    item = "in tcp 192.0.2.1:9 > 10.0.0.5:80"
    assert hit(rules, item) is lan
    assert hit(rules, item, connection="dialup") is dialup


def test_an_inactive_rule_says_nothing():
    """It has no readings and is not unresolved either."""
    found = readings(state(R("r", "block any>me 1w", active=False)), HOST, DEFAULT)
    assert found.certain == found.unresolved == ()


def test_a_server_word_is_the_servers_address():
    """Known servers match, others do not; a host without such a server is matched nowhere."""
    rules = state(R("r", "block me>dns udp 53 2w"))
    item = "out udp 10.0.0.5:9 > 192.0.2.53:53"
    assert hit(rules, item, host("10.0.0.5", servers={Kind.DNS: frozenset({ip_address("192.0.2.53")})}))
    assert not hit(rules, item, host("10.0.0.5", servers={Kind.DNS: frozenset({ip_address("192.0.2.54")})}))
    assert not hit(rules, item, host("10.0.0.5", servers={Kind.DNS: frozenset()}))


def test_an_unknown_server_leaves_the_filter_unresolved():
    """The filter takes no part; the verdicts it might turn say so, others do not."""
    rules = state(R("r", "block me>dns udp 53 2w"))
    verdict = decide(rules, HOST, packet("out udp 10.0.0.5:9 > 192.0.2.53:53"))
    assert str(verdict.outcome) == "clear"
    assert [item.reason for item in verdict.unresolved] == ["which address dns stands for on this host is not known"]
    assert decide(rules, HOST, packet("out udp 10.0.0.5:9 > 192.0.2.53:54")).unresolved == ()


TORN = Filter(masked(ip_address("10.0.0.1"), ip_address("255.0.255.0")), parse_endpoint("me"))
MIXED = Filter(parse_endpoint("10.0.0.0/8"), parse_endpoint("2001:db8::/32"))
PORTED = Filter(destination=parse_endpoint("me"), destination_ports=port(445))


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (TORN, "its mask is not a prefix"),
        (PORTED, "it names a port, but protocol any"),
        (replace(PORTED, protocol=1), "it names a port, but protocol icmp"),
        (MIXED, "its two sides are of different families"),
    ],
)
def test_what_only_foreign_stores_hold_is_unresolved(item, reason):
    """Such a filter raises nothing, takes no part and is listed with its reason."""
    found = readings(state(R("r", "block any>me 1w", filters=(item, *filters("any>me tcp 80 1w")))), HOST, DEFAULT)
    assert [(u.filter, u.reason) for u in found.unresolved] == [(item, reason)]
    assert len(found.certain) == 1


def test_a_port_range_is_read():
    """Foreign stores hold ranges of ports; both ends belong to them."""
    item = Filter(parse_endpoint("any"), parse_endpoint("me"), 6, destination_ports=Ports(80, 90), mirrored=False)
    rules = state(R("r", "block any>me 1w", filters=(item,)))
    found = [number for number in (79, 80, 85, 90, 91) if hit(rules, f"in tcp 192.0.2.1:9 > 10.0.0.5:{number}")]
    assert found == [80, 85, 90]


def test_a_missing_list_is_unresolved():
    """A rule whose filter list is gone decides nothing."""
    rules = state(R("r", "block any>me 1w"))
    rules = replace(rules, store=replace(rules.store, filter_lists={}))
    verdict = decide(rules, HOST, packet("in tcp 192.0.2.1:9 > 10.0.0.5:80"))
    assert verdict.rule is None
    assert [u.reason for u in readings(rules, HOST, DEFAULT).unresolved] == ["its filter list does not exist"]


def test_an_unreadable_list_makes_every_verdict_uncertain():
    """What a list says that cannot be decoded might be anything."""
    rules = state(R("r", "block any>me 1w"))
    gone = Unreadable("ipsecFilter", "{l-r}", "r", "cut short")
    rules = replace(rules, store=replace(rules.store, filter_lists={}, unreadable=(gone,)))
    verdict = decide(rules, HOST, packet("in tcp 192.0.2.1:9 > 10.0.0.5:80"))
    assert [u.reason for u in verdict.unresolved] == ["its filter list cannot be read: cut short"]


def test_an_unreadable_rule_makes_every_verdict_uncertain():
    """It may do anything to any packet; one of another policy does nothing."""
    rules = state(R("r", "permit any>me 1w"))
    lost = Unreadable("ipsecNFA", "{lost}", "lost", "cut short", owner=rules.store.active)
    for owner, reasons in ((lost.owner, ["the rule cannot be read: cut short"]), ("{other}", [])):
        given = replace(rules, store=replace(rules.store, unreadable=(lost._replace(owner=owner),)))
        verdict = decide(given, HOST, packet("in tcp 192.0.2.1:9 > 10.0.0.5:80"))
        assert [u.reason for u in verdict.unresolved] == reasons


@pytest.mark.parametrize("action", [None, FilterAction("x", action="unknown", guid="{a-x}")])
def test_a_missing_or_unknown_action_is_unresolved(action):
    """What the rule does is not known, so its filters take no part."""
    rules = state(R("r", "block any>me 1w", action=action))
    if action is None:
        rules = replace(rules, store=replace(rules.store, filter_actions={}))
    found = readings(rules, HOST, DEFAULT)
    assert found.certain == ()
    assert [u.reason for u in found.unresolved] == ["what its filter action does is not known"]


def test_a_dangling_active_policy_is_no_policy():
    """`ActivePolicy` may name what is gone: then nothing is in force."""
    rules = state(R("r", "block any>me 1w"))
    rules = replace(rules, store=rules.store.with_active("{gone}"))
    assert str(decide(rules, HOST, packet("in tcp 192.0.2.1:9 > 10.0.0.5:80")).outcome) == "clear"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("in tcp 192.0.2.1:9 > 10.0.0.6:80", "local"),
        ("out tcp 224.0.0.1:9 > 192.0.2.1:80", "local"),
        ("in tcp 224.0.0.1:9 > 10.0.0.5:80", "remote"),
        ("in tcp 127.0.0.1:9 > 10.0.0.5:80", "remote"),
        ("out tcp 10.0.0.5:9 > 10.0.0.5:80", "remote"),
        ("in tcp [2001:db8::1]:9 > 10.0.0.5:80", "remote"),
        ("in icmp 192.0.2.1:9 > 10.0.0.5:0", "remotePort"),
        ("in 47 192.0.2.1:0 > 10.0.0.5:80", "localPort"),
        ("in tcp 192.0.2.1:9 > 10.0.0.5:65536", "localPort"),
    ],
)
def test_a_packet_that_cannot_be_is_a_bad_question(text, path):
    """Ports without TCP or UDP, foreign local addresses, mixed families, self traffic (section 11)."""
    with pytest.raises(BadQuestion) as caught:
        decide(state(R("r", "block any>me 1w")), HOST, packet(text))
    assert caught.value.path == path


def test_other_bad_questions():
    """A protocol number beyond 255 and a connection that is neither LAN nor dial-up."""
    good = packet("in icmp 192.0.2.1 > 10.0.0.5")
    for bad, path in ((replace(good, protocol=256), "protocol"), (replace(good, connection="wlan"), "connection")):
        with pytest.raises(BadQuestion) as caught:
            decide(state(R("r", "block any>me 1w")), HOST, bad)
        assert caught.value.path == path
