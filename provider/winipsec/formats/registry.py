"""A piece of a Windows registry as a value: keys, and under each its values.

Keys and value names compare without case and keep their spelling. Data stays as bytes, exactly as stored; properties
of a value read them as text, number or strings, and forgive what real stores hold (spec: ipsec-policy 4.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}

REG_NONE, REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD = range(5)
REG_DWORD_BIG_ENDIAN, REG_MULTI_SZ, REG_QWORD = 5, 7, 11
TYPE_NAMES = {
    REG_NONE: "REG_NONE",
    REG_SZ: "REG_SZ",
    REG_EXPAND_SZ: "REG_EXPAND_SZ",
    REG_BINARY: "REG_BINARY",
    REG_DWORD: "REG_DWORD",
    REG_DWORD_BIG_ENDIAN: "REG_DWORD_BIG_ENDIAN",
    6: "REG_LINK",
    REG_MULTI_SZ: "REG_MULTI_SZ",
    8: "REG_RESOURCE_LIST",
    9: "REG_FULL_RESOURCE_DESCRIPTOR",
    10: "REG_RESOURCE_REQUIREMENTS_LIST",
    REG_QWORD: "REG_QWORD",
}


def _no_keys() -> Mapping[str, RegKey]:
    return {}


class RegValue(NamedTuple):
    """One value: its name (empty: the default value of the key), the number of its type, its bytes."""

    name: str
    type: int
    data: bytes

    def __repr__(self) -> str:
        kind = TYPE_NAMES.get(self.type, hex(self.type))
        return f"RegValue({self.name!r}, {kind}, {len(self.data)} bytes)"  # the bytes may hold a key

    @property
    def text(self) -> str | None:
        """The text of a string value, up to its NUL; None for values of other types."""
        if self.type not in {REG_SZ, REG_EXPAND_SZ}:
            return None
        return _utf16(self.data).partition("\0")[0]

    @property
    def number(self) -> int | None:
        """The number of a REG_DWORD or REG_QWORD; None for other types and odd sizes."""
        size = {REG_DWORD: 4, REG_QWORD: 8}.get(self.type)
        return int.from_bytes(self.data, "little") if len(self.data) == size else None

    @property
    def strings(self) -> tuple[str, ...]:
        """The strings of a REG_MULTI_SZ, or the one of a string value; empty ones left out.

        One exporter stores four bytes for each character, which puts a NUL behind every one; that is undone.
        """
        if self.type != REG_MULTI_SZ:
            return (self.text,) if self.text else ()
        pieces = _utf16(self.data).split("\0")
        if sum(map(bool, pieces)) >= 4 and all(len(piece) <= 1 for piece in pieces):
            pieces = ["".join(run) for run in _runs(pieces)]
        return tuple(piece for piece in pieces if piece)


def _runs(pieces: Iterable[str]) -> Iterator[list[str]]:
    run: list[str] = []
    for piece in pieces:
        if piece:
            run.append(piece)
        else:
            yield run
            run = []
    yield run


def _utf16(data: bytes) -> str:
    return data[: len(data) // 2 * 2].decode("utf-16-le", "replace")


def string(name: str, text: str, type: int = REG_SZ) -> RegValue:
    """A string value."""
    return RegValue(name, type, _stored_text(text + "\0"))


def strings(name: str, texts: Iterable[str]) -> RegValue:
    """A REG_MULTI_SZ value."""
    return RegValue(name, REG_MULTI_SZ, _stored_text("".join(f"{text}\0" for text in texts) + "\0"))


def dword(name: str, number: int) -> RegValue:
    """A REG_DWORD value; `number` is below 2 to the power of 32."""
    return RegValue(name, REG_DWORD, number.to_bytes(4, "little"))


def binary(name: str, data: bytes) -> RegValue:
    """A REG_BINARY value."""
    return RegValue(name, REG_BINARY, data)


def _stored_text(text: str) -> bytes:
    return text.encode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class RegKey:
    """One key by its full path, long hive name first, with its values in the order they were given."""

    path: str
    values: tuple[RegValue, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("\\")[2]

    def get(self, name: str) -> RegValue | None:
        """The value of that name, in any case; the empty name is the default value."""
        wanted = folded(name)
        return next((value for value in self.values if folded(value.name) == wanted), None)

    def text(self, name: str) -> str:
        """The text of a string value; empty where there is none."""
        value = self.get(name)
        return (value.text if value else None) or ""

    def strings(self, name: str) -> tuple[str, ...]:
        """The strings of a value; empty where there is none."""
        value = self.get(name)
        return value.strings if value else ()

    def with_value(self, value: RegValue) -> RegKey:
        """This key with `value` set; a value of the same name keeps its place."""
        wanted = folded(value.name)
        if all(folded(other.name) != wanted for other in self.values):
            return RegKey(self.path, (*self.values, value))
        return RegKey(self.path, tuple(value if folded(other.name) == wanted else other for other in self.values))


@dataclass(frozen=True)
class RegistryTree:
    """Keys by folded path, in the order they were given. A key may be here without those above it."""

    keys: Mapping[str, RegKey] = field(default_factory=_no_keys)

    @staticmethod
    def merged(trees: Iterable[RegistryTree]) -> RegistryTree:
        """All keys of several trees; of values that two of them hold, the later one."""
        return tree(key for part in trees for key in part.keys.values())

    def key(self, path: str) -> RegKey | None:
        """The key at `path`, in any case and with a short or long hive name."""
        return self.keys.get(folded(full_path(path)))

    def has(self, path: str) -> bool:
        """Whether the key at `path`, or one below it, is here."""
        return self.key(path) is not None or bool(self.below(path))

    def text(self, path: str, name: str) -> str:
        """The text of a string value; empty where there is no such key or value."""
        key = self.key(path)
        return key.text(name) if key else ""

    def number(self, path: str, name: str) -> int | None:
        """The number of a value; None where there is no such key or value."""
        key = self.key(path)
        value = key.get(name) if key else None
        return value.number if value else None

    def words(self, path: str, name: str) -> list[str]:
        """What a value lists, whether as strings of its own or between blanks and commas."""
        key = self.key(path)
        return [word for text in (key.strings(name) if key else ()) for word in text.replace(",", " ").split()]

    def below(self, path: str) -> list[str]:
        """The paths of all keys below `path`, at any depth."""
        prefix = folded(full_path(path)) + "\\"
        return [key.path for at, key in self.keys.items() if at.startswith(prefix)]

    def children(self, path: str) -> list[RegKey]:
        """The keys directly below `path`."""
        prefix = folded(full_path(path)) + "\\"
        return [key for at, key in self.keys.items() if at.startswith(prefix) and "\\" not in at[len(prefix) :]]


def tree(keys: Iterable[RegKey]) -> RegistryTree:
    """A tree of `keys`; where one comes twice, later values are set on it."""
    gathered: dict[str, RegKey] = {}
    for key in keys:
        at = folded(full_path(key.path))
        known = gathered.get(at)
        if known is None:
            gathered[at] = RegKey(full_path(key.path), key.values)
        else:
            for value in key.values:
                known = known.with_value(value)
            gathered[at] = known
    return RegistryTree(gathered)


def full_path(path: str) -> str:
    """`path` with the long name of its hive and without separators at the end."""
    hive, slash, rest = path.rstrip("\\").partition("\\")
    return HIVES.get(hive.upper(), hive) + slash + rest


def folded(name: str) -> str:
    """The form under which two registry names are the same."""
    return name.lower()
