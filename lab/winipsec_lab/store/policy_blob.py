"""`ipsecPolicy` and `ipsecISAKMPPolicy` blobs (spec: ipsec-policy 5.2, 5.3).

DH 2048 has three spellings, and nobody knows which one current netsh writes: group 0x10000001 in the method, the four
New-DH bytes of the frame (whose methods come before the listed ones), or a method's random-function byte, which
overrides its encryption, hash and group. The decoder reads all three; the guess `netsh.dh2048` picks one to write.
"""

from __future__ import annotations

import dataclasses
import struct
from typing import Final
from uuid import UUID

from winipsec_lab.store.framing import Switches, frame, open_frame, u32
from winipsec_lab.store.values import MAIN_MODE, POLICY, BlobError, MainMethod, MainMode

# offset 20: instance GUID, zero, master PFS, options, New-DH, quick-mode limit, lifetime, 20 zero bytes, method count
_HEAD: Final = struct.Struct("<16sIII4BII20xI")
# version, -, encryption, -, -, hash, -, -, -, random function, -, group, quick-mode limit, kB, seconds, PFS identity
_METHOD: Final = struct.Struct("<H2xI8xI4x4x8xB7xIIIII")
_DH2048: Final = 0x10000001
_ENCRYPTION: Final = {0: "none", 1: "DES", 2: "3DES", 3: "3DES"}
_INTEGRITY: Final = {0: "none", 1: "MD5", 2: "SHA1"}
_ENCRYPTION_NUMBER: Final = {"none": 0, "DES": 1, "3DES": 3}
_INTEGRITY_NUMBER: Final = {"none": 0, "MD5": 1, "SHA1": 2}
_COMBINED: Final = (("DES", "MD5"), ("DES", "SHA1"), ("3DES", "MD5"), ("3DES", "SHA1"))


def decode_policy(data: bytes) -> int:
    """The polling interval in seconds, as stored (0 stands for 10800)."""
    cursor, _ = open_frame(POLICY, data)
    return cursor.u32()


def encode_policy(polling_seconds: int) -> bytes:
    """The blob of a policy."""
    return frame(POLICY, u32(polling_seconds))


def decode_main_mode(data: bytes) -> MainMode:
    """The main-mode part of a policy; its methods include those the frame spells as New-DH bytes."""
    cursor, _ = open_frame(MAIN_MODE, data)
    instance, _, pfs, options, dh1, dh2, dh3, dh4, limit, lifetime, count = _HEAD.unpack(cursor.take(_HEAD.size))
    new_dh = (dh1, dh2, dh3, dh4)
    methods = []
    for number in new_dh:
        if number == 0:
            break
        encryption, integrity = _combined(number)
        methods.append(MainMethod(encryption, integrity, 3, quick_mode_limit=limit, lifetime_seconds=lifetime))
    methods += [_decode_method(cursor.take(_METHOD.size)) for _ in range(count)]
    return MainMode(tuple(methods), bool(pfs), options, limit, lifetime, new_dh, UUID(bytes_le=instance))


def _combined(number: int) -> tuple[str, str]:
    if not 1 <= number <= len(_COMBINED):
        raise BlobError(f"{number} names no main-mode method with DH 2048")
    return _COMBINED[number - 1]


def _decode_method(raw: bytes) -> MainMethod:
    _, encryption, integrity, random_function, group, limit, kilobytes, seconds, _ = _METHOD.unpack(raw)
    if random_function:
        names = (*_combined(random_function), 3)
    elif encryption in _ENCRYPTION and integrity in _INTEGRITY and (group == _DH2048 or group in (1, 2)):
        names = (_ENCRYPTION[encryption], _INTEGRITY[integrity], 3 if group == _DH2048 else group)
    else:
        raise BlobError(f"unknown main-mode method: encryption {encryption}, hash {integrity}, group {group:#x}")
    return MainMethod(*names, random_function, limit, kilobytes, seconds)


def encode_main_mode(value: MainMode, switches: Switches) -> bytes:
    """The blob of a main-mode part; DH 2048 is spelled as the guess `netsh.dh2048` says."""
    spelling = switches["netsh.dh2048"]
    listed = list(value.methods)
    new_dh: list[int] = []
    if spelling == "new_dh":
        strong = [each for each in listed if each.group == 3][: len(_COMBINED)]
        new_dh = [_COMBINED.index((each.encryption, each.integrity)) + 1 for each in strong]
        listed = [each for each in listed if each not in strong]
    limit = value.quick_mode_limit
    head = _HEAD.pack(
        b"", 0, value.master_pfs, value.options, *(*new_dh, 0, 0, 0, 0)[:4], limit, value.lifetime_seconds, len(listed)
    )
    return frame(MAIN_MODE, head + b"".join(_encode_method(each, spelling, value.master_pfs) for each in listed))


def _encode_method(method: MainMethod, spelling: str, master_pfs: bool) -> bytes:
    random_function, group = 0, method.group
    if group == 3 and spelling == "random_function":
        random_function, group = _COMBINED.index((method.encryption, method.integrity)) + 1, 2
    elif group == 3:
        group = _DH2048
    return _METHOD.pack(
        0,
        _ENCRYPTION_NUMBER[method.encryption],
        _INTEGRITY_NUMBER[method.integrity],
        random_function,
        group,
        method.quick_mode_limit,
        method.lifetime_kilobytes,
        method.lifetime_seconds,
        master_pfs,
    )


def with_limits(value: MainMode, limit: int, lifetime: int, switches: Switches) -> MainMode:
    """The same methods under other limits; whether methods repeat the limit is the guess `netsh.method_limits`."""
    per_method = limit if switches["netsh.method_limits"] == "repeated" else 0
    methods = tuple(
        dataclasses.replace(each, quick_mode_limit=per_method, lifetime_seconds=lifetime) for each in value.methods
    )
    return dataclasses.replace(value, methods=methods, quick_mode_limit=limit, lifetime_seconds=lifetime)
