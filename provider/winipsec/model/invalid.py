"""The one way a value says that it cannot be."""

from __future__ import annotations

from typing import NamedTuple


class Invalid(ValueError):  # noqa: N818 - reads as a sentence where it is raised
    """Some text or number is not a value of the kind asked for; the message says what would be."""


class Fault(NamedTuple):
    """One broken rule of a composed value: the field it shows at (a property path, may be empty) and the reason."""

    path: str
    reason: str


def at(prefix: str, faults: list[Fault]) -> list[Fault]:
    """Move `faults` below `prefix`, a property path."""
    return [Fault(joined(prefix, fault.path), fault.reason) for fault in faults]


def joined(prefix: str, path: str) -> str:
    """Join two property paths: `filters[2]` and `source` make `filters[2].source`."""
    if not prefix or not path:
        return prefix or path
    return f"{prefix}{path}" if path.startswith("[") else f"{prefix}.{path}"


def top(path: str) -> str:
    """The property at the beginning of a path: `filters` of `filters[2].source`."""
    return path.partition(".")[0].partition("[")[0]
