"""Whose an object is that has the name we want: taken over only by proof (design 2.2, item 4)."""

from dataclasses import replace

import pytest
from store_scene import (
    LIST,
    OTHER_LIST,
    RULE,
    SCENE,
    WEB,
    WORM,
    a_call,
    a_filter,
    a_list,
    a_rule,
    a_snapshot,
    a_store,
    said,
)
from winipsec.errors import Refused
from winipsec.formats import netsh
from winipsec.host.batch import recorded_line
from winipsec.host.leftovers import Intent, Leftover
from winipsec.model.methods import Kerberos, PresharedKey
from winipsec.model.store import Store
from wish_scene import IDS, INPUTS, KEY, KINDS, making, plan


def left(kind, *commands, urn=None, what=None):
    """What a dead run of this resource left: a file with these commands."""
    intent = Intent(urn or a_call(kind).urn, what or KINDS[kind], INPUTS[kind]["name"])
    return [Leftover("dead", (intent,), frozenset(map(recorded_line, commands)))]


def made_by(kind):
    """The commands by which the objects of the scene came to be."""
    return plan(making(kind), SCENE.without(RULE).without(IDS[kind])).commands


@pytest.mark.parametrize("kind", INPUTS)
def test_what_a_dead_run_of_ours_made_is_taken_over(kind):
    """The file names the resource and holds every command; nothing is left to do."""
    wish = making(kind)
    found = plan(wish, SCENE, leftovers=left(kind, *made_by(kind)))
    assert found.commands == ()
    assert wish.guid == IDS[kind]
    assert wish.adopted


@pytest.mark.parametrize("kind", INPUTS)
def test_without_proof_it_is_somebody_elses(kind):
    """Another resource, another kind, other commands, or no file at all."""
    commands = made_by(kind)
    for leftovers in (
        [],
        left(kind),
        left(kind, *commands, urn="urn:other"),
        left(kind, *commands, what="other kind"),
        left(kind, netsh.add_filter_list("other")),
    ):
        with pytest.raises(Refused) as error:
            plan(making(kind), SCENE, leftovers=leftovers)
        assert error.value.code == "create.exists"


def test_what_was_changed_since_is_somebody_elses():
    """The commands must make the object as it stands now."""
    leftovers = left("FilterList", *made_by("FilterList"))
    changed = SCENE.with_filter_list(a_list("worm", WORM, WEB, a_filter("me>any udp 0 1434 1w", 0x102)))
    with pytest.raises(Refused):
        plan(making("FilterList"), changed, leftovers=leftovers)


def test_what_was_half_made_is_finished():
    """A list whose last filters the dead run did not reach."""
    store = a_store(a_list("worm", WORM))
    wish = making("FilterList")
    found = plan(wish, store, leftovers=left("FilterList", *made_by("FilterList")))
    assert [line.split()[2:4] for line in said(found.commands)] == [["add", "filter"]]
    assert wish.guid == LIST


def test_one_of_two_objects_of_the_name_is_not_guessed():
    """Even if a file could prove one of them."""
    store = SCENE.with_filter_list(a_list("WORM", guid=OTHER_LIST))
    with pytest.raises(Refused) as error:
        plan(making("FilterList"), store, leftovers=left("FilterList", *made_by("FilterList")))
    assert LIST in str(error.value)
    assert OTHER_LIST in str(error.value)


@pytest.mark.parametrize(("stored", "ours"), [(KEY, True), ("another key", False)])
def test_a_rule_with_a_key_is_ours_only_if_the_key_is(stored, ours):
    """Files hold no key: the store tells."""
    methods = {"authMethods": [{"kerberos": True}, {"presharedKey": KEY}]}
    commands = plan(making("Rule", methods), SCENE.without(RULE)).commands
    store = SCENE.with_rule(a_rule(auth_methods=(Kerberos(), PresharedKey(stored))))
    wish = making("Rule", methods)
    if ours:
        assert plan(wish, store, leftovers=left("Rule", *commands)).commands == ()
    else:
        with pytest.raises(Refused):
            plan(wish, store, leftovers=left("Rule", *commands))


@pytest.mark.parametrize("kind", INPUTS)
def test_an_intent_goes_into_the_file_of_what_is_made(kind):
    """Not into that of a change: there the id is proof enough."""
    store = SCENE.without(RULE).without(IDS[kind]) if kind != "Rule" else SCENE.without(RULE)
    (intent,) = plan(making(kind), store).intents
    assert (intent.urn, intent.kind, intent.name) == (a_call(kind).urn, KINDS[kind], INPUTS[kind]["name"])
    changed = making(kind, {"description": "text"}, IDS[kind])
    assert plan(changed, SCENE).commands
    assert not plan(changed, SCENE).intents


def test_what_appeared_meanwhile_is_not_ours():
    """Somebody made it between our look and our batch: it stood there when the batch began."""
    wish = making("FilterList")
    plan(wish, Store())
    store = a_store(a_list("worm", WORM, WEB))
    snapshot = replace(a_snapshot(store), held=frozenset({LIST}))
    with pytest.raises(Refused):
        wish.plan(store, snapshot, 1)
