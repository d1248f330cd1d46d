"""Protobuf `Struct` to plain Python and back (spec: pulumi-provider 2.1).

Plain values are what resources work on: dictionaries, lists, strings, booleans, numbers, and `UNKNOWN` at any depth.
What the wire says beside a value, that it is secret, travels beside the plain value as well: as the set of paths
under which it stood. Rules:

1. Every sentinel of an unknown, whatever type it stands for, and every output value without a value is `UNKNOWN`.
2. Numbers are doubles on the wire. Integral ones become `int`, so that 5985 is never shown as 5985.0.
3. A null in a map is dropped, as if the key were absent. A null in a list stays, for positions are paths.
4. A resource stands for its id (a component, which has none, for its URN).
5. Assets, archives and byte strings are refused with the path they stand at: no property here is one.
6. Top-level keys that begin with two underscores belong to the engine and are left out.
7. Nothing is ever sent without a kind: the engine panics over such a value (spec: pulumi-cli 9.5). All encoding is
   done here, each branch sets a kind, and what has no branch is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf.struct_pb2 import NULL_VALUE, Struct

from winipsec.errors import InternalError, UserError
from winipsec.model.property_path import WILDCARD, Path, Step, render
from winipsec.resources.values import UNKNOWN

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Value

SIGNATURE = "4dabf18193072939515e22adb298388d"

SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's number for "secret", public
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"

_REFUSED = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
    "803fd3297a5875dc03ca845dda5d2a98": "a byte string",
}

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SENTINELS = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    }
)


class Decoded(NamedTuple):
    """A plain object, and the paths inside it that arrived as secrets."""

    value: dict[str, Any]
    secrets: frozenset[Path]


def decode(struct: Struct) -> Decoded:
    """Read the properties of a request.

    Raises:
        UserError: a value of a kind that no property takes; carries its path.
    """
    secrets: set[Path] = set()
    plain = {key: item for key, item in _decode_map(struct, (), secrets).items() if not key.startswith("__")}
    return Decoded(plain, frozenset(secrets))


def _decode_map(struct: Struct, path: Path, secrets: set[Path]) -> dict[str, Any]:
    plain = {}
    for key, value in struct.fields.items():
        item = _decode_value(value, (*path, key), secrets)
        if item is not None:
            plain[key] = item
    return plain


def _decode_value(value: Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in SENTINELS else text
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        return [_decode_value(item, (*path, index), secrets) for index, item in enumerate(value.list_value.values)]
    if kind == "struct_value":
        struct = value.struct_value
        if SIGNATURE in struct.fields:
            return _decode_special(struct, path, secrets)
        return _decode_map(struct, path, secrets)
    return None


def _decode_special(struct: Struct, path: Path, secrets: set[Path]) -> Any:
    fields = struct.fields
    signature = fields[SIGNATURE].string_value
    if signature == SECRET:
        secrets.add(path)
        return _decode_value(fields["value"], path, secrets) if "value" in fields else None
    if signature == OUTPUT:
        if "secret" in fields and fields["secret"].bool_value:
            secrets.add(path)
        return _decode_value(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    if signature == RESOURCE:
        if "id" not in fields:
            return fields["urn"].string_value
        identity = fields["id"].string_value
        return UNKNOWN if not identity or identity in SENTINELS else identity
    what = _REFUSED.get(signature, "a value of an unheard-of kind")
    raise UserError(f"{what} is not accepted here; give the value itself.", path=render(path))


class Marks:
    """A set of secret paths, wildcards included, as a tree to walk down beside a value."""

    __slots__ = ("below", "here")

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self.here = False
        self.below: dict[Step, Marks] = {}
        for path in paths:
            node = self
            for step in path:
                node = node.below.setdefault(step, Marks())
            node.here = True

    def step(self, step: Step) -> tuple[Marks, ...]:
        """The marks that hold one step further down."""
        exact, any_ = self.below.get(step), self.below.get(WILDCARD)
        return tuple(node for node in (exact, any_) if node is not None)


def encode(value: dict[str, Any], secrets: Iterable[Path] = (), *, unknowns: bool = True) -> Struct:
    """Write the properties of a response.

    Args:
        value: Plain properties; tuples count as lists.
        secrets: Paths and patterns to mark as secret, wherever `value` has them.
        unknowns: Whether `UNKNOWN` may stand in it, as only in a preview.

    Raises:
        InternalError: a value that has no form on the wire, or an unknown one where all must be known.
    """
    struct = Struct()
    root = Marks(secrets)
    _Encoder(unknowns).fill_map(struct, value, (root,) if root.below else (), ())
    return struct


class _Encoder:
    """One run over a plain value; remembers only whether unknowns may appear."""

    def __init__(self, unknowns: bool) -> None:
        self._unknowns = unknowns

    def fill_map(self, struct: Struct, plain: dict[str, Any], marks: tuple[Marks, ...], path: Path) -> None:
        fields = struct.fields
        for key, item in plain.items():
            if item is None:
                continue
            if not isinstance(key, str):
                raise InternalError(f"the key {key!r} at {render(path)!r} is no text.")
            self._fill(fields[key], item, _advance(marks, key), (*path, key))

    def _fill(self, value: Value, item: Any, marks: tuple[Marks, ...], path: Path) -> None:
        if marks and any(mark.here for mark in marks):
            wrapper = value.struct_value.fields
            wrapper[SIGNATURE].string_value = SECRET
            value, marks = wrapper["value"], ()
        if isinstance(item, str):
            _fill_text(value, item)
        elif isinstance(item, dict):
            value.struct_value.SetInParent()
            self.fill_map(value.struct_value, item, marks, path)
        elif isinstance(item, (list, tuple)):
            value.list_value.SetInParent()
            add = value.list_value.values.add
            for index, element in enumerate(item):
                self._fill(add(), element, _advance(marks, index), (*path, index))
        else:
            self._fill_scalar(value, item, path)

    def _fill_scalar(self, value: Value, item: Any, path: Path) -> None:
        if item is UNKNOWN:
            if not self._unknowns:
                raise InternalError(f"{render(path)} is still unknown after the work is done.")
            value.string_value = UNKNOWN_STRING
        elif item is None:
            value.null_value = NULL_VALUE
        elif isinstance(item, bool):
            value.bool_value = item
        elif isinstance(item, float) or (isinstance(item, int) and _is_double(item)):
            value.number_value = item
        else:
            raise InternalError(f"{render(path)} is a {type(item).__name__} that the engine has no form for.")


def _advance(marks: tuple[Marks, ...], step: Step) -> tuple[Marks, ...]:
    if not marks:
        return ()
    return tuple(node for mark in marks for node in mark.step(step))


def _is_double(number: int) -> bool:
    """Whether a double holds exactly this integer."""
    try:
        return int(float(number)) == number
    except OverflowError:
        return False


def _fill_text(value: Value, text: str) -> None:
    try:
        value.string_value = text
    except UnicodeEncodeError:
        # A name on a Windows host may hold half a surrogate pair, which no UTF-8 text can.
        value.string_value = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
