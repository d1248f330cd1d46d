"""Sides of filters: every spelling of one set of addresses is one value (spec: ipsec-policy 1.5, 5.6)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winipsec.model.endpoint import ANY, ME, Endpoint, Kind, between, masked, parse_address, parse_endpoint, subnet
from winipsec.model.invalid import Invalid


@pytest.mark.parametrize(
    ("normal", "spellings"),
    [
        ("any", ["ANY", " Any ", "0.0.0.0/0", "0.0.0.0/0.0.0.0", "192.0.2.1/0", "0.0.0.0-255.255.255.255"]),
        ("me", ["Me", "ME\t"]),
        ("dns", ["DNS"]),
        ("wins", ["Wins"]),
        ("dhcp", ["DHCP"]),
        ("gateway", ["Gateway"]),
        ("192.0.2.7", ["192.0.2.7/32", "192.0.2.7/255.255.255.255", "192.0.2.7-192.0.2.7", " 192.0.2.7 "]),
        ("192.0.2.0/24", ["192.0.2.99/24", "192.0.2.0/255.255.255.0", "192.0.2.0-192.0.2.255"]),
        ("10.0.0.0/8", ["10.1.2.3/255.0.0.0", "10.0.0.0-10.255.255.255"]),
        ("10.0.0.1-10.0.0.4", ["10.0.0.1 - 10.0.0.4"]),
        ("2001:db8::7", ["2001:DB8:0:0::7", "2001:db8::7/128", "2001:db8::7-2001:db8:0::7"]),
        ("2001:db8::/32", ["2001:db8::1/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"]),
        ("2001:db8::1-2001:db8::9", ["2001:DB8::1-2001:DB8::9"]),
        ("::/0", ["::1/0"]),
    ],
)
def test_every_spelling_has_one_normal_form(normal, spellings):
    """All that Windows or a user may write for one side is one value, and its text is the normal form."""
    side = parse_endpoint(normal)
    assert str(side) == normal
    assert [parse_endpoint(spelling) for spelling in spellings] == [side] * len(spellings)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty; write any, me"),
        ("  ", "is empty"),
        ("server.example", "'server.example' is not an address; write any, me, an address"),
        ("10.0.0.256", "is not an address"),
        ("10.0.0.1-", "is not an address"),
        ("me-any", "is not an address"),
        ("10.0.0.1-10.0.0.2-10.0.0.3", "is not an address"),
        ("10.0.0.9-10.0.0.1", "is an empty range; write 10.0.0.1-10.0.0.9"),
        ("10.0.0.1-2001:db8::1", "mixes IPv4 and IPv6"),
        ("10.0.0.0/33", "has a prefix longer than 32 bits"),
        ("2001:db8::/129", "has a prefix longer than 128 bits"),
        ("10.0.0.0/", "has no mask after the slash"),
        ("10.0.0.0/x", "has no mask after the slash"),
        ("10.0.0.0/-1", "has no mask after the slash"),
        ("10.0.0.0/255.0.255.0", "its one-bits must all come first"),
        ("2001:db8::/255.0.0.0", "puts a dotted mask on an IPv6 address"),
        ("/8", "is not an IPv4 or IPv6 address"),
        ("fe80::1%eth0", "is not an address"),
        ("0.0.0.0", "would be stored as me; write me or any"),
        ("0.0.0.0/32", "would be stored as me"),
    ],
)
def test_what_is_no_side(text, reason):
    """A refusal says what would do instead."""
    with pytest.raises(Invalid, match=reason):
        parse_endpoint(text)


def test_addresses_alone():
    """A literal address of either family, without a scope."""
    assert parse_address(" 192.0.2.1 ") == IPv4Address("192.0.2.1")
    assert parse_address("2001:DB8::1") == IPv6Address("2001:db8::1")
    with pytest.raises(Invalid, match="IPsec filters cannot"):
        parse_address("fe80::1%eth0")
    with pytest.raises(Invalid, match="is not an IPv4 or IPv6 address"):
        parse_address("192.0.2.0/24")


def test_masks_of_stored_filters():
    """Host bits below a mask go; a mask with holes is kept as it is, and equal to itself only."""
    assert masked(IPv4Address("192.0.2.7"), IPv4Address("255.255.255.0")) == parse_endpoint("192.0.2.0/24")
    assert masked(IPv4Address("192.0.2.7"), IPv4Address("0.0.0.0")) == ANY
    holes = masked(IPv4Address("192.0.2.7"), IPv4Address("255.0.0.255"))
    assert holes.kind is Kind.MASKED
    assert str(holes) == "192.0.2.7/255.0.0.255"
    assert holes.network is None


def test_what_a_side_tells_about_itself():
    """Family, network, and whether it is one address or a server."""
    host, net, span = (parse_endpoint(text) for text in ("192.0.2.7", "2001:db8::/64", "10.0.0.1-10.0.0.4"))
    assert (host.family, net.family, span.family, ANY.family, ME.family) == (4, 6, 4, None, None)
    assert (host.is_address, net.is_address, span.is_address, ANY.is_address) == (True, False, False, False)
    assert (host.network, net.network) == (IPv4Network("192.0.2.7/32"), IPv6Network("2001:db8::/64"))
    assert (span.network, ME.network) == (None, None)
    assert [side.is_server for side in (ANY, ME, host, Endpoint(Kind.DNS))] == [False, False, False, True]


def test_subnets_of_everything():
    """All of IPv4 is any; all of IPv6 keeps its family."""
    assert subnet(IPv4Network("0.0.0.0/0")) == ANY
    assert str(subnet(IPv6Network("::/0"))) == "::/0"


@given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
def test_the_text_of_a_range_reads_back(one, other):
    """Every side reads back from its own text, and a range holds exactly its ends."""
    side = between(IPv4Address(min(one, other)), IPv4Address(max(one, other)))
    assert parse_endpoint(str(side)) == side
    assert (int(side.first), int(side.last)) == (min(one, other), max(one, other))
    assert (side.kind is Kind.SUBNET) == (side.network is not None)


@given(st.integers(0, 2**128 - 1), st.integers(0, 128))
def test_the_text_of_an_ipv6_subnet_reads_back(address, prefix):
    """IPv6 subnets lose their host bits and keep everything else."""
    side = parse_endpoint(f"{IPv6Address(address)}/{prefix}")
    assert side == subnet(IPv6Network((address, prefix), strict=False))
    assert parse_endpoint(str(side)) == side


@given(st.text(st.sampled_from("0123456789.:/-abcdefmany%* \t"), max_size=24))
def test_any_text_is_a_side_or_invalid(text):
    """No text brings anything but a side or Invalid."""
    try:
        side = parse_endpoint(text)
    except Invalid:
        return
    assert parse_endpoint(str(side)) == side


@pytest.mark.parametrize(
    ("whole", "part", "holds"),
    [
        ("10.0.0.1-10.0.0.9", "10.0.0.9", True),
        ("10.0.0.0/8", "10.1.0.0/16", True),
        ("10.1.0.0/16", "10.0.0.0/8", False),
        ("10.0.0.1-10.0.0.9", "10.0.0.9-10.0.0.10", False),
        ("any", "any", True),
        ("any", "10.0.0.1", False),
        ("me", "10.0.0.1", False),
        ("::1-::9", "::5", True),
        ("::1-::9", "0.0.0.5", False),
    ],
)
def test_what_a_side_holds(whole, part, holds):
    """Addresses within its bounds; a word holds only itself."""
    assert parse_endpoint(whole).holds(parse_endpoint(part)) is holds
