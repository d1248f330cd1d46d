"""`ipsecFilter` blobs (spec: ipsec-policy 5.6).

Old systems count the filter-count word in the length and end with a zero byte; current ones do neither. The length is
therefore not trusted: the decoder walks the counted filters and looks at what is left, nothing (current), one byte
(old), or sixteen and more: the V2 part with IPv6 and ranges.
"""

from __future__ import annotations

import struct
from typing import Final
from uuid import UUID

from winipsec_lab.store.framing import MARKERS, V2_MARKER, Cursor, Switches, counted, open_frame, u32, wide
from winipsec_lab.store.values import ALL_ONES, ANY, FILTER_LIST, ME, Address, BlobError, Filter, FilterList, Ports

# GUID, mirrored, source, its mask, destination, its mask, tunnel (all network order), protocol, ports, tunnel, special
_V1: Final = struct.Struct("<16sI4s4s4s4s4sIHHBB2x")
_SPECIAL: Final = {1: "dns", 2: "wins", 3: "dhcp", 4: "gateway"}
_SPECIAL_NUMBERS: Final = {name: number for number, name in _SPECIAL.items()}
_AS_DESTINATION: Final = 0x80

_V2: Final = struct.Struct("<16sI40s40s8s8sII")  # GUID, mirrored, source, destination, their ports, protocol, flags
_V2_ADDRESS: Final = struct.Struct("<II16s16s")  # type, version, address, second address
_V2_PORTS: Final = struct.Struct("<IHH")  # type, port, range end
_TYPES: Final = {
    0: "any", 1: "single", 2: "range", 4: "subnet", 8: "me", 0x10: "dns", 0x20: "wins", 0x40: "dhcp", 0x80: "gateway"
}  # fmt: skip
_TYPE_NUMBERS: Final = {name: number for number, name in _TYPES.items()}
_VERSIONS: Final = {1: 4, 2: 6, 3: 0}
_VERSION_NUMBERS: Final = {4: 1, 6: 2, 0: 3}
_IPV6_BITS: Final = 128


def decode_filter_list(data: bytes) -> FilterList:
    """The filters of a list, of either generation."""
    cursor, _ = open_frame(FILTER_LIST, data)
    count = _count_of_v2_part(cursor, cursor.u32())
    v1 = tuple(_decode_v1(cursor) for _ in range(count))
    if cursor.left <= 1:
        return FilterList(v1)
    if cursor.guid() != V2_MARKER:
        raise BlobError("what follows the filters is no V2 part")
    cursor.u32()
    cursor.u32()
    return FilterList(v1, tuple(_decode_v2(cursor) for _ in range(cursor.u32())))


def _count_of_v2_part(cursor: Cursor, count: int) -> int:
    """The number of V1 filters: what the V2 part says, if there is one and it says anything."""
    place = cursor.data.find(V2_MARKER.bytes_le, cursor.position)
    if place < 0:
        return count
    said = Cursor(cursor.data, place + 20).u32()
    return said or count


def _decode_v1(cursor: Cursor) -> Filter:
    source_dns, destination_dns, description = cursor.text(), cursor.text(), cursor.text()
    fields = _V1.unpack(cursor.take(_V1.size))
    guid, mirrored, source, source_mask, destination, destination_mask, tunnel_address = fields[:7]
    protocol, source_port, destination_port, tunnel, special = fields[7:]
    word = _SPECIAL.get(special & ~_AS_DESTINATION)
    if special and word is None:
        raise BlobError(f"unknown special filter {special:#x}")
    as_destination = bool(special & _AS_DESTINATION)
    return Filter(
        _v1_address(source, source_mask, None if as_destination else word),
        _v1_address(destination, destination_mask, word if as_destination else None),
        UUID(bytes_le=guid),
        bool(mirrored),
        protocol,
        Ports(source_port, source_port),
        Ports(destination_port, destination_port),
        description,
        source_dns,
        destination_dns,
        int.from_bytes(tunnel_address, "big"),
        bool(tunnel),
    )


def _v1_address(raw_address: bytes, raw_mask: bytes, word: str | None) -> Address:
    address, mask = int.from_bytes(raw_address, "big"), int.from_bytes(raw_mask, "big")
    if word:
        return Address(word, address, mask)
    if (address, mask) == (0, 0):
        return ANY
    if mask == ALL_ONES:
        return Address("single", address) if address else ME
    return Address("subnet", address, mask)


def _decode_v2(cursor: Cursor) -> Filter:
    source_dns, destination_dns, description = cursor.text(), cursor.text(), cursor.text()
    guid, mirrored, source, destination, source_ports, destination_ports, protocol, flags = _V2.unpack(
        cursor.take(_V2.size)
    )
    return Filter(
        _v2_address(source),
        _v2_address(destination),
        UUID(bytes_le=guid),
        bool(mirrored),
        protocol,
        _v2_ports(source_ports),
        _v2_ports(destination_ports),
        description,
        source_dns,
        destination_dns,
        version=2,
        flags=flags,
    )


def _v2_address(raw: bytes) -> Address:
    number, family, first, second = _V2_ADDRESS.unpack(raw)
    if number not in _TYPES:
        raise BlobError(f"unknown V2 address {number:#x}")
    kind, version = _TYPES[number], _VERSIONS.get(family, 0)
    if kind not in ("single", "subnet", "range"):
        return Address(kind, version=version)
    size = 16 if version == 6 else 4
    address = int.from_bytes(first[:size], "big")
    if kind == "subnet" and version == 6:
        return Address(kind, address, _prefix_mask(second[0]), version)
    return Address(kind, address, 0 if kind == "single" else int.from_bytes(second[:size], "big"), version)


def _prefix_mask(length: int) -> int:
    if length > _IPV6_BITS:
        raise BlobError(f"an IPv6 prefix of {length} bits")
    return ((1 << length) - 1) << (_IPV6_BITS - length)


def _v2_ports(raw: bytes) -> Ports:
    kind, first, last = _V2_PORTS.unpack(raw)
    return {0: Ports(), 1: Ports(first, first), 2: Ports(first, last)}.get(kind, Ports())


def encode_filter_list(value: FilterList, switches: Switches, generation: str = "current") -> bytes:
    """The blob of a list; the V2 part is there only when a filter needs it."""
    filters = b"".join(_encode_v1(each) for each in value.v1)
    marker, count = MARKERS[FILTER_LIST].bytes_le, u32(len(value.v1))
    if generation == "2003":
        return marker + counted(count + filters) + b"\0"
    blob = marker + u32(len(filters)) + count + filters
    if not value.v2:
        return blob
    v2 = b"".join(_encode_v2(each) for each in value.v2)
    length = len(v2) + (8 if switches["netsh.v2_length"] == "with_counts" else 0)
    said = len(value.v1) if switches["netsh.v2_count"] == "repeated" else 0
    return blob + V2_MARKER.bytes_le + u32(length) + u32(said) + u32(len(value.v2)) + v2


def append_filters(data: bytes, fresh: FilterList) -> bytes | None:
    """A current blob with more V1 filters at its end, or None where the whole list has to be written anew.

    Long lists are made one filter at a time; this spares reading and writing all that is there already.
    """
    begins_well = data.startswith(MARKERS[FILTER_LIST].bytes_le) and len(data) >= 24
    ordinary = begins_well and data[16:20] == u32(len(data) - 24) and V2_MARKER.bytes_le not in data
    if fresh.v2 or not ordinary:
        return None
    filters = data[24:] + b"".join(map(_encode_v1, fresh.v1))
    count = int.from_bytes(data[20:24], "little") + len(fresh.v1)
    return data[:16] + u32(len(filters)) + u32(count) + filters


def _names(each: Filter) -> bytes:
    return b"".join(counted(wide(text)) for text in (each.source_dns, each.destination_dns, each.description))


def _encode_v1(each: Filter) -> bytes:
    special = _SPECIAL_NUMBERS.get(each.source.kind, 0)
    if each.destination.kind in _SPECIAL_NUMBERS:
        special = _SPECIAL_NUMBERS[each.destination.kind] | _AS_DESTINATION
    words = (each.source.address, _mask(each.source), each.destination.address, _mask(each.destination))
    return _names(each) + _V1.pack(
        each.guid.bytes_le,
        each.mirrored,
        *(word.to_bytes(4, "big") for word in (*words, each.tunnel_address)),
        each.protocol,
        each.source_ports.first,
        each.destination_ports.first,
        each.tunnel,
        special,
    )


def _mask(address: Address) -> int:
    return ALL_ONES if address.kind in ("me", "single") else address.bound


def _encode_v2(each: Filter) -> bytes:
    return _names(each) + _V2.pack(
        each.guid.bytes_le,
        each.mirrored,
        _encode_v2_address(each.source),
        _encode_v2_address(each.destination),
        _encode_v2_ports(each.source_ports),
        _encode_v2_ports(each.destination_ports),
        each.protocol,
        each.flags,
    )


def _encode_v2_address(address: Address) -> bytes:
    number, family = _TYPE_NUMBERS[address.kind], _VERSION_NUMBERS[address.version]
    size = 16 if address.version == 6 else 4
    first = address.address.to_bytes(size, "big") if address.kind in ("single", "subnet", "range") else b""
    second = b""
    if address.kind == "subnet" and address.version == 6:
        second = bytes([address.bound.bit_count()])
    elif address.kind in ("subnet", "range"):
        second = address.bound.to_bytes(size, "big")
    return _V2_ADDRESS.pack(number, family, first, second)


def _encode_v2_ports(ports: Ports) -> bytes:
    kind = 0 if ports == Ports() else 1 if ports.first == ports.last else 2
    return _V2_PORTS.pack(kind, ports.first, ports.last if kind == 2 else 0)
