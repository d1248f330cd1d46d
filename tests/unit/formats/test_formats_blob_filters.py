"""Filter lists beyond the published blobs: special bytes, the V2 part, and what V1 and V2 mean together."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from struct import pack

import pytest
from blob_vectors import blob
from winipsec.formats.ipsec_data import BlobError, FilterRecord, encode, filter_values
from winipsec.formats.ipsec_data.filter import V1Record, V2Address, V2Record, decode
from winipsec.model.endpoint import ANY, ME, Endpoint, Kind, between, parse_endpoint
from winipsec.model.filters import ANY_PORT, Filter, FilterList, Ports, port
from winipsec.model.invalid import Invalid

MARKER = bytes.fromhex("b520dc80c82ed111a89e00a0248d3021")
V2_MARKER = bytes.fromhex("3dcdfe3529ae73438a6ac5d8fab2fb08")
EMPTY = b"\2\0\0\0\0\0"
GUID = bytes(range(16))
OTHER_GUID = bytes(range(16, 32))
GUID_TEXT = "{03020100-0504-0706-0809-0a0b0c0d0e0f}"
ME_WORDS = (bytes(4), b"\xff" * 4)
ANY_WORDS = (bytes(4), bytes(4))


def words(subnet: str) -> tuple[bytes, bytes]:
    """Address and mask of a subnet written with a dotted mask."""
    address, _, mask = subnet.partition("/")
    return IPv4Address(address).packed, IPv4Address(mask or "255.255.255.255").packed


def v1(
    source=ME_WORDS, destination=ANY_WORDS, *, special=0, protocol=0, ports=(0, 0), mirrored=1, guid=GUID, text=EMPTY
):
    """One V1 filter, spec: ipsec-policy 5.6."""
    return (EMPTY + EMPTY + text + guid + pack("<I", mirrored) + b"".join(source) + b"".join(destination)) + (
        bytes(4) + pack("<IHH", protocol, *ports) + bytes([0, special]) + b"\0\0"
    )


def side(kind: int, version: int, first: bytes = b"", second: bytes = b"") -> bytes:
    """One side of a V2 filter, with noise in the bytes that mean nothing."""
    return pack("<II", kind, version) + first.ljust(16, b"\xee") + second.ljust(16, b"\xee")


def v2(source: bytes, destination: bytes, *, ports=(bytes(8), bytes(8)), protocol=0, flags=0, mirrored=1, guid=GUID):
    """One V2 filter, spec: ipsec-policy 5.6."""
    return (EMPTY * 3 + guid + pack("<I", mirrored) + source + destination + b"".join(ports)) + pack(
        "<II", protocol, flags
    )


def listed(*filters: bytes, count: int | None = None, later: bytes = b"") -> bytes:
    """A list in the form of current Windows."""
    number = len(filters) if count is None else count
    return MARKER + pack("<II", sum(map(len, filters)), number) + b"".join(filters) + later


def second_part(*filters: bytes, v1_count: int = 0) -> bytes:
    """The V2 part of a list."""
    return V2_MARKER + pack("<III", sum(map(len, filters)), v1_count, len(filters)) + b"".join(filters)


def meaning(raw: bytes) -> tuple[Filter, ...]:
    """The model filters of a blob."""
    return filter_values.filters(decode(raw))


V6_HOST = side(1, 2, IPv6Address("2001:db8::1").packed)
RANGE = side(2, 1, IPv4Address("10.0.0.1").packed, IPv4Address("10.0.0.4").packed)
V4_ANY, V4_ME = side(0, 1), side(8, 3, bytes(16), bytes(16))


# --- V1 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (ANY_WORDS, ANY),
        (ME_WORDS, ME),
        (words("192.0.2.7"), parse_endpoint("192.0.2.7")),
        (words("192.0.2.0/255.255.255.0"), parse_endpoint("192.0.2.0/24")),
        (words("192.0.2.7/255.255.255.0"), parse_endpoint("192.0.2.0/24")),
        (words("192.0.2.7/0.0.0.0"), ANY),
        (words("10.0.0.1/255.0.0.255"), Endpoint(Kind.MASKED, IPv4Address("10.0.0.1"), IPv4Address("255.0.0.255"))),
    ],
)
def test_what_address_and_mask_mean(address, expected):
    """Zero under a full mask is this host; host bits below a mask mean nothing; masks with holes are kept."""
    (read,) = meaning(listed(v1(source=address, destination=ME_WORDS)))
    assert read.source == expected


@pytest.mark.parametrize(("special", "kind"), [(1, Kind.DNS), (2, Kind.WINS), (3, Kind.DHCP), (4, Kind.GATEWAY)])
def test_server_words(special, kind):
    """The special byte puts a server word on one side: with its top bit on the destination."""
    (source,) = meaning(listed(v1(ME_WORDS, ME_WORDS, special=special)))
    assert (source.source, source.destination) == (Endpoint(kind), ME)
    (destination,) = meaning(listed(v1(ME_WORDS, ME_WORDS, special=special | 0x80)))
    assert (destination.source, destination.destination) == (ME, Endpoint(kind))


@pytest.mark.parametrize("special", [5, 0x80, 0x85, 0xFF])
def test_unknown_special_bytes_are_not_guessed(special):
    """A special byte of no known meaning makes the list unreadable instead of wrong."""
    with pytest.raises(BlobError, match=f"{special:#04x}"):
        meaning(listed(v1(), v1(special=special)))


def test_names_descriptions_and_noise_behind_a_string():
    """Strings end at their NUL; what a counted string holds behind it is noise."""
    text = pack("<I", 10) + "a\0bc\0".encode("utf-16-le")
    raw = listed(v1(text=text, protocol=6, ports=(0, 445), mirrored=0))
    assert meaning(raw) == (Filter(ME, ANY, 6, ANY_PORT, port(445), mirrored=False, description="a"),)
    assert meaning(raw)[0].guid == GUID_TEXT


def test_dns_names_stay_beside_the_addresses():
    """The names a filter was made from are kept, outside its comparison."""
    name = pack("<I", 10) + "gate\0".encode("utf-16-le")
    raw = listed(v1().replace(EMPTY + EMPTY, name + EMPTY, 1))
    (read,) = meaning(raw)
    assert (read.source_name, read.destination_name) == ("gate", "")
    assert read == Filter(ME, ANY)


def test_strings_of_no_bytes_at_all():
    """A length of zero is an empty string, too."""
    raw = listed(v1().replace(EMPTY * 3, bytes(12)))
    assert meaning(raw) == (Filter(ME, ANY),)


def test_both_ends_of_the_generations():
    """The old length word counts the number of filters, and a zero byte ends an old list."""
    current = blob("gsec2022-filter-45f48cfc")
    old = current[:16] + pack("<I", 74) + current[20:] + b"\0"
    assert decode(old) == decode(current)
    assert len(encode(decode(old))) == 94


# --- V2 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (V6_HOST, "2001:db8::1"),
        (side(4, 2, IPv6Address("2001:db8::1").packed, b"\x20"), "2001:db8::/32"),
        (side(2, 2, IPv6Address("2001:db8::1").packed, IPv6Address("2001:db8::9").packed), "2001:db8::1-2001:db8::9"),
        (side(2, 2, IPv6Address("2001:db8::").packed, IPv6Address("2001:db8::f").packed), "2001:db8::/124"),
        (side(1, 1, IPv4Address("192.0.2.1").packed), "192.0.2.1"),
        (side(4, 1, IPv4Address("192.0.2.9").packed, b"\xff\xff\xff\0"), "192.0.2.0/24"),
        (RANGE, "10.0.0.1-10.0.0.4"),
        (side(0x10, 3), "dns"),
        (side(0x20, 3), "wins"),
        (side(0x40, 1), "dhcp"),
        (side(0x80, 2), "gateway"),
        (V4_ANY, "any"),
        (side(8, 1), "me"),
    ],
)
def test_sides_of_the_second_form(stored, expected):
    """Every type of address data reads as the side it stands for; bytes without meaning are ignored."""
    (read,) = meaning(listed(later=second_part(v2(stored, V4_ME))))
    assert (str(read.source), read.destination) == (expected, ME)


def test_any_opposite_an_ipv6_address_is_any():
    """The family is told by the other side; where nothing tells it, all of IPv6 is a subnet."""
    (read,) = meaning(listed(later=second_part(v2(side(0, 2), V6_HOST))))
    assert read.source == ANY
    (both,) = meaning(listed(later=second_part(v2(side(0, 2), side(0, 2)))))
    assert str(both.source) == str(both.destination) == "::/0"
    (me,) = meaning(listed(later=second_part(v2(side(8, 3), side(0, 2)))))
    assert (me.source, str(me.destination)) == (ME, "::/0")


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (pack("<IHH", 0, 7, 9), ANY_PORT),
        (pack("<IHH", 1, 445, 9), port(445)),
        (pack("<IHH", 2, 1000, 2000), Ports(1000, 2000)),
        (pack("<IHH", 2, 5, 5), port(5)),
        (pack("<IHH", 2, 0, 65535), ANY_PORT),
    ],
)
def test_ports_of_the_second_form(stored, expected):
    """Any, one port, or a range of them."""
    (read,) = meaning(listed(later=second_part(v2(V6_HOST, V4_ME, ports=(stored, bytes(8)), protocol=6))))
    assert (read.source_ports, read.destination_ports) == (expected, ANY_PORT)


@pytest.mark.parametrize(
    ("source", "ports"),
    [
        (side(3, 1), bytes(8)),
        (side(1, 3), bytes(8)),
        (side(1, 0), bytes(8)),
        (side(4, 2, bytes(16), b"\x81"), bytes(8)),
        (side(2, 1, b"\x0a\0\0\2", b"\x0a\0\0\1"), bytes(8)),
        (V6_HOST, pack("<IHH", 3, 0, 0)),
        (V6_HOST, pack("<IHH", 2, 9, 8)),
    ],
    ids=["type", "version both", "version none", "prefix", "empty range", "port type", "empty ports"],
)
def test_what_the_second_form_cannot_mean(source, ports):
    """What no document describes makes the list unreadable, with the number of the filter."""
    raw = listed(later=second_part(v2(V6_HOST, V4_ME), v2(source, V4_ME, ports=(ports, bytes(8)))))
    assert len(decode(raw).v2) == 2
    with pytest.raises(BlobError, match="V2 filter 2"):
        meaning(raw)


# --- V1 and V2 together -------------------------------------------------------------------------------------------

COVER = [words("10.0.0.1"), words("10.0.0.2/255.255.255.254"), words("10.0.0.4")]
IN_RANGE = Filter(parse_endpoint("10.0.0.1-10.0.0.4"), ME)


def test_a_range_replaces_the_subnets_of_its_own_guid():
    """V1 subnets that share the GUID of a V2 range with flag 8 are that range; others stay, in their order."""
    before, after = v1(words("10.0.0.2"), ME_WORDS, guid=OTHER_GUID), v1(guid=OTHER_GUID)
    raw = listed(
        before, *(v1(item, ME_WORDS) for item in COVER), after, later=second_part(v2(RANGE, V4_ME, flags=8), v1_count=5)
    )
    assert meaning(raw) == (Filter(parse_endpoint("10.0.0.2"), ME), IN_RANGE, Filter(ME, ANY))


def test_a_range_replaces_subnets_inside_it_that_agree_otherwise():
    """Without a common GUID it is the same traffic inside the range that the range replaces."""
    subnets = [v1(item, ME_WORDS, guid=bytes([at]) * 16, protocol=6) for at, item in enumerate(COVER, 100)]
    outside = v1(words("10.0.0.5"), ME_WORDS, guid=OTHER_GUID, protocol=6)
    other_protocol = v1(words("10.0.0.1"), ME_WORDS, guid=OTHER_GUID, protocol=17)
    raw = listed(*subnets, outside, other_protocol, later=second_part(v2(RANGE, V4_ME, flags=8, protocol=6)))
    assert [str(item) for item in meaning(raw)] == [
        "tcp 10.0.0.1-10.0.0.4 <-> me",
        "tcp 10.0.0.5 <-> me",
        "udp 10.0.0.1 <-> me",
    ]


def test_a_filter_inside_a_range_is_not_the_range():
    """Of the traffic inside, exactly the subnets that make up the range go; equal and narrower filters stay."""
    subnets = [v1(item, ME_WORDS, guid=bytes([at]) * 16) for at, item in enumerate(COVER, 100)]
    narrower = v1(words("10.0.0.3"), ME_WORDS, guid=bytes([1]) * 16)
    equal = v1(COVER[0], ME_WORDS, guid=bytes([2]) * 16)
    raw = listed(*subnets, narrower, equal, later=second_part(v2(RANGE, V4_ME, flags=8)))
    assert meaning(raw) == (
        IN_RANGE,
        Filter(parse_endpoint("10.0.0.3"), ME),
        Filter(parse_endpoint("10.0.0.1"), ME),
    )


def test_without_the_flag_nothing_is_replaced():
    """A V2 filter without flag 8 stands beside the V1 filters."""
    raw = listed(v1(COVER[0], ME_WORDS), later=second_part(v2(RANGE, V4_ME)))
    assert [str(item) for item in meaning(raw)] == ["any 10.0.0.1 <-> me", "any 10.0.0.1-10.0.0.4 <-> me"]


def test_guids_of_zeros_tie_nothing_together():
    """Old tools leave the GUID of filters empty: that is no common GUID."""
    far = v1(words("192.0.2.1"), ME_WORDS, guid=bytes(16))
    raw = listed(far, later=second_part(v2(RANGE, V4_ME, flags=8, guid=bytes(16))))
    assert [str(item) for item in meaning(raw)] == ["any 192.0.2.1 <-> me", "any 10.0.0.1-10.0.0.4 <-> me"]


def test_the_number_in_the_second_part_counts():
    """The number of V1 filters in the V2 part replaces the one in front, whichever is larger."""
    two = (v1(guid=GUID), v1(guid=OTHER_GUID))
    assert len(decode(listed(*two, count=0, later=second_part(v1_count=2))).v1) == 2
    assert len(decode(listed(*two, later=second_part(v1_count=1))).v1) == 1
    assert len(decode(listed(*two, later=second_part(v1_count=0))).v1) == 2


def test_a_zero_byte_before_the_second_part():
    """The byte that ended old lists may stand between the parts."""
    assert len(decode(listed(v1(), later=b"\0" + second_part(v2(V6_HOST, V4_ME)))).v2) == 1


@pytest.mark.parametrize("cut", [1, 16, 20, 27, 28, 60, 169])
def test_a_second_part_that_is_cut(cut):
    """A V2 part that ends early is an error; a marker that is cut is no V2 part."""
    whole = listed(v1(), later=second_part(v2(V6_HOST, V4_ME)))
    raw = whole[: len(listed(v1())) + cut]
    if cut < 16:
        assert decode(raw).v2 == ()
        return
    with pytest.raises(BlobError):
        decode(raw)


# --- writing ------------------------------------------------------------------------------------------------------


def test_plain_filters_are_written_without_a_second_part():
    """Any, me, hosts, subnets, servers and ports need no V2 part, as on current Windows."""
    items = [
        Filter(ME, ANY, 6, ANY_PORT, port(53), mirrored=False),
        Filter(parse_endpoint("10.0.0.0/8"), ME),
        Filter(ME, Endpoint(Kind.DHCP), 17),
    ]
    raw = encode(filter_values.stored(items))
    assert V2_MARKER not in raw
    assert raw == listed(
        v1(protocol=6, ports=(0, 53), mirrored=0, guid=bytes(16)),
        v1(words("10.0.0.0/255.0.0.0"), ME_WORDS, guid=bytes(16)),
        v1(ME_WORDS, ME_WORDS, special=0x83, protocol=17, guid=bytes(16)),
    )


def test_a_range_is_written_twice():
    """As the subnets that cover it, and as one V2 range with flag 8; the length word counts the first part only."""
    record = filter_values.stored([Filter(parse_endpoint("10.0.0.1-10.0.0.4"), ME, guid=GUID_TEXT)])
    assert [(str(entry.source_address), str(entry.source_mask), entry.guid) for entry in record.v1] == [
        ("10.0.0.1", "255.255.255.255", GUID_TEXT),
        ("10.0.0.2", "255.255.255.254", GUID_TEXT),
        ("10.0.0.4", "255.255.255.255", GUID_TEXT),
    ]
    clean = V2Record(
        source=V2Address(2, 1, b"\x0a\0\0\1" + bytes(12), b"\x0a\0\0\4" + bytes(12)),
        destination=V2Address(8, 3),
        flags=8,
        guid=GUID_TEXT,
    )
    assert record.v2 == (clean,)
    raw = encode(record)
    assert raw[16:24] == pack("<II", 210, 3)
    assert raw[24 + 210 : 24 + 210 + 28] == V2_MARKER + pack("<III", 142, 3, 1)
    assert len(raw) == 24 + 210 + 28 + 142


@pytest.mark.parametrize(
    "item",
    [
        Filter(parse_endpoint("10.0.0.1"), parse_endpoint("2001:db8::1")),
        Filter(Endpoint(Kind.DNS), Endpoint(Kind.WINS)),
        Filter(description="a\0b"),
        Filter(protocol=2**32),
        Filter(guid="x"),
        Filter(between(IPv4Address(0), IPv4Address(0))),
    ],
    ids=["families", "servers", "nul", "protocol", "guid", "0.0.0.0"],
)
def test_filters_that_cannot_be_stored(item):
    """What has no stored form is refused."""
    with pytest.raises(Invalid):
        encode(filter_values.stored([item]))


def test_an_empty_list():
    """A list may be empty."""
    raw = encode(filter_values.stored(FilterList("empty").filters))
    assert raw == MARKER + bytes(8)
    assert decode(raw) == FilterRecord()
    assert meaning(raw) == ()


def test_many_ranges_are_read_in_reasonable_time():
    """Ranges find the subnets they replace without a walk over all of them."""
    items = [
        Filter(parse_endpoint(f"10.{high}.{low}.1-10.{high}.{low}.254"), ME, guid=f"{{{high * 256 + low:032x}}}")
        for high in range(1, 3)
        for low in range(250)
    ]
    record = filter_values.stored(items)
    assert len(record.v1) > 500 * 10
    assert filter_values.filters(record) == tuple(items)


def test_records_hold_what_is_stored():
    """Records keep every field, not only those that mean something to the model."""
    record = decode(listed(v1(ANY_WORDS, ANY_WORDS)))
    assert record.v1 == (V1Record(guid=GUID_TEXT),)
