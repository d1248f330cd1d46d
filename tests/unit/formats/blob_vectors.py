"""The published blobs that the codec is measured by: real policies of four sources and three generations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "ipsec-data.json").read_text(encoding="utf-8")
)
VERSION_OBJECT = "samba-nfa-6a1f5c6f"
CURRENT_WINDOWS = tuple(item["id"] for item in VECTORS if item["id"].startswith("gsec"))


def vector(name: str) -> dict[str, Any]:
    """One entry by its id."""
    return next(item for item in VECTORS if item["id"] == name)


def blob(name: str) -> bytes:
    """The bytes of one entry."""
    return bytes.fromhex(vector(name)["hex"])


def of_class(object_class: str) -> list[dict[str, Any]]:
    """All entries of a class, but for the object that is no rule."""
    return [item for item in VECTORS if item["object_class"] == object_class and item["id"] != VERSION_OBJECT]
