"""The commands of `netsh ipsec static`: grammar, order of tags, and values that netsh has no words for."""

from __future__ import annotations

from contextlib import suppress

import pytest
import record_strategies as some
from hypothesis import given
from hypothesis import strategies as st
from netsh_syntax import line, rest
from winipsec.formats import netsh
from winipsec.model.endpoint import ANY, ME, NOBODY, Endpoint, Kind, parse_endpoint
from winipsec.model.filters import Filter, Ports, port
from winipsec.model.invalid import Invalid
from winipsec.model.methods import Esp, Kerberos, MainModeMethod, SecurityMethod
from winipsec.model.policies import DefaultRule, FilterAction, Policy

GUID = "{11e6e97e-0031-49f5-ac7d-5f2fe99babaf}"

# --- filter lists and filters -------------------------------------------------------------------------------------


def test_filter_lists():
    """A list is added with what it has, and set with all it should have."""
    assert line(netsh.add_filter_list("A list")) == 'ipsec static add filterlist name="A list"'
    assert line(netsh.add_filter_list("A", "b c")) == 'ipsec static add filterlist name="A" description="b c"'
    assert line(netsh.set_filter_list(GUID, name="A", description="")) == (
        f'ipsec static set filterlist guid="{GUID}" newname="A" description=""'
    )
    assert line(netsh.set_filter_list("A", name="A", description="d")) == (
        'ipsec static set filterlist name="A" description="d"'
    )
    assert line(netsh.set_filter_list("A", name="B", description="d")) == (
        'ipsec static set filterlist name="A" newname="B" description="d"'
    )
    assert line(netsh.delete_filter_list("A")) == 'ipsec static delete filterlist name="A"'


def test_filters_are_told_in_full():
    """Every tag that a filter has something for, words as users write them."""
    item = Filter(ANY, ME, 6, port(0), port(445), mirrored=True, description="SMB")
    assert line(netsh.add_filter("L", item)) == (
        'ipsec static add filter filterlist="L" srcaddr="any" dstaddr="me" description="SMB" protocol="tcp" '
        'mirrored="yes" srcport="0" dstport="445"'
    )
    assert line(netsh.delete_filter("L", item)) == (
        'ipsec static delete filter filterlist="L" srcaddr="any" dstaddr="me" protocol="tcp" mirrored="yes" '
        'srcport="0" dstport="445"'
    )


@pytest.mark.parametrize(
    ("side", "address", "mask"),
    [
        ("any", "any", None),
        ("me", "me", None),
        ("dns", "dns", None),
        ("gateway", "gateway", None),
        ("192.0.2.7", "192.0.2.7", "255.255.255.255"),
        ("192.0.2.7/24", "192.0.2.0", "255.255.255.0"),
        ("10.0.0.0/8", "10.0.0.0", "255.0.0.0"),
        ("10.0.0.1-10.0.0.4", "10.0.0.1-10.0.0.4", None),
        ("2001:db8::7", "2001:db8::7", None),
        ("2001:db8::/64", "2001:db8::-2001:db8::ffff:ffff:ffff:ffff", None),
        ("2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9", None),
    ],
)
def test_sides_of_filters(side, address, mask):
    """IPv4 goes with a mask, ranges and IPv6 without."""
    source = netsh.add_filter("L", Filter(parse_endpoint(side), ME))
    line(source)
    assert rest(source, "srcaddr", "srcmask") == {"srcaddr": address} | ({"srcmask": mask} if mask else {})
    destination = netsh.delete_filter("L", Filter(ME, parse_endpoint(side)))
    line(destination)
    assert rest(destination, "dstaddr", "dstmask") == {"dstaddr": address} | ({"dstmask": mask} if mask else {})


@pytest.mark.parametrize(
    ("number", "word"), [(0, "any"), (1, "icmp"), (6, "tcp"), (17, "udp"), (255, "255"), (47, "47")]
)
def test_protocols(number, word):
    """Words that are documented with their number, numbers for the rest."""
    assert rest(netsh.add_filter("L", Filter(ANY, ME, number)), "protocol") == {"protocol": word}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (Filter(ANY, ME, 6, Ports(1, 9)), "ports 1-9 cannot be written"),
        (Filter(ANY, ME, 6, port(0), Ports(1, 9)), "ports 1-9 cannot be written"),
        (Filter(ANY, ME, 256), "protocol 256 cannot be written"),
        (
            Filter(parse_endpoint("10.0.0.1"), Endpoint(Kind.MASKED, *[parse_endpoint("10.0.0.1").first] * 2)),
            "its mask",
        ),
        (Filter(parse_endpoint("0.0.0.0-0.0.0.1"), ME), None),
        (Filter(NOBODY, ME), "it would mean this host"),
        (Filter(ANY, ME, source_name="gate.example"), "'gate.example' cannot be written again"),
    ],
)
def test_filters_without_words(item, reason):
    """What netsh has no words for is refused with a sentence, never sent as something else."""
    if reason is None:
        line(netsh.add_filter("L", item))
        return
    with pytest.raises(Invalid, match=reason):
        netsh.add_filter("L", item)


@given(some.filters, st.sampled_from(["L", "Liste für alle", "100%"]))
def test_every_filter_that_can_be_said_is_said_with_known_tags(item, name):
    """Any filter either has a line of known tags in order, or raises Invalid."""
    for build in (netsh.add_filter, netsh.delete_filter):
        with suppress(Invalid):
            command = build(name, item)
            assert line(command)
            assert not command.secret


# --- filter actions -----------------------------------------------------------------------------------------------

ESP = SecurityMethod(esp=Esp("3des", "sha1"))


@pytest.mark.parametrize("action", ["permit", "block"])
def test_permit_and_block_say_no_more(action):
    """Settings of negotiation are off, and methods left out, whatever the value carries."""
    value = FilterAction("A", action, (ESP,), session_pfs=True, inbound_pass_through=True, soft_fallback=True)
    assert line(netsh.add_filter_action(value)) == (
        f'ipsec static add filteraction name="A" qmpfs="no" inpass="no" soft="no" action="{action}"'
    )


def test_negotiation_says_everything():
    """Offers in order of preference, flags, and the description where there is one."""
    value = FilterAction("A", "negotiate", (ESP, SecurityMethod("md5", None, 0, 300)), True, False, True, "why")
    tags = (
        'qmpfs="yes" inpass="no" soft="yes" action="negotiate" qmsecmethods="ESP[3DES,SHA1]:100000k/3600s AH[MD5]:300s"'
    )
    assert line(netsh.add_filter_action(value)) == (f'ipsec static add filteraction name="A" description="why" {tags}')
    assert line(netsh.set_filter_action(GUID, value)) == (
        f'ipsec static set filteraction guid="{GUID}" newname="A" description="why" {tags}'
    )
    assert line(netsh.rename_filter_action("A", "B")) == 'ipsec static set filteraction name="A" newname="B"'
    assert line(netsh.delete_filter_action("A")) == 'ipsec static delete filteraction name="A"'


@pytest.mark.parametrize(
    ("method", "text"),
    [
        (SecurityMethod("sha1", Esp("3des", "sha1")), "AH[SHA1]+ESP[3DES,SHA1]:100000k/3600s"),
        (SecurityMethod("md5", None, 204800, 300), "AH[MD5]:204800k/300s"),
        (SecurityMethod(None, Esp("des", "sha1"), 30000, 480), "ESP[DES,SHA1]:30000k/480s"),
        (SecurityMethod(None, Esp("none", "md5"), 0, 0), "ESP[None,MD5]"),
        (SecurityMethod(None, Esp("des", "none"), 50000, 0), "ESP[DES,None]:50000k"),
        (SecurityMethod(None, Esp("3des", "sha1"), 0, 3600), "ESP[3DES,SHA1]:3600s"),
    ],
)
def test_offers(method, text):
    """The grammar of offers; a lifetime of zero is left to the system (spec: ipsec-policy 1.6)."""
    assert rest(netsh.add_filter_action(FilterAction("A", "negotiate", (method,))), "qmsecmethods") == {
        "qmsecmethods": text
    }


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        ((), "at least one security method"),
        ((SecurityMethod(),), "says neither ah nor esp"),
        ((SecurityMethod(esp=Esp("none", "none")),), "neither encryption nor integrity"),
        ((SecurityMethod("unknown:7"),), "AH 'unknown:7' cannot be written"),
        ((ESP, SecurityMethod(esp=Esp("unknown:9", "md5"))), "ESP encryption 'unknown:9'"),
        ((SecurityMethod(esp=Esp("des", "unknown:3")),), "ESP integrity 'unknown:3'"),
    ],
)
def test_offers_without_words(methods, reason):
    """Unknown algorithms, and offers that protect nothing, are not sent."""
    with pytest.raises(Invalid, match=reason):
        netsh.add_filter_action(FilterAction("A", "negotiate", methods))
    with pytest.raises(Invalid, match=reason):
        netsh.set_filter_action("A", FilterAction("A", "negotiate", methods))


# --- policies -----------------------------------------------------------------------------------------------------


def test_policies_are_made_unassigned():
    """Times in minutes, the group by its number, never assigned at birth."""
    assert line(netsh.add_policy(Policy("P"))) == (
        'ipsec static add policy name="P" mmpfs="no" qmpermm="0" mmlifetime="480" activatedefaultrule="no" '
        'pollinginterval="180" assign="no" mmsecmethods="3DES-SHA1-3"'
    )


def test_policies_are_set_without_touching_the_assignment():
    """Setting says all but `assign`; the unit of the polling interval can be the other one."""
    value = Policy(
        "P",
        master_pfs=True,
        quick_modes_per_main_mode=5,
        main_mode_lifetime_seconds=600,
        polling_interval_seconds=300,
        main_mode_methods=(MainModeMethod("3des", "md5", "group2"), MainModeMethod("des", "sha1", "group1")),
        default_rule=DefaultRule(active=True),
    )
    assert line(netsh.set_policy(GUID, value)) == (
        f'ipsec static set policy guid="{GUID}" newname="P" description="" mmpfs="yes" qmpermm="5" mmlifetime="10" '
        'activatedefaultrule="yes" pollinginterval="5" mmsecmethods="3DES-MD5-2 DES-SHA1-1"'
    )
    assert rest(netsh.set_policy("P", value, polling_in_seconds=True), "pollinginterval") == {"pollinginterval": "300"}
    assert "activatedefaultrule" in rest(netsh.add_policy(Policy("P", default_rule=None)))


def test_the_assignment_alone():
    """Assigning and renaming say nothing else."""
    assert line(netsh.assign_policy("P", assigned=True)) == 'ipsec static set policy name="P" assign="yes"'
    assert line(netsh.assign_policy("P", assigned=False)) == 'ipsec static set policy name="P" assign="no"'
    assert line(netsh.rename_policy(GUID, "Q")) == f'ipsec static set policy guid="{GUID}" newname="Q"'
    assert line(netsh.delete_policy("P")) == 'ipsec static delete policy name="P"'


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy("P", main_mode_lifetime_seconds=90), "main-mode lifetime of 90 seconds is no whole number of minutes"),
        (Policy("P", polling_interval_seconds=61), "polling interval of 61 seconds"),
        (Policy("P", main_mode_methods=()), "at least one main-mode method"),
        (Policy("P", main_mode_methods=(MainModeMethod("none", "sha1", "group2"),)), "main-mode encryption 'none'"),
        (Policy("P", main_mode_methods=(MainModeMethod("des", "unknown:5", "group2"),)), "integrity 'unknown:5'"),
        (Policy("P", main_mode_methods=(MainModeMethod("des", "md5", "unknown:24"),)), "group 'unknown:24'"),
    ],
)
def test_policies_without_words(policy, reason):
    """Times between minutes and unknown algorithms are not sent."""
    with pytest.raises(Invalid, match=reason):
        netsh.add_policy(policy)


def test_the_default_rule():
    """The default rule of a policy, in full; what has no methods keeps those it has."""
    value = DefaultRule(active=True, session_pfs=True, security_methods=(ESP,), auth_methods=(Kerberos(),))
    assert line(netsh.set_default_rule("P", value)) == (
        'ipsec static set defaultrule policy="P" qmpfs="yes" activate="yes" '
        'qmsecmethods="ESP[3DES,SHA1]:100000k/3600s" kerberos="yes"'
    )
    assert line(netsh.set_default_rule("P", DefaultRule(security_methods=(), auth_methods=()))) == (
        'ipsec static set defaultrule policy="P" qmpfs="no" activate="no"'
    )
