"""How a property is declared, and what follows from it: normal form, mistakes, defaults, schema.

A resource declares its inputs once, as a `Record` of `Property`. `Check` walks the declaration and brings what the
user wrote into the one normal form of each value; the schema generator prints the same declaration; the tests
enumerate it. A reason never repeats the value of a secret (spec: pulumi-provider 2.5).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol

from winipsec.model.invalid import Fault, Invalid, joined
from winipsec.resources.values import UNKNOWN, contains_unknown

Faults = list[Fault]


class Type(Protocol):
    """The type of a property."""

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """The normal form of `value`; mistakes are added to `faults`."""

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """The type in the words of the package schema; named types are added to `types`."""


@dataclass(frozen=True)
class Property:
    """One property: its type, what it means, and how it behaves.

    `default` fills an absent input. `replaces` says that another value needs another object. `managed` is False
    where an absent input means "leave alone what is there". `computed` follows from other inputs: users see it in
    outputs only.
    """

    type: Type
    description: str
    required: bool = False
    default: Any = None
    secret: bool = False
    replaces: bool = False
    managed: bool = True
    computed: bool = False


@dataclass(frozen=True)
class Text:
    """A string, read by `parse` into its normal form.

    Where it `names` an object, capitals make no difference. Where it is `optional`, empty is the same as absent.
    """

    parse: Callable[[str], str] = str
    numbers: bool = False
    names: bool = False
    optional: bool = False

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """Accept a string, and a number where `numbers` says so."""
        if self.numbers and isinstance(value, int | float) and not isinstance(value, bool):
            value = f"{value:.17g}"
        if not isinstance(value, str):
            faults.append(Fault(path, f"must be a string, not {_kind(value)}"))
            return value
        if self.optional and not value:
            return None
        try:
            return self.parse(value)
        except Invalid as mistake:
            faults.append(Fault(path, str(mistake)))
            return value

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """Print as a string, or as a string or an integer."""
        if self.numbers:
            return {"oneOf": [{"type": "string"}, {"type": "integer"}]}
        return {"type": "string"}


@dataclass(frozen=True)
class Choice:
    """One of a few words, in any case."""

    words: tuple[str, ...]

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """Accept a listed word in any case."""
        word = value.strip().lower() if isinstance(value, str) else value
        if word in self.words:
            return word
        # Only for a slip of the pen: who asks for AES or SHA-256 must not be led to something weaker.
        asked = str(value).lower()
        near = difflib.get_close_matches(asked, self.words, n=1, cutoff=0.84)
        near = near or [word for word in self.words if sorted(word) == sorted(asked)]
        hint = f"; did you mean {near[0]}?" if near else ""
        faults.append(Fault(path, f"must be one of {', '.join(self.words)}{hint}"))
        return value

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """Print as a string: an enum would refuse other capitals in typed languages."""
        return {"type": "string"}


@dataclass(frozen=True)
class Number:
    """A whole number between two bounds, both included; its text is accepted too."""

    low: int
    high: int
    real: bool = False

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """Accept an integer or its decimal text."""
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            shown = value if isinstance(value, float) else _kind(value)
            faults.append(Fault(path, f"must be a whole number, not {shown}"))
        elif not self.low <= value <= self.high:
            faults.append(Fault(path, f"must be from {self.low} to {self.high}, not {value}"))
        return value

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """Print as an integer, or as a number where foreign stores hold fractions."""
        return {"type": "number" if self.real else "integer"}


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """Accept a boolean or the text true or false."""
        if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
            return value.strip().lower() == "true"
        if not isinstance(value, bool):
            faults.append(Fault(path, f"must be true or false, not {_kind(value)}"))
        return value

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """Print as a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Items:
    """A list. Its order means preference, unless it is `unordered`: a set, of elements known by their `key` if any."""

    of: Type
    least: int = 0
    unordered: bool = False
    key: str = ""

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """Accept a list and bring each element into normal form."""
        if not isinstance(value, list):
            faults.append(Fault(path, f"must be a list, not {_kind(value)}"))
            return value
        if len(value) < self.least:
            faults.append(Fault(path, "must not be empty"))
        return [
            item if item is UNKNOWN else self.of.normal(item, f"{path}[{index}]", faults)
            for index, item in enumerate(value)
        ]

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """Print as an array."""
        return {"type": "array", "items": self.of.schema(types)}


def _no_faults(_value: dict[str, Any]) -> Faults:
    return []


@dataclass(frozen=True)
class Record:
    """An object of named properties. `faults` finds what single properties cannot: rules between them."""

    name: str
    description: str
    properties: Mapping[str, Property]
    faults: Callable[[dict[str, Any]], Faults] = field(default=_no_faults)

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """Accept an object: unknown names are refused, absent ones get their default."""
        if not isinstance(value, dict):
            faults.append(Fault(path, f"must be an object, not {_kind(value)}"))
            return value
        before = len(faults)
        result: dict[str, Any] = {}
        unknown = (name for name in value if name not in self.properties and not name.startswith("__"))
        faults.extend(Fault(joined(path, name), self._unknown(name)) for name in unknown)
        for name, declared in self.properties.items():
            item = value.get(name)
            if item is None:
                if declared.required:
                    faults.append(Fault(joined(path, name), "is missing"))
                elif declared.default is not None:
                    result[name] = deepcopy(declared.default)
            elif item is UNKNOWN:
                result[name] = item
            elif (normal := declared.type.normal(item, joined(path, name), faults)) is not None:
                result[name] = normal
        if len(faults) == before and not contains_unknown(result):
            faults.extend(Fault(joined(path, fault.path), fault.reason) for fault in self.faults(result))
        return result

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.properties, n=1)
        return (
            f"is not a property; did you mean {near[0]}?"
            if near
            else f"is not a property; there are {', '.join(self.properties)}"
        )

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """Print as a reference to a named type."""
        token = f"winipsec:index:{self.name}"
        if token not in types:
            types[token] = {}
            types[token] = {"type": "object", "description": self.description, **object_schema(self, types)}
        return {"$ref": f"#/types/{token}"}


@dataclass(frozen=True)
class Either:
    """A word, or an object where a word does not say enough."""

    record: Record
    word: Type = Text()

    def normal(self, value: Any, path: str, faults: Faults) -> Any:
        """Accept either."""
        if not isinstance(value, str | dict):
            faults.append(Fault(path, f"must be a string or an object, not {_kind(value)}"))
            return value
        return (self.record if isinstance(value, dict) else self.word).normal(value, path, faults)

    def schema(self, types: dict[str, Any]) -> dict[str, Any]:
        """Print as a string or a reference."""
        return {"oneOf": [self.word.schema(types), self.record.schema(types)]}


def property_schema(declared: Property, types: dict[str, Any]) -> dict[str, Any]:
    """One property in the words of the package schema."""
    result = {**declared.type.schema(types), "description": declared.description}
    if declared.secret:
        result["secret"] = True
    if declared.replaces:
        result["willReplaceOnChanges"] = True
    if isinstance(declared.default, str | bool | int):
        result["default"] = declared.default
    return result


def object_schema(record: Record, types: dict[str, Any], *, computed: bool = False) -> dict[str, Any]:
    """The properties of a record in the words of the package schema; those that are `computed` where asked for."""
    result: dict[str, Any] = {
        "properties": {
            name: property_schema(item, types)
            for name, item in record.properties.items()
            if computed or not item.computed
        }
    }
    required = [name for name, item in record.properties.items() if item.required]
    return {**result, "required": required} if required else result


def secret_paths(record: Record, prefix: str = "") -> tuple[str, ...]:
    """The paths of all secret properties below `record`, with `[*]` for any element of a list."""
    paths: list[str] = []
    for name, declared in record.properties.items():
        path = joined(prefix, name)
        if declared.secret:
            paths.append(path)
        inner: Type = declared.type
        while isinstance(inner, Items):
            inner, path = inner.of, f"{path}[*]"
        if isinstance(inner, Either):
            inner = inner.record
        if isinstance(inner, Record):
            paths.extend(secret_paths(inner, path))
    return tuple(paths)


def _kind(value: Any) -> str:
    names = {bool: "a boolean", str: "a string", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
