"""Which object an import id means, where it may be a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from winipsec.errors import UserError
from winipsec.model.names import as_guid
from winipsec.model.store import Named, named


def identified(objects: Mapping[str, Named], reference: str, kind: str, host: str) -> str:
    """The GUID of the object that an import id means, by GUID or by name; empty where there is none.

    Raises:
        UserError: several have that name.
    """
    found = named(objects.values(), reference)
    return sole(found, reference, kind, host) if found else as_guid(reference) or ""


def sole(found: Sequence[Named], reference: str, kind: str, host: str) -> str:
    """The GUID of the one object found for an import id.

    Raises:
        UserError: there are several.
    """
    if len(found) > 1:
        guids = ", ".join(item.guid for item in found)
        raise UserError(
            f"there are {len(found)} {kind}s of the name {reference!r}: {guids}.",
            code="import.ambiguous",
            host=host,
            advice="Import one of them by its GUID.",
        )
    return found[0].guid
