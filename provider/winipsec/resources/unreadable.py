"""What to say of objects that are on a host and cannot be managed: unreadable ones, and leftovers that nobody uses."""

from __future__ import annotations

from collections.abc import Sequence

from winipsec.errors import Refused
from winipsec.formats.ipsec_data import FILTER, NEGOTIATION, NFA, POLICY
from winipsec.model.names import as_guid, folded
from winipsec.model.store import Orphan, Store, Unreadable

CLASSES = {"policy": POLICY, "rule": NFA, "filter list": FILTER, "filter action": NEGOTIATION}
"""The class in the registry of each kind of object."""


def require_free(host: str, kind: str, name: str, store: Store) -> None:
    """Refuse a name that an object has which nobody can read: netsh still knows it.

    Rules are left out: their names count within a policy, and an unreadable one may be in any.

    Raises:
        Refused: there is such an object.
    """
    same = (item for item in store.unreadable if item.kind == CLASSES[kind] and folded(item.name) == folded(name))
    taken = next(same, None)
    if taken is not None and kind != "rule":
        raise Refused(
            f"a {kind} of the name {taken.name!r} exists already ({taken.guid}), and cannot be read: {taken.reason}.",
            code="create.exists",
            host=host,
            advice="Repair or delete it with Windows' own tools, or choose another name.",
        )


def not_found(host: str, kind: str, id: str, known: Sequence[str], store: Store) -> str:
    """What to say of an import id that means nothing that could be imported."""
    objects: tuple[Unreadable | Orphan, ...] = (*store.unreadable, *store.orphans)
    item = next((item for item in objects if item.kind == CLASSES.get(kind) and _is(item, id)), None)
    if item is None:
        shown = ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
        return f"{host} has no {kind} {id!r}; it has {shown or 'none'}."
    told = "it cannot be read" if isinstance(item, Unreadable) else "it cannot be managed"
    return f"{host} has a {kind} {id!r} ({item.guid}), but {told}: {item.reason}."


def _is(item: Unreadable | Orphan, reference: str) -> bool:
    """Whether a name, a GUID, or the last part of `POLICY/RULE` means this object."""
    texts = (reference, reference.rpartition("/")[2])
    return any(as_guid(text) == item.guid or (item.name and folded(text) == folded(item.name)) for text in texts)
