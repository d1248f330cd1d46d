"""The data of an `ipsecISAKMPPolicy`: main mode (spec: ipsec-policy 5.3).

DH 2048 can be said in three ways, all of which are read: group 0x10000001, the random-function byte of a method
(which then decides its cipher and hash too), and four New-DH bytes that stand for methods before the listed ones.
Only the first is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from winipsec.formats.ipsec_data.frame import (
    ISAKMP,
    NO_GUID,
    Reader,
    framed,
    guid_bytes,
    guid_text,
    number,
    pack,
    word,
)
from winipsec.model.methods import MainModeMethod

DECLARATION = """
struct isakmp {
    char   guid[16];
    uint32 zero;
    uint32 master_pfs;
    uint32 options;
    uint8  new_dh[4];
    uint32 quick_mode_limit;
    uint32 lifetime_seconds;
    char   zeros[20];
    uint32 method_count;
};
struct main_mode_method {
    uint16 version;
    uint16 ignored_a;
    uint32 encryption;
    uint32 encryption_key_length;
    uint32 encryption_rounds;
    uint32 hash;
    uint32 hash_key_length;
    char   ignored_b[12];
    uint8  random_function;
    char   ignored_c[7];
    uint32 dh_group;
    uint32 quick_mode_limit;
    uint32 lifetime_kilobytes;
    uint32 lifetime_seconds;
    uint32 pfs_identity;
};
"""
METHOD_SIZE = 64
DEFAULT_LIFETIME_SECONDS = 28_800

ENCRYPTION = {0: "none", 1: "des", 2: "3des", 3: "3des"}
HASH = {1: "md5", 2: "sha1"}
DH_GROUP = {1: "group1", 2: "group2", 0x10000001: "group14"}
NEW_DH = {
    1: MainModeMethod("des", "md5", "group14"),
    2: MainModeMethod("des", "sha1", "group14"),
    3: MainModeMethod("3des", "md5", "group14"),
    4: MainModeMethod("3des", "sha1", "group14"),
}
_ENCRYPTION_IDS = {"des": 1, "3des": 3}
_HASH_IDS = {name: key for key, name in HASH.items()}
_DH_GROUP_IDS = {name: key for key, name in DH_GROUP.items()}


@dataclass(frozen=True, slots=True)
class MethodRecord:
    """One main-mode method as stored."""

    encryption: int
    hash: int
    dh_group: int
    random_function: int = 0
    quick_mode_limit: int = 0
    lifetime_kilobytes: int = 0
    lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS

    @property
    def method(self) -> MainModeMethod:
        """What this method means."""
        return NEW_DH.get(self.random_function) or MainModeMethod(
            word(ENCRYPTION, self.encryption), word(HASH, self.hash), word(DH_GROUP, self.dh_group)
        )


@dataclass(frozen=True, slots=True)
class IsakmpRecord:
    """The main-mode part of a policy as stored. `guid` is not that of the object; current Windows writes zeros."""

    methods: tuple[MethodRecord, ...]
    master_pfs: bool = False
    quick_mode_limit: int = 0
    lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS
    options: int = 0
    new_dh: tuple[int, int, int, int] = (0, 0, 0, 0)
    guid: str = NO_GUID

    @property
    def effective_lifetime_seconds(self) -> int:
        """The lifetime that is used: 0 stands for eight hours."""
        return self.lifetime_seconds or DEFAULT_LIFETIME_SECONDS

    @property
    def main_mode_methods(self) -> tuple[MainModeMethod, ...]:
        """What is offered to peers, in order of preference."""
        first = []
        for code in self.new_dh:
            if not code:
                break
            first.append(NEW_DH.get(code) or MainModeMethod(f"unknown:{code}", f"unknown:{code}", "group14"))
        return (*first, *(method.method for method in self.methods))


def decode(blob: bytes) -> IsakmpRecord:
    """Read a blob of any generation.

    Raises:
        BlobError: it is no main-mode part.
    """
    reader = Reader(ISAKMP, blob, DECLARATION)
    head = reader.read("isakmp")
    methods = []
    for _ in reader.count(head.method_count, METHOD_SIZE, "main-mode methods"):
        entry = reader.read("main_mode_method")
        methods.append(
            MethodRecord(
                encryption=entry.encryption,
                hash=entry.hash,
                dh_group=entry.dh_group,
                random_function=entry.random_function,
                quick_mode_limit=entry.quick_mode_limit,
                lifetime_kilobytes=entry.lifetime_kilobytes,
                lifetime_seconds=entry.lifetime_seconds,
            )
        )
    first, second, third, fourth = head.new_dh
    return IsakmpRecord(
        methods=tuple(methods),
        master_pfs=bool(head.master_pfs),
        quick_mode_limit=head.quick_mode_limit,
        lifetime_seconds=head.lifetime_seconds,
        options=head.options,
        new_dh=(first, second, third, fourth),
        guid=guid_text(head.guid),
    )


def encode(record: IsakmpRecord) -> bytes:
    """Write a blob of current Windows.

    Raises:
        Invalid: a number does not fit.
    """
    head = pack(
        DECLARATION,
        "isakmp",
        guid=guid_bytes(record.guid),
        master_pfs=int(record.master_pfs),
        options=record.options,
        new_dh=list(record.new_dh),
        quick_mode_limit=record.quick_mode_limit,
        lifetime_seconds=record.lifetime_seconds,
        method_count=len(record.methods),
    )
    methods = (
        pack(
            DECLARATION,
            "main_mode_method",
            encryption=method.encryption,
            hash=method.hash,
            random_function=method.random_function,
            dh_group=method.dh_group,
            quick_mode_limit=method.quick_mode_limit,
            lifetime_kilobytes=method.lifetime_kilobytes,
            lifetime_seconds=method.lifetime_seconds,
            pfs_identity=int(record.master_pfs),
        )
        for method in record.methods
    )
    return framed(ISAKMP, head + b"".join(methods))


def stored(
    methods: Sequence[MainModeMethod], *, master_pfs: bool, quick_mode_limit: int, lifetime_seconds: int
) -> IsakmpRecord:
    """The record that says this.

    Raises:
        Invalid: a method is of a kind that cannot be written.
    """
    records = [
        MethodRecord(
            encryption=number(_ENCRYPTION_IDS, method.encryption),
            hash=number(_HASH_IDS, method.integrity),
            dh_group=number(_DH_GROUP_IDS, method.dh_group),
            quick_mode_limit=quick_mode_limit,
            lifetime_seconds=lifetime_seconds,
        )
        for method in methods
    ]
    return IsakmpRecord(tuple(records), master_pfs, quick_mode_limit, lifetime_seconds)
