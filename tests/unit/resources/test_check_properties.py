"""Check, property by property: one value has one normal form, everything else is refused at its path."""

import json
from copy import deepcopy

import pytest
from property_cases import BASES
from property_places import CASES_WITHOUT_PROPERTY, PLACES, SCHEMA
from store_scene import RESOURCES, a_call, checked, failures
from winipsec.resources.values import UNKNOWN


def ids(place):
    """A place as the name of a test."""
    return f"{place.resource}.{place.path}"


def test_every_property_of_the_schema_has_a_case_and_no_case_is_idle():
    """The table of cases was walked along the schema; what is left over in it tests nothing."""
    assert set(BASES) == {token.rpartition(":")[2] for token in SCHEMA["resources"]} == set(RESOURCES)
    assert not CASES_WITHOUT_PROPERTY
    assert len(PLACES) > 180


@pytest.mark.parametrize("place", PLACES, ids=ids)
def test_every_spelling_has_one_normal_form(place):
    """Field 2, row 4: what Windows takes for the same value normalises to one."""
    for normal, spellings in place.case.accepted:
        for spelling in spellings:
            found = place.at(checked(place.resource, place.inputs(spelling)))
            assert (found, type(found)) == (normal, type(normal)), spelling


@pytest.mark.parametrize("place", PLACES, ids=ids)
def test_every_normal_form_is_its_own(place):
    """check(check(x)) == check(x), and JSON carries it unchanged."""
    for normal, _ in place.case.accepted:
        once = checked(place.resource, place.inputs(normal))
        assert json.loads(json.dumps(once)) == once
        assert checked(place.resource, deepcopy(once)) == once
        assert checked(place.resource, deepcopy(once), once) == once


@pytest.mark.parametrize("place", PLACES, ids=ids)
def test_wrong_values_are_refused_at_their_path(place):
    """Wrong types, values out of range and unknown words, each with a reason that says what would do."""
    for value, words in place.case.refused:
        found = failures(place.resource, place.inputs(value))
        reasons = [reason for path, reason in found.items() if path.startswith(place.path)]
        assert len(reasons) == len(found) == 1, (value, found)
        assert words in reasons[0], (value, found)


@pytest.mark.parametrize("place", PLACES, ids=ids)
def test_an_unknown_value_passes_anywhere(place):
    """A preview knows not everything; what is unknown stays unknown, and nothing is said about it."""
    inputs = checked(place.resource, place.inputs(UNKNOWN))
    assert place.at(inputs) is UNKNOWN


@pytest.mark.parametrize("place", PLACES, ids=ids)
def test_null_is_the_same_as_absent(place):
    """The engine sends nulls for what a program leaves out."""
    answers = [
        RESOURCES[place.resource].check(inputs, {}, None, a_call(place.resource))
        for inputs in (place.inputs(None), place.without())
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("place", [place for place in PLACES if place.case.blank], ids=ids)
def test_an_empty_description_is_none(place):
    """Windows stores no empty description, so both spellings are one value."""
    assert checked(place.resource, place.inputs("")) == checked(place.resource, place.without())


@pytest.mark.parametrize("place", PLACES, ids=ids)
def test_an_unknown_name_beside_it_is_refused_with_a_hint(place):
    """A misspelled property names the one that is meant."""
    misspelled = place.name[:-1]
    found = failures(place.resource, place.inputs(place.case.accepted[0][0], **{misspelled: 1}))
    prefix = place.path.removesuffix(place.name)
    assert "did you mean" in found[f"{prefix}{misspelled}"]


@pytest.mark.parametrize("kind", BASES)
def test_required_properties_are_asked_for_all_at_once(kind):
    """One round for all mistakes, not one each."""
    required = SCHEMA["resources"][f"winipsec:index:{kind}"]["requiredInputs"]
    assert failures(kind, {}) == dict.fromkeys(required, "is missing")


@pytest.mark.parametrize("kind", BASES)
def test_defaults_of_the_schema_are_filled_in(kind):
    """YAML applies no defaults: Check does, and they are those that the schema promises."""
    properties = SCHEMA["resources"][f"winipsec:index:{kind}"]["inputProperties"]
    defaults = {name: item["default"] for name, item in properties.items() if "default" in item}
    inputs = checked(kind, BASES[kind])
    assert {name: inputs[name] for name in defaults} == defaults


def test_inner_marks_of_the_engine_are_not_properties():
    """`__defaults` and the like are the SDKs' own."""
    news = {
        **BASES["FilterList"],
        "__defaults": [],
        "filters": [{"source": "any", "destination": "me", "__defaults": []}],
    }
    inputs = checked("FilterList", news)
    assert "__defaults" not in inputs
    assert "__defaults" not in inputs["filters"][0]


def test_this_host_is_a_side_too():
    """`me` in any capitals, on either side, but not on both: such traffic never leaves the host."""
    for source, destination in (("Me", "any"), ("ANY", " ME ")):
        inputs = checked("Filter", {"filterList": "worm", "source": source, "destination": destination})
        assert {inputs["source"], inputs["destination"]} == {"any", "me"}
    assert "destination" in failures("Filter", {"filterList": "worm", "source": "me", "destination": "me"})
