"""Pairing the elements of sets: the fewest changed fields (design 2.2, item 3)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_scene import checked
from winipsec.resources import comparison
from winipsec.resources.comparison import compare, in_order_of, paired
from winipsec.resources.filter_list import RECORD
from winipsec.resources.host_policy_record import RECORD as HOST_POLICY
from winipsec.resources.resource import Change
from winipsec.resources.values import UNKNOWN
from wish_strategies import few

SIDES = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4")


def items(*ports, **more):
    """Filters of different sources and these destination ports."""
    return checked(
        "FilterList",
        {
            "name": "x",
            "filters": [
                {"source": side, "destination": "me", "protocol": "tcp", "destinationPort": port, **more}
                for side, port in zip(SIDES, ports, strict=False)
            ],
        },
    )["filters"]


def differ(old, new):
    """What differs between two lists of filters."""
    return compare(RECORD, {"filters": old}, {"filters": new})


@pytest.mark.parametrize("seed", range(6))
def test_one_edited_filter_is_one_path_in_any_order(seed):
    """The path is that of the new list; the other filters may have moved."""
    old = items(1, 2, 3, 4)
    new = [*old[:2], {**old[2], "destinationPort": 99}, old[3]]
    random.Random(seed).shuffle(new)  # noqa: S311 - an order, not a key
    index = next(place for place, item in enumerate(new) if item["destinationPort"] == 99)
    assert differ(old, new) == {f"filters[{index}].destinationPort": Change.UPDATE}


def test_a_new_filter_is_added_and_an_old_one_deleted():
    """At their own places, wherever the others stand."""
    old = items(1, 2, 3)
    assert differ(old, [old[2], *items(1, 2, 3, 4)[3:], old[0], old[1]]) == {"filters[1]": Change.ADD}
    assert differ(old, [old[2], old[0]]) == {"filters[1]": Change.DELETE}
    assert differ(old, []) == {f"filters[{place}]": Change.DELETE for place in range(3)}
    assert differ([], old) == {f"filters[{place}]": Change.ADD for place in range(3)}


def test_an_edit_beside_a_deletion_is_paired_with_its_own():
    """Not with whatever stands at the same place."""
    old = items(1, 2, 3)
    assert differ(old, [{**old[2], "description": "new"}, old[1]]) == {
        "filters[0].description": Change.ADD,
        "filters[0]": Change.DELETE,
    }


def test_a_field_that_comes_or_goes_with_a_move_has_a_path_that_exists():
    """What goes is told of its old place, what comes of its new one, and of both where they are the same."""
    one, two, three = items(1, 2, 3)
    said = {**one, "description": "x"}
    assert differ([said, two], [two, one]) == {"filters[0].description": Change.DELETE}
    assert differ([one, two], [two, said]) == {"filters[1].description": Change.ADD}
    assert differ([said, two, three], [three, two, {**one, "description": "y"}]) == {
        "filters[2].description": Change.ADD
    }
    assert differ([said, two], [{**two, "description": "y"}, one]) == {"filters[0].description": Change.UPDATE}


def test_duplicates_are_counted():
    """A store may hold the same filter twice."""
    (one,) = items(1)
    assert differ([one, one], [one, one]) == {}
    assert differ([one, one], [one]) == {"filters[1]": Change.DELETE}
    assert differ([one], [one, one]) == {"filters[1]": Change.ADD}


def test_an_unknown_filter_is_compared_in_its_place():
    """What is unknown cannot be paired."""
    old = items(1, 2)
    assert differ(old, [old[0], UNKNOWN]) == {"filters[1]": Change.UPDATE}
    assert differ(old, [old[0], {**old[1], "source": UNKNOWN}]) == {"filters[1].source": Change.UPDATE}
    assert differ(old, [*old, UNKNOWN]) == {"filters[2]": Change.ADD}
    assert differ(None, UNKNOWN) == {"filters": Change.ADD}
    assert differ(old, UNKNOWN) == {"filters": Change.UPDATE}


def test_very_long_lists_are_paired_in_order(monkeypatch):
    """Past a limit the work would be quadratic; what is equal is still found, and nothing is lost."""
    monkeypatch.setattr(comparison, "MAX_PAIRINGS", 3)
    old = items(1, 2, 3, 4)
    new = [{**old[3], "destinationPort": 9}, old[0], {**old[1], "destinationPort": 8}]
    pairs = paired(old, new)
    assert (0, 1) in pairs
    assert sorted(before for before, _ in pairs) == [0, 1, 2, 3]
    assert sorted(after for _, after in pairs if after is not None) == [0, 1, 2]


elements = st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.integers(0, 2)}, optional={"c": st.just("x")})
lists = st.lists(elements, max_size=6)


@few
@given(lists, lists)
def test_every_element_is_paired_exactly_once(old, new):
    """Equal elements with each other, as many as there are; lone ones on one side only."""
    pairs = paired(old, new)
    assert sorted(before for before, _ in pairs if before is not None) == list(range(len(old)))
    assert [after for _, after in pairs if after is not None] == list(range(len(new)))
    equal = sum(old[before] == new[after] for before, after in pairs if None not in (before, after))
    distinct = [item for index, item in enumerate(old) if item not in old[:index]]
    assert equal == sum(min(old.count(item), new.count(item)) for item in distinct)
    lone_old, lone_new = (any(pair[side] is None for pair in pairs) for side in (1, 0))
    assert not (lone_old and lone_new)


@few
@given(lists, st.randoms())
def test_a_set_comes_back_in_the_order_that_is_known(old, chance):
    """A refresh of what did not change gives exactly the old inputs."""
    assert in_order_of(old, chance.sample(old, len(old))) == old


@few
@given(lists, lists)
def test_bringing_into_order_loses_nothing(old, found):
    """Whatever was found is still there."""
    ordered = in_order_of(old, found)
    assert len(ordered) == len(found)
    assert all(ordered.count(item) == found.count(item) for item in found)


# --- elements known by a name -------------------------------------------------------------------------------------


def rules(*names, action="block"):
    """Rules of these names that all do the same."""
    return [{"name": name, "filterList": {"filters": []}, "filterAction": {"action": action}} for name in names]


def rules_differ(old, new):
    """What differs between two lists of rules."""
    return compare(HOST_POLICY, {"rules": old}, {"rules": new})


def test_rules_are_paired_by_name():
    """However much else is changed, in any order and in any capitals; others come and go."""
    old, new = rules("a", "b", "c"), rules("C", "d", "A", action="permit")
    assert rules_differ(old, new) == {
        "rules[0].filterAction.action": Change.UPDATE,
        "rules[1]": Change.UPDATE,  # where "b" was, and "d" is
        "rules[2].filterAction.action": Change.UPDATE,
    }
    assert rules_differ(old, rules("c", "b", "a")) == {}
    assert in_order_of(old, rules("c", "x", "a"), "name") == rules("a", "c", "x")


def test_rules_of_one_name_are_paired_once():
    """Check refuses them; a host may have them."""
    assert paired(rules("a", "a"), rules("a"), "name") == [(0, 0), (1, None)]
    assert paired(rules("a"), rules("a", "A"), "name") == [(0, 0), (None, 1)]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("any", "none", {"management": Change.UPDATE}),
        ("any", {"sources": ["10.0.0.1"]}, {"management": Change.UPDATE}),
        ({"sources": ["10.0.0.1"]}, {"sources": ["10.0.0.2"]}, {"management.sources[0]": Change.UPDATE}),
        ({"sources": ["10.0.0.1", "10.0.0.2"]}, {"sources": ["10.0.0.2", "10.0.0.1"]}, {}),
        ({"sources": ["any"]}, {"sources": ["any"], "ports": [22]}, {"management.ports": Change.ADD}),
    ],
)
def test_a_word_or_an_object_is_compared_by_what_it_is(old, new, found):
    """Property by property where both are objects."""
    assert compare(HOST_POLICY, {"management": old}, {"management": new}) == found
