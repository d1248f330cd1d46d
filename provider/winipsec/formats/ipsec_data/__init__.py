"""The binary data of policy objects (spec: ipsec-policy 5): bytes to frozen records, records to model values, and back.

One module per class of object: `decode` and `encode` map bytes and record, properties of a record and `stored` map
record and model values. `decode` and `encode` here choose the module by class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from winipsec.formats.ipsec_data import filter as filter_list
from winipsec.formats.ipsec_data import isakmp, negotiation, nfa, policy
from winipsec.formats.ipsec_data.filter import FilterRecord
from winipsec.formats.ipsec_data.frame import FILTER, ISAKMP, NEGOTIATION, NFA, POLICY, BlobError
from winipsec.formats.ipsec_data.isakmp import IsakmpRecord
from winipsec.formats.ipsec_data.negotiation import NegotiationRecord
from winipsec.formats.ipsec_data.nfa import NfaRecord
from winipsec.formats.ipsec_data.policy import PolicyRecord

Record: TypeAlias = PolicyRecord | IsakmpRecord | NegotiationRecord | FilterRecord | NfaRecord

__all__ = [
    "FILTER",
    "ISAKMP",
    "NEGOTIATION",
    "NFA",
    "POLICY",
    "BlobError",
    "FilterRecord",
    "IsakmpRecord",
    "NegotiationRecord",
    "NfaRecord",
    "PolicyRecord",
    "Record",
    "decode",
    "encode",
]

_DECODERS: dict[str, Callable[[bytes], Record]] = {
    POLICY: policy.decode,
    ISAKMP: isakmp.decode,
    NEGOTIATION: negotiation.decode,
    FILTER: filter_list.decode,
    NFA: nfa.decode,
}


def decode(object_class: str, blob: bytes) -> Record:
    """Read the data of an object of `object_class`, any generation of Windows.

    Raises:
        BlobError: the bytes are not of that class, or end early.
        KeyError: there is no such class.
    """
    return _DECODERS[object_class](blob)


def encode(record: Record) -> bytes:
    """Write a record in the form of current Windows.

    Raises:
        Invalid: a number does not fit its field, or a text cannot be stored.
    """
    if isinstance(record, PolicyRecord):
        return policy.encode(record)
    if isinstance(record, IsakmpRecord):
        return isakmp.encode(record)
    if isinstance(record, NegotiationRecord):
        return negotiation.encode(record)
    if isinstance(record, FilterRecord):
        return filter_list.encode(record)
    return nfa.encode(record)
