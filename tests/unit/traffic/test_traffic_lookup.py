"""One-packet look-ups give the answers of `decide`: traffic-engine 6."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from traffic_matcher import KNOWN, as_packet, as_state, random_packet, random_row, random_switches
from traffic_scene import HOST, R, host, packet, state
from winipsec.model.endpoint import ME, between
from winipsec.model.filters import Filter, Ports
from winipsec.model.policies import DefaultRule
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import Generation, HostFacts
from winipsec.traffic.lookup import Lookup
from winipsec.traffic.packet import BadQuestion
from winipsec.traffic.specificity import DEFAULT, Switches


def agreed(given, facts, items, switches=DEFAULT):
    """Whether look-up and `decide` say the same of some packets, runners-up and their reasons too."""
    lookup = Lookup(given, facts, switches)
    for item in items:
        verdict = decide(given, facts, item, switches)
        assert lookup.explain(item) == verdict
        assert lookup.decide(item) == replace(verdict, runners_up=())
    return True


def test_random_policies(dice, pairs):
    """Any policy, host, switches and exemptions; rules that say the same twice are both among the runners-up."""
    for number in range(pairs):
        rows = [random_row(dice) for _ in range(dice.choice([0, 2, 7, 7, 40]))]
        rows += rows[:2]
        servers = KNOWN.servers if number % 4 else {}
        facts = HostFacts(KNOWN.addresses if number % 5 else None, servers, generation=dice.choice(list(Generation)))
        items = [as_packet(random_packet(dice)) for _ in range(30)]
        assert agreed(as_state(rows, dice.randrange(4)), facts, items, Switches(**random_switches(dice)))


def test_ranges_that_cross_each_other():
    """Cut into prefixes, they still hold what they held."""
    filters = tuple(
        Filter(
            between(IPv4Address(1000 + 10 * i), IPv4Address(1000 + 10 * i + 25)), ME, 6, destination_ports=Ports(i, i)
        )
        for i in range(1, 9)
    )
    rules = state(R("r", "block any>me 2w", filters=filters))
    items = [
        packet(f"in tcp {IPv4Address(1000 + place)}:9 > 10.0.0.5:{number}")
        for place in range(5, 110)
        for number in range(1, 9)
    ]
    assert agreed(rules, HOST, items)


def test_many_filters_of_one_block():
    """Found by protocol and ports, ranges of ports beside them; the strongest wins as before."""
    singles = ",".join(str(number) for number in range(1, 30))
    rules = state(
        R("all", "block any>me 2w"),
        R("tcp", "require any>me tcp 2w"),
        R("ports", f"permit any>me tcp {singles} 2w"),
        R("both", "encrypt any>me tcp from 9 7 2w"),
        R("range", "soft any>me 1w", filters=(Filter(destination=ME, protocol=6, destination_ports=Ports(20, 40)),)),
    )
    items = [
        packet(f"in {protocol} 192.0.2.1:{sender} > 10.0.0.5:{number}")
        for protocol in ("tcp", "udp")
        for sender in (8, 9)
        for number in range(45)
    ]
    assert agreed(rules, HOST, items)


def test_the_default_response_rule_and_no_policy():
    """`on_request` as in `decide`; without a policy everything is clear."""
    rules = state(R("r", "block any>me tcp 80 1w"), default_rule=DefaultRule(active=True))
    old = host("10.0.0.5", generation=Generation.XP)
    assert agreed(rules, old, [packet("in tcp 192.0.2.1:9 > 10.0.0.5:81")])
    assert Lookup(rules, old).decide(packet("in tcp 192.0.2.1:9 > 10.0.0.5:81")).on_request
    assert agreed(state(), HOST, [packet("in tcp 192.0.2.1:9 > 10.0.0.5:81")])


@pytest.mark.parametrize(
    "text",
    [
        "in tcp 192.0.2.1:9 > 10.0.0.6:80",
        "in tcp 224.0.0.1:9 > 10.0.0.5:80",
        "out tcp 10.0.0.5:9 > 127.0.0.1:80",
        "in tcp 10.0.0.5:9 > 10.0.0.5:80",
        "in tcp [2001:db8::1]:9 > 10.0.0.5:80",
        "in icmp 192.0.2.1:9 > 10.0.0.5:0",
        "in tcp 192.0.2.1:9 > 10.0.0.5:65536",
        "in tcp 192.0.2.1:-1 > 10.0.0.5:80",
    ],
)
def test_packets_that_cannot_be(text):
    """Refused like `decide` refuses them, with the property at fault."""
    for rules in (state(), state(R("r", "block any>me 2w"))):
        lookup = Lookup(rules, HOST)
        with pytest.raises(BadQuestion) as expected:
            decide(rules, HOST, packet(text))
        for ask in (lookup.decide, lookup.explain):
            with pytest.raises(BadQuestion) as caught:
                ask(packet(text))
            assert caught.value.path == expected.value.path


def test_a_connection_that_is_none():
    """Only LAN and dial-up are connections."""
    with pytest.raises(BadQuestion):
        Lookup(state(), HOST).decide(packet("in tcp 192.0.2.1:9 > 10.0.0.5:80", connection="wlan"))
