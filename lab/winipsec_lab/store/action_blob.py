"""`ipsecNegotiationPolicy` blobs (spec: ipsec-policy 5.5, 5.7)."""

from __future__ import annotations

import struct
from typing import Final

from winipsec_lab.store.framing import frame, open_frame, u32
from winipsec_lab.store.values import ACTION, Algorithm, BlobError, Offer

_OFFER: Final = struct.Struct("<IIIII60s")  # seconds, kB, options, PFS, algorithms in use, three algorithm entries
_ALGORITHM: Final = struct.Struct("<III8x")  # algorithm, ESP integrity, operation
_AH: Final = 1
_ESP: Final = 2
# 2 is read as DES: the published table is shifted, real blobs hold 1 and 3 only (spec: ipsec-policy 5.7)
_ENCRYPTION: Final = {0: "none", 1: "DES", 2: "DES", 3: "3DES"}
_INTEGRITY: Final = {0: "none", 1: "MD5", 2: "SHA1"}
_ENCRYPTION_NUMBER: Final = {"none": 0, "DES": 1, "3DES": 3}
_INTEGRITY_NUMBER: Final = {"none": 0, "MD5": 1, "SHA1": 2}
_MOST: Final = 3


def decode_action(data: bytes) -> tuple[Offer, ...]:
    """The offers of a filter action, the empty one of `soft=yes` included."""
    cursor, _ = open_frame(ACTION, data)
    return tuple(_decode_offer(cursor.take(_OFFER.size)) for _ in range(cursor.u32()))


def _decode_offer(raw: bytes) -> Offer:
    seconds, kilobytes, flags, pfs, count, entries = _OFFER.unpack(raw)
    if count > _MOST:
        raise BlobError(f"an offer with {count} algorithms")
    used = [entries[place : place + _ALGORITHM.size] for place in range(0, count * _ALGORITHM.size, _ALGORITHM.size)]
    return Offer(tuple(map(_decode_algorithm, used)), seconds, kilobytes, bool(pfs), flags)


def _decode_algorithm(raw: bytes) -> Algorithm:
    number, integrity, operation = _ALGORITHM.unpack(raw)
    if operation == _AH and number in (1, 2):
        return Algorithm("AH", "none", _INTEGRITY[number])
    if operation == _ESP and number in _ENCRYPTION and integrity in _INTEGRITY:
        return Algorithm("ESP", _ENCRYPTION[number], _INTEGRITY[integrity])
    raise BlobError(f"unknown algorithm: operation {operation}, number {number}, integrity {integrity}")


def encode_action(offers: tuple[Offer, ...]) -> bytes:
    """The blob of a filter action; permit and block have no offers."""
    return frame(ACTION, u32(len(offers)) + b"".join(map(_encode_offer, offers)))


def _encode_offer(offer: Offer) -> bytes:
    entries = b"".join(map(_encode_algorithm, offer.algorithms))
    return _OFFER.pack(
        offer.lifetime_seconds, offer.lifetime_kilobytes, offer.flags, offer.pfs, len(offer.algorithms), entries
    )


def _encode_algorithm(algorithm: Algorithm) -> bytes:
    integrity = _INTEGRITY_NUMBER[algorithm.integrity]
    if algorithm.protocol == "AH":
        return _ALGORITHM.pack(integrity, 0, _AH)
    return _ALGORITHM.pack(_ENCRYPTION_NUMBER[algorithm.encryption], integrity, _ESP)
