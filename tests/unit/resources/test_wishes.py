"""Wishes one by one: names, references, adoption, waiting (design 2.2, items 2, 4, 5, 6 and 8)."""

from dataclasses import replace

import pytest
from store_scene import (
    ACTION,
    LIST,
    OTHER_ACTION,
    OTHER_LIST,
    OTHER_POLICY,
    OTHER_RULE,
    POLICY,
    RESOURCES,
    RULE,
    SCENE,
    WEB,
    WORM,
    a_call,
    a_list,
    a_policy,
    a_rule,
    a_store,
    an_action,
    checked,
    numbered,
)
from winipsec.errors import Conflict, Refused
from winipsec.host.change import Wait
from winipsec.model.store import Store
from wish_scene import FILTERS, IDS, INPUTS, KEY, lines, making, plan, removing

# --- making -------------------------------------------------------------------------------------------------------


def test_every_tag_is_always_sent():
    """Nothing is left to a default of netsh (design 2.2, item 9)."""
    (rule,) = lines(making("Rule"), SCENE.without(RULE))
    assert rule == (
        'ipsec static add rule name="in" policy="P" filterlist="worm" filteraction="stop" conntype="all" '
        'activate="yes" kerberos="yes"'
    )
    assert lines(making("FilterAction"), Store()) == [
        'ipsec static add filteraction name="stop" qmpfs="no" inpass="no" soft="no" action="block"'
    ]
    the_list, the_filter = lines(making("FilterList", {"filters": FILTERS[:1]}), Store())
    assert the_list == 'ipsec static add filterlist name="worm"'
    assert the_filter == (
        'ipsec static add filter filterlist="worm" srcaddr="any" dstaddr="me" protocol="udp" mirrored="no" '
        'srcport="0" dstport="1434"'
    )


def test_a_policy_starts_unassigned_and_its_default_rule_follows():
    """Whoever wants it active says so (spec: ipsec-policy 1.7); the default rule is set once the policy is ours."""
    wish = making("Policy", {"defaultRule": {"active": True, "sessionPfs": True}})
    assert 'assign="no"' in lines(wish, Store())[0]
    *_, default = lines(wish, a_store(a_policy()), 1)
    assert default.startswith('ipsec static set defaultrule policy="P" qmpfs="yes" activate="yes"')


def test_a_wish_on_an_empty_store_says_what_is_missing():
    """For the message, if the host does not take it."""
    assert dict(plan(making("Policy"), Store()).unmet) == {"": "the policy 'P' is not there"}
    described = making("Policy", {"description": "text"}, POLICY)
    assert list(plan(described, SCENE).unmet) == ["description"]


def test_what_is_not_as_wanted_is_named_without_its_value():
    """Some values are secret."""
    rule = making("Rule", {"authMethods": [{"presharedKey": KEY}]}, RULE)
    unmet = plan(rule, SCENE).unmet
    assert set(unmet) == {"authMethods[0].kerberos", "authMethods[0].presharedKey"}
    assert KEY not in str(unmet)


@pytest.mark.parametrize("kind", INPUTS)
def test_two_resources_of_one_name_are_told_apart_from_a_foreign_object(kind):
    """One waits for the other to be another name, and is refused in words of its own."""
    store = SCENE if kind == "Rule" else Store()
    store = store.without(RULE)
    after = plan(making(kind), store).after
    twin = RESOURCES[kind].making("web1", checked(kind, INPUTS[kind]), a_call(kind, "twin"))
    with pytest.raises(Wait) as wait:
        plan(twin, after)
    assert wait.value.reason.code == "create.twice"
    with pytest.raises(Refused) as error:
        plan(making(kind), SCENE)
    assert error.value.code == "create.exists"
    assert IDS[kind] in str(error.value)


@pytest.mark.parametrize("kind", INPUTS)
def test_a_name_is_taken_in_any_capitals(kind):
    """Windows compares without case."""
    with pytest.raises(Refused):
        plan(making(kind, {"name": INPUTS[kind]["name"].swapcase()}), SCENE)


def test_rules_of_other_policies_may_have_the_same_name():
    """Names are unique within a policy."""
    store = SCENE.with_policy(a_policy("Q", OTHER_POLICY))
    assert len(lines(making("Rule", {"policy": "Q"}), store)) == 1


def test_an_update_of_nothing_costs_nothing():
    """Not even where the program spells names otherwise."""
    for kind, id in IDS.items():
        assert plan(making(kind, {}, id), SCENE).commands == ()
        assert plan(making(kind, {"name": INPUTS[kind]["name"].upper()}, id), SCENE).commands == ()


# --- trying again -------------------------------------------------------------------------------------------------


def test_a_host_that_takes_minutes_for_seconds_is_told_seconds():
    """Documents disagree on the unit (spec: ipsec-policy 1.5)."""
    policy = making("Policy", {"pollingIntervalMinutes": 60})
    plan(policy, Store())
    store = a_store(a_policy(polling_interval_seconds=60))
    (command,) = lines(policy, store, 1)
    assert 'pollinginterval="3600"' in command
    again = making("Policy", {"pollingIntervalMinutes": 60}, POLICY)
    assert 'pollinginterval="60"' in lines(again, store)[0]


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("FilterList", a_list("worm", WORM, WEB, description="old")),
        ("FilterAction", an_action(description="old")),
        ("Policy", a_policy(description="old")),
        ("Rule", a_rule(description="old")),
    ],
)
def test_a_description_that_netsh_will_not_empty_goes_from_the_registry(kind, item):
    """The second try deletes the value, and no longer tells netsh of it, which may refuse all for that."""
    others = [other for other in (a_policy(), a_list("worm", WORM, WEB), an_action()) if other.guid != item.guid]
    store = a_store(*others, item)
    wish = making(kind, {}, IDS[kind])
    assert any('description=""' in line for line in lines(wish, store, 0))
    assert not any(line.startswith("reg") for line in lines(wish, store, 0))
    for attempt in (1, 2):
        assert any(f'{item.guid}" /v description /f' in line for line in lines(wish, store, attempt))
        assert not any('description=""' in line for line in lines(wish, store, attempt))


# --- references ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "path"), [(POLICY, "policy"), (LIST, "filterList"), (ACTION, "filterAction")])
def test_a_rule_waits_for_what_it_refers_to(missing, path):
    """It may come in the same run; if it does not, the error names the property and the name."""
    with pytest.raises(Wait) as wait:
        plan(making("Rule"), SCENE.without(RULE).without(missing))
    assert wait.value.reason.code == "reference.missing"
    assert str(wait.value.reason).startswith("web1: " + path)
    assert INPUTS["Rule"][path] in str(wait.value.reason)


def test_a_rule_may_refer_to_what_the_same_batch_makes():
    """Planned objects have names, and that is what netsh wants."""
    store = Store()
    for kind in ("Policy", "FilterList", "FilterAction"):
        store = plan(making(kind), store).after
    rule = making("Rule")
    after = plan(rule, store).after
    assert plan(rule, numbered(after), 1).commands == ()


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (a_policy("p", OTHER_POLICY), "policy"),
        (a_list("WORM", guid=OTHER_LIST), "filterList"),
        (an_action("Stop", guid=OTHER_ACTION), "filterAction"),
    ],
)
def test_an_ambiguous_reference_is_refused_with_the_guids(item, name):
    """By GUID it is not ambiguous; netsh is then told by a name of its own, given first."""
    store = SCENE.without(RULE)
    store = a_store(*store.policies.values(), *store.filter_lists.values(), *store.filter_actions.values(), item)
    with pytest.raises(Refused) as error:
        plan(making("Rule"), store)
    assert error.value.code == "reference.ambiguous"
    assert item.guid in str(error.value)
    rename, add = lines(making("Rule", {name: item.guid}), store)
    assert f'guid="{item.guid}"' in rename
    assert f'="{item.name} {item.guid[1:9]}"' in add


def test_another_name_of_the_same_object_writes_nothing():
    """Name or GUID, a rename shows in the preview only (design 2.2, item 2)."""
    renamed = SCENE.with_filter_list(replace(SCENE.filter_lists[LIST], name="renamed"))
    assert plan(making("Rule", {"filterList": "renamed"}, RULE), renamed).commands == ()
    assert plan(making("Rule", {"filterList": LIST, "policy": POLICY}, RULE), SCENE).commands == ()


# --- names that netsh cannot tell ---------------------------------------------------------------------------------


def test_an_unnamed_rule_is_named_in_the_registry_first():
    """Netsh finds rules by name only; then it is changed under that name (design 2.2, item 5)."""
    store = a_store(a_policy(), a_list("worm", WORM), an_action(), a_rule(""))
    wish = RESOURCES["Rule"].making(
        "web1",
        checked("Rule", {**INPUTS["Rule"], "name": "", "description": "text"}, {**INPUTS["Rule"], "name": ""}),
        a_call("Rule"),
        RULE,
        {"machine": ""},
    )
    name, change = lines(wish, store)
    assert name.startswith("reg add")
    assert f'{RULE}" /v ipsecName /t REG_SZ /d "rule {RULE[1:9]}" /f' in name
    assert change.startswith(f'ipsec static set rule name="rule {RULE[1:9]}" policy="P" ')
    delete = lines(removing("Rule"), store)
    assert delete[0] == name
    assert delete[1] == f'ipsec static delete rule name="rule {RULE[1:9]}" policy="P"'


@pytest.mark.parametrize(
    ("kind", "items", "verb"),
    [
        ("FilterList", (a_list("x"), a_list("X", guid=OTHER_LIST)), "filterlist"),
        ("FilterAction", (an_action("x"), an_action("X", guid=OTHER_ACTION)), "filteraction"),
        ("Policy", (a_policy("x"), a_policy("X", OTHER_POLICY)), "policy"),
        ("FilterList", (a_list(""),), "filterlist"),
        ("FilterAction", (an_action("all"),), "filteraction"),
        ("Policy", (a_policy('a"b'),), "policy"),
    ],
)
def test_what_shares_its_name_is_renamed_by_guid_before_it_goes(kind, items, verb):
    """The other one stays as it is."""
    rename, delete = lines(removing(kind), a_store(*items))
    assert rename.startswith(f'ipsec static set {verb} guid="{IDS[kind]}" newname="')
    name = rename.split('newname="')[1].split('"')[0]
    assert name.endswith(IDS[kind][1:9])
    assert delete == f'ipsec static delete {verb} name="{name}"'


def test_a_rule_that_shares_its_name_is_renamed_in_the_registry():
    """And its policy by GUID, if that shares its own."""
    store = a_store(
        a_policy(), a_policy("p", OTHER_POLICY), a_list(), an_action(), a_rule("x"), a_rule("X", guid=OTHER_RULE)
    )
    policy, rule, delete = lines(removing("Rule"), store)
    assert policy.startswith(f'ipsec static set policy guid="{POLICY}"')
    assert rule.startswith("reg add")
    assert delete == f'ipsec static delete rule name="x {RULE[1:9]}" policy="P {POLICY[1:9]}"'


def test_a_rename_waits_for_a_name_that_may_become_free():
    """Another resource of the run may give it up; if none does, it is refused."""
    store = a_store(a_list("a"), a_list("b", guid=OTHER_LIST))
    with pytest.raises(Wait) as wait:
        plan(making("FilterList", {"name": "b"}, LIST), store)
    assert wait.value.reason.code == "create.exists"
    after = plan(
        RESOURCES["FilterList"].making(
            "web1", checked("FilterList", {"name": "c"}), a_call("FilterList"), OTHER_LIST, {"machine": ""}
        ),
        store,
    ).after
    assert plan(making("FilterList", {"name": "b"}, LIST), after).commands


# --- removing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["FilterList", "FilterAction"])
def test_what_is_in_use_waits_and_names_its_users(kind):
    """For rules that go in the same run (design 2.2, item 6)."""
    with pytest.raises(Wait) as wait:
        plan(removing(kind), SCENE)
    assert wait.value.reason.code == "delete.in-use"
    assert "rule 'in' of policy 'P'" in str(wait.value.reason)
    after = plan(removing("Rule"), SCENE).after
    assert len(plan(removing(kind), after).commands) == 1


def test_an_active_policy_is_unassigned_before_it_goes():
    """What Windows does otherwise is not known (spec: ipsec-policy 10); its rules go along."""
    assert lines(removing("Policy"), SCENE.with_active(POLICY)) == [
        'ipsec static set policy name="P" assign="no"',
        'ipsec static delete policy name="P"',
    ]
    after = plan(removing("Policy"), SCENE.with_active(POLICY)).after
    assert (after.active, dict(after.rules)) == ("", {})
    assert plan(removing("Rule"), after).commands == ()


def test_other_policies_stay_active():
    """Only ours is unassigned."""
    store = SCENE.with_policy(a_policy("Q", OTHER_POLICY)).with_active(OTHER_POLICY)
    assert lines(removing("Policy"), store) == ['ipsec static delete policy name="P"']


# --- the machine --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", INPUTS)
def test_another_machine_is_a_conflict(kind):
    """Before anything is looked for (design 2.2, item 8)."""
    inputs = checked(kind, INPUTS[kind])
    state = {"machine": "another"}
    for wish in (
        RESOURCES[kind].making("web1", inputs, a_call(kind), IDS[kind], state),
        RESOURCES[kind].removing("web1", IDS[kind], state, a_call(kind)),
    ):
        with pytest.raises(Conflict) as error:
            plan(wish, SCENE)
        assert error.value.code == "machine.changed"
        assert "another" in str(error.value)
