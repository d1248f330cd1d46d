"""For all records and all bytes: what is written reads back the same, and nothing but BlobError ever comes of bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
import record_strategies as some
from blob_vectors import VECTORS
from hypothesis import example, given, settings
from hypothesis import strategies as st
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
    Record,
    decode,
    encode,
    filter_values,
    isakmp,
    negotiation,
    nfa,
)
from winipsec.formats.ipsec_data.frame import MARKERS

CLASS_OF = {
    PolicyRecord: POLICY,
    IsakmpRecord: ISAKMP,
    NegotiationRecord: NEGOTIATION,
    NfaRecord: NFA,
    FilterRecord: FILTER,
}
BLOBS = [bytes.fromhex(item["hex"]) for item in VECTORS]


def meanings(record: Record) -> object:
    """Everything that a record is asked for."""
    if isinstance(record, FilterRecord):
        return filter_values.filters(record)
    names = [name for name in dir(type(record)) if isinstance(getattr(type(record), name), property)]
    return [getattr(record, name) for name in names]


@given(some.records)
@settings(max_examples=300)
def test_every_record_reads_back_as_it_was_written(record):
    """Decoding what was encoded gives the same record, for all five classes."""
    assert decode(CLASS_OF[type(record)], encode(record)) == record


@given(some.records, st.binary(max_size=20))
def test_bytes_behind_the_end_change_nothing(record, noise):
    """What stands behind a blob is not read, unless it is one more part."""
    kind = CLASS_OF[type(record)]
    if not noise.startswith(b"\1") and not noise.startswith(b"\0\1") and kind != FILTER:
        assert decode(kind, encode(record) + noise) == record


@given(st.lists(some.filters, max_size=6))
@settings(max_examples=150)
def test_every_filter_list_means_the_same_after_storing(items):
    """Model filters survive the way through V1 and V2 records and bytes, in their order per form."""
    record = decode(FILTER, encode(filter_values.stored(items)))
    assert isinstance(record, FilterRecord)
    found = filter_values.filters(record)
    assert sorted(map(str, found)) == sorted(map(str, items))
    assert {item.guid: item for item in found} == {item.guid: item for item in items}


@given(st.lists(some.security_methods, max_size=5), st.booleans(), st.booleans())
def test_every_offer_means_the_same_after_storing(methods, pfs, soft):
    """Offers keep their order, PFS and soft fallback."""
    record = decode(NEGOTIATION, encode(negotiation.stored(methods, session_pfs=pfs, soft_fallback=soft)))
    assert isinstance(record, NegotiationRecord)
    assert record.security_methods == tuple(methods)
    assert (record.session_pfs, record.soft_fallback) == (pfs and bool(methods), soft)


@given(st.lists(some.main_mode_methods, max_size=5), st.booleans(), some.words, some.words)
def test_every_main_mode_means_the_same_after_storing(methods, pfs, limit, lifetime):
    """Main-mode methods keep their order, and the policy its settings."""
    stored = isakmp.stored(methods, master_pfs=pfs, quick_mode_limit=limit, lifetime_seconds=lifetime)
    record = decode(ISAKMP, encode(stored))
    assert isinstance(record, IsakmpRecord)
    assert record.main_mode_methods == tuple(methods)
    assert (record.master_pfs, record.quick_mode_limit, record.lifetime_seconds) == (pfs, limit, lifetime)


@given(
    st.lists(some.auth_methods, max_size=4),
    st.booleans(),
    st.sampled_from(["all", "lan", "dialup"]),
    st.none() | some.v4 | some.v6,
)
def test_every_rule_means_the_same_after_storing(methods, active, connection, tunnel):
    """Authentication keeps its order and options, and the rule its end of a tunnel."""
    record = decode(NFA, encode(nfa.stored(methods, active=active, connection_type=connection, tunnel=tunnel)))
    assert isinstance(record, NfaRecord)
    assert record.auth_methods == tuple(methods)
    assert (record.is_active, record.connection_type) == (active, connection)
    assert record.tunnel_endpoint == (str(tunnel) if tunnel is not None else "")


@pytest.mark.parametrize("kind", sorted(MARKERS))
@given(raw=st.binary(max_size=400))
@example(raw=b"")
@settings(max_examples=200)
def test_any_bytes_give_a_record_or_a_blob_error(kind, raw):
    """No bytes crash the reader, with or without the right marker in front, nor the meaning of what was read."""
    for candidate in (raw, MARKERS[kind] + raw):
        with suppress(BlobError):
            meanings(decode(kind, candidate))


@given(st.sampled_from(VECTORS), st.data())
@settings(max_examples=500)
def test_damaged_blobs_give_a_record_or_a_blob_error(item, data):
    """Real blobs with bytes changed, cut out, or doubled crash nothing either."""
    raw = bytearray.fromhex(item["hex"])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(16, len(raw) - 1))
        change = data.draw(st.sampled_from(["set", "cut", "double", "insert"]))
        if change == "set":
            raw[at] = data.draw(st.sampled_from([0, 1, 2, 0x7F, 0x80, 0xFF]))
        elif change == "cut":
            del raw[at : at + data.draw(st.integers(1, 8))]
            raw.extend(bytes(max(0, 17 - len(raw))))
        elif change == "double":
            raw[at:at] = raw[at : at + 16]
        else:
            raw[at:at] = data.draw(st.sampled_from([bytes([1] * 16), bytes([1] * 15 + [2]), bytes([1] * 15 + [3])]))
    with suppress(BlobError):
        meanings(decode(item["object_class"], bytes(raw)))


@given(st.sampled_from(BLOBS), st.integers(0, 400))
def test_a_wrong_length_word_is_of_no_consequence(raw, length):
    """The length in the frame is not trusted, so any value of it reads the same."""
    for kind, marker in MARKERS.items():
        if raw.startswith(marker):
            changed = raw[:16] + length.to_bytes(4, "little") + raw[20:]
            assert decode(kind, changed) == decode(kind, raw)
