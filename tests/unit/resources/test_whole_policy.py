"""A whole policy as one wish, on stores of model values: what is planned, batch by batch."""

import pytest
from store_scene import (
    ACTION,
    LIST,
    OTHER_ACTION,
    OTHER_LIST,
    OTHER_POLICY,
    OTHER_RULE,
    POLICY,
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
    checked,
    host_of,
    numbered,
    said,
)
from winipsec.model.methods import UnknownAuth
from winipsec.model.properties import filter_properties
from winipsec.resources import policy_parts
from winipsec.resources.course import Step
from winipsec.resources.host_policy import HostPolicyResource
from winipsec.resources.stand_in import weight

RESOURCE = HostPolicyResource()


def a_program(*rules, **more):
    """A policy `P` that stands for itself."""
    return {"name": "P", "management": "none", "rules": list(rules), **more}


def one(name="in", filters=(WORM, WEB), action="block", listed="worm", called="stop"):
    """A rule as the scene has it."""
    return {
        "name": name,
        "filterList": {"name": listed, "filters": [filter_properties(item) for item in filters]},
        "filterAction": {"name": called, "action": action},
    }


def making(program, state=None, id=POLICY):
    """The wish to have the policy of the scene like this; what it holds is ours unless the state says otherwise."""
    inputs = checked("HostPolicy", program)
    known = {"machine": "", "owned": [LIST, ACTION], "assigned": True, "previousPolicy": "", **(state or {})}
    return RESOURCE.making("web1", inputs, a_call("HostPolicy"), id, known if id else None)


def batches(wish, store):
    """The commands of every batch on a host that takes them all, and the store in the end."""
    found = []
    for attempt in range(4):
        plan = wish.plan(store, a_snapshot(store), attempt)
        if not plan.commands:
            return found, store
        found.append(said(plan.commands))
        store = numbered(plan.after)
    raise AssertionError("never done")


def test_a_new_policy_comes_into_force_in_a_batch_of_its_own():
    """First everything, unassigned; once that was read back, one command."""
    found, after = batches(making(a_program(one()), id=""), a_store())
    assert len(found) == 2
    assert [line.split()[2:4] for line in found[0]] == [
        ["add", "filterlist"],
        ["add", "filter"],
        ["add", "filter"],
        ["add", "filteraction"],
        ["add", "policy"],
        ["add", "rule"],
    ]
    assert len(found[1]) == 1
    assert found[1][0].endswith('assign="yes"')
    assert after.active in after.policies


def test_nothing_is_left_to_do_where_all_is_as_wanted():
    """No command, no batch."""
    assert batches(making(a_program(one())), SCENE.with_active(POLICY))[0] == []


def test_what_is_not_in_force_needs_no_stand_in():
    """Changed in one batch, assigned in the next."""
    found, after = batches(making(a_program(one(filters=[WEB], action="permit"))), SCENE)
    assert len(found) == 2
    assert "stand-in" not in str(found)
    assert after.active == POLICY


def test_what_is_in_force_changes_behind_a_stand_in():
    """Built, then the change, then the assignment; nothing is left of it."""
    found, after = batches(making(a_program(one(filters=[WEB], action="permit"))), SCENE.with_active(POLICY))
    assert [("stand-in" in batch[0], len(found)) for batch in found[:1]] == [(True, 3)]
    assert all("stand-in" in line for line in found[0])
    assert "stand-in" in found[1][0]
    assert found[1][0].endswith('assign="yes"')
    assert len(after.policies) == len(after.filter_lists) == len(after.filter_actions) == 1
    assert (after.active, list(after.rules)) == (POLICY, [RULE])


def test_a_rule_on_lists_of_others_gets_copies():
    """Theirs stay, and ours have names that are always the same."""
    theirs = a_rule("r", policy=OTHER_POLICY, guid=OTHER_RULE)
    store = a_store(a_policy(), a_list("worm", WORM, WEB), an_action(), a_rule(), a_policy("Q", OTHER_POLICY), theirs)
    program = a_program(one(filters=[WEB], action="permit"))
    _, after = batches(making(program), store)
    assert (after.filter_lists[LIST], after.filter_actions[ACTION]) == (
        store.filter_lists[LIST],
        store.filter_actions[ACTION],
    )
    ours = after.rules[RULE]
    assert after.filter_lists[ours.filter_list].name == "worm 00000010"
    assert after.filter_actions[ours.filter_action].name == "stop 00000010"
    state = {"owned": [ours.filter_list, ours.filter_action]}
    assert batches(making(program, state), after)[0] == []


def test_what_is_not_ours_is_neither_changed_nor_deleted():
    """Though no other policy uses it: somebody else made it."""
    store = SCENE.with_filter_list(a_list("idle", WORM, guid=OTHER_LIST)).with_filter_action(
        an_action("idle", guid=OTHER_ACTION)
    )
    _, after = batches(making(a_program(one("new", [WEB], listed="x", called="y")), {"owned": []}), store)
    assert {LIST, OTHER_LIST} < set(after.filter_lists)
    assert {ACTION, OTHER_ACTION} < set(after.filter_actions)


@pytest.mark.parametrize("previous", [OTHER_POLICY, "", None])
def test_deleting_gives_back_what_was_active(previous):
    """In one batch; what is ours alone goes too."""
    store = SCENE.with_policy(a_policy("Q", OTHER_POLICY)).with_active(POLICY)
    state = {**checked("HostPolicy", a_program(one())), "owned": [LIST, ACTION], "machine": ""}
    state |= {} if previous is None else {"previousPolicy": previous}
    found, after = batches(RESOURCE.removing("web1", POLICY, state, a_call("HostPolicy")), store)
    assert len(found) == 1
    assert after == a_store(a_policy("Q", OTHER_POLICY), active=previous or "")


def test_deleting_leaves_what_others_have_activated_or_use():
    """Their policy stays active, the shared list stays."""
    theirs = a_rule("r", policy=OTHER_POLICY, filter_action=OTHER_ACTION, guid=OTHER_RULE)
    mine = [a_policy("Q", OTHER_POLICY), theirs, an_action("else", guid=OTHER_ACTION)]
    store = a_store(a_policy(), a_list("worm", WORM, WEB), an_action(), a_rule(), *mine, active=OTHER_POLICY)
    state = {**checked("HostPolicy", a_program(one())), "owned": [LIST, ACTION], "machine": "", "previousPolicy": ""}
    _, after = batches(RESOURCE.removing("web1", POLICY, state, a_call("HostPolicy")), store)
    assert after == a_store(a_list("worm", WORM, WEB), *mine, active=OTHER_POLICY)


def test_what_netsh_cannot_copy_is_changed_in_the_open():
    """A way to authenticate that no document names, left alone by the program: the user is told."""
    store = a_store(
        a_policy(), a_list("worm", WORM), an_action(), a_rule(auth_methods=(UnknownAuth(9),)), active=POLICY
    )
    inputs = checked("HostPolicy", a_program(one(filters=[WEB])))
    del inputs["rules"][0]["authMethods"]
    call = a_call("HostPolicy")
    state = {"machine": "", "owned": [LIST, ACTION], "assigned": True}
    found, after = batches(RESOURCE.making("web1", inputs, call, POLICY, state), store)
    assert "stand-in" not in str(found)
    assert [item.match for item in after.filter_lists[LIST].filters] == [WEB.match]
    assert "step by step" in call.log.of("warning")[0]


def test_names_and_descriptions_weigh_nothing():
    """Only what decides traffic counts, and only under the active policy."""
    renamed = SCENE.with_filter_list(a_list("other", WEB, WORM, description="x"))
    fewer = SCENE.with_filter_list(a_list("worm", WEB))
    for before, after, counted in ((SCENE, renamed, 0), (SCENE, fewer, 1)):
        steps = [Step(before.with_active(POLICY), (), after.with_active(POLICY))]
        assert weight(steps) == counted
        assert weight([Step(before, (), after)]) == 0


def test_private_names_are_legal_however_long_the_name():
    """No longer than netsh can be told."""
    assert len(policy_parts.private_name("x" * 255, POLICY)) == 255


def test_a_preview_plans_all_of_it_at_once():
    """Its end is what the traffic report and the guard are about; the host is not touched."""
    provider = SceneProvider(FakeHost(SCENE))
    call = a_call("HostPolicy", provider=provider, preview=True)
    inputs = checked("HostPolicy", a_program(one(filters=[WEB])), call=call)
    RESOURCE.update(POLICY, {"machine": "", "owned": [LIST, ACTION]}, inputs, inputs, call)
    foreseen = host_of(call).foreseen
    assert foreseen.active == POLICY
    assert [item.match for item in foreseen.filter_lists[LIST].filters] == [WEB.match]
    assert host_of(call).batches == 0
