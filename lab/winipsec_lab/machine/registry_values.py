"""Registry values and their bytes (spec: winrm 4.7).

A value is kept in the form a person reads (text, number, list of strings) whenever turning that form into bytes
gives back exactly the bytes of the registry. Anything else (a `REG_SZ` without its closing NUL, a `REG_DWORD` of two
bytes, a list of strings with a broken end) stays raw bytes under its type, so nothing a real export holds is lost.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

#: Names of the value types, indexed by their number.
TYPE_NAMES = (
    "REG_NONE",
    "REG_SZ",
    "REG_EXPAND_SZ",
    "REG_BINARY",
    "REG_DWORD",
    "REG_DWORD_BIG_ENDIAN",
    "REG_LINK",
    "REG_MULTI_SZ",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST",
    "REG_QWORD",
)
_NUMBERS = {name: number for number, name in enumerate(TYPE_NAMES)}
_TEXT_TYPES = ("REG_SZ", "REG_EXPAND_SZ")
_INTEGERS = {"REG_DWORD": struct.Struct("<I"), "REG_QWORD": struct.Struct("<Q")}


class RegistryValue(NamedTuple):
    """One registry value.

    Attributes:
        type: `REG_SZ`, `REG_EXPAND_SZ`, `REG_DWORD`, `REG_QWORD`, `REG_BINARY`, `REG_MULTI_SZ`, `REG_NONE`, ... or
            `REG_0xN` for a type without a name.
        data: `str` for the two text types, `int` for DWORD and QWORD, a tuple of strings for MULTI_SZ, `bytes` for
            all others and for values whose bytes do not fit their type.
    """

    type: str
    data: str | int | bytes | tuple[str, ...]


def type_number(name: str) -> int:
    """The number of a type name; `ValueError` when there is no such type."""
    number = _NUMBERS.get(name)
    if number is not None:
        return number
    if name.startswith("REG_0x"):
        return int(name[6:], 16)
    raise ValueError(f"no such registry type: {name}")


def type_name(number: int) -> str:
    """The name of a type number."""
    return TYPE_NAMES[number] if 0 <= number < len(TYPE_NAMES) else f"REG_0x{number:x}"


def to_bytes(value: RegistryValue) -> bytes:
    """The bytes the registry keeps for a value."""
    data = value.data
    if isinstance(data, bytes):
        return data
    if isinstance(data, int):
        return _INTEGERS[value.type].pack(data)
    if isinstance(data, str):
        return (data + "\0").encode("utf-16-le", "surrogatepass")
    return ("".join(item + "\0" for item in data) + "\0").encode("utf-16-le", "surrogatepass")


def from_bytes(number: int, raw: bytes) -> RegistryValue:
    """The value that a type number and bytes make; odd bytes stay bytes."""
    name = type_name(number)
    packer = _INTEGERS.get(name)
    if packer is not None:
        return RegistryValue(name, packer.unpack(raw)[0] if len(raw) == packer.size else raw)
    if name not in _TEXT_TYPES and name != "REG_MULTI_SZ":
        return RegistryValue(name, raw)
    if len(raw) % 2 or not raw.endswith(b"\0\0"):
        return RegistryValue(name, raw)
    body = raw.decode("utf-16-le", "surrogatepass")[:-1]
    if name in _TEXT_TYPES:
        return RegistryValue(name, raw if "\0" in body else body)
    if body and not body.endswith("\0"):
        return RegistryValue(name, raw)
    return RegistryValue(name, tuple(body[:-1].split("\0")) if body else ())


def check(value: RegistryValue) -> None:
    """Refuse a value whose data cannot be of its type; `TypeError` or `ValueError` says why."""
    type_number(value.type)
    data = value.data
    if isinstance(data, bytes):
        return
    wanted: type = str if value.type in _TEXT_TYPES else tuple if value.type == "REG_MULTI_SZ" else bytes
    if value.type in _INTEGERS:
        wanted = int
    if not isinstance(data, wanted):
        raise TypeError(f"{value.type} cannot hold {type(data).__name__}")
    if isinstance(data, int) and not 0 <= data < 1 << 8 * _INTEGERS[value.type].size:
        raise ValueError(f"{value.type} out of range: {data}")
