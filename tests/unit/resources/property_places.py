"""Where properties stand: every place of every resource, as the schema has it, and inputs that have a value there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import host_policy_cases
import property_cases
from property_cases import BASES, TYPE_BASES, Case

FIELDS = {**property_cases.FIELDS, **host_policy_cases.FIELDS}
RESOURCE_FIELDS = {**property_cases.RESOURCE_FIELDS, **host_policy_cases.HOST_POLICY_FIELDS}
SCHEMA = json.loads((Path(__file__).parents[3] / "provider" / "schema.json").read_text(encoding="utf-8"))
TYPES = {token.rpartition(":")[2]: item["properties"] for token, item in SCHEMA["types"].items()}


@dataclass(frozen=True)
class Place:
    """Where one property stands: the resource, the path of properties that leads to it, and its case."""

    resource: str
    steps: tuple[tuple[str, bool], ...]
    """Each property on the way, and whether it is a list."""
    type: str
    name: str
    case: Case

    @property
    def path(self):
        """The property path of the one value in the inputs that `inputs` makes."""
        return ".".join([*(f"{name}[0]" if many else name for name, many in self.steps), self.name])

    def inputs(self, value, **more):
        """The least inputs that have this value at this place."""
        inner = {**({} if self.case.alone else self._base()), **self.case.beside, **more, self.name: value}
        for depth in range(len(self.steps) - 1, -1, -1):
            name, many = self.steps[depth]
            outer = (
                dict(BASES[self.resource])
                if depth == 0
                else dict(TYPE_BASES[holders(self.resource, self.steps)[depth]])
            )
            if outer.keys() == {"ah"} and name == "esp":
                outer = {}
            inner = {**outer, name: [inner] if many else inner}
        return inner

    def without(self):
        """The least inputs that have nothing at this place."""
        inputs = self.inputs(None)
        inner = inputs
        for name, many in self.steps:
            inner = inner[name][0] if many else inner[name]
        del inner[self.name]
        return inputs

    def at(self, inputs):
        """The value at this place of some inputs."""
        for name, many in self.steps:
            inputs = inputs[name][0] if many else inputs[name]
        return inputs[self.name]

    def _base(self):
        return TYPE_BASES[self.type] if self.steps else BASES[self.resource]


def holders(resource, steps):
    """The names of the types that hold each step."""
    names = [resource]
    for name, _ in steps:
        properties = (
            SCHEMA["resources"][f"winipsec:index:{resource}"]["inputProperties"]
            if len(names) == 1
            else TYPES[names[-1]]
        )
        names.append(inner_type(properties[name]))
    return names


def inner_type(declared):
    """The named type of a property, or of its items; empty where it is none."""
    return declared.get("items", declared).get("$ref", "").rpartition(":")[2]


def places(resource):
    """Every place of one resource, nested ones too, as the schema has it.

    Raises:
        KeyError: a property of the schema has no case.
    """
    found = []

    def walk(properties, cases, steps, type_name):
        for name, declared in properties.items():
            found.append(Place(resource, steps, type_name, name, cases[name]))
            inner = inner_type(declared)
            if inner:
                walk(TYPES[inner], FIELDS[inner], (*steps, (name, declared.get("type") == "array")), inner)

    walk(SCHEMA["resources"][f"winipsec:index:{resource}"]["inputProperties"], RESOURCE_FIELDS[resource], (), resource)
    return found


PLACES = [place for resource in BASES for place in places(resource)]
CASES_WITHOUT_PROPERTY = {
    *(f"{name}.{field_name}" for name, fields in FIELDS.items() for field_name in fields.keys() - TYPES[name].keys()),
    *(
        f"{name}.{field_name}"
        for name, fields in RESOURCE_FIELDS.items()
        for field_name in fields.keys() - SCHEMA["resources"][f"winipsec:index:{name}"]["inputProperties"].keys()
    ),
}
