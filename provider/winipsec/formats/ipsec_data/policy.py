"""The data of an `ipsecPolicy` (spec: ipsec-policy 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from winipsec.formats.ipsec_data.frame import POLICY, Reader, framed, pack

DECLARATION = """
struct policy {
    uint32 polling_interval;
};
"""
DEFAULT_POLLING_INTERVAL = 10_800


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A policy as stored: how often the agent looks for changes, in seconds."""

    polling_interval_seconds: int

    @property
    def effective_polling_interval_seconds(self) -> int:
        """The interval that is used: 0 stands for three hours."""
        return self.polling_interval_seconds or DEFAULT_POLLING_INTERVAL


def decode(blob: bytes) -> PolicyRecord:
    """Read a blob.

    Raises:
        BlobError: it is no policy.
    """
    return PolicyRecord(Reader(POLICY, blob, DECLARATION).read("policy").polling_interval)


def encode(record: PolicyRecord) -> bytes:
    """Write a blob.

    Raises:
        Invalid: the interval does not fit.
    """
    return framed(POLICY, pack(DECLARATION, "policy", polling_interval=record.polling_interval_seconds))
