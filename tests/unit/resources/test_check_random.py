"""Check and Diff on inputs at random: normal forms are stable, and equal means no change (field 2, row 4)."""

import random
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_cases import BASES
from store_scene import RESOURCES, a_call, changes, checked
from winipsec.resources.values import UNKNOWN
from wish_strategies import few, named, normal_inputs


@pytest.mark.parametrize("kind", BASES)
@few
@given(data=st.data())
def test_check_of_checked_inputs_changes_nothing(kind, data):
    """check(check(x)) == check(x), with and without old inputs, and what is given is left as it was."""
    news = data.draw(named(kind))
    kept = deepcopy(news)
    once = checked(kind, news)
    assert news == kept
    assert checked(kind, deepcopy(once)) == once
    assert checked(kind, deepcopy(once), deepcopy(once)) == once


@pytest.mark.parametrize("kind", BASES)
@few
@given(data=st.data())
def test_inputs_do_not_differ_from_themselves(kind, data):
    """However the program spells them."""
    news = data.draw(named(kind))
    assert changes(kind, checked(kind, news), checked(kind, deepcopy(news))) == {}


@pytest.mark.parametrize("kind", BASES)
@few
@given(data=st.data())
def test_any_part_may_be_unknown(kind, data):
    """At any depth: Check passes it, Diff takes it, and it shows as changed only where it stands or above."""
    old = data.draw(normal_inputs(kind))
    news = deepcopy(old)
    path = _blank(news, data.draw(st.randoms()))
    answer = RESOURCES[kind].check(news, old, None, a_call(kind))
    assert answer.failures == []
    found = changes(kind, old, answer.inputs)
    assert found, path
    top = path.split(".")[0].split("[")[0]
    assert all(changed.startswith((top, "expandedRules")) for changed in found)  # the latter follow from others


@few
@given(normal_inputs("FilterList"), st.randoms())
def test_the_order_of_filters_means_nothing(inputs, chance):
    """A set: shuffled, it is the same (design 2.1)."""
    shuffled = {**inputs, "filters": chance.sample(inputs.get("filters", []), len(inputs.get("filters", [])))}
    assert changes("FilterList", {"filters": [], **inputs}, shuffled) == {}


def _blank(value, chance: random.Random, path=""):
    """Put UNKNOWN somewhere inside, and say where."""
    places = value.items() if isinstance(value, dict) else enumerate(value)
    key, item = chance.choice(sorted(places, key=str))
    path = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
    if isinstance(item, dict | list) and item and chance.random() < 0.7:
        return _blank(item, chance, path)
    value[key] = UNKNOWN
    return path
