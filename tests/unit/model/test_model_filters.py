"""Filters, their protocols and ports, and the rules of netsh that they obey (spec: ipsec-policy 1.5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from winipsec.model.endpoint import ANY, ME, Endpoint, Kind, parse_endpoint
from winipsec.model.filters import (
    ANY_PORT,
    Filter,
    FilterList,
    Ports,
    duplicates,
    parse_protocol,
    port,
    protocol_word,
)
from winipsec.model.invalid import Fault, Invalid

SMB = Filter(ANY, ME, 6, ANY_PORT, port(445))


@pytest.mark.parametrize(
    ("spelling", "number"),
    [
        ("any", 0),
        ("ANY", 0),
        (0, 0),
        ("0", 0),
        ("Tcp", 6),
        (6, 6),
        (6.0, 6),
        (" udp ", 17),
        ("icmp", 1),
        ("RAW", 255),
        ("47", 47),
    ],
)
def test_protocols_by_word_and_number(spelling, number):
    """Words in any case and numbers are one protocol."""
    assert parse_protocol(spelling) == number


@pytest.mark.parametrize("spelling", ["", "256", "-1", -1, 6.5, "tcpip", "0x6", 1e300])
def test_what_is_no_protocol(spelling):
    """Anything else is refused, with what would do."""
    with pytest.raises(Invalid, match="write any, icmp, tcp, udp, raw or a number from 0 to 255"):
        parse_protocol(spelling)


def test_the_normal_form_of_a_protocol():
    """Its word where it has one."""
    assert [protocol_word(number) for number in (0, 1, 6, 17, 255, 47)] == ["any", "icmp", "tcp", "udp", "raw", "47"]


def test_ports():
    """Zero is any; a range is neither any nor single."""
    assert port(0) == ANY_PORT == Ports()
    assert [(item.any, item.single, str(item)) for item in (ANY_PORT, port(445), Ports(10, 20))] == [
        (True, True, "any"),
        (False, True, "445"),
        (False, False, "10-20"),
    ]


def test_filters_compare_by_what_they_say():
    """GUIDs and DNS names take no part in comparison; the description does, but not in what is matched."""
    assert replace(SMB, guid="{1}", source_name="x") == SMB
    described = replace(SMB, description="SMB")
    assert described != SMB
    assert described.match == SMB.match
    assert replace(SMB, mirrored=False).match != SMB.match


@pytest.mark.parametrize(
    ("item", "faults"),
    [
        (SMB, []),
        (Filter(), []),
        (replace(SMB, protocol=17), []),
        (replace(SMB, protocol=0), [Fault("destinationPort", "a port needs protocol tcp or udp, not any")]),
        (
            Filter(ANY, ME, 1, port(1), port(2)),
            [
                Fault("sourcePort", "a port needs protocol tcp or udp, not icmp"),
                Fault("destinationPort", "a port needs protocol tcp or udp, not icmp"),
            ],
        ),
        (Filter(Endpoint(Kind.DNS), ME), []),
        (
            Filter(ANY, Endpoint(Kind.DHCP)),
            [Fault("destination", "dhcp stands for the host's own server, so the other side must be me")],
        ),
        (
            Filter(parse_endpoint("10.0.0.1"), parse_endpoint("2001:db8::1")),
            [Fault("destination", "is not of the same family (IPv4 or IPv6) as source")],
        ),
        (Filter(ANY, parse_endpoint("2001:db8::1")), []),
    ],
)
def test_rules_of_filters(item, faults):
    """Each broken rule is one fault, at the field that breaks it."""
    assert item.faults() == faults


def test_two_server_words_are_two_faults():
    """Server words stand opposite me only, so two of them are wrong both."""
    assert [fault.path for fault in Filter(Endpoint(Kind.DNS), Endpoint(Kind.WINS)).faults()] == [
        "source",
        "destination",
    ]


def test_filters_as_text():
    """The short form for people: protocol, sides, ports, direction."""
    assert str(SMB) == "tcp any <-> me port 445"
    assert str(Filter(ME, ANY, 17, port(68), port(67), mirrored=False)) == "udp me port 68 -> any port 67"


def test_duplicates_are_told_by_place():
    """The second of two filters that match the same is the fault, whatever its description."""
    faults = duplicates([SMB, Filter(), replace(SMB, description="again"), replace(SMB, guid="{2}")])
    assert faults == [
        Fault("[2]", "matches exactly what [0] matches; remove one of the two"),
        Fault("[3]", "matches exactly what [0] matches; remove one of the two"),
    ]
    assert duplicates([SMB, replace(SMB, mirrored=False)]) == []


def test_lists_are_values():
    """A list with other filters is another list; its GUID takes no part."""
    empty = FilterList("L", guid="{1}")
    full = empty.with_filters([SMB])
    assert (empty.filters, full.filters) == ((), (SMB,))
    assert full == FilterList("L", (SMB,), guid="{2}")
