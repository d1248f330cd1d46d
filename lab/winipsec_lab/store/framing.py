"""What all `ipsecData` blobs share: class markers, counted strings, GUIDs in memory form (spec: ipsec-policy 5.1)."""

from __future__ import annotations

import struct
from typing import Final, Protocol
from uuid import UUID

from winipsec_lab.store.values import ACTION, FILTER_LIST, MAIN_MODE, POLICY, RULE, BlobError

MARKERS: Final = {
    POLICY: UUID("22202163-4f4c-11d1-863b-00a0248d3021"),
    MAIN_MODE: UUID("80dc20b8-2ec8-11d1-a89e-00a0248d3021"),
    ACTION: UUID("80dc20b9-2ec8-11d1-a89e-00a0248d3021"),
    FILTER_LIST: UUID("80dc20b5-2ec8-11d1-a89e-00a0248d3021"),
    RULE: UUID("11bbac00-498d-11d1-8639-00a0248d3021"),
}
V2_MARKER: Final = UUID("35fecd3d-ae29-4373-8a6a-c5d8fab2fb08")

_U32: Final = struct.Struct("<I")


class Switches(Protocol):
    """Where the encoder asks how a guessed detail is to be written (the `netsh.*` guesses)."""

    def __getitem__(self, name: str) -> str: ...


class Cursor:
    """A place in a blob; every reading moves it, and reading past the end is a `BlobError`."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    @property
    def left(self) -> int:
        """How many bytes follow."""
        return len(self.data) - self.position

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > self.left:
            raise BlobError(f"{size} bytes wanted at offset {self.position}, {self.left} left")
        start, self.position = self.position, self.position + size
        return self.data[start : self.position]

    def u32(self) -> int:
        """A little-endian number."""
        return int(_U32.unpack(self.take(4))[0])

    def guid(self) -> UUID:
        """A GUID in memory form."""
        return UUID(bytes_le=self.take(16))

    def text(self) -> str:
        """A counted UTF-16LE string; its length counts bytes and the ending NUL."""
        return text_of(self.take(self.u32()))

    def sees(self, marker: bytes) -> bool:
        """Whether `marker` stands here; it is not consumed."""
        return self.data[self.position : self.position + len(marker)] == marker


def text_of(raw: bytes) -> str:
    """UTF-16LE text up to its NUL."""
    if len(raw) % 2:
        raise BlobError(f"a string of {len(raw)} bytes is not UTF-16")
    return raw.decode("utf-16-le", "surrogatepass").split("\0", 1)[0]


def u32(value: int) -> bytes:
    """A little-endian number."""
    return _U32.pack(value)


def wide(text: str) -> bytes:
    """Text as UTF-16LE with its NUL."""
    return (text + "\0").encode("utf-16-le", "surrogatepass")


def counted(raw: bytes) -> bytes:
    """Bytes behind their length."""
    return u32(len(raw)) + raw


def open_frame(kind: str, data: bytes) -> tuple[Cursor, int]:
    """A cursor behind marker and length, and the length; the wrong marker is a `BlobError`."""
    cursor = Cursor(data)
    marker = cursor.guid()
    if marker != MARKERS[kind]:
        raise BlobError(f"{kind} does not start with its marker but with {{{marker}}}")
    return cursor, cursor.u32()


def frame(kind: str, payload: bytes, tail: bytes = b"\0") -> bytes:
    """Marker, length and payload, then what is not counted."""
    return MARKERS[kind].bytes_le + counted(payload) + tail
