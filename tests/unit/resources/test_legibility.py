"""Texts that a host keeps as they are and prints as others (spec: winrm 4.5)."""

from dataclasses import replace

import pytest
from store_scene import ACTION, LIST, OTHER_LIST, POLICY, RULE, SCENE, a_list, a_store
from winipsec.errors import Refused
from winipsec.model.store import Store
from winipsec.resources.legibility import misread
from wish_scene import INPUTS, lines, making

LOST = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("\u0159", "?"),
        ("\u0159x", "rx"),
        ("caf\u00e9 \u0159", f"caf{LOST} ?"),
        ("\N{HIRAGANA LETTER KA}\N{HIRAGANA LETTER KI}", "??"),
        ("\N{GRINNING FACE}", "??"),
        ("\N{KATAKANA LETTER SO}1", f"{LOST}\\1"),
        ("\u00e9\u0159", "\u00e9?"),
    ],
)
def test_what_a_code_page_makes_of_letters_that_it_lacks(wanted, found):
    """Question marks, letters without their marks, bytes that mean nothing."""
    assert misread(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("plain", "pl?in"),
        ("\u00e9", "\u00e9"),
        ("\u00e9", "\u00c9"),
        ("caf\u00e9", "caf?s"),
        ("caf\u00e9", "tea?"),
        ("\N{GRINNING FACE}", "-x"),
        ("\u0159", "x"),
        ("\u0159", ""),
    ],
)
def test_what_is_another_text(wanted, found):
    """It has its own letters, or lost none."""
    assert not misread(wanted, found)


GUIDS = {"FilterList": LIST, "FilterAction": ACTION, "Policy": POLICY, "Rule": RULE}
FIELDS = {"FilterList": "filter_lists", "FilterAction": "filter_actions", "Policy": "policies", "Rule": "rules"}


def with_text(kind, **texts):
    """The scene with one object of other texts."""
    field = FIELDS[kind]
    objects = getattr(SCENE, field)
    return replace(SCENE, **{field: {**objects, GUIDS[kind]: replace(objects[GUIDS[kind]], **texts)}})


@pytest.mark.parametrize("kind", INPUTS)
def test_what_was_made_of_such_a_name_is_deleted(kind):
    """By the name that netsh was told; planning it twice changes nothing, and then the name is refused."""
    before = SCENE.without(GUIDS[kind]) if kind != "Policy" else Store()
    wish = making(kind, {"name": "caf\u00e9"})
    assert lines(wish, before)[0].startswith("ipsec static add")
    for _ in range(2):
        (line,) = lines(wish, with_text(kind, name="caf?"), 1)
        assert line.startswith("ipsec static delete")
        assert 'name="caf\u00e9"' in line
    with pytest.raises(Refused, match="name: 'caf\u00e9' cannot be read back, it comes as 'caf\\?'"):
        lines(wish, before, 2)


@pytest.mark.parametrize("kind", INPUTS)
def test_what_was_renamed_to_such_a_name_gets_its_old_one(kind):
    """By its GUID; then the name is refused."""
    wish = making(kind, {"name": "caf\u00e9"}, GUIDS[kind])
    lines(wish, SCENE)
    (line,) = lines(wish, with_text(kind, name="caf?"), 1)
    assert GUIDS[kind] in line
    assert f'"{INPUTS[kind]["name"]}"' in line
    with pytest.raises(Refused, match="It was taken back"):
        lines(wish, SCENE, 2)


def test_nothing_is_deleted_that_may_be_somebody_elses():
    """A list was there before that is printed in the same way: netsh may have taken ours for that one."""
    held = a_store(a_list("caf?", guid=OTHER_LIST))
    wish = making("FilterList", {"name": "caf\u00e9"})
    lines(wish, held)
    with pytest.raises(Refused, match="It may be one of"):
        lines(wish, held.with_filter_list(a_list("caf?")), 1)


@pytest.mark.parametrize("kind", INPUTS)
def test_a_description_that_is_printed_otherwise(kind):
    """It is refused by its path, unless it was like that before: then the host did not take ours."""
    for before, refused in (("", True), ("na?ve", False)):
        wish = making(kind, {"description": "na\u00efve"}, GUIDS[kind])
        lines(wish, with_text(kind, description=before))
        if refused:
            with pytest.raises(Refused, match="description: 'na\u00efve' cannot be read back"):
                lines(wish, with_text(kind, description="na?ve"), 1)
        else:
            assert lines(wish, with_text(kind, description="na?ve"), 1)
