"""What published blobs do not show and documents do: each part put together by hand, as the spec lays it out."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from struct import pack

import pytest
from blob_vectors import blob, vector
from winipsec.formats.ipsec_data import BlobError, decode, encode, isakmp, negotiation, nfa, policy
from winipsec.formats.ipsec_data.isakmp import IsakmpRecord, MethodRecord
from winipsec.formats.ipsec_data.negotiation import AlgorithmRecord, NegotiationRecord, OfferRecord
from winipsec.formats.ipsec_data.nfa import AuthRecord, NfaRecord
from winipsec.formats.ipsec_data.policy import PolicyRecord
from winipsec.model.invalid import Invalid
from winipsec.model.methods import Esp, Kerberos, MainModeMethod, PresharedKey, RootCa, SecurityMethod, UnknownAuth

ISAKMP_MARKER = bytes.fromhex("b820dc80c82ed111a89e00a0248d3021")
NEGOTIATION_MARKER = bytes.fromhex("b920dc80c82ed111a89e00a0248d3021")
NFA_MARKER = bytes.fromhex("00acbb118d49d111863900a0248d3021")
ALTERNATES = bytes([1] * 16)
FLAGS = bytes([1] * 15 + [2])
TUNNEL = bytes([1] * 15 + [3])
V6 = IPv6Address("2001:db8::7")


def main_mode(*methods: bytes, new_dh: bytes = bytes(4), lifetime: int = 28800, master_pfs: int = 0) -> bytes:
    """A main-mode part, spec: ipsec-policy 5.3."""
    head = bytes(16 + 4) + pack("<II", master_pfs, 0) + new_dh + pack("<II", 0, lifetime) + bytes(20)
    payload = head + pack("<I", len(methods)) + b"".join(methods)
    return ISAKMP_MARKER + pack("<I", len(payload)) + payload + b"\0"


def main_mode_method(encryption: int, integrity: int, group: int, random_function: int = 0, noise: int = 0xCD) -> bytes:
    """One main-mode method with noise wherever the spec says `ignore`."""
    return (
        b"\0\0"
        + bytes([noise] * 2)
        + pack("<III", encryption, 0x40, 8)
        + pack("<II", integrity, 0x40)
        + bytes([noise] * 12)
        + bytes([random_function])
        + bytes([noise] * 7)
        + pack("<IIII", group, 0, 0, 28800)
        + bytes([noise] * 4)
    )


def offers(*entries: bytes) -> bytes:
    """A negotiation policy, spec: ipsec-policy 5.5."""
    return NEGOTIATION_MARKER + pack("<II", 4 + 80 * len(entries), len(entries)) + b"".join(entries) + b"\0"


def offer(*algorithms: tuple[int, int, int], pfs: int = 0, seconds: int = 0, kilobytes: int = 0) -> bytes:
    """One offer with garbage behind the algorithms in use."""
    used = b"".join(pack("<III", *entry) + b"\x40\0\0\0\x08\0\0\0" for entry in algorithms)
    head = pack("<IIIII", seconds, kilobytes, 0, pfs, len(algorithms))
    return (head + used).ljust(80, b"\x5c")


def rule(
    *methods: tuple[int, bytes], tunnel: str = "0.0.0.0", is_tunnel: int = 0, name: str = "", inside: bytes = b""
) -> bytes:
    """A rule without what follows the counted part, spec: ipsec-policy 5.4; `inside` is counted."""
    body = pack("<I", len(methods)) + b"".join(pack("<II", kind, len(data)) + data for kind, data in methods)
    body += pack("<I", 0xFFFFFFFE) + pack("<I", 2) + b"\0\0" + IPv4Address(tunnel).packed + pack("<II", is_tunnel, 1)
    text = (name + "\0").encode("utf-16-le")
    body += pack("<I", len(text)) + text + inside
    return NFA_MARKER + pack("<I", len(body)) + body


def text(value: str) -> bytes:
    """A text as authentication data holds it."""
    return (value + "\0").encode("utf-16-le")


# --- policy and main mode -----------------------------------------------------------------------------------------


def test_an_interval_of_zero_is_three_hours():
    """The default polling interval may be stored as zero."""
    record = policy.decode(blob("samba-policy-72385230")[:20] + bytes(5))
    assert record == PolicyRecord(0)
    assert record.effective_polling_interval_seconds == 10800


def test_a_lifetime_of_zero_is_eight_hours():
    """The default main-mode lifetime may be stored as zero."""
    record = isakmp.decode(main_mode(main_mode_method(3, 2, 2), lifetime=0))
    assert (record.lifetime_seconds, record.effective_lifetime_seconds) == (0, 28800)


def test_group_14_by_number():
    """DH 2048 as the group of a method."""
    record = isakmp.decode(main_mode(main_mode_method(3, 2, 0x10000001)))
    assert record.main_mode_methods == (MainModeMethod("3des", "sha1", "group14"),)


@pytest.mark.parametrize(
    ("code", "meaning"), [(1, ("des", "md5")), (2, ("des", "sha1")), (3, ("3des", "md5")), (4, ("3des", "sha1"))]
)
def test_the_random_function_decides_a_whole_method(code, meaning):
    """The random-function byte overrides cipher, hash and group."""
    record = isakmp.decode(main_mode(main_mode_method(1, 1, 1, random_function=code)))
    assert record.main_mode_methods == (MainModeMethod(*meaning, "group14"),)


def test_a_random_function_without_meaning_overrides_nothing():
    """Garbage in that byte of an old blob leaves the method as it is."""
    record = isakmp.decode(main_mode(main_mode_method(1, 1, 1, random_function=0xCD)))
    assert record.main_mode_methods == (MainModeMethod("des", "md5", "group1"),)


def test_new_dh_methods_come_first_and_end_at_zero():
    """New-DH bytes stand for methods before the listed ones; behind a zero nothing counts."""
    record = isakmp.decode(main_mode(main_mode_method(3, 2, 2), new_dh=bytes([4, 2, 0, 1])))
    assert record.new_dh == (4, 2, 0, 1)
    assert record.main_mode_methods == (
        MainModeMethod("3des", "sha1", "group14"),
        MainModeMethod("des", "sha1", "group14"),
        MainModeMethod("3des", "sha1", "group2"),
    )


def test_unknown_main_mode_numbers_are_shown():
    """A number that no document names reads as unknown, and such a method cannot be written."""
    record = isakmp.decode(main_mode(main_mode_method(7, 9, 20), new_dh=bytes([9, 0, 0, 0])))
    odd, listed = record.main_mode_methods
    assert listed == MainModeMethod("unknown:7", "unknown:9", "unknown:20")
    assert odd.encryption == "unknown:9"
    with pytest.raises(Invalid, match="'unknown:7' cannot be written"):
        isakmp.stored([listed], master_pfs=False, quick_mode_limit=0, lifetime_seconds=28800)


def test_the_other_id_of_triple_des():
    """The document lists 2 as 3DES beside 3."""
    assert isakmp.decode(main_mode(main_mode_method(2, 1, 2))).main_mode_methods[0].encryption == "3des"


def test_master_pfs_is_read_from_the_head_only():
    """The PFS word of a method is garbage in old blobs and decides nothing."""
    assert not isakmp.decode(main_mode(main_mode_method(3, 2, 2))).master_pfs
    assert isakmp.decode(main_mode(main_mode_method(3, 2, 2, noise=0), master_pfs=1)).master_pfs


def test_what_we_write_for_master_pfs():
    """Master PFS is written at offset 40 and into the word of every method, with zeros wherever blobs have noise."""
    record = IsakmpRecord((MethodRecord(3, 2, 0x10000001),), master_pfs=True, quick_mode_limit=1)
    raw = isakmp.encode(record)
    assert len(raw) == 149
    assert raw[40:44] == pack("<I", 1)
    assert raw[84 + 60 : 84 + 64] == pack("<I", 1)
    assert raw[84:] == (
        (bytes(4) + pack("<III", 3, 0, 0) + pack("<II", 2, 0) + bytes(20))
        + (pack("<IIII", 0x10000001, 0, 0, 28800) + pack("<I", 1) + b"\0")
    )


# --- negotiation --------------------------------------------------------------------------------------------------


def test_session_pfs_is_one_for_on():
    """The PFS word of an offer means what it says, not what the document prints (spec: ipsec-policy 5.7)."""
    assert negotiation.decode(offers(offer((3, 2, 2), pfs=1))).session_pfs
    assert not negotiation.decode(offers(offer((3, 2, 2), pfs=0))).session_pfs
    assert not negotiation.decode(offers(offer((3, 2, 2), pfs=1), offer((1, 2, 2)))).session_pfs
    assert not negotiation.decode(offers()).session_pfs


def test_the_empty_offer_is_soft_fallback_and_no_method():
    """An offer without algorithms lets hosts without IPsec in; the PFS of the others is untouched by it."""
    record = negotiation.decode(offers(offer((3, 2, 2), pfs=1, seconds=900), offer()))
    assert record.soft_fallback
    assert record.session_pfs
    assert record.security_methods == (SecurityMethod(None, Esp("3des", "sha1"), 0, 900),)


@pytest.mark.parametrize(("number", "word"), [(0, "none"), (1, "des"), (2, "des"), (3, "3des"), (9, "unknown:9")])
def test_ciphers_of_esp(number, word):
    """Ids of ESP are those of real blobs: 1 is DES, never null, and 2 is read as DES."""
    (method,) = negotiation.decode(offers(offer((number, 1, 2)))).security_methods
    assert method.esp == Esp(word, "md5")


def test_ah_and_esp_in_one_offer():
    """Two algorithms of one offer are one method, in either order."""
    expected = (SecurityMethod("sha1", Esp("none", "md5"), 4, 3),)
    for algorithms in (((2, 0, 1), (0, 1, 2)), ((0, 1, 2), (2, 0, 1))):
        record = negotiation.decode(offers(offer(*algorithms, seconds=3, kilobytes=4)))
        assert record.security_methods == expected


def test_unknown_hashes_are_shown():
    """Unknown integrity reads as unknown for AH and ESP alike, and cannot be written."""
    (method,) = negotiation.decode(offers(offer((7, 0, 1), (3, 8, 2)))).security_methods
    assert method == SecurityMethod("unknown:7", Esp("3des", "unknown:8"), 0, 0)
    with pytest.raises(Invalid):
        negotiation.stored([method])


@pytest.mark.parametrize("algorithms", [((3, 2, 2), (1, 2, 2)), ((2, 0, 1), (1, 0, 1)), ((1, 0, 7),)])
def test_offers_that_no_method_can_say(algorithms):
    """Two of a kind, or a third kind, is not silently read as less."""
    record = negotiation.decode(offers(offer((3, 2, 2)), offer(*algorithms)))
    with pytest.raises(BlobError, match="offer 2") as caught:
        _ = record.security_methods
    assert caught.value.offset == 24 + 80


def test_more_algorithms_than_an_offer_has_room_for():
    """A count beyond three is an error, not a walk into what follows."""
    raw = offers(offer((3, 2, 2)).replace(pack("<I", 1) + pack("<I", 3), pack("<I", 4) + pack("<I", 3), 1))
    with pytest.raises(BlobError, match="at most 3 algorithms"):
        negotiation.decode(raw)
    with pytest.raises(Invalid, match="room for 3"):
        encode(NegotiationRecord((OfferRecord(algorithms=(AlgorithmRecord(3, 2, 2),) * 4),)))


def test_what_we_write_for_soft_fallback():
    """The last offer is 80 zero bytes."""
    raw = negotiation.encode(
        negotiation.stored([SecurityMethod(esp=Esp("3des", "sha1"))], session_pfs=True, soft_fallback=True)
    )
    assert raw[24:44] == pack("<IIIII", 3600, 100000, 0, 1, 1)
    assert raw[44:104] == pack("<III", 3, 2, 2).ljust(60, b"\0")
    assert raw[104:] == bytes(81)


def test_a_method_that_protects_nothing_is_not_written():
    """An offer without algorithms would be soft fallback by another name."""
    with pytest.raises(Invalid, match="go in clear"):
        negotiation.stored([SecurityMethod()])


# --- rules --------------------------------------------------------------------------------------------------------


def test_lan_rules_tunnels_and_their_names():
    """Interface type, tunnel address in network order, and the name the end was given by."""
    raw = rule((5, b"\0\0"), tunnel="192.0.2.1", is_tunnel=1) + b"\0"
    record = nfa.decode(raw)
    assert record.connection_type == "lan"
    assert record.tunnel_endpoint == "192.0.2.1"
    named = nfa.decode(rule((5, b"\0\0"), tunnel="192.0.2.1", is_tunnel=1, name="gate.example") + b"\0")
    assert named.tunnel_endpoint == "gate.example"
    leftover = nfa.decode(rule((5, b"\0\0"), tunnel="192.0.2.1", is_tunnel=0) + b"\0")
    assert leftover.tunnel_endpoint == ""


LATER = ALTERNATES + pack("<I", 1) + pack("<II", 5, 0) + FLAGS + pack("<I", 1) + pack("<I", 0)


@pytest.mark.parametrize(
    "raw",
    [
        rule((5, b"\0\0"), is_tunnel=1) + LATER + TUNNEL + V6.packed + b"\0",
        rule((5, b"\0\0"), is_tunnel=1) + LATER + b"\0" + TUNNEL + V6.packed,
        rule((5, b"\0\0"), is_tunnel=1, inside=LATER + TUNNEL + V6.packed) + b"\0",
        rule((5, b"\0\0"), is_tunnel=1, inside=LATER) + TUNNEL + V6.packed,
        rule((5, b"\0\0"), is_tunnel=1) + TUNNEL + V6.packed + b"\0",
    ],
    ids=["behind L", "zero byte first", "inside L", "half inside", "without the middle parts"],
)
def test_the_ipv6_tunnel_end_wherever_it_stands(raw):
    """Later parts are found by their markers, counted or not, before or behind the last zero byte."""
    record = nfa.decode(raw)
    assert record.tunnel_address_v6 == V6
    assert record.tunnel_endpoint == "2001:db8::7"


def test_certificates_and_their_flags():
    """A certificate is the text of its authority, with two options out of the later part."""
    name = 'CN=Example Root, O="Example, Inc."'
    methods = ((3, text(name)), (5, b"\0\0"), (3, text("CN=Other")), (1, text("k")))
    later = FLAGS + pack("<I", 3) + pack("<III", 3, 0, 2)
    assert nfa.decode(rule(*methods) + later + b"\0").auth_methods == (
        RootCa(name, certificate_mapping=True, exclude_ca_name=True),
        Kerberos(),
        RootCa("CN=Other", certificate_mapping=False, exclude_ca_name=True),
        PresharedKey("k"),
    )
    assert nfa.decode(rule((3, text(name))) + b"\0").auth_methods == (RootCa(name),)


def test_unknown_kinds_of_rules():
    """An unknown method or interface is shown by number, and cannot be written."""
    raw = rule((9, b"")).replace(pack("<I", 0xFFFFFFFE), pack("<I", 7))
    record = nfa.decode(raw)
    assert record.auth_methods == (UnknownAuth(9),)
    assert record.connection_type == "unknown:7"
    with pytest.raises(Invalid, match="type 9"):
        nfa.stored([UnknownAuth(9)])
    with pytest.raises(Invalid, match="unknown:7"):
        nfa.stored([Kerberos()], connection_type="unknown:7")


def test_what_we_write_for_kerberos_is_what_windows_writes():
    """An active Kerberos rule for all interfaces is the published example; inactive differs in one byte."""
    published = blob("gsec2025-nfa-77790b68")
    assert encode(nfa.stored([Kerberos()])) == published
    inactive = encode(nfa.stored([Kerberos()], active=False))
    assert [at for at, byte in enumerate(inactive) if byte != published[at]] == [52]
    assert len(inactive) == len(published) == 115


def test_what_we_write_for_keys_certificates_and_tunnels():
    """Text is repeated in the alternate part, flags follow, the IPv6 end goes last before the zero byte."""
    raw = encode(nfa.stored([PresharedKey("ab"), RootCa("CN=x", certificate_mapping=True)], tunnel=V6))
    key, authority = pack("<II", 1, 6) + text("ab"), pack("<II", 3, 10) + text("CN=x")
    assert raw[20:] == (
        (pack("<I", 2) + key + authority)
        + (pack("<II", 0xFFFFFFFD, 2) + b"\0\0" + bytes(4) + pack("<II", 1, 1) + pack("<I", 2) + b"\0\0")
        + (ALTERNATES + pack("<I", 2) + key + authority)
        + (FLAGS + pack("<I", 2) + pack("<II", 0, 1))
        + (TUNNEL + V6.packed + b"\0")
    )
    counted = 4 + len(key + authority) + 4 + 6 + 4 + 8 + 6
    assert raw[16:20] == pack("<I", counted)


def test_the_four_bytes_of_a_tunnel_end():
    """An IPv4 end is written in network byte order."""
    assert nfa.decode(encode(nfa.stored([Kerberos()], tunnel=IPv4Address("192.0.2.9")))) == NfaRecord(
        methods=(AuthRecord(5, b"\0\0"),),
        tunnel_address=IPv4Address("192.0.2.9"),
        is_tunnel=True,
        alternates=(AuthRecord(5, b""),),
        flags=(0,),
    )
    assert IPv4Address("192.0.2.9").packed in encode(nfa.stored([Kerberos()], tunnel=IPv4Address("192.0.2.9")))


# --- what every class refuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["samba-isakmppolicy-72385231", "gsec2025-nfa-77790b68", "gsec2025-filter-d322f302"])
def test_a_short_blob_says_where_it_ends(name):
    """An error names the class, a byte inside the blob, and what was expected there."""
    for length in range(len(blob(name)) - 60):
        with pytest.raises(BlobError) as caught:
            decode(vector(name)["object_class"], blob(name)[:length])
        assert 0 <= caught.value.offset <= length
        assert str(caught.value) == (
            f"{caught.value.object_class} data, byte {caught.value.offset}: expected {caught.value.expected}"
        )


def test_counts_are_checked_before_they_are_walked():
    """A count that cannot fit is refused at once, not after gigabytes."""
    raw = NEGOTIATION_MARKER + pack("<II", 4, 0xFFFFFFFF) + bytes(200)
    with pytest.raises(BlobError, match="room for 4294967295 quick-mode offers"):
        negotiation.decode(raw)


def test_half_a_character_is_refused():
    """A string has an even number of bytes."""
    raw = rule((5, b"\0\0")) + b"\0"
    with pytest.raises(BlobError, match="whole UTF-16 characters"):
        nfa.decode(raw[:36] + raw[36:].replace(pack("<I", 2) + b"\0\0", pack("<I", 1) + b"\0", 1))


@pytest.mark.parametrize(
    "record",
    [
        PolicyRecord(-1),
        PolicyRecord(2**32),
        IsakmpRecord((), quick_mode_limit=2**32),
        IsakmpRecord((), guid="nonsense"),
        NfaRecord((), interface_name="a\0b"),
        NfaRecord((), tunnel_name="\ud800"),
        NfaRecord((), interface_type=2**33),
    ],
    ids=["negative", "too large", "limit", "guid", "nul", "surrogate", "interface"],
)
def test_what_does_not_fit_is_not_written(record):
    """Writing is strict: no value is cut or wrapped to fit its field."""
    with pytest.raises(Invalid):
        encode(record)
