"""Published blobs decode to what was published about them, and current ones re-encode byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from blob_vectors import CURRENT_WINDOWS, VECTORS, VERSION_OBJECT, blob, of_class, vector
from winipsec.formats.ipsec_data import (
    FILTER,
    ISAKMP,
    NEGOTIATION,
    NFA,
    POLICY,
    BlobError,
    FilterRecord,
    IsakmpRecord,
    NegotiationRecord,
    NfaRecord,
    PolicyRecord,
    decode,
    encode,
    filter_values,
    nfa,
)
from winipsec.formats.ipsec_data.filter import V1Record
from winipsec.formats.ipsec_data.isakmp import MethodRecord
from winipsec.model.endpoint import ANY, ME, parse_endpoint
from winipsec.model.methods import Esp, Kerberos, MainModeMethod, PresharedKey, SecurityMethod

GROUPS = {"1": 1, "2": 2}
CIPHERS = {"DES": 1, "3DES": 3}
HASHES = {"MD5": 1, "SHA1": 2}
INTERFACES = {"all": 0xFFFFFFFD}


def ids(items: list[dict[str, Any]]) -> list[Any]:
    """The entries as test parameters, named."""
    return [pytest.param(item, id=item["id"]) for item in items]


def method(entry: dict[str, Any]) -> MethodRecord:
    """A main-mode method as the vector file tells it."""
    return MethodRecord(
        encryption=CIPHERS[entry["encryption"]],
        hash=HASHES[entry["hash"]],
        dh_group=GROUPS[entry["dh_group"]],
        random_function=entry["random_function"],
        quick_mode_limit=entry["qm_limit"],
        lifetime_kilobytes=entry["lifetime_kilobytes"],
        lifetime_seconds=entry["lifetime_seconds"],
    )


def told_algorithm(entry: dict[str, Any]) -> tuple[int, int, int]:
    """An algorithm as the vector file tells it: id, integrity, operation."""
    if entry["protocol"] == "AH":
        return HASHES[entry["hash"]], 0, 1
    return CIPHERS[entry["encryption"]], HASHES[entry["integrity"]], 2


def told_filter(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of a V1 filter that the vector file tells, by our names."""
    return {
        "guid": entry["filter_guid"],
        "source_address": entry["source_address"],
        "source_mask": entry["source_mask"],
        "destination_address": entry["destination_address"],
        "destination_mask": entry["destination_mask"],
        "source_name": entry["source_dns"],
        "destination_name": entry["destination_dns"],
        "description": entry["description"],
        "mirrored": entry["mirrored"],
        "protocol": entry["protocol"],
        "source_port": entry["source_port"],
        "destination_port": entry["destination_port"],
        "tunnel_address": entry["tunnel_address"],
        "is_tunnel": entry["is_tunnel"],
        "special": entry["special"],
    }


def fields(record: V1Record) -> dict[str, Any]:
    """The same fields of a record, addresses as text."""
    values = {name: getattr(record, name) for name in V1Record.__slots__}
    return {name: value if isinstance(value, (str, int)) else str(value) for name, value in values.items()}


@pytest.mark.parametrize("item", ids(of_class(POLICY)))
def test_policy_vectors(item):
    """A policy holds its polling interval."""
    assert decode(POLICY, blob(item["id"])) == PolicyRecord(item["decoded"]["polling_interval_seconds"])


@pytest.mark.parametrize("item", ids(of_class(ISAKMP)))
def test_isakmp_vectors(item):
    """A main-mode part holds what was published, whatever garbage lies in its padding."""
    told = item["decoded"]
    record = decode(ISAKMP, blob(item["id"]))
    assert record == IsakmpRecord(
        methods=tuple(method(entry) for entry in told["methods"]),
        master_pfs=told["master_pfs"],
        quick_mode_limit=told["policy_qm_limit"],
        lifetime_seconds=told["policy_mm_lifetime_seconds"],
        options=told["isakmp_options"],
        new_dh=tuple(told["new_dh"]),
        guid=told["isakmp_guid"],
    )


@pytest.mark.parametrize("item", ids(of_class(NEGOTIATION)))
def test_negotiation_vectors(item):
    """A negotiation policy holds its offers, and the garbage behind them is not read as algorithms."""
    told = item["decoded"]
    record = decode(NEGOTIATION, blob(item["id"]))
    assert isinstance(record, NegotiationRecord)
    assert [
        (offer.lifetime_seconds, offer.lifetime_kilobytes, offer.flags, offer.pfs, len(offer.algorithms))
        for offer in record.offers
    ] == [
        (
            offer["lifetime_seconds"],
            offer["lifetime_kilobytes"],
            offer["flags"],
            offer["pfs_flag"],
            offer["algorithm_count"],
        )
        for offer in told["offers"]
    ]
    assert [
        [(entry.algorithm, entry.integrity, entry.operation) for entry in offer.algorithms] for offer in record.offers
    ] == [[told_algorithm(entry) for entry in offer["algorithms"]] for offer in told["offers"]]
    assert record.soft_fallback == told["allow_fallback_to_clear"]


@pytest.mark.parametrize("item", ids(of_class(FILTER)))
def test_filter_vectors(item):
    """A filter list holds its filters in both forms of the length word."""
    record = decode(FILTER, blob(item["id"]))
    assert isinstance(record, FilterRecord)
    assert [fields(entry) for entry in record.v1] == [told_filter(entry) for entry in item["decoded"]["filters"]]
    assert record.v2 == ()


@pytest.mark.parametrize("item", ids(of_class(FILTER)))
def test_filter_vectors_mean_what_was_published(item):
    """Addresses under masks read as any, me or the address."""
    read = filter_values.filters(decode(FILTER, blob(item["id"])))
    assert [(entry.source, entry.destination) for entry in read] == [
        (parse_endpoint(entry["source"]), parse_endpoint(entry["destination"])) for entry in item["decoded"]["filters"]
    ]


@pytest.mark.parametrize("item", ids(of_class(NFA)))
def test_nfa_vectors(item):
    """A rule holds what was published, with or without the later parts."""
    told = item["decoded"]
    record = decode(NFA, blob(item["id"]))
    assert isinstance(record, NfaRecord)
    assert [(entry.type, len(entry.data)) for entry in record.methods] == [
        (entry["type_code"], entry["data_bytes"]) for entry in told["auth_methods"]
    ]
    assert record.interface_type == INTERFACES[told["interface_type"]]
    assert record.interface_name == told["interface_name"]
    assert str(record.tunnel_address) == told["tunnel_address"]
    assert record.is_tunnel == told["is_tunnel"]
    assert record.is_active == told["is_active"]
    assert record.tunnel_name == told["tunnel_endpoint_name"]
    later = told.get("alt_auth")
    if later is None:
        assert (record.alternates, record.flags) == (None, None)
    else:
        assert [(entry.type, len(entry.data)) for entry in record.alternates or ()] == [(5, 0)]
        assert list(record.flags or ()) == later["flags"]


@pytest.mark.parametrize("name", [*CURRENT_WINDOWS, "samba-policy-72385230", "samba-negotiationpolicy-7238523b"])
def test_blobs_of_current_windows_encode_as_they_were(name):
    """What current Windows wrote we write too, byte for byte."""
    assert encode(decode(vector(name)["object_class"], blob(name))).hex() == vector(name)["hex"]


@pytest.mark.parametrize("item", ids([item for item in VECTORS if item["id"] != VERSION_OBJECT]))
def test_records_of_every_generation_survive_our_writing(item):
    """An old blob, written in the current form, still says the same."""
    record = decode(item["object_class"], blob(item["id"]))
    assert decode(item["object_class"], encode(record)) == record


@pytest.mark.parametrize("item", ids([item for item in VECTORS if item["id"] != VERSION_OBJECT]))
def test_no_class_reads_the_blob_of_another(item):
    """The marker in front decides what a blob is."""
    for other in {POLICY, ISAKMP, NEGOTIATION, FILTER, NFA} - {item["object_class"]}:
        with pytest.raises(BlobError) as caught:
            decode(other, blob(item["id"]))
        assert (caught.value.object_class, caught.value.offset) == (other, 0)


def test_the_version_object_is_known_and_is_no_rule():
    """The object that only names the Windows that made a store is told apart by its marker."""
    assert nfa.is_version_information(blob(VERSION_OBJECT))
    assert not nfa.is_version_information(blob("samba-nfa-72385232"))
    with pytest.raises(BlobError):
        nfa.decode(blob(VERSION_OBJECT))


def test_what_the_default_objects_mean():
    """The default objects of Windows 2000 read as their names say."""
    request = decode(NEGOTIATION, blob("samba-negotiationpolicy-72385233"))
    assert request.security_methods == (
        SecurityMethod(esp=Esp("3des", "sha1"), lifetime_kilobytes=100000, lifetime_seconds=900),
        SecurityMethod(esp=Esp("des", "sha1"), lifetime_kilobytes=100000, lifetime_seconds=900),
        SecurityMethod(ah="sha1", lifetime_kilobytes=100000, lifetime_seconds=300),
        SecurityMethod(ah="md5", lifetime_kilobytes=100000, lifetime_seconds=300),
    )
    assert (request.soft_fallback, request.session_pfs) == (True, False)
    main_mode = decode(ISAKMP, blob("samba-isakmppolicy-72385231"))
    assert main_mode.main_mode_methods == (
        MainModeMethod("3des", "sha1", "group2"),
        MainModeMethod("3des", "md5", "group2"),
        MainModeMethod("des", "sha1", "group1"),
        MainModeMethod("des", "md5", "group1"),
    )
    assert main_mode.effective_lifetime_seconds == 28800
    (icmp,) = filter_values.filters(decode(FILTER, blob("samba-filter-72385235")))
    assert (icmp.source, icmp.destination, icmp.protocol, icmp.description) == (ME, ANY, 1, "ICMP")


def test_a_key_is_read_and_never_shown():
    """The pre-shared key of a rule is there for who asks for it, and in no text about the rule."""
    record = decode(NFA, blob("vpnease-nfa-psk"))
    assert record.auth_methods == (PresharedKey("Secret-123"),)
    shown = repr(record) + repr(record.auth_methods) + str(record)
    assert "Secret-123" not in shown
    assert "S\\x00e\\x00c" not in shown


def test_kerberos_is_the_method_of_every_plain_rule():
    """Rules of permit and block carry one Kerberos method."""
    record = decode(NFA, blob("gsec2025-nfa-77790b68"))
    assert record.auth_methods == (Kerberos(),)
    assert (record.connection_type, record.tunnel_endpoint) == ("all", "")
