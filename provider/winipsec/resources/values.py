"""The values that resource functions work on: plain Python, plus one marker for what is not known yet.

Both front ends decode their wire form into dictionaries, lists, strings, numbers and booleans; anything the engine
does not know during a preview becomes `UNKNOWN`, at whatever depth it stands. Secretness travels beside the values,
never inside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from winipsec.model.invalid import Fault, top


class Unknown:
    """The type of `UNKNOWN`; equal only to itself, so that nothing mistakes it for a value."""

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __reduce__(self) -> str:
        return "UNKNOWN"

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value has no truth; test it with `is UNKNOWN`")


UNKNOWN = Unknown()


def contains_unknown(value: Any) -> bool:
    """Whether `UNKNOWN` stands anywhere inside `value`."""
    if value is UNKNOWN:
        return True
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return False


def came_up(
    faults: Sequence[Fault], before: Sequence[Fault], inputs: dict[str, Any], olds: dict[str, Any]
) -> list[Fault]:
    """Mistakes between properties that were not there before: there, a change of either side is one of both."""
    tops = {top(fault.path) for fault in before}
    return [fault for fault in faults if top(fault.path) not in tops or not unchanged(fault, inputs, olds)]


def unchanged(fault: Fault, inputs: dict[str, Any], olds: dict[str, Any]) -> bool:
    """Whether a mistake was there before: what was imported may stay as it is (design 2.2, 1)."""
    name = top(fault.path)
    if name not in olds or name not in inputs:
        return False
    if inputs[name] == olds[name] and inputs[name] is not UNKNOWN:
        return True
    index = fault.path.partition(".")[0][len(name) :].strip("[]")
    if not index or not isinstance(olds[name], list):
        return False
    element = inputs[name][int(index)]
    return element is not UNKNOWN and inputs[name].count(element) <= olds[name].count(element)
