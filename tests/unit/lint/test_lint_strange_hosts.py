"""No rule trips over what real hosts and stores hold: odd servers, odd addresses, broken references, foreign values."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from winipsec.lint.catalog import catalog, lint
from winipsec.lint.example import BLOCK, ENCRYPT, PERMIT, example, sketch
from winipsec.model.endpoint import Kind, masked, parse_endpoint
from winipsec.model.filters import Filter, Ports
from winipsec.model.methods import Esp, MainModeMethod, SecurityMethod, UnknownAuth
from winipsec.traffic.facts import Generation, HostFacts

ADDRESSES = ["10.0.0.5", "203.0.113.10", "192.0.2.5", "2001:db8::5", "255.255.255.255", "224.0.0.1", "127.0.0.1"]


def servers(*texts):
    """Every server word stands for all of these."""
    found = frozenset(map(ip_address, texts))
    return dict.fromkeys((Kind.DNS, Kind.DHCP, Kind.GATEWAY, Kind.WINS), found)


HOSTS = {
    "nothing known": HostFacts(),
    "no address": HostFacts(addresses=frozenset()),
    "IPv6 only": HostFacts(addresses=frozenset({ip_address("2001:db8::7")}), servers=servers("2001:db8::1")),
    "odd servers": HostFacts(addresses=frozenset({ip_address("10.0.0.5")}), servers=servers(*ADDRESSES)),
    "no servers": HostFacts(addresses=frozenset({ip_address("10.0.0.5")}), servers=servers()),
    "odd addresses": HostFacts(addresses=frozenset(map(ip_address, ADDRESSES)), servers=servers("10.0.0.5")),
    "everybody's address": HostFacts(addresses=frozenset(ip_address(f"203.0.113.{n}") for n in range(10, 19))),
    "old, with prefixes": HostFacts(
        addresses=frozenset({ip_address("10.0.0.5")}),
        prefixes=(ip_network("10.0.0.0/24"), ip_network("2001:db8::/64")),
        generation=Generation.WINDOWS_2000,
    ),
}

BROAD = example(
    sketch("Web", PERMIT, "tcp any <-> me port 80", "tcp 224.0.0.0/4 -> me port 5985", "tcp 127.0.0.1 -> me port 5985"),
    sketch("Servers", PERMIT, "udp me <-> dns port 53", "udp me port 68 <-> dhcp port 67", "any me <-> gateway"),
    sketch("Rest", BLOCK, "any any <-> any", "any ::/0 <-> me", "icmp any <-> me"),
    sketch("Tunnel", ENCRYPT, "any me <-> 10.9.0.0/16", tunnel_endpoint="gateway.example", connection_type="lan"),
)


@pytest.mark.parametrize("facts", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize("level", [None, 0, 1, 2, 3, 77])
def test_no_rule_fails_on_a_strange_host(facts, level):
    """Whatever the registry tells of addresses and servers, every rule gives an answer."""
    lint(replace(BROAD, host=facts, no_default_exempt=level))


@pytest.mark.parametrize("name", HOSTS)
def test_no_rule_fails_on_its_examples_on_a_strange_host(name):
    """Neither on the bad one nor on the good one."""
    for rule in catalog():
        lint(replace(rule.bad, host=HOSTS[name]), [rule])
        lint(replace(rule.good, host=HOSTS[name]), [rule])


def test_a_dhcp_server_that_is_the_broadcast_address_is_none():
    """Windows writes 255.255.255.255 where an address is set by hand: no lease can be lost."""
    rest = sketch("Rest", BLOCK, "any any <-> me")
    fixed = HostFacts(servers={Kind.DHCP: frozenset({ip_address("255.255.255.255")})})
    assert "WIP503" not in {report.rule.id for report in lint(example(rest, host=fixed))}
    leased = HostFacts(servers={Kind.DHCP: frozenset({ip_address("10.0.0.1")})})
    assert "WIP503" in {report.rule.id for report in lint(example(rest, host=leased))}


def test_foreign_values_are_reported_and_break_nothing():
    """A torn mask, a port range, ports without TCP, unknown algorithms, authentication and connections."""
    torn = masked(ip_address("10.0.0.5"), ip_address("255.0.255.0"))
    items = [
        Filter(torn, parse_endpoint("me"), 6),
        Filter(parse_endpoint("any"), parse_endpoint("me"), 6, destination_ports=Ports(100, 200)),
        Filter(parse_endpoint("any"), parse_endpoint("me"), 50, destination_ports=Ports(7, 7)),
        Filter(parse_endpoint("10.0.0.1"), parse_endpoint("2001:db8::1")),
        Filter(parse_endpoint("me"), parse_endpoint("me")),
    ]
    foreign = replace(ENCRYPT, security_methods=(SecurityMethod(esp=Esp("unknown:9", "unknown:7"), ah="unknown:5"),))
    subject = example(
        sketch("Foreign", foreign, *items, auth_methods=(UnknownAuth(9),), connection_type="unknown:3"),
        sketch("Strange", replace(BLOCK, name="Odd", action="unknown"), *items),
        policy=replace(
            next(iter(BROAD.store.policies.values())),
            main_mode_methods=(MainModeMethod("unknown:1", "unknown:2", "unknown:3"),),
        ),
    )
    assert {"WIP315"} <= {report.rule.id for report in lint(subject)}


def test_broken_references_break_nothing():
    """Rules of policies that are gone, an active policy that is none, lists and actions that are missing."""
    store = BROAD.store
    for broken in (
        replace(store, filter_lists={}),
        replace(store, filter_actions={}),
        replace(store, policies={}),
        store.with_active("{00000000-0000-4000-8000-000000000001}"),
        replace(store, filter_lists={}, filter_actions={}, policies={}),
    ):
        lint(replace(BROAD, store=broken))
