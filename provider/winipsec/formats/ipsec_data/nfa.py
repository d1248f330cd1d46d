"""The data of an `ipsecNFA`: one rule (spec: ipsec-policy 5.4).

Three parts follow each other: the rule as Windows 2000 knew it, which alone the length word counts; authentication
methods once more, with flags for certificates, behind marker GUIDs; an IPv6 tunnel end behind one more marker. Some
writers count the later parts and some do not, so markers are looked for where the reader stands.

Pre-shared keys lie in these blobs in clear. Nothing here shows them: not in `repr`, not in errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from winipsec.formats.ipsec_data.frame import NFA, Reader, framed, number, pack, text_bytes, word
from winipsec.model.invalid import Invalid
from winipsec.model.methods import AuthMethod, Kerberos, PresharedKey, RootCa, UnknownAuth

DECLARATION = """
struct count {
    uint32 count;
};
struct authentication_method {
    uint32 type;
    uint32 size;
    char   data[size];
};
struct rule {
    uint32 interface_type;
    uint32 interface_name_size;
    char   interface_name[interface_name_size];
    char   tunnel_address[4];
    uint32 is_tunnel;
    uint32 is_active;
    uint32 tunnel_name_size;
    char   tunnel_name[tunnel_name_size];
};
struct certificate_flags {
    uint32 flags;
};
struct tunnel_end {
    char   address[16];
};
"""
ALTERNATE_MARKER = b"\1" * 16
FLAGS_MARKER = b"\1" * 15 + b"\2"
TUNNEL_MARKER = b"\1" * 15 + b"\3"
# Where the version-information object of a store has its class marker (spec: ipsec-policy 5.4, at the end).
VERSION_MARKER = bytes.fromhex("6f5c1f6ab772d211acf00060b0ecca17")

NO_V4 = IPv4Address(0)
PRESHARED_KEY, CERTIFICATE, KERBEROS = 1, 3, 5
MAP_TO_ACCOUNT, EXCLUDE_CA_NAME = 1, 2
CONNECTION_TYPES = {0xFFFFFFFD: "all", 0xFFFFFFFE: "lan", 0xFFFFFFFF: "dialup"}
_CONNECTION_TYPE_IDS = {name: key for key, name in CONNECTION_TYPES.items()}


@dataclass(frozen=True, slots=True)
class AuthRecord:
    """One authentication method as stored; `data` may be a key."""

    type: int
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class NfaRecord:
    """A rule as stored. `alternates` and `flags` are None in the form of Windows 2000."""

    methods: tuple[AuthRecord, ...]
    interface_type: int = 0xFFFFFFFD
    interface_name: str = ""
    tunnel_address: IPv4Address = NO_V4
    is_tunnel: bool = False
    is_active: bool = True
    tunnel_name: str = ""
    alternates: tuple[AuthRecord, ...] | None = None
    flags: tuple[int, ...] | None = None
    tunnel_address_v6: IPv6Address | None = None

    @property
    def connection_type(self) -> str:
        """The interfaces the rule is for, as netsh calls them."""
        return word(CONNECTION_TYPES, self.interface_type)

    @property
    def tunnel_endpoint(self) -> str:
        """The other end of the tunnel: the name it was given by, else its address; empty in transport mode."""
        if not self.is_tunnel:
            return ""
        return self.tunnel_name or str(self.tunnel_address_v6 or self.tunnel_address)

    @property
    def auth_methods(self) -> tuple[AuthMethod, ...]:
        """How peers authenticate, in order of preference."""
        flags = (*(self.flags or ()), *[0] * len(self.methods))
        return tuple(_meaning(method, flags[index]) for index, method in enumerate(self.methods))


def is_version_information(blob: bytes) -> bool:
    """Whether this is the object that only tells which Windows made the store; it is no rule."""
    return blob.startswith(VERSION_MARKER)


def decode(blob: bytes) -> NfaRecord:
    """Read a blob of any generation.

    Raises:
        BlobError: it is no rule.
    """
    reader = Reader(NFA, blob, DECLARATION)
    methods = _methods(reader)
    rule = reader.read("rule")
    alternates = _methods(reader) if reader.skip(ALTERNATE_MARKER) else None
    flags = _flags(reader) if reader.skip(FLAGS_MARKER) else None
    tunnel = None
    # Whether the last zero byte stands before or behind this part is not known: both are read.
    if reader.skip(TUNNEL_MARKER) or reader.skip(b"\0" + TUNNEL_MARKER):
        tunnel = IPv6Address(reader.read("tunnel_end").address)
    return NfaRecord(
        methods=methods,
        interface_type=rule.interface_type,
        interface_name=reader.text(rule.interface_name),
        tunnel_address=IPv4Address(rule.tunnel_address),
        is_tunnel=bool(rule.is_tunnel),
        is_active=bool(rule.is_active),
        tunnel_name=reader.text(rule.tunnel_name),
        alternates=alternates,
        flags=flags,
        tunnel_address_v6=tunnel,
    )


def _methods(reader: Reader) -> tuple[AuthRecord, ...]:
    entries: list[Any] = [
        reader.read("authentication_method")
        for _ in reader.count(reader.read("count").count, 8, "authentication methods")
    ]
    return tuple(AuthRecord(entry.type, entry.data) for entry in entries)


def _flags(reader: Reader) -> tuple[int, ...]:
    count = reader.read("count").count
    return tuple(
        reader.read("certificate_flags").flags for _ in reader.count(count, 4, "flags of authentication methods")
    )


def encode(record: NfaRecord) -> bytes:
    """Write a blob: parts that the record does not have are left out.

    Raises:
        Invalid: a number does not fit, or a text cannot be stored.
    """
    interface, tunnel = text_bytes(record.interface_name), text_bytes(record.tunnel_name)
    counted = _method_bytes(record.methods) + pack(
        DECLARATION,
        "rule",
        interface_type=record.interface_type,
        interface_name_size=len(interface),
        interface_name=interface,
        tunnel_address=record.tunnel_address.packed,
        is_tunnel=int(record.is_tunnel),
        is_active=int(record.is_active),
        tunnel_name_size=len(tunnel),
        tunnel_name=tunnel,
    )
    payload = counted
    if record.alternates is not None:
        payload += ALTERNATE_MARKER + _method_bytes(record.alternates)
    if record.flags is not None:
        payload += FLAGS_MARKER + pack(DECLARATION, "count", count=len(record.flags))
        payload += b"".join(pack(DECLARATION, "certificate_flags", flags=flags) for flags in record.flags)
    if record.tunnel_address_v6 is not None:
        payload += TUNNEL_MARKER + record.tunnel_address_v6.packed
    return framed(NFA, payload, len(counted))


def _method_bytes(methods: Sequence[AuthRecord]) -> bytes:
    entries = (
        pack(DECLARATION, "authentication_method", type=method.type, size=len(method.data), data=method.data)
        for method in methods
    )
    return pack(DECLARATION, "count", count=len(methods)) + b"".join(entries)


def _meaning(method: AuthRecord, flags: int) -> AuthMethod:
    text = method.data.decode("utf-16-le", "replace").partition("\0")[0]
    if method.type == PRESHARED_KEY:
        return PresharedKey(text)
    if method.type == CERTIFICATE:
        return RootCa(text, bool(flags & MAP_TO_ACCOUNT), bool(flags & EXCLUDE_CA_NAME))
    return Kerberos() if method.type == KERBEROS else UnknownAuth(method.type)


def stored(
    methods: Sequence[AuthMethod],
    *,
    active: bool = True,
    connection_type: str = "all",
    tunnel: IPv4Address | IPv6Address | None = None,
) -> NfaRecord:
    """The record that says this, in the form of current Windows.

    Raises:
        Invalid: a method or connection type is of a kind that cannot be written.
    """
    entries = [_entry(method) for method in methods]
    return NfaRecord(
        methods=tuple(entries),
        interface_type=number(_CONNECTION_TYPE_IDS, connection_type),
        tunnel_address=tunnel if isinstance(tunnel, IPv4Address) else NO_V4,
        is_tunnel=tunnel is not None,
        is_active=active,
        alternates=tuple(AuthRecord(KERBEROS) if entry.type == KERBEROS else entry for entry in entries),
        flags=tuple(_certificate_flags(method) for method in methods),
        tunnel_address_v6=tunnel if isinstance(tunnel, IPv6Address) else None,
    )


def _entry(method: AuthMethod) -> AuthRecord:
    if isinstance(method, PresharedKey):
        return AuthRecord(PRESHARED_KEY, text_bytes(method.key))
    if isinstance(method, RootCa):
        return AuthRecord(CERTIFICATE, text_bytes(method.name))
    if isinstance(method, UnknownAuth):
        raise Invalid(f"an authentication method of type {method.type} cannot be written")
    return AuthRecord(KERBEROS, b"\0\0")


def _certificate_flags(method: AuthMethod) -> int:
    if not isinstance(method, RootCa):
        return 0
    return MAP_TO_ACCOUNT * method.certificate_mapping | EXCLUDE_CA_NAME * method.exclude_ca_name
