"""Blobs: the published ones, and what is only documented, byte by byte (spec: ipsec-policy 5)."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest
from netsh_desk import vectors
from winipsec_lab.netsh.guesses import GUESSES
from winipsec_lab.store.action_blob import decode_action, encode_action
from winipsec_lab.store.filter_blob import decode_filter_list, encode_filter_list
from winipsec_lab.store.policy_blob import (
    decode_main_mode,
    decode_policy,
    encode_main_mode,
    encode_policy,
)
from winipsec_lab.store.rule_blob import decode_rule, encode_rule
from winipsec_lab.store.values import (
    ANY,
    ME,
    Address,
    Algorithm,
    Authentication,
    BlobError,
    Filter,
    FilterList,
    MainMethod,
    MainMode,
    Offer,
    Rule,
    spell,
)

DEFAULTS = {guess.name: guess.settings[0] for guess in GUESSES}
VERSION_OBJECT = "samba-nfa-6a1f5c6f"
VECTORS = {item["id"]: item for item in vectors("ipsec-data.json")}
GUID = UUID("00112233-4455-6677-8899-aabbccddeeff")
GUID_BYTES = "33221100 5544 7766 8899 aabbccddeeff"
EMPTY = "02000000 0000"


def of(kind):
    """The ids of all blobs of a class, but for the object that is no rule."""
    return [name for name, item in VECTORS.items() if item["object_class"] == kind and name != VERSION_OBJECT]


def raw(name):
    """The bytes of a published blob."""
    return bytes.fromhex(VECTORS[name]["hex"])


def switches(**changes):
    """The default guesses, some of them changed."""
    return DEFAULTS | {f"netsh.{name}": setting for name, setting in changes.items()}


@pytest.mark.parametrize("name", of("ipsecPolicy"))
def test_policy_blobs_hold_the_polling_interval(name):
    """A policy's blob decodes to its polling interval and is written again byte by byte."""
    assert decode_policy(raw(name)) == VECTORS[name]["decoded"]["polling_interval_seconds"]
    assert encode_policy(decode_policy(raw(name))) == raw(name)


@pytest.mark.parametrize("name", of("ipsecISAKMPPolicy"))
def test_main_mode_blobs_decode_to_their_fields(name):
    """Every field of a published main-mode blob is read, garbage in the padding is not."""
    want, value = VECTORS[name]["decoded"], decode_main_mode(raw(name))
    assert f"{{{value.instance}}}" == want["isakmp_guid"]
    assert (value.master_pfs, value.options, list(value.new_dh)) == (
        want["master_pfs"],
        want["isakmp_options"],
        want["new_dh"],
    )
    assert (value.quick_mode_limit, value.lifetime_seconds) == (
        want["policy_qm_limit"],
        want["policy_mm_lifetime_seconds"],
    )
    got = [
        {
            "encryption": each.encryption,
            "hash": each.integrity,
            "dh_group": str(each.group),
            "random_function": each.random_function,
            "qm_limit": each.quick_mode_limit,
            "lifetime_kilobytes": each.lifetime_kilobytes,
            "lifetime_seconds": each.lifetime_seconds,
        }
        for each in value.methods
    ]
    assert got == want["methods"]


@pytest.mark.parametrize("name", of("ipsecNegotiationPolicy"))
def test_action_blobs_decode_to_their_offers(name):
    """Every offer of a published action is read, and the empty one means fallback to clear."""
    want, offers = VECTORS[name]["decoded"], decode_action(raw(name))
    got = [
        {
            "lifetime_seconds": each.lifetime_seconds,
            "lifetime_kilobytes": each.lifetime_kilobytes,
            "flags": each.flags,
            "pfs_flag": int(each.pfs),
            "algorithm_count": len(each.algorithms),
            "algorithms": [algorithm_fields(algorithm) for algorithm in each.algorithms],
        }
        for each in offers
    ]
    assert got == want["offers"]
    assert any(not each.algorithms for each in offers) == want["allow_fallback_to_clear"]


def algorithm_fields(algorithm):
    """An algorithm in the words of the vectors."""
    if algorithm.protocol == "AH":
        return {"protocol": "AH", "hash": algorithm.integrity}
    return {"protocol": "ESP", "encryption": algorithm.encryption, "integrity": algorithm.integrity}


@pytest.mark.parametrize("name", of("ipsecNFA"))
def test_rule_blobs_decode_to_their_fields(name):
    """A published rule is read whether or not the second list of methods follows."""
    want, rule = VECTORS[name]["decoded"], decode_rule(raw(name))
    assert [(each.kind, each.text) for each in rule.authentications] == [
        (each["type"], each["text"]) for each in want["auth_methods"]
    ]
    assert (rule.interface, rule.interface_name, rule.is_tunnel, rule.active, rule.tunnel_name) == (
        want["interface_type"],
        want["interface_name"],
        want["is_tunnel"],
        want["is_active"],
        want["tunnel_endpoint_name"],
    )
    assert spell(rule.tunnel_address, 4) == want["tunnel_address"]


@pytest.mark.parametrize("name", of("ipsecFilter"))
def test_filter_blobs_decode_to_their_filters(name):
    """A published list is read in both of its forms, with and without the last zero byte."""
    got = [
        {
            "filter_guid": f"{{{each.guid}}}",
            "source": vector_side(each.source),
            "destination": vector_side(each.destination),
            "source_dns": each.source_dns,
            "destination_dns": each.destination_dns,
            "description": each.description,
            "mirrored": each.mirrored,
            "protocol": each.protocol,
            "source_port": each.source_ports.first,
            "destination_port": each.destination_ports.first,
            "tunnel_address": spell(each.tunnel_address, 4),
            "is_tunnel": each.tunnel,
        }
        for each in decode_filter_list(raw(name)).filters
    ]
    skipped = ("source_address", "source_mask", "destination_address", "destination_mask", "special")
    want = [
        {field: value for field, value in each.items() if field not in skipped}
        for each in VECTORS[name]["decoded"]["filters"]
    ]
    assert got == want


def vector_side(address):
    """An address in the words of the vectors."""
    return f"{address.text()}/255.255.255.255" if address.kind == "single" else address.text()


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("gsec")])
def test_current_blobs_are_written_again_byte_by_byte(name):
    """What current Windows wrote comes out the same after decoding and encoding."""
    data, kind = raw(name), VECTORS[name]["object_class"]
    again = {
        "ipsecISAKMPPolicy": lambda: encode_main_mode(decode_main_mode(data), DEFAULTS),
        "ipsecNegotiationPolicy": lambda: encode_action(decode_action(data)),
        "ipsecNFA": lambda: encode_rule(decode_rule(data), DEFAULTS),
        "ipsecFilter": lambda: encode_filter_list(decode_filter_list(data), DEFAULTS),
    }
    assert again[kind]() == data


@pytest.mark.parametrize("name", [name for name in of("ipsecFilter") + of("ipsecNFA") if not name.startswith("gsec")])
def test_old_lists_and_rules_are_written_again_on_an_old_system(name):
    """Filter lists and rules of Windows 2000 hold no garbage, so the old form comes out the same, too."""
    data = raw(name)
    if VECTORS[name]["object_class"] == "ipsecFilter":
        assert encode_filter_list(decode_filter_list(data), DEFAULTS, "2003") == data
    else:
        assert encode_rule(decode_rule(data), DEFAULTS, "2003") == data


@pytest.mark.parametrize("name", [name for name in VECTORS if name != VERSION_OBJECT])
def test_every_shorter_blob_is_refused_or_read(name):
    """A blob cut short at any place raises the blob error and nothing else."""
    data, kind = raw(name), VECTORS[name]["object_class"]
    decode = {
        "ipsecPolicy": decode_policy,
        "ipsecISAKMPPolicy": decode_main_mode,
        "ipsecNegotiationPolicy": decode_action,
        "ipsecNFA": decode_rule,
        "ipsecFilter": decode_filter_list,
    }[kind]
    for size in range(len(data) - 2):
        try:
            decode(data[:size])
        except BlobError:
            continue
        assert size >= len(data) - 60, "only the optional tail may be missing"


def test_the_version_object_is_no_rule():
    """The store's version information object starts with a marker of its own."""
    with pytest.raises(BlobError, match="6a1f5c6f"):
        decode_rule(raw(VERSION_OBJECT))


# ---------------------------------------------------------------------- documented only


def test_key_certificate_flags_and_ipv6_tunnel():
    """A rule with all that current Windows can append, laid out as the table of 5.4 says."""
    rule = Rule(
        (Authentication("psk", "k"), Authentication("certificate", "CN=A", True, True)),
        "lan",
        tunnel_ipv6=int.from_bytes(bytes.fromhex("20010db8" + "00" * 11 + "01"), "big"),
        is_tunnel=True,
    )
    counted = (
        "02000000"
        "01000000 04000000 6b000000"
        "03000000 0a000000 43004e003d0041000000"
        "feffffff" + EMPTY + "00000000 01000000 01000000" + EMPTY
    )
    tail = (
        "01" * 16 + "02000000 01000000 04000000 6b000000 03000000 0a000000 43004e003d0041000000"
        "010101010101010101010101010101 02 02000000 00000000 03000000"
        "010101010101010101010101010101 03 20010db8000000000000000000000001 00"
    )
    size = len(bytes.fromhex(counted)).to_bytes(4, "little").hex()
    want = bytes.fromhex("00acbb118d49d111863900a0248d3021" + size + counted + tail)
    assert encode_rule(rule, DEFAULTS) == want
    assert decode_rule(want) == rule


@pytest.mark.parametrize(
    "changes",
    [
        {"final_byte": "before"},
        {"certificate_end": "none"},
        {"psk_alternate": "empty"},
        {"certificate_alternate": "empty"},
    ],
)
def test_guessed_spellings_of_a_rule_read_the_same(changes):
    """However the open details are written, the same rule is read, from different bytes."""
    rule = Rule(
        (Authentication("psk", "secret"), Authentication("certificate", "CN=A"), Authentication("kerberos")),
        tunnel_ipv6=1 << 120,
        is_tunnel=True,
    )
    assert encode_rule(rule, switches(**changes)) != encode_rule(rule, DEFAULTS)
    assert decode_rule(encode_rule(rule, switches(**changes))) == rule


def test_a_tail_that_is_counted_is_found_all_the_same():
    """An independent writer counts the second list in the length; the markers are found where they stand."""
    data = bytearray(raw("gsec2025-nfa-77790b68"))
    data[16:20] = (len(data) - 21).to_bytes(4, "little")
    assert decode_rule(bytes(data)) == decode_rule(raw("gsec2025-nfa-77790b68"))


V2_IPV6 = Filter(
    Address("me", version=0),
    Address("subnet", 0x20010DB8 << 96, ((1 << 32) - 1) << 96, 6),
    GUID,
    mirrored=False,
    protocol=6,
    version=2,
)


def test_an_ipv6_filter_stands_in_the_second_part():
    """The V2 part as 5.6 lays it out: marker, length, counts, strings, addresses, ports, protocol, flags."""
    want = bytes.fromhex(
        "b520dc80c82ed111a89e00a0248d3021 00000000 00000000"
        "3dcdfe3529ae73438a6ac5d8fab2fb08 8e000000 00000000 01000000" + EMPTY * 3 + GUID_BYTES + "00000000"
        "08000000 03000000" + "00" * 32 + "04000000 02000000 20010db8000000000000000000000000 20" + "00" * 15 + "00" * 16
        + "06000000 00000000"
    )  # fmt: skip
    assert encode_filter_list(FilterList((), (V2_IPV6,)), DEFAULTS) == want
    assert decode_filter_list(want) == FilterList((), (V2_IPV6,))


@pytest.mark.parametrize("changes", [{}, {"v2_count": "zero"}, {"v2_length": "with_counts"}])
def test_both_parts_of_a_list_are_read_whatever_the_second_says_about_the_first(changes):
    """V1 and V2 filters come back from every spelling of the V2 part's numbers."""
    value = FilterList((Filter(ANY, ME, GUID, protocol=17),), (V2_IPV6,))
    assert decode_filter_list(encode_filter_list(value, switches(**changes))) == value


def test_a_flagged_range_replaces_the_subnets_that_cover_it():
    """10.0.0.1-10.0.0.2 as two V1 filters and one V2 range counts as one filter."""
    low, high = 0x0A000001, 0x0A000002
    wide = Filter(Address("range", low, high), ME, GUID, version=2, flags=8)
    cover = tuple(Filter(Address("single", each), ME, UUID(int=each)) for each in (low, high))
    other = Filter(Address("single", 0x0A000009), ME, UUID(int=9))
    value = FilterList((*cover, other), (wide,))
    assert value.filters == (other, wide)
    assert value.without(wide) == FilterList((other,))


@pytest.mark.parametrize(("word", "number"), [("dns", 1), ("wins", 2), ("dhcp", 3), ("gateway", 4)])
def test_server_words_are_one_byte(word, number):
    """01 to 04 as source, 81 to 84 as destination."""
    server = Address(word, 0, 0xFFFFFFFF)
    for pair, special in (((server, ME), number), ((ME, server), number | 0x80)):
        blob = encode_filter_list(FilterList((Filter(*pair, GUID),)), DEFAULTS)
        assert blob[-3] == special
        assert decode_filter_list(blob).filters == (Filter(*pair, GUID),)


@pytest.mark.parametrize("spelling", ["group", "new_dh", "random_function"])
def test_dh_2048_is_read_in_all_three_spellings(spelling):
    """Whichever way DH 2048 is written, group 3 is read; New-DH entries come first."""
    methods = (MainMethod("DES", "MD5", 1), MainMethod("3DES", "SHA1", 3))
    blob = encode_main_mode(MainMode(methods), switches(dh2048=spelling))
    got = [each.text() for each in decode_main_mode(blob).methods]
    assert got == (["3DES-SHA1-3", "DES-MD5-1"] if spelling == "new_dh" else ["DES-MD5-1", "3DES-SHA1-3"])
    place, value = {"group": (192, "01000010"), "new_dh": (48, "04000000"), "random_function": (184, "04")}[spelling]
    assert blob[place : place + len(value) // 2] == bytes.fromhex(value)


def test_ah_and_esp_are_two_entries_of_one_offer():
    """`AH[MD5]+ESP[3DES,None]` fills two of the three places, the third stays zero."""
    offer = Offer((Algorithm("AH", "none", "MD5"), Algorithm("ESP", "3DES", "none")), 300, 20480, True)
    blob = encode_action((offer,))
    assert blob[24:44] == bytes.fromhex("2c010000 00500000 00000000 01000000 02000000")
    assert blob[44:84] == bytes.fromhex(
        "01000000 00000000 01000000" + "00" * 8 + "03000000 00000000 02000000" + "00" * 8
    )
    assert decode_action(blob) == (offer,)


def test_the_documented_number_two_is_read_as_des():
    """The published table of ESP numbers is shifted by one; 2 is read as DES, never as nothing."""
    blob = bytearray(encode_action((Offer((Algorithm("ESP", "DES", "SHA1"),)),)))
    assert blob[44] == 1
    blob[44] = 2
    assert decode_action(bytes(blob))[0].algorithms[0].encryption == "DES"


@pytest.mark.parametrize("count", [4, 0xCDCDCDCD])
def test_an_offer_with_too_many_algorithms_is_refused(count):
    """Three entries fit; more is a blob error."""
    blob = bytearray(encode_action((Offer((Algorithm("ESP", "DES", "SHA1"),)),)))
    blob[40:44] = count.to_bytes(4, "little")
    with pytest.raises(BlobError):
        decode_action(bytes(blob))


def test_a_key_shows_in_no_repr():
    """Neither the rule nor its method shows the pre-shared key."""
    rule = Rule((Authentication("psk", "hush-hush"),))
    assert "hush" not in repr(rule) + repr(dataclasses.astuple(rule)[1:])
