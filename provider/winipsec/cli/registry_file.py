"""A policy store in a registry export (`.reg`): what `--reg FILE` and `--root KEY` mean."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from winipsec.errors import UserError
from winipsec.formats.policy_store import LOCAL, read_store, store_roots
from winipsec.formats.registry import folded, full_path
from winipsec.formats.registry_text import RegistryTextError, decode_reg_bytes, parse_export
from winipsec.model.store import Store

_KEY = re.compile(r"\[.*(\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\})\]", re.IGNORECASE)


class RegistryFile(NamedTuple):
    """A store, and the number of the line at which each object of the file begins, by GUID."""

    store: Store
    lines: Mapping[str, int]


def read_registry_file(name: str, root: str | None = None) -> RegistryFile:
    """Read a file (`-` is standard input), of several stores the one below `root`.

    Raises:
        UserError: the file cannot be read, or is no registry export with a store.
    """
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UserError(f"{name} cannot be read: {error.strerror}.", code="arguments") from None
    try:
        text = decode_reg_bytes(raw)
        registry = parse_export(text)
    except RegistryTextError as error:
        raise UserError(f"{name} is not a registry export: {error}.", code="reg.text") from None
    roots = store_roots(registry)
    if not roots:
        raise UserError(
            f"{name} holds no IPsec policy store.",
            code="reg.empty",
            advice=f"Export the key {LOCAL} with reg export.",
        )
    return RegistryFile(read_store(registry, _chosen(roots, root, name)), _lines(text))


def _chosen(roots: list[str], wanted: str | None, name: str) -> str:
    by_key = {folded(full_path(root)): root for root in roots}
    found = by_key.get(folded(full_path(wanted or LOCAL)))
    if found is None and wanted is None and len(roots) == 1:
        return roots[0]
    if found is None:
        what = f"no store at {wanted}" if wanted else "several stores"
        raise UserError(
            f"{name} holds {what}.", code="reg.root", advice="Choose one with --root: " + ", ".join(roots) + "."
        )
    return found


def _lines(text: str) -> dict[str, int]:
    matches = ((number, _KEY.fullmatch(line.strip())) for number, line in enumerate(text.splitlines(), 1))
    return {match[1].lower(): number for number, match in matches if match}
