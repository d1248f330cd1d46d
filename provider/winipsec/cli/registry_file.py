"""A policy store in a registry export (`.reg`): what `--reg FILE` and `--root KEY` mean."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from winipsec.cli.remarks import overruled
from winipsec.errors import UserError
from winipsec.formats.policy_store import LOCAL, read_store, referred, store_roots
from winipsec.formats.registry import folded, full_path
from winipsec.formats.registry_text import RegistryTextError, decode_reg_bytes, parse_export
from winipsec.host.machine import domain_policy, no_default_exempt
from winipsec.model.store import Store

_OURS = r"\ipsec"
_KEY = re.compile(r"\[.*(\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\})\]", re.IGNORECASE)


class RegistryFile(NamedTuple):
    """A store, and what else the file tells about the machine.

    `lines` are the numbers of the lines at which the objects of the file begin, by GUID. `domain_policy` names the policy
    of a domain that is in force instead of the store's own; `no_default_exempt` is None where the file does not tell.
    """

    store: Store
    lines: Mapping[str, int]
    domain_policy: str = ""
    no_default_exempt: int | None = None
    remarks: tuple[str, ...] = ()
    """What a reader of the store should know."""


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
        registry = parse_export(text, about=_OURS)
    except RegistryTextError as error:
        raise UserError(f"{name} is not a registry export: {error}.", code="reg.text") from None
    roots = store_roots(registry) or [key for key in (root or LOCAL,) if registry.key(key)]
    if not roots:
        raise UserError(
            f"{name} holds no IPsec policy store.",
            code="reg.empty",
            advice=f"Export the key {LOCAL} with reg export.",
        )
    chosen = _chosen(roots, root, name)
    store, domain, remarks = read_store(registry, chosen), domain_policy(registry), []
    if folded(full_path(chosen)) != folded(LOCAL):
        remarks.append(f"this is the store at {chosen}")
        # The copy of a domain's policies has no pointer of its own (spec: ipsec-policy 6.4).
        if not store.active and referred(domain) in store.policies:
            store = store.with_active(referred(domain))
        domain = ""
    elif domain:
        remarks.append(overruled(domain))
    return RegistryFile(store, _lines(text), domain, no_default_exempt(registry), tuple(remarks))


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
