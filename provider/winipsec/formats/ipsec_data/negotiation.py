"""The data of an `ipsecNegotiationPolicy`: quick-mode offers (spec: ipsec-policy 5.5).

Action and type are GUIDs in values of their own; permit and block hold the same blob without offers. Where the
published document and real blobs disagree (PFS, the ids of ESP), blobs win (spec: ipsec-policy 5.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from winipsec.formats.ipsec_data.frame import NEGOTIATION, BlobError, Reader, framed, number, pack, word
from winipsec.model.invalid import Invalid
from winipsec.model.methods import Esp, SecurityMethod

DECLARATION = """
struct negotiation_policy {
    uint32 offer_count;
};
struct offer {  // three algorithms follow, however many of them are in use
    uint32 lifetime_seconds;
    uint32 lifetime_kilobytes;
    uint32 flags;
    uint32 pfs;
    uint32 algorithm_count;
};
struct algorithm {
    uint32 algorithm;
    uint32 integrity;
    uint32 operation;
    char   ignored[8];
};
"""
OFFER_SIZE = 80
MAX_ALGORITHMS = 3

OPERATION_AH = 1
OPERATION_ESP = 2
AH_HASH = {1: "md5", 2: "sha1"}
ESP_ENCRYPTION = {0: "none", 1: "des", 2: "des", 3: "3des"}
ESP_INTEGRITY = {0: "none", 1: "md5", 2: "sha1"}
_AH_HASH_IDS = {name: key for key, name in AH_HASH.items()}
_ESP_ENCRYPTION_IDS = {"none": 0, "des": 1, "3des": 3}
_ESP_INTEGRITY_IDS = {name: key for key, name in ESP_INTEGRITY.items()}

ORDINARY_TYPE = "{62f49e10-6c37-11d1-864c-14a300000000}"
DEFAULT_RESPONSE_TYPE = "{62f49e13-6c37-11d1-864c-14a300000000}"
# Action GUID to what netsh calls it: action=, inpass=.
ACTIONS = {
    "{3f91a819-7647-11d1-864d-d46a00000000}": ("block", False),
    "{8a171dd2-77e3-11d1-8659-a04f00000000}": ("permit", False),
    "{8a171dd3-77e3-11d1-8659-a04f00000000}": ("negotiate", False),
    "{3f91a81a-7647-11d1-864d-d46a00000000}": ("negotiate", True),
}
ACTION_GUIDS = {meaning: guid for guid, meaning in ACTIONS.items()}


@dataclass(frozen=True, slots=True)
class AlgorithmRecord:
    """One algorithm of an offer as stored: AH or ESP by `operation`; `integrity` belongs to ESP."""

    algorithm: int
    integrity: int
    operation: int


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """One offer as stored. Without algorithms it says that clear traffic is as good."""

    lifetime_seconds: int = 0
    lifetime_kilobytes: int = 0
    flags: int = 0
    pfs: int = 0
    algorithms: tuple[AlgorithmRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class NegotiationRecord:
    """A negotiation policy as stored."""

    offers: tuple[OfferRecord, ...] = ()

    @property
    def soft_fallback(self) -> bool:
        """Whether hosts without IPsec get clear traffic: one of the offers, normally the last, is empty."""
        return any(not offer.algorithms for offer in self.offers)

    @property
    def session_pfs(self) -> bool:
        """Whether every real offer asks for new key material per session."""
        real = [offer for offer in self.offers if offer.algorithms]
        return bool(real) and all(offer.pfs for offer in real)

    @property
    def security_methods(self) -> tuple[SecurityMethod, ...]:
        """What is offered to peers, in order of preference.

        Raises:
            BlobError: an offer holds more than one AH and one ESP.
        """
        return tuple(_method(index, offer) for index, offer in enumerate(self.offers) if offer.algorithms)


def decode(blob: bytes) -> NegotiationRecord:
    """Read a blob of any generation.

    Raises:
        BlobError: it is no negotiation policy.
    """
    reader = Reader(NEGOTIATION, blob, DECLARATION)
    head = reader.read("negotiation_policy")
    return NegotiationRecord(
        tuple(_offer(reader) for _ in reader.count(head.offer_count, OFFER_SIZE, "quick-mode offers"))
    )


def _offer(reader: Reader) -> OfferRecord:
    offer = reader.read("offer")
    if offer.algorithm_count > MAX_ALGORITHMS:
        raise reader.fault(f"at most {MAX_ALGORITHMS} algorithms in this offer")
    slots = [reader.read("algorithm") for _ in range(MAX_ALGORITHMS)]
    algorithms = [
        AlgorithmRecord(entry.algorithm, entry.integrity, entry.operation) for entry in slots[: offer.algorithm_count]
    ]
    return OfferRecord(
        offer.lifetime_seconds,
        offer.lifetime_kilobytes,
        offer.flags,
        offer.pfs,
        tuple(algorithms),
    )


def encode(record: NegotiationRecord) -> bytes:
    """Write a blob of current Windows.

    Raises:
        Invalid: a number does not fit, or an offer has more than three algorithms.
    """
    head = pack(DECLARATION, "negotiation_policy", offer_count=len(record.offers))
    return framed(NEGOTIATION, head + b"".join(_offer_bytes(offer) for offer in record.offers))


def _offer_bytes(offer: OfferRecord) -> bytes:
    if len(offer.algorithms) > MAX_ALGORITHMS:
        raise Invalid(f"an offer has room for {MAX_ALGORITHMS} algorithms, not {len(offer.algorithms)}")
    head = pack(
        DECLARATION,
        "offer",
        lifetime_seconds=offer.lifetime_seconds,
        lifetime_kilobytes=offer.lifetime_kilobytes,
        flags=offer.flags,
        pfs=offer.pfs,
        algorithm_count=len(offer.algorithms),
    )
    algorithms = (
        pack(
            DECLARATION,
            "algorithm",
            algorithm=entry.algorithm,
            integrity=entry.integrity,
            operation=entry.operation,
        )
        for entry in offer.algorithms
    )
    return (head + b"".join(algorithms)).ljust(OFFER_SIZE, b"\0")


def stored(
    methods: Sequence[SecurityMethod], *, session_pfs: bool = False, soft_fallback: bool = False
) -> NegotiationRecord:
    """The record that says this.

    Raises:
        Invalid: a method is of a kind that cannot be written.
    """
    offers = [
        OfferRecord(
            lifetime_seconds=method.lifetime_seconds,
            lifetime_kilobytes=method.lifetime_kilobytes,
            pfs=int(session_pfs),
            algorithms=_algorithms(method),
        )
        for method in methods
    ]
    return NegotiationRecord((*offers, OfferRecord()) if soft_fallback else tuple(offers))


def _algorithms(method: SecurityMethod) -> tuple[AlgorithmRecord, ...]:
    entries = []
    if method.ah is not None:
        entries.append(AlgorithmRecord(number(_AH_HASH_IDS, method.ah), 0, OPERATION_AH))
    if method.esp is not None:
        encryption = number(_ESP_ENCRYPTION_IDS, method.esp.encryption)
        integrity = number(_ESP_INTEGRITY_IDS, method.esp.integrity)
        entries.append(AlgorithmRecord(encryption, integrity, OPERATION_ESP))
    if not entries:
        raise Invalid("a security method without AH and ESP would let traffic go in clear")
    return tuple(entries)


def _method(index: int, offer: OfferRecord) -> SecurityMethod:
    ah: str | None = None
    esp: Esp | None = None
    for entry in offer.algorithms:
        if entry.operation == OPERATION_AH and ah is None:
            ah = word(AH_HASH, entry.algorithm)
        elif entry.operation == OPERATION_ESP and esp is None:
            esp = Esp(word(ESP_ENCRYPTION, entry.algorithm), word(ESP_INTEGRITY, entry.integrity))
        else:
            offset = 24 + OFFER_SIZE * index
            raise BlobError(NEGOTIATION, offset, f"no more than one AH and one ESP in offer {index + 1}")
    return SecurityMethod(ah, esp, offer.lifetime_kilobytes, offer.lifetime_seconds)
