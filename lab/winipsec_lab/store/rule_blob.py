"""`ipsecNFA` blobs (spec: ipsec-policy 5.4).

The counted part ends with the tunnel's name. Old systems end the blob there with one zero byte; current ones append a
second list of the same authentication methods, a list of certificate flags, and perhaps an IPv6 tunnel address, each
behind a marker GUID. Writers disagree on whether that tail is counted, so the decoder ignores the count and looks for
the markers where the fields end.
"""

from __future__ import annotations

import struct
from typing import Final

from winipsec_lab.store.framing import Cursor, Switches, counted, frame, open_frame, text_of, u32, wide
from winipsec_lab.store.values import RULE, Authentication, BlobError, Rule

_ALTERNATES: Final = b"\x01" * 16
_FLAGS: Final = b"\x01" * 15 + b"\x02"
_IPV6_TUNNEL: Final = b"\x01" * 15 + b"\x03"
_KINDS: Final = {1: "psk", 3: "certificate", 5: "kerberos"}
_NUMBERS: Final = {name: number for number, name in _KINDS.items()}
_INTERFACES: Final = {0xFFFFFFFD: "all", 0xFFFFFFFE: "lan", 0xFFFFFFFF: "dialup"}
_INTERFACE_NUMBERS: Final = {name: number for number, name in _INTERFACES.items()}
_MAP_TO_ACCOUNT: Final = 1
_EXCLUDE_CA_NAME: Final = 2


def decode_rule(data: bytes) -> Rule:
    """A rule's own data, of either generation."""
    cursor, _ = open_frame(RULE, data)
    kinds = [_decode_method(cursor) for _ in range(cursor.u32())]
    interface = cursor.u32()
    if interface not in _INTERFACES:
        raise BlobError(f"unknown interface type {interface:#x}")
    interface_name = cursor.text()
    (tunnel,) = struct.unpack(">I", cursor.take(4))
    is_tunnel, active = bool(cursor.u32()), bool(cursor.u32())
    tunnel_name = cursor.text()
    flags = _decode_flags(cursor, len(kinds))
    ipv6 = _decode_ipv6(cursor)
    authentications = tuple(
        Authentication(kind, text, bool(flag & _MAP_TO_ACCOUNT), bool(flag & _EXCLUDE_CA_NAME))
        for (kind, text), flag in zip(kinds, flags, strict=True)
    )
    return Rule(authentications, _INTERFACES[interface], interface_name, tunnel, is_tunnel, active, tunnel_name, ipv6)


def _decode_method(cursor: Cursor) -> tuple[str, str]:
    number, raw = cursor.u32(), cursor.take(cursor.u32())
    if number not in _KINDS:
        raise BlobError(f"unknown authentication type {number}")
    return _KINDS[number], "" if _KINDS[number] == "kerberos" else text_of(raw)


def _decode_flags(cursor: Cursor, methods: int) -> list[int]:
    if cursor.sees(_ALTERNATES):
        cursor.take(16)
        for _ in range(cursor.u32()):
            _decode_method(cursor)
    if not cursor.sees(_FLAGS):
        return [0] * methods
    cursor.take(16)
    cursor.u32()  # the count again; documented as an ignorable zero
    return [cursor.u32() for _ in range(methods)]


def _decode_ipv6(cursor: Cursor) -> int | None:
    if not cursor.sees(_IPV6_TUNNEL) and cursor.sees(b"\0" + _IPV6_TUNNEL):
        cursor.take(1)
    if not cursor.sees(_IPV6_TUNNEL):
        return None
    cursor.take(16)
    return int.from_bytes(cursor.take(16), "big")


def encode_rule(rule: Rule, switches: Switches, generation: str = "current") -> bytes:
    """The blob of a rule; only current systems write the tail."""
    methods = b"".join(u32(_NUMBERS[each.kind]) + counted(_data(each, switches)) for each in rule.authentications)
    payload = (
        u32(len(rule.authentications))
        + methods
        + u32(_INTERFACE_NUMBERS[rule.interface])
        + counted(wide(rule.interface_name))
        + struct.pack(">I", rule.tunnel_address)
        + u32(rule.is_tunnel)
        + u32(rule.active)
        + counted(wide(rule.tunnel_name))
    )
    return frame(RULE, payload, b"\0" if generation == "2003" else _tail(rule, switches))


def _data(method: Authentication, switches: Switches) -> bytes:
    if method.kind == "kerberos":
        return b"\0\0"
    raw = wide(method.text)
    return raw[:-2] if method.kind == "certificate" and switches["netsh.certificate_end"] == "none" else raw


def _alternate(method: Authentication, switches: Switches) -> bytes:
    if method.kind == "kerberos" or switches[f"netsh.{method.kind}_alternate"] == "empty":
        return b""
    return _data(method, switches)


def _tail(rule: Rule, switches: Switches) -> bytes:
    methods = rule.authentications
    tail = _ALTERNATES + u32(len(methods))
    tail += b"".join(u32(_NUMBERS[each.kind]) + counted(_alternate(each, switches)) for each in methods)
    tail += _FLAGS + u32(len(methods))
    tail += b"".join(
        u32(_MAP_TO_ACCOUNT * each.map_to_account | _EXCLUDE_CA_NAME * each.exclude_ca_name) for each in methods
    )
    if rule.tunnel_ipv6 is None:
        return tail + b"\0"
    address = _IPV6_TUNNEL + rule.tunnel_ipv6.to_bytes(16, "big")
    return tail + (b"\0" + address if switches["netsh.final_byte"] == "before" else address + b"\0")
