"""What a preview foresees: every change planned on top of those before it, as far as its inputs are known.

The engine announces creations and updates one by one. A resource whose inputs are not known yet is left out, and the
others must not be judged as if it would never come: what would be refused without it is only warned of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from winipsec.errors import Unreachable, UserError
from winipsec.resources.resource import Call
from winipsec.resources.values import contains_unknown
from winipsec.resources.wish import NameTaken

if TYPE_CHECKING:
    from winipsec.resources.store_resource import StoreResource

IN_PARTS, NOT_KNOWN = "foreseen in parts", "not foreseen"
MANAGED = "managed object"
_ANYWHERE = ""


def foresee(resource: StoreResource, inputs: dict[str, Any], call: Call, id: str, state: dict[str, Any] | None) -> None:
    """Plan in a preview what an update would do, on top of what those before it would have done.

    Raises:
        WinipsecError: it would be refused.
    """
    claims = call.provider.claims
    if contains_unknown(inputs):
        claims.make(NOT_KNOWN, call.provider.address(inputs.get("connection")) or _ANYWHERE, "", call.urn)
        return
    try:
        host = resource.host(inputs, call)
        host.read(call.provider.cancelled)
    except (Unreachable, UserError) as error:
        call.log.debug(f"the preview could not look at the host: {error}")
        return
    missing = not_known(inputs, call)
    wish = resource.making(host.name, inputs, call, id, state)
    try:
        host.foresee(wish, assigns=resource.assigns and not missing)
    except NameTaken as taken:
        # Another resource of this program has the name now, and may be about to lose it.
        if not all(claims.others(MANAGED, "", guid, call.urn) for guid in taken.guids):
            raise
    cut = host.foreseen_cut() if resource.assigns and missing and not wish.allow_cut else None
    if cut is not None:
        call.log.warning(f"{host.name}: as far as is known, {cut.problem} {without(missing)} The update asks again.")
    if not resource.whole:
        claims.make(IN_PARTS, host.name, "", call.urn)


def not_known(inputs: dict[str, Any], call: Call) -> list[str]:
    """The names of the resources for the same host, or for any, whose inputs are not known yet."""
    address = call.provider.address(inputs.get("connection"))
    urns = (
        urn for place in {address, _ANYWHERE} for urn in call.provider.claims.others(NOT_KNOWN, place, "", call.urn)
    )
    return sorted(urn.rpartition("::")[2] for urn in urns)


def without(names: list[str]) -> str:
    """What to tell where resources are left out."""
    return f"Not counted: {', '.join(names)}, whose inputs are not known yet."
