"""What the five kinds of `ipsecData` share: frame, strings, GUIDs, and how each is declared and read.

Every module beside this one declares its structures as text, next to the paragraph of the spec they implement, and
reads and writes them through `Reader` and `pack`. Two rules hold throughout:

* Reading is tolerant. The length word of the frame is never trusted, because its meaning changed between generations
  of Windows (spec: ipsec-policy 5.4, 5.6); counts are walked instead, after a check that as many entries fit into what
  is left. Padding is ignored, as it holds garbage in old blobs. What cannot be read raises `BlobError`, nothing else.
* Writing is strict: the form of current Windows, all ignored bytes zero.

Layout of the frame (spec: ipsec-policy 5.1): class marker, length of the payload, payload, one zero byte.
"""

from __future__ import annotations

import io
import struct
from functools import cache
from threading import Lock
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from winipsec.model.invalid import Invalid

POLICY = "ipsecPolicy"
ISAKMP = "ipsecISAKMPPolicy"
NEGOTIATION = "ipsecNegotiationPolicy"
FILTER = "ipsecFilter"
NFA = "ipsecNFA"

MARKERS = {
    POLICY: UUID("22202163-4F4C-11D1-863B-00A0248D3021").bytes_le,
    ISAKMP: UUID("80DC20B8-2EC8-11D1-A89E-00A0248D3021").bytes_le,
    NEGOTIATION: UUID("80DC20B9-2EC8-11D1-A89E-00A0248D3021").bytes_le,
    FILTER: UUID("80DC20B5-2EC8-11D1-A89E-00A0248D3021").bytes_le,
    NFA: UUID("11BBAC00-498D-11D1-8639-00A0248D3021").bytes_le,
}
NO_GUID = "{00000000-0000-0000-0000-000000000000}"

DECLARATION = """
struct frame {
    char   marker[16];
    uint32 length;
};
"""


_ONE_AT_A_TIME = Lock()
"""dissect keeps the stack of a length expression in the shared structure: two threads would read each other's."""


class BlobError(ValueError):
    """Data of an object that is not what its class says: which class, at which byte, and what should stand there.

    The message never holds bytes of the blob, which may be a key.
    """

    def __init__(self, object_class: str, offset: int, expected: str) -> None:
        super().__init__(f"{object_class} data, byte {offset}: expected {expected}")
        self.object_class = object_class
        self.offset = offset
        self.expected = expected


@cache
def layout(declaration: str) -> Any:
    """The structures that `declaration` declares; dissect is loaded here, when the first blob is read."""
    from dissect.cstruct import cstruct

    return cstruct(declaration, endian="<")


class Reader:
    """Reads declared structures off one blob, in order."""

    def __init__(self, object_class: str, blob: bytes, declaration: str) -> None:
        """Begin behind the frame.

        Raises:
            BlobError: the blob is shorter than a frame, or of another class.
        """
        self._class = object_class
        self._blob = blob
        self._stream = io.BytesIO(blob)
        self._layout = layout(declaration)
        frame = self._read(layout(DECLARATION).frame, "marker and length")
        if frame.marker != MARKERS[object_class]:
            raise BlobError(object_class, 0, f"the marker of {object_class}")

    @property
    def offset(self) -> int:
        """Where the next structure begins, from the start of the blob."""
        return self._stream.tell()

    def read(self, name: str) -> Any:
        """The next structure, by its declared name: an attribute per field, plain numbers, bytes and lists.

        Raises:
            BlobError: the blob ends before it does.
        """
        return self._read(getattr(self._layout, name), name.replace("_", " "))

    def count(self, number: int, smallest: int, what: str) -> range:
        """`number` as something to walk.

        Raises:
            BlobError: so many entries of at least `smallest` bytes do not fit into what is left.
        """
        left = len(self._blob) - self.offset
        if number * smallest > left:
            raise self.fault(f"room for {number} {what}, at least {smallest} bytes each, in the {left} bytes left")
        return range(number)

    def text(self, raw: bytes) -> str:
        """A counted string, without what ends it and without what stands behind (spec: ipsec-policy 5).

        Raises:
            BlobError: half a character.
        """
        if len(raw) % 2:
            raise self.fault("a string of whole UTF-16 characters before here")
        return raw.decode("utf-16-le", "replace").partition("\0")[0]

    def find(self, marker: bytes) -> int:
        """Where `marker` stands next, or -1."""
        return self._blob.find(marker, self.offset)

    def skip_to(self, offset: int) -> None:
        """Go on reading at `offset`."""
        self._stream.seek(offset)

    def skip(self, marker: bytes) -> bool:
        """Whether `marker` comes next; it is then behind us."""
        if not self._blob.startswith(marker, self.offset):
            return False
        self._stream.seek(len(marker), io.SEEK_CUR)
        return True

    def fault(self, expected: str) -> BlobError:
        """An error at the place reached."""
        return BlobError(self._class, self.offset, expected)

    def _read(self, structure: Any, what: str) -> Any:
        start = self.offset
        try:
            with _ONE_AT_A_TIME:
                fields = structure.read(self._stream)
        except EOFError:
            raise BlobError(self._class, start, f"a whole {what} before the end at {len(self._blob)}") from None
        return SimpleNamespace(**{name: _plain(getattr(fields, name)) for name in structure.fields})


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return bytes(value)
    return [int(item) for item in value] if isinstance(value, list) else int(value)


def pack(declaration: str, name: str, /, **fields: Any) -> bytes:
    """One declared structure as bytes; fields that are not given are zero.

    Raises:
        Invalid: a number does not fit its field.
    """
    try:
        with _ONE_AT_A_TIME:
            packed: bytes = getattr(layout(declaration), name)(**fields).dumps()
    except (struct.error, OverflowError):
        raise Invalid(f"a number of this {name.replace('_', ' ')} does not fit its field") from None
    return packed


def framed(object_class: str, payload: bytes, counted: int | None = None, *, end: bytes = b"\0") -> bytes:
    """A whole blob; `counted` is the length word where it is not that of the payload."""
    length = len(payload) if counted is None else counted
    return pack(DECLARATION, "frame", marker=MARKERS[object_class], length=length) + payload + end


def text_bytes(text: str) -> bytes:
    """A string in its stored form, with the NUL that ends it; its byte length goes before it.

    Raises:
        Invalid: the text cannot be stored unchanged.
    """
    if "\0" in text:
        raise Invalid("a NUL character would end the text early")
    try:
        return (text + "\0").encode("utf-16-le")
    except UnicodeEncodeError:
        raise Invalid("half a character (a lone surrogate) cannot be stored") from None


def guid_text(raw: bytes) -> str:
    """The written form of a GUID: lower case, in braces."""
    return f"{{{UUID(bytes_le=bytes(raw))}}}"


def guid_bytes(text: str) -> bytes:
    """The memory form of a GUID; empty text is the GUID of zeros.

    Raises:
        Invalid: the text is no GUID.
    """
    try:
        return UUID(text or NO_GUID).bytes_le
    except ValueError:
        raise Invalid(f"{text!r} is not a GUID") from None


def word(words: dict[int, str], number: int) -> str:
    """The word for a number, `unknown:N` where there is none."""
    return words.get(number, f"unknown:{number}")


def number(numbers: dict[str, int], word: str) -> int:
    """The number to write for a word.

    Raises:
        Invalid: it has none; an `unknown:N` is shown, never written.
    """
    if word not in numbers:
        raise Invalid(f"{word!r} cannot be written; use {', '.join(numbers)}")
    return numbers[word]
