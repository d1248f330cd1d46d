"""What a whole policy is made of, as its inputs say: rules, each with a filter list and a filter action of some name.

Rules that name the same list, or the same action, share it. One whose list or action has no name of its own in the
program gets `POLICY: RULE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from winipsec.model.names import MAX_NAME, folded, name_fault, own_name
from winipsec.model.store import Named, named

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
            default = default_name(inputs["name"], item["name"])
            rule = {name: value for name, value in item.items() if name not in {LIST, ACTION}}
            yield Part(f"{key}[{index}]", rule, {"name": default, **item[LIST]}, {"name": default, **item[ACTION]})


def default_name(policy: str, rule: str) -> str:
    """The name of a list or an action that the program does not name; a very long one is cut, and stays its own."""
    name = f"{policy}: {rule}"
    if len(name) <= MAX_NAME:
        return name
    mark = sha256(name.encode()).hexdigest()[:8]
    return f"{name[: MAX_NAME - 9].rstrip()} {mark}"


def wanted(found: Sequence[Part], which: str) -> dict[str, Wanted]:
    """The lists or the actions that the rules name, by their names without case."""
    result: dict[str, Wanted] = {}
    for part in found:
        properties = part.filter_list if which == LIST else part.filter_action
        key = folded(properties["name"])
        first = result.get(key, Wanted(f"{part.path}.{which}", properties, ()))
        result[key] = first._replace(rules=(*first.rules, part.name))
    return result


def presented(objects: Mapping[str, Named], item: Named, kind: str) -> str:
    """The name by which users see an object: its own, or where that is none, or another's too, one of our making."""
    if name_fault(item.name) is None and len(named(objects.values(), item.name)) == 1:
        return item.name
    return own_name(item.name, kind, item.guid)


def private_name(name: str, policy: str) -> str:
    """The name of the copy that a policy, by its GUID, has of a list or an action that others use as well."""
    mark = policy[1:9]
    return f"{name[: MAX_NAME - len(mark) - 1].rstrip()} {mark}"
