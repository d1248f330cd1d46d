"""Values as property dictionaries: the names and spellings of design 2.1, and what is left out when."""

import ipaddress

import pytest
from winipsec.model.endpoint import parse_endpoint
from winipsec.model.filters import Filter, FilterList, Ports, port
from winipsec.model.methods import Esp, Kerberos, MainModeMethod, PresharedKey, RootCa, SecurityMethod, UnknownAuth
from winipsec.model.policies import DefaultRule, FilterAction, Policy, Rule
from winipsec.model.properties import (
    auth_method_properties,
    filter_action_properties,
    filter_list_properties,
    filter_properties,
    minutes,
    policy_properties,
    rule_properties,
)
from winipsec.model.store import Store


def test_a_filter():
    """Ports are numbers, 0 for any; the description is there when there is one."""
    item = Filter(
        parse_endpoint("any"), parse_endpoint("me"), 17, destination_ports=port(1434), mirrored=False, description="x"
    )
    assert filter_properties(item) == {
        "source": "any",
        "destination": "me",
        "protocol": "udp",
        "sourcePort": 0,
        "destinationPort": 1434,
        "mirrored": False,
        "description": "x",
    }


@pytest.mark.parametrize(
    ("source", "protocol", "words"),
    [
        ("10.0.0.1/255.0.0.0", 47, ("10.0.0.0/8", "47")),
        ("10.0.0.1-10.0.0.9", 255, ("10.0.0.1-10.0.0.9", "raw")),
        ("2001:DB8::/32", 0, ("2001:db8::/32", "any")),
        ("DNS", 1, ("dns", "icmp")),
    ],
)
def test_spellings_of_sides_and_protocols(source, protocol, words):
    """One normal form for every value."""
    properties = filter_properties(Filter(parse_endpoint(source), protocol=protocol))
    assert (properties["source"], properties["protocol"]) == words


def test_a_port_range_of_a_foreign_store_reads_as_text():
    """No schema property can say it; it is shown all the same."""
    assert filter_properties(Filter(protocol=6, source_ports=Ports(10, 20)))["sourcePort"] == "10-20"


def test_a_filter_list_keeps_the_order_of_its_filters():
    """Empty lists stay lists; an empty description is left out."""
    filters = tuple(Filter(parse_endpoint(f"10.0.0.{i}")) for i in (3, 1, 2))
    found = filter_list_properties(FilterList("l", filters))
    assert [item["source"] for item in found["filters"]] == ["10.0.0.3", "10.0.0.1", "10.0.0.2"]
    assert filter_list_properties(FilterList("l")) == {"name": "l", "filters": []}
    assert filter_list_properties(FilterList("l", description="d"))["description"] == "d"


def test_a_filter_action():
    """Offers in order, without the parts they lack."""
    action = FilterAction(
        "a",
        security_methods=(
            SecurityMethod("md5", Esp("3des", "sha1"), 1, 2),
            SecurityMethod(esp=Esp("none", "sha1")),
            SecurityMethod("sha1"),
        ),
        session_pfs=True,
    )
    assert filter_action_properties(action) == {
        "name": "a",
        "action": "negotiate",
        "securityMethods": [
            {
                "ah": "md5",
                "esp": {"encryption": "3des", "integrity": "sha1"},
                "lifetimeKilobytes": 1,
                "lifetimeSeconds": 2,
            },
            {
                "esp": {"encryption": "none", "integrity": "sha1"},
                "lifetimeKilobytes": 100000,
                "lifetimeSeconds": 3600,
            },
            {"ah": "sha1", "lifetimeKilobytes": 100000, "lifetimeSeconds": 3600},
        ],
        "sessionPfs": True,
        "inboundPassThrough": False,
        "softFallback": False,
    }


def test_a_policy():
    """Times in minutes; a default rule only where there is one."""
    policy = Policy("p", main_mode_methods=(MainModeMethod("3des", "sha1", "group14"),), default_rule=None)
    assert policy_properties(policy) == {
        "name": "p",
        "masterPfs": False,
        "quickModesPerMainMode": 0,
        "mainModeLifetimeMinutes": 480,
        "pollingIntervalMinutes": 180,
        "mainModeMethods": [{"encryption": "3des", "integrity": "sha1", "dhGroup": "group14"}],
    }
    rule = DefaultRule(active=True, security_methods=(), auth_methods=(Kerberos(),))
    assert policy_properties(Policy("p", default_rule=rule))["defaultRule"] == {
        "active": True,
        "sessionPfs": False,
        "securityMethods": [],
        "authMethods": [{"kerberos": True}],
    }


@pytest.mark.parametrize(("seconds", "expected"), [(28800, 480), (0, 0), (90, 1.5), (59, 59 / 60)])
def test_minutes_are_whole_where_exact(seconds, expected):
    """60 seconds are 1, not 1.0."""
    assert minutes(seconds) == expected
    assert isinstance(minutes(seconds), int if seconds % 60 == 0 else float)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (Kerberos(), {"kerberos": True}),
        (PresharedKey("k"), {"presharedKey": "k"}),
        (
            RootCa("CN=Root", certificate_mapping=True),
            {"rootCa": {"name": "CN=Root", "certificateMapping": True, "excludeCaName": False}},
        ),
        (UnknownAuth(9), {"unknown": 9}),
    ],
)
def test_each_authentication_method_is_one_property(method, expected):
    """The property says which method it is."""
    assert auth_method_properties(method) == expected


def store(*, action_name="a", second_list=""):
    """A store with one rule; its list may have a namesake."""
    found = Store().with_policy(Policy("p", guid="{1}")).with_filter_list(FilterList("l", guid="{2}"))
    if second_list:
        found = found.with_filter_list(FilterList(second_list, guid="{4}"))
    return found.with_filter_action(FilterAction(action_name, guid="{3}"))


RULE = Rule("r", "{1}", "{2}", "{3}")


def test_a_rule_refers_by_name():
    """Nothing optional is there but what is set."""
    assert rule_properties(RULE, store()) == {
        "name": "r",
        "policy": "p",
        "filterList": "l",
        "filterAction": "a",
        "active": True,
        "connectionType": "all",
        "authMethods": [{"kerberos": True}],
    }
    tunnel = Rule("r", "{1}", "{2}", "{3}", tunnel_endpoint=str(ipaddress.ip_address("192.0.2.1")), description="d")
    found = rule_properties(tunnel, store())
    assert (found["tunnelEndpoint"], found["description"]) == ("192.0.2.1", "d")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (store(second_list="L"), {"filterList": "{2}"}),
        (store(action_name=""), {"filterAction": "{3}"}),
        (Store(), {"policy": "{1}", "filterList": "{2}", "filterAction": "{3}"}),
    ],
)
def test_a_rule_refers_by_guid_where_a_name_does_not_do(given, expected):
    """Two of one name (case does not count), no name, or nothing there."""
    found = rule_properties(RULE, given)
    assert {name: found[name] for name in expected} == expected
