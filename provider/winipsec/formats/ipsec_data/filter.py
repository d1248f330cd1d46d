"""The data of an `ipsecFilter`: a filter list (spec: ipsec-policy 5.6).

V1 filters know IPv4 addresses under masks; a V2 part behind them, on Vista and later, adds IPv6 and ranges. This
module reads and writes both as stored; what they mean together is `filter_values`.

The V2 part repeats the number of V1 filters, and its number counts: the one in front may be meant for systems that
know V1 only. So V1 filters are walked up to the V2 marker, then cut to that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID

from winipsec.formats.ipsec_data.frame import (
    FILTER,
    NO_GUID,
    Reader,
    framed,
    guid_bytes,
    guid_text,
    pack,
    text_bytes,
)

_NAMES = """
    uint32 source_name_size;
    char   source_name[source_name_size];
    uint32 destination_name_size;
    char   destination_name[destination_name_size];
    uint32 description_size;
    char   description[description_size];
    char   guid[16];
    uint32 mirrored;
"""
DECLARATION = f"""
struct filter_list {{
    uint32 filter_count;
}};
struct v1_filter {{
    {_NAMES}
    char   source_address[4];
    char   source_mask[4];
    char   destination_address[4];
    char   destination_mask[4];
    char   tunnel_address[4];
    uint32 protocol;
    uint16 source_port;
    uint16 destination_port;
    uint8  is_tunnel;
    uint8  special;
    uint16 zero;
}};
struct v2_part {{
    uint32 size;
    uint32 v1_count;
    uint32 v2_count;
}};
struct v2_filter {{
    {_NAMES}
    uint32 source_type;
    uint32 source_version;
    char   source_first[16];
    char   source_second[16];
    uint32 destination_type;
    uint32 destination_version;
    char   destination_first[16];
    char   destination_second[16];
    uint32 source_port_type;
    uint16 source_port_first;
    uint16 source_port_last;
    uint32 destination_port_type;
    uint16 destination_port_first;
    uint16 destination_port_last;
    uint32 protocol;
    uint32 flags;
}};
"""
V2_MARKER = UUID("35FECD3D-AE29-4373-8A6A-C5D8FAB2FB08").bytes_le
# Smallest sizes: three strings whose length word is zero.
V1_SIZE, V2_SIZE = 64, 136
NO_V4 = IPv4Address(0)
NO_BYTES = bytes(16)


@dataclass(frozen=True, slots=True)
class V1Record:
    """One V1 filter as stored."""

    source_address: IPv4Address = NO_V4
    source_mask: IPv4Address = NO_V4
    destination_address: IPv4Address = NO_V4
    destination_mask: IPv4Address = NO_V4
    protocol: int = 0
    source_port: int = 0
    destination_port: int = 0
    mirrored: bool = True
    special: int = 0
    tunnel_address: IPv4Address = NO_V4
    is_tunnel: bool = False
    source_name: str = ""
    destination_name: str = ""
    description: str = ""
    guid: str = NO_GUID


@dataclass(frozen=True, slots=True)
class V2Address:
    """One side of a V2 filter as stored: 16 bytes each for the address, and for the end of its range or its mask."""

    type: int = 0
    version: int = 1
    first: bytes = NO_BYTES
    second: bytes = NO_BYTES


@dataclass(frozen=True, slots=True)
class V2Ports:
    """The ports of one side of a V2 filter as stored."""

    type: int = 0
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class V2Record:
    """One V2 filter as stored."""

    source: V2Address = V2Address()
    destination: V2Address = V2Address()
    source_ports: V2Ports = V2Ports()
    destination_ports: V2Ports = V2Ports()
    protocol: int = 0
    mirrored: bool = True
    flags: int = 0
    source_name: str = ""
    destination_name: str = ""
    description: str = ""
    guid: str = NO_GUID


@dataclass(frozen=True, slots=True)
class FilterRecord:
    """A filter list as stored."""

    v1: tuple[V1Record, ...] = ()
    v2: tuple[V2Record, ...] = ()


def decode(blob: bytes) -> FilterRecord:
    """Read a blob of any generation.

    Raises:
        BlobError: it is no filter list.
    """
    reader = Reader(FILTER, blob, DECLARATION)
    count = reader.read("filter_list").filter_count
    v1 = [_v1(reader) for _ in reader.count(count, V1_SIZE, "filters")]
    marker = reader.find(V2_MARKER)
    if marker < 0:
        return FilterRecord(tuple(v1))
    while marker - reader.offset >= V1_SIZE:
        v1.append(_v1(reader))
    if reader.offset > marker:
        raise reader.fault(f"the last V1 filter to end at {marker}, where the V2 part begins")
    reader.skip_to(marker + len(V2_MARKER))
    part = reader.read("v2_part")
    v2 = [_v2(reader) for _ in reader.count(part.v2_count, V2_SIZE, "V2 filters")]
    return FilterRecord(tuple(v1[: part.v1_count or None]), tuple(v2))


def _v1(reader: Reader) -> V1Record:
    entry = reader.read("v1_filter")
    return V1Record(
        source_address=IPv4Address(entry.source_address),
        source_mask=IPv4Address(entry.source_mask),
        destination_address=IPv4Address(entry.destination_address),
        destination_mask=IPv4Address(entry.destination_mask),
        protocol=entry.protocol,
        source_port=entry.source_port,
        destination_port=entry.destination_port,
        special=entry.special,
        tunnel_address=IPv4Address(entry.tunnel_address),
        is_tunnel=bool(entry.is_tunnel),
        **_names(reader, entry),
    )


def _v2(reader: Reader) -> V2Record:
    entry = reader.read("v2_filter")
    return V2Record(
        source=V2Address(
            entry.source_type,
            entry.source_version,
            entry.source_first,
            entry.source_second,
        ),
        destination=V2Address(
            entry.destination_type,
            entry.destination_version,
            entry.destination_first,
            entry.destination_second,
        ),
        source_ports=V2Ports(entry.source_port_type, entry.source_port_first, entry.source_port_last),
        destination_ports=V2Ports(
            entry.destination_port_type, entry.destination_port_first, entry.destination_port_last
        ),
        protocol=entry.protocol,
        flags=entry.flags,
        **_names(reader, entry),
    )


def _names(reader: Reader, entry: Any) -> dict[str, Any]:
    return {
        "source_name": reader.text(entry.source_name),
        "destination_name": reader.text(entry.destination_name),
        "description": reader.text(entry.description),
        "guid": guid_text(entry.guid),
        "mirrored": bool(entry.mirrored),
    }


def encode(record: FilterRecord) -> bytes:
    """Write a blob of current Windows: the length counts V1 filters only, no byte ends it, no V2 part without need.

    Raises:
        Invalid: a number does not fit, or a text cannot be stored.
    """
    v1 = b"".join(_v1_bytes(entry) for entry in record.v1)
    payload = pack(DECLARATION, "filter_list", filter_count=len(record.v1)) + v1
    if record.v2:
        v2 = b"".join(_v2_bytes(entry) for entry in record.v2)
        payload += V2_MARKER
        payload += pack(DECLARATION, "v2_part", size=len(v2), v1_count=len(record.v1), v2_count=len(record.v2))
        payload += v2
    return framed(FILTER, payload, len(v1), end=b"")


def _v1_bytes(entry: V1Record) -> bytes:
    return pack(
        DECLARATION,
        "v1_filter",
        source_address=entry.source_address.packed,
        source_mask=entry.source_mask.packed,
        destination_address=entry.destination_address.packed,
        destination_mask=entry.destination_mask.packed,
        protocol=entry.protocol,
        source_port=entry.source_port,
        destination_port=entry.destination_port,
        special=entry.special,
        tunnel_address=entry.tunnel_address.packed,
        is_tunnel=entry.is_tunnel,
        **_name_fields(entry),
    )


def _v2_bytes(entry: V2Record) -> bytes:
    return pack(
        DECLARATION,
        "v2_filter",
        source_type=entry.source.type,
        source_version=entry.source.version,
        source_first=entry.source.first,
        source_second=entry.source.second,
        destination_type=entry.destination.type,
        destination_version=entry.destination.version,
        destination_first=entry.destination.first,
        destination_second=entry.destination.second,
        source_port_type=entry.source_ports.type,
        source_port_first=entry.source_ports.first,
        source_port_last=entry.source_ports.last,
        destination_port_type=entry.destination_ports.type,
        destination_port_first=entry.destination_ports.first,
        destination_port_last=entry.destination_ports.last,
        protocol=entry.protocol,
        flags=entry.flags,
        **_name_fields(entry),
    )


def _name_fields(entry: V1Record | V2Record) -> dict[str, Any]:
    source, destination = text_bytes(entry.source_name), text_bytes(entry.destination_name)
    description = text_bytes(entry.description)
    return {
        "source_name_size": len(source),
        "source_name": source,
        "destination_name_size": len(destination),
        "destination_name": destination,
        "description_size": len(description),
        "description": description,
        "guid": guid_bytes(entry.guid),
        "mirrored": entry.mirrored,
    }
