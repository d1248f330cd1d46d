"""Properties as the engine holds them, and their protobuf form: a second reading of the value encoding.

The provider's own codec keeps secretness beside the values; here it is in them, as in the engine. The two share no
code, so that a mistake in one is seen by the other (spec: pulumi-provider 2.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
BYTES = "803fd3297a5875dc03ca845dda5d2a98"

SENTINELS = {
    "string": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "bool": "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "number": "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "array": "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "object": "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    "asset": "030794c1-ac77-496b-92df-f27374a8bd58",
    "archive": "e48ece36-62e2-4504-bad9-02848725956a",
}


@dataclass(frozen=True)
class Computed:
    """A value that is not known yet, of some type."""

    type: str = "string"


@dataclass(frozen=True)
class Secret:
    """A value that must stay secret."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True)
class Special:
    """Any other value with a signature: outputs, references, assets."""

    signature: str
    fields: tuple[tuple[str, Any], ...] = ()


def to_struct(properties: dict[str, Any]) -> Struct:
    """Encode what the engine sends."""
    return Struct(fields={key: _to_value(item) for key, item in properties.items()})


def _to_value(item: Any) -> Value:
    if isinstance(item, Computed):
        return Value(string_value=SENTINELS[item.type])
    if isinstance(item, Secret):
        return _to_value(Special(SECRET, (("value", item.value),)))
    if isinstance(item, Special):
        return _to_value({SIGNATURE: item.signature, **dict(item.fields)})
    if item is None:
        return Value(null_value=0)
    if isinstance(item, bool):
        return Value(bool_value=item)
    if isinstance(item, int | float):
        return Value(number_value=item)
    if isinstance(item, str):
        return Value(string_value=item)
    if isinstance(item, list):
        value = Value()
        value.list_value.SetInParent()
        value.list_value.values.extend(_to_value(element) for element in item)
        return value
    value = Value()
    value.struct_value.CopyFrom(to_struct(item))
    return value


def from_struct(struct: Struct) -> dict[str, Any]:
    """Decode what the provider answered, strictly: what makes the real engine panic fails here."""
    return {key: _from_value(item, inside_secret=False) for key, item in struct.fields.items()}


def _from_value(value: Value, *, inside_secret: bool) -> Any:
    kind = value.WhichOneof("kind")
    assert kind is not None, "a value without kind: the engine panics"
    if kind == "null_value":
        return None
    if kind == "list_value":
        return [_from_value(item, inside_secret=inside_secret) for item in value.list_value.values]
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE not in fields:
            return {key: _from_value(item, inside_secret=inside_secret) for key, item in fields.items()}
        assert fields[SIGNATURE].string_value == SECRET, "the provider may answer with secrets, nothing else special"
        assert not inside_secret, "a secret inside a secret"
        return Secret(_from_value(fields["value"], inside_secret=True))
    plain = getattr(value, kind)
    if kind == "number_value" and plain.is_integer():
        return int(plain)
    return Computed() if plain in SENTINELS.values() else plain


def bare(item: Any) -> Any:
    """The value with all secret wrappings removed."""
    if isinstance(item, Secret):
        return bare(item.value)
    if isinstance(item, dict):
        return {key: bare(value) for key, value in item.items()}
    if isinstance(item, list):
        return [bare(value) for value in item]
    return item


def has_computed(item: Any) -> bool:
    """Whether anything in it is not known."""
    item = bare(item)
    if isinstance(item, dict):
        return any(has_computed(value) for value in item.values())
    if isinstance(item, list):
        return any(has_computed(value) for value in item)
    return isinstance(item, Computed)


def texts(item: Any, *, secret: bool, inside: bool = False) -> set[str]:
    """Every text that stands inside (or outside) of secrets."""
    if isinstance(item, Secret):
        return texts(item.value, secret=secret, inside=True)
    if isinstance(item, dict):
        return {text for value in item.values() for text in texts(value, secret=secret, inside=inside)}
    if isinstance(item, list):
        return {text for value in item for text in texts(value, secret=secret, inside=inside)}
    return {item} if isinstance(item, str) and inside == secret else set()


def agrees(foretold: Any, final: Any) -> bool:
    """Whether a preview's value can become the final one: equal wherever it was known."""
    foretold, final = bare(foretold), bare(final)
    if isinstance(foretold, Computed):
        return True
    if isinstance(foretold, dict) and isinstance(final, dict):
        return all(key in final and agrees(value, final[key]) for key, value in foretold.items())
    if isinstance(foretold, list) and isinstance(final, list):
        return len(foretold) == len(final) and all(map(agrees, foretold, final))
    return bool(foretold == final)


_STEP = re.compile(r'\.?([A-Za-z_$][\w$]*)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')


def steps(path: str) -> list[Any]:
    """A property path, read strictly; what cannot be read is an error of whoever wrote it."""
    found, position = [], 0
    while position < len(path):
        step = _STEP.match(path, position)
        assert step, f"{path!r} is not a property path"
        name, index, key = step.groups()
        found.append(name or key if index is None else index if index == "*" else int(index))
        position = step.end()
    assert found, "an empty property path"
    return found


def present(item: Any, path: list[Any]) -> bool:
    """Whether a value stands at that path."""
    item = bare(item)
    for step in path:
        if (isinstance(item, dict) and step in item) or (
            isinstance(item, list) and isinstance(step, int) and step < len(item)
        ):
            item = item[step]
        else:
            return isinstance(item, Computed)
    return True
