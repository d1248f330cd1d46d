"""One stored object as its registry key spells it (spec: ipsec-policy 4.2)."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Final

from winipsec_lab.store.values import KINDS

# registry value, type, and the field of `Entry` it holds, in the order in which a new object gets them
VALUES: Final = (
    ("ipsecName", "REG_SZ", "name"),
    ("description", "REG_SZ", "description"),
    ("ipsecISAKMPReference", "REG_SZ", "main_mode"),
    ("ipsecNFAReference", "REG_MULTI_SZ", "rules"),
    ("ipsecNegotiationPolicyReference", "REG_SZ", "action"),
    ("ipsecFilterReference", "REG_MULTI_SZ", "filter_lists"),
    ("ipsecNegotiationPolicyAction", "REG_SZ", "action_guid"),
    ("ipsecNegotiationPolicyType", "REG_SZ", "type_guid"),
    ("ipsecOwnersReference", "REG_MULTI_SZ", "owners"),
)
_KINDS: Final = {kind.lower(): kind for kind in KINDS}
_KEY_NAME: Final = re.compile(r"(ipsec[a-z]+)(\{[0-9a-f-]{36}\})", re.IGNORECASE)


def identity(reference: str | None) -> str:
    """What a reference names, comparable: `ipsecnfa{guid}` in lower case; empty for no reference.

    A reference is a registry path, or the distinguished name of a directory object (`LDAP://CN=ipsecPolicy{...},...`).
    """
    match = _KEY_NAME.search(reference or "")
    return match[0].lower() if match else ""


def split_key(name: str) -> tuple[str, str] | None:
    """Kind and GUID of a store key's name, or None for a key that is no object."""
    match = _KEY_NAME.fullmatch(name)
    kind = _KINDS.get(match[1].lower()) if match else None
    return (kind, match[2]) if match and kind else None


@dataclass(frozen=True)
class Entry:
    """One object of a store.

    `guid` keeps its braces and spelling. References are kept as written; compare them by `identity`. `data` is the
    blob. `changed` counts seconds since 1970 UTC.
    """

    kind: str
    guid: str
    data: bytes = b""
    changed: int = 0
    name: str | None = None
    description: str | None = None
    main_mode: str | None = None
    rules: tuple[str, ...] = ()
    action: str | None = None
    filter_lists: tuple[str, ...] = ()
    action_guid: str | None = None
    type_guid: str | None = None
    owners: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of the object's registry key."""
        return self.kind + self.guid

    @property
    def identity(self) -> str:
        """The key's name in comparable form."""
        return self.key.lower()

    def changed_to(self, **fields: object) -> Entry:
        """A copy with some fields replaced."""
        return dataclasses.replace(self, **fields)  # type: ignore[arg-type]


def added(references: tuple[str, ...], reference: str, *, first: bool = False) -> tuple[str, ...]:
    """A reference list that contains `reference`."""
    if identity(reference) in map(identity, references):
        return references
    return (reference, *references) if first else (*references, reference)


def removed(references: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    """A reference list without the object of that identity."""
    return tuple(each for each in references if identity(each) != wanted)
