"""No property is forgotten: what the schema has, the tests of the resources change and let drift."""

import json
from pathlib import Path

import pytest
import test_resources_actions as actions
import test_resources_filters as filters
import test_resources_lists as lists
import test_resources_policies as policies
import test_resources_rules as rules
from resource_site import FILTER, FILTER_ACTION, FILTER_LIST, POLICY, RULE

SCHEMA = json.loads((Path(__file__).parents[2] / "provider" / "schema.json").read_text(encoding="utf-8"))
REPLACING = {RULE: {"policy"}}
"""What neither changes in place nor drifts: elsewhere it is another object."""
MODULES = {FILTER_LIST: lists, FILTER_ACTION: actions, POLICY: policies, RULE: rules}


def record(declared):
    """The named type of a property or of its elements, None where it is a plain value."""
    reference = declared.get("items", declared).get("$ref")
    return SCHEMA["types"][reference.rpartition("/")[2]]["properties"] if reference else None


def paths(properties, prefix="", *, into_lists=True):
    """Every plain property by its path, and every list; elements of lists inside a record are another resource's."""
    for name, declared in properties.items():
        inner = record(declared)
        if inner is None or "items" in declared:
            yield prefix + name
        if inner is not None and ("items" not in declared or into_lists):
            yield from paths(inner, f"{prefix}{name}.", into_lists="items" in declared)


def expected(kind):
    """The paths of one resource, but for how its host is reached."""
    inputs = {name: item for name, item in SCHEMA["resources"][kind]["inputProperties"].items() if name != "connection"}
    return set(paths(inputs))


@pytest.mark.parametrize("kind", MODULES)
def test_every_property_is_changed_and_drifts(kind):
    """By its path."""
    wanted = expected(kind) - REPLACING.get(kind, set())
    assert set(MODULES[kind].UPDATES) == wanted
    assert set(MODULES[kind].DRIFTS) == wanted


def test_every_field_of_a_filter_makes_another_one_or_changes_in_place():
    """All but the description make another one."""
    assert {*filters.REPLACEMENTS, "description"} == expected(FILTER)
