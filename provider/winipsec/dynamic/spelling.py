"""Property names in Python and in the schema: `destination_port` is `destinationPort`."""

from __future__ import annotations

import re
from typing import Any

from winipsec.resources.values import UNKNOWN

_WORD = re.compile(r"_+([a-z0-9])")
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def to_schema(value: Any, unknown: str) -> Any:
    """Python spelling to the schema's, at every depth; the protocol's word for unknown becomes `UNKNOWN`."""
    if isinstance(value, dict):
        return {
            _WORD.sub(lambda match: match.group(1).upper(), key): to_schema(item, unknown)
            for key, item in value.items()
            if not key.startswith("__")
        }
    if isinstance(value, list):
        return [to_schema(item, unknown) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if isinstance(value, str) and value == unknown else value


def to_python(value: Any, unknown: str) -> Any:
    """The schema's spelling to Python's, at every depth."""
    if isinstance(value, dict):
        return {path_to_python(key): to_python(item, unknown) for key, item in value.items()}
    if isinstance(value, list):
        return [to_python(item, unknown) for item in value]
    return unknown if value is UNKNOWN else value


def path_to_python(path: str) -> str:
    """A property path in Python's spelling: `filters[2].destinationPort` is `filters[2].destination_port`."""
    return _CAPITAL.sub(lambda match: "_" + match.group(1).lower(), path)
