"""What a whole policy is made of, as its inputs say: rules, each with a filter list and a filter action of some name.

Rules that name the same list, or the same action, share it. One whose list or action has no name of its own in the
program gets `POLICY: RULE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from winipsec.model.names import MAX_NAME, folded, name_fault, own_name
from winipsec.model.store import Named
from winipsec.resources.host_policy_record import object_name

RULES = ("expandedRules", "rules")
"""The properties that hold rules: what the scenario blocks expand to, and those written out."""
LIST, ACTION = "filterList", "filterAction"

Properties = dict[str, Any]


class Part(NamedTuple):
    """One rule of a whole policy. `path` is where it stands in the inputs."""

    path: str
    rule: Properties
    filter_list: Properties
    filter_action: Properties

    @property
    def name(self) -> str:
        """The rule's name."""
        return str(self.rule["name"])


class Wanted(NamedTuple):
    """One list or action of a whole policy, under the name by which its rules know it."""

    path: str
    properties: Properties
    rules: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that the program gives it."""
        return str(self.properties["name"])


def parts(inputs: Mapping[str, Any]) -> Iterator[Part]:
    """All rules of checked inputs, with every name filled in."""
    for key in RULES:
        for index, item in enumerate(inputs.get(key) or ()):
            default = object_name(inputs["name"], item["name"])
            rule = {name: value for name, value in item.items() if name not in {LIST, ACTION}}
            yield Part(f"{key}[{index}]", rule, {"name": default, **item[LIST]}, {"name": default, **item[ACTION]})


def wanted(found: Sequence[Part], which: str) -> dict[str, Wanted]:
    """The lists or the actions that the rules name, by their names without case."""
    result: dict[str, Wanted] = {}
    for part in found:
        properties = part.filter_list if which == LIST else part.filter_action
        key = folded(properties["name"])
        first = result.get(key, Wanted(f"{part.path}.{which}", properties, ()))
        result[key] = first._replace(rules=(*first.rules, part.name))
    return result


def shown_names(objects: Mapping[str, Named], kind: str) -> dict[str, str]:
    """By GUID, the names by which users see objects: their own; where that is none, or another's too, of our making."""
    count = Counter(folded(item.name) for item in objects.values())
    return {
        guid: item.name
        if name_fault(item.name) is None and count[folded(item.name)] == 1
        else own_name(item.name, kind, guid)
        for guid, item in objects.items()
    }


def private_name(name: str, policy: str) -> str:
    """The name of the copy that a policy, by its GUID, has of a list or an action that others use as well."""
    mark = policy[1:9]
    return f"{name[: MAX_NAME - len(mark) - 1].rstrip()} {mark}"
