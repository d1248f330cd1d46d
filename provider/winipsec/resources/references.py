"""Whether another name means the same object: a rename shows as an update and writes nothing (design 2.2, 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from winipsec.errors import UserError
from winipsec.model.names import as_guid
from winipsec.model.store import named
from winipsec.resources.resource import Call
from winipsec.resources.values import UNKNOWN, contains_unknown

RENAMED = "renamed "


def announce(call: Call, inputs: Mapping[str, Any], kind: str, guid: str) -> None:
    """Tell the resources that refer to an object which name it is about to have."""
    name = inputs.get("name")
    if isinstance(name, str) and name:
        call.provider.claims.make(RENAMED + kind, call.provider.address(inputs.get("connection")), name, call.urn, guid)


def same_object(call: Call, inputs: Mapping[str, Any], kind: str, text: Any, guid: str | None) -> bool:
    """Whether `text` means the object with this GUID, as far as is known without asking the host."""
    if text is UNKNOWN or not guid:
        return False
    if as_guid(text) == guid:
        return True
    if contains_unknown(inputs.get("connection")):
        return False
    if guid in call.provider.claims.values(RENAMED + kind, call.provider.address(inputs.get("connection")), text):
        return True
    try:
        snapshot = call.provider.host(inputs.get("connection")).last
    except UserError:
        return False
    if snapshot is None:
        return False
    if kind == "policy":
        return [item.guid for item in named(snapshot.store.policies.values(), text)] == [guid]
    return [item.guid for item in named(snapshot.store.filter_lists.values(), text)] == [guid]
