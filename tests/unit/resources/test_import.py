"""Import: any object of any store, by any of its names, in words that a program can repeat (design 2.2, items 5, 10)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_scene import (
    ACTION,
    LIST,
    OTHER_LIST,
    OTHER_POLICY,
    OTHER_RULE,
    POLICY,
    RESOURCES,
    RULE,
    SCENE,
    WEB,
    WORM,
    FakeHost,
    SceneProvider,
    a_call,
    a_list,
    a_policy,
    a_rule,
    a_snapshot,
    a_store,
    an_action,
    changes,
    guid,
)
from winipsec.errors import UserError
from winipsec.model.methods import Kerberos, PresharedKey, RootCa, UnknownAuth
from winipsec.model.policies import DefaultRule
from wish_strategies import few, stores

KEY = "k3y-0f-the-t3st"


def imported(kind, id, *, host=None, store=None):
    """What an import finds, and the call that found it."""
    call = a_call(kind, provider=SceneProvider(host or FakeHost(store or SCENE.with_active(POLICY))))
    return RESOURCES[kind].read(id, None, None, call), call


# --- import ids ---------------------------------------------------------------------------------------------------

NAMES = [
    ("FilterList", LIST, "worm"),
    ("FilterAction", ACTION, "stop"),
    ("Policy", POLICY, "P"),
    ("Rule", RULE, "in"),
]


@pytest.mark.parametrize(("kind", "id", "name"), NAMES)
def test_an_object_is_found_by_guid_and_by_name(kind, id, name):
    """With and without braces, in any capitals."""
    for text in (id, id.upper(), id.strip("{}"), name, name.upper()):
        found, _ = imported(kind, text)
        assert found.id == id


@pytest.mark.parametrize(("kind", "id"), [item[:2] for item in NAMES])
def test_what_is_not_there_is_not_found(kind, id):
    """Neither by another name nor by another GUID, nor by the GUID of another kind of object."""
    other = next(guid for _, guid, _ in NAMES if guid != id)
    for text in ("nobody", guid(0x999), other, "", " "):
        found, _ = imported(kind, text)
        assert found is None


@pytest.mark.parametrize("id", ["p/in", f"P/{RULE}", f"{POLICY}/in", f"{POLICY}/{RULE}".upper()])
def test_a_rule_is_found_below_its_policy(id):
    """`POLICY/RULE`, each by name or GUID."""
    assert imported("Rule", id)[0].id == RULE


def test_names_of_policies_and_rules_may_hold_slashes():
    """Wherever the name ends, as long as only one rule is meant."""
    store = a_store(
        a_policy("web/80", POLICY),
        a_policy("web", OTHER_POLICY),
        a_list(),
        an_action(),
        a_rule("in/tcp", guid=RULE),
        a_rule("in", guid=OTHER_RULE, policy=OTHER_POLICY),
    )
    assert imported("Rule", "web/80/in/tcp", store=store)[0].id == RULE
    assert imported("Rule", "web/in", store=store)[0].id == OTHER_RULE
    assert imported("Rule", "in/tcp", store=store)[0].id == RULE
    assert imported("Rule", "web/80/in", store=store)[0] is None


def test_a_rule_that_could_be_two_is_ambiguous():
    """Two readings of the slashes, or two policies of one name: the GUIDs are listed."""
    for first, second in (("web/80", "web"), ("web", "WEB")):
        store = a_store(
            a_policy(first, POLICY),
            a_policy(second, OTHER_POLICY),
            a_list(),
            an_action(),
            a_rule("in", guid=RULE),
            a_rule("80/in" if "/" in first else "in", guid=OTHER_RULE, policy=OTHER_POLICY),
        )
        with pytest.raises(UserError) as error:
            imported("Rule", f"{first}/in", store=store)
        assert RULE in str(error.value)
        assert OTHER_RULE in str(error.value)


def test_a_rule_in_one_of_two_policies_of_one_name_is_found():
    """Only one of them has it."""
    store = a_store(
        a_policy("web", POLICY),
        a_policy("web", OTHER_POLICY),
        a_list(),
        an_action(),
        a_rule("out", guid=RULE),
        a_rule("in", guid=OTHER_RULE, policy=OTHER_POLICY),
    )
    assert imported("Rule", "web/in", store=store)[0].id == OTHER_RULE


@pytest.mark.parametrize(
    ("kind", "store"),
    [
        ("FilterList", a_store(a_list("Same"), a_list("same", guid=OTHER_LIST))),
        ("Policy", a_store(a_policy("Same"), a_policy("same", OTHER_POLICY))),
        ("Rule", SCENE.with_rule(a_rule("Same", guid=OTHER_RULE)).with_rule(a_rule("same", guid=RULE))),
    ],
)
def test_an_ambiguous_name_lists_the_guids(kind, store):
    """Names need not be unique in a store (spec: ipsec-policy 1.3)."""
    with pytest.raises(UserError) as error:
        imported(kind, "same", store=store)
    objects = {"FilterList": store.filter_lists, "Policy": store.policies, "Rule": store.rules}[kind]
    assert all(id in str(error.value) for id in objects)
    assert "GUID" in error.value.advice


@pytest.mark.parametrize(
    "id",
    [f"worm/{WEB.guid}", f"WORM/{WEB.guid.strip('{}').upper()}", f"{LIST}/{WEB.guid}", f"{LIST.upper()}/{WEB.guid}"],
)
def test_a_filter_is_found_in_its_list(id):
    """`LIST/FILTERGUID`; the id is always made of GUIDs."""
    found, _ = imported("Filter", id)
    assert found.id == f"{LIST}/{WEB.guid}"
    assert found.inputs["filterList"] == "worm"


def test_a_filter_of_a_list_with_a_slash_or_a_twin_is_found():
    """The GUID says which."""
    store = a_store(a_list("a/b", WORM), a_list("A/B", WEB, guid=OTHER_LIST))
    assert imported("Filter", f"a/b/{WEB.guid}", store=store)[0].id == f"{OTHER_LIST}/{WEB.guid}"
    for id in (WEB.guid, "worm", "worm/", f"nobody/{WEB.guid}", f"worm/{guid(0x999)}", "worm/in"):
        assert imported("Filter", id)[0] is None


@pytest.mark.parametrize("id", ["active", "ACTIVE", "P", "p", POLICY, POLICY.upper().strip("{}")])
def test_the_assignment_is_found_by_what_is_active(id):
    """One per host, so `active` is enough."""
    assert imported("PolicyAssignment", id)[0].id == "active"


def test_an_assignment_of_another_policy_is_not_found():
    """Nor any where nothing is active."""
    assert imported("PolicyAssignment", "Q")[0] is None
    assert imported("PolicyAssignment", "active", store=SCENE)[0] is None


@pytest.mark.parametrize(("kind", "id"), [(kind, name) for kind, _, name in NAMES] + [("PolicyAssignment", "active")])
def test_a_prefix_names_the_host(kind, id):
    """`//HOST/`, on top of the provider's settings; the program then says so, too."""
    host = FakeHost(SCENE.with_active(POLICY), name="web2")
    found, _ = imported(kind, f"//web2/{id}", host=host)
    assert found.inputs["connection"] == {"host": "web2"}
    assert found.outputs["connection"] == {"host": "web2"}
    assert imported(kind, "//web2/nobody", host=host)[0] is None
    assert imported(kind, "//web2", host=host)[0] is None


# --- what comes of it ---------------------------------------------------------------------------------------------


def test_defaults_are_not_written_down():
    """The generated program says what matters."""
    assert imported("FilterAction", ACTION)[0].inputs == {"name": "stop", "action": "block"}
    assert imported("Rule", RULE)[0].inputs == {
        "name": "in",
        "policy": "P",
        "filterList": "worm",
        "filterAction": "stop",
        "authMethods": [{"kerberos": True}],
    }
    assert imported("PolicyAssignment", "active")[0].inputs == {"policy": "P"}


def test_a_list_comes_with_its_filters():
    """And an empty one without."""
    found = imported("FilterList", LIST)[0].inputs["filters"]
    assert [item["destinationPort"] for item in found] == [1434, 443]
    assert "filters" not in imported("FilterList", LIST, store=a_store(a_list()))[0].inputs


def test_a_key_of_a_rule_stays_out_and_that_is_said():
    """Neither in inputs, which become code, nor in outputs (design 2.2, item 10)."""
    methods = (Kerberos(), PresharedKey(KEY))
    store = SCENE.with_rule(replace(SCENE.rules[RULE], auth_methods=methods))
    found, call = imported("Rule", RULE, store=store)
    assert "authMethods" not in found.inputs
    assert KEY not in str(found)
    (warning,) = call.log.of("warning")
    assert "pre-shared key" in warning
    assert KEY not in warning


def test_a_key_of_a_default_rule_stays_out_and_that_is_said():
    """A policy has authentication methods as well."""
    rule = DefaultRule(True, auth_methods=(PresharedKey(KEY), RootCa("CN=R")))
    found, call = imported("Policy", POLICY, store=a_store(a_policy(default_rule=rule)))
    assert found.inputs["defaultRule"]["active"] is True
    assert "authMethods" not in found.inputs["defaultRule"]
    assert KEY not in str(found)
    (warning,) = call.log.of("warning")
    assert "pre-shared key" in warning
    assert KEY not in warning


def test_a_method_that_no_program_can_say_stays_out():
    """A foreign store's method of unknown type is left alone."""
    store = SCENE.with_rule(replace(SCENE.rules[RULE], auth_methods=(UnknownAuth(9), Kerberos())))
    found, call = imported("Rule", RULE, store=store)
    assert "authMethods" not in found.inputs
    assert len(call.log.of("warning")) == 1


def of_every_kind(store):
    """Every object of a store, as kind and import id."""
    yield from (("Policy", id) for id in store.policies)
    yield from (("FilterList", id) for id in store.filter_lists)
    yield from (("FilterAction", id) for id in store.filter_actions)
    yield from (("Rule", id) for id in store.rules)
    yield from (("Filter", f"{id}/{item.guid}") for id, owner in store.filter_lists.items() for item in owner.filters)
    yield from [("PolicyAssignment", "active")] if store.active else []


@few
@given(stores())
def test_whatever_is_imported_may_stay_as_it_is(store):
    """Check accepts what the import gave, Diff finds nothing, and no command is left to give; names odd or missing."""
    host = FakeHost(store)
    for kind, id in of_every_kind(store):
        provider = SceneProvider(host)
        call = a_call(kind, provider=provider)
        resource = RESOURCES[kind]
        found = resource.read(id, None, None, call)
        assert found.id == id
        answer = resource.check(found.inputs, found.inputs, None, call)
        assert answer.failures == []
        state = {**found.outputs, "machine": ""}
        assert changes(kind, found.outputs, answer.inputs, call=call, id=id) == {}
        plan = resource.making("web1", answer.inputs, call, id, state).plan(store, a_snapshot(store), 0)
        assert plan.commands == ()
        again = resource.read(id, found.outputs, answer.inputs, call)
        assert changes(kind, again.outputs, answer.inputs, call=call, id=id) == {}


@few
@given(stores(), st.data())
def test_names_find_one_object_or_list_several(store, data):
    """By any name of any store, without case."""
    items = {"Policy": store.policies, "FilterList": store.filter_lists, "FilterAction": store.filter_actions}
    kind = data.draw(st.sampled_from(sorted(items)))
    name = data.draw(st.sampled_from([item.name for item in items[kind].values() if item.name]))
    same = [id for id, item in items[kind].items() if item.name.casefold() == name.casefold()]
    call = a_call(kind, provider=SceneProvider(FakeHost(store)))
    if len(same) == 1:
        assert RESOURCES[kind].read(name.upper(), None, None, call).id == same[0]
    else:
        with pytest.raises(UserError) as error:
            RESOURCES[kind].read(name, None, None, call)
        assert all(id in str(error.value) for id in same)
