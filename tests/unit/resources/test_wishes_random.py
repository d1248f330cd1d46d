"""Wishes on any store: a plan leads to an end from which nothing is left to do (design 2.2, 3)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_cases import BASES
from store_scene import RESOURCES, FakeHost, SceneProvider, a_call, a_snapshot, guid, numbered
from winipsec.errors import Conflict, Refused
from winipsec.host.change import Wait
from winipsec.model.names import name_fault
from wish_strategies import few, few_names, filter_tuples, normal_inputs, stores, words

NAMED = ["FilterList", "FilterAction", "Policy", "Rule"]
OBJECTS = {
    "FilterList": "filter_lists",
    "FilterAction": "filter_actions",
    "Policy": "policies",
    "Rule": "rules",
}


def planned(wish, store, attempt=0):
    """A plan on a host with this store."""
    return wish.plan(store, a_snapshot(store), attempt)


def outcome(wish, store):
    """A plan, or the error that its waiting would end with."""
    try:
        return planned(wish, store)
    except Wait as wait:
        return wait.reason
    except Refused as error:
        return error


def objects(kind, store):
    """The objects of one kind."""
    return getattr(store, OBJECTS[kind])


def assert_satisfied(wish, after):
    """Planned again from what the plan led to, as a host reads it back, nothing is left to do."""
    store = numbered(after)
    plan = planned(wish, store, 1)
    assert plan.commands == ()
    assert plan.after == store
    assert dict(plan.unmet) == {}


@few
@pytest.mark.parametrize("kind", sorted(BASES.keys() - {"HostPolicy"}))
@given(data=st.data())
def test_what_is_to_be_made_is_made(kind, data):
    """Once, and nothing else is touched; a name that is taken is refused."""
    store = data.draw(stores())
    inputs = data.draw(normal_inputs(kind, few_names | words))
    wish = RESOURCES[kind].making("web1", inputs, a_call(kind))
    plan = outcome(wish, store)
    if isinstance(plan, Refused):
        assert plan.code == "create.exists"
        return
    if kind == "PolicyAssignment":
        assert (not plan.commands) == (store.active == guid(0x10))
    else:
        assert plan.commands
        assert dict(plan.unmet)
    for name in NAMED:
        before, after = objects(name, store), objects(name, plan.after)
        assert {key: after[key] for key in before if kind != "Filter"} == (before if kind != "Filter" else {})
        assert len(after) - len(before) == (name == kind)
    assert_satisfied(wish, plan.after)


@few
@pytest.mark.parametrize("kind", NAMED)
@given(data=st.data())
def test_what_is_there_is_changed_in_place(kind, data):
    """Any object to any inputs, whatever it was called; its GUID stays, and so do all others."""
    store = data.draw(stores())
    here = objects(kind, store)
    if not here:
        return
    id = data.draw(st.sampled_from(sorted(here)))
    inputs = data.draw(normal_inputs(kind, few_names | words))
    if kind == "Rule":
        inputs["policy"] = guid(0x10)
    wish = RESOURCES[kind].making("web1", inputs, a_call(kind), id, {"machine": ""})
    plan = outcome(wish, store)
    if isinstance(plan, Refused):
        assert plan.code == "create.exists"
        return
    after = objects(kind, plan.after)
    assert {key: item for key, item in after.items() if key != id} == {
        key: item for key, item in here.items() if key != id
    }
    assert bool(plan.commands) == bool(plan.unmet)
    if plan.commands:
        assert name_fault(after[id].name) is None
    assert_satisfied(wish, plan.after)


@few
@pytest.mark.parametrize("kind", NAMED)
@given(data=st.data())
def test_what_is_to_go_goes(kind, data):
    """With nothing but what belongs to it; what is used waits, and names its users."""
    store = data.draw(stores())
    here = objects(kind, store)
    id = data.draw(st.sampled_from([*sorted(here), guid(0x999)]))
    wish = RESOURCES[kind].removing("web1", id, {"machine": ""}, a_call(kind))
    plan = outcome(wish, store)
    if isinstance(plan, Refused):
        assert plan.code == "delete.in-use"
        assert all((rule.name or rule.guid) in str(plan) for rule in store.users_of(id))
        return
    assert bool(plan.commands) == (id in here)
    assert set(objects(kind, plan.after)) == set(here) - {id}
    if kind == "Policy":
        assert plan.after.rules_of(id) == []
        assert plan.after.active != id
    assert_satisfied(wish, plan.after)


@few
@given(data=st.data())
def test_filters_come_and_go_one_by_one(data):
    """In any list, beside whatever else is there."""
    store = data.draw(stores())
    id = data.draw(st.sampled_from(sorted(store.filter_lists)))
    items = store.filter_lists[id].filters
    if not items:
        return
    item = data.draw(st.sampled_from(items))
    call = a_call("Filter")
    wish = RESOURCES["Filter"].removing("web1", f"{id}/{item.guid}", {"machine": ""}, call)
    plan = planned(wish, store)
    assert sorted(map(str, plan.after.filter_lists[id].filters)) == sorted(
        str(other) for other in items if other is not item
    )
    assert_satisfied(wish, plan.after)


@few
@pytest.mark.parametrize("kind", NAMED)
@given(data=st.data())
def test_what_a_host_changed_behind_our_back_is_put_right_in_one_go(kind, data):
    """Made, spoiled, updated with the same inputs: as it was made."""
    names = st.text("xyz09 -%", min_size=2, max_size=6).map(str.strip).filter(bool)
    host = FakeHost(data.draw(stores()))
    call = a_call(kind, provider=SceneProvider(host))
    inputs = data.draw(normal_inputs(kind, names))
    made = RESOURCES[kind].create(inputs, call)
    whole = objects(kind, host.store)[made.id]
    spoiled = {
        "FilterList": lambda: replace(whole, description="spoiled", filters=data.draw(filter_tuples)),
        "FilterAction": lambda: replace(whole, action="permit", description="spoiled", security_methods=()),
        "Policy": lambda: replace(whole, master_pfs=not whole.master_pfs, description="spoiled"),
        "Rule": lambda: replace(whole, active=not whole.active, connection_type="dialup", description="spoiled"),
    }[kind]()
    unspoiled = host.store
    host.store = replace(host.store, **{OBJECTS[kind]: {**objects(kind, host.store), made.id: spoiled}})
    batches = host.batches
    assert RESOURCES[kind].update(made.id, made.outputs, inputs, inputs, call) == made.outputs
    assert host.batches == batches + 1
    mended = objects(kind, host.store)[made.id]
    if kind == "FilterList":
        wanted = inputs.get("filters")
        assert sorted(map(str, mended.filters)) == sorted(map(str, (whole if wanted is not None else spoiled).filters))
    else:
        assert host.store == unspoiled


@few
@given(stores(), st.sampled_from(NAMED))
def test_nothing_is_written_to_another_machine(store, kind):
    """Whatever is wanted of it."""
    state = {"machine": "another"}
    for id in objects(kind, store):
        with pytest.raises(Conflict):
            planned(RESOURCES[kind].removing("web1", id, state, a_call(kind)), store)
