"""The assignment: which policy is active, and what was before (design 2.2, items 6 and 12)."""

from dataclasses import replace

import pytest
from store_scene import (
    MACHINE,
    OTHER_POLICY,
    POLICY,
    RESOURCES,
    SCENE,
    FakeHost,
    SceneProvider,
    a_call,
    a_policy,
    a_snapshot,
    a_store,
    checked,
    guid,
    host_of,
    made,
    said,
)
from winipsec.errors import Refused
from winipsec.host.change import Wait
from winipsec.host.leftovers import Intent, Leftover

KIND = "PolicyAssignment"
RESOURCE = RESOURCES[KIND]
TWO = a_store(a_policy(), a_policy("Q", OTHER_POLICY))
DOMAIN = "LDAP://CN=ipsecPolicy{72385230-70FA-11D1-864C-14A300000000},CN=IP Security,DC=corp"
OURS = {"policy": "P"}


def on(store, news=OURS, **more):
    """An assignment made on a host with this store."""
    return made(KIND, news, FakeHost(store, **more))


def destroyed(before, **state):
    """Destroy it; gives the commands and what was said."""
    call, id, outputs, inputs = before
    host = host_of(call)
    host.commands.clear()
    RESOURCE.delete(id, {**outputs, **state}, inputs, call)
    return host.lines, call.log.said


# --- making -------------------------------------------------------------------------------------------------------


def test_a_policy_becomes_the_active_one():
    """One command, and what was active before is remembered."""
    call, id, outputs, _ = on(TWO)
    assert id == "active"
    assert host_of(call).lines == ['ipsec static set policy name="P" assign="yes"']
    assert (outputs["policyGuid"], outputs["previousPolicy"]) == (POLICY, "")
    assert on(TWO.with_active(OTHER_POLICY))[2]["previousPolicy"] == OTHER_POLICY


def test_what_is_active_already_costs_nothing():
    """And nothing was active before that could be given back."""
    call, _, outputs, _ = on(TWO.with_active(POLICY))
    assert host_of(call).commands == []
    assert outputs["previousPolicy"] == ""


@pytest.mark.parametrize("text", ["p", POLICY, POLICY.upper()])
def test_the_policy_is_meant_by_name_or_guid(text):
    """In any capitals."""
    assert on(TWO, {"policy": text})[2]["policyGuid"] == POLICY


def test_a_policy_that_is_not_there_yet_is_waited_for():
    """It may come in the same run."""
    wish = RESOURCE.making("web1", checked(KIND, OURS), a_call(KIND))
    with pytest.raises(Wait) as wait:
        wish.plan(a_store(), a_snapshot(a_store()), 0)
    assert wait.value.reason.code == "reference.missing"


def test_a_policy_that_shares_its_name_is_named_first():
    """Netsh would take either."""
    store = a_store(a_policy("P"), a_policy("p", OTHER_POLICY))
    rename, assign = host_of(on(store, {"policy": POLICY})[0]).lines
    assert rename.startswith(f'ipsec static set policy guid="{POLICY}" newname="P {POLICY[1:9]}"')
    assert assign == f'ipsec static set policy name="P {POLICY[1:9]}" assign="yes"'
    with pytest.raises(Refused) as error:
        on(store)
    assert error.value.code == "reference.ambiguous"


def test_another_policy_takes_its_place_and_the_first_one_is_remembered():
    """What was active before us is kept through updates."""
    third = guid(0x12)
    before = on(TWO.with_policy(a_policy("R", third)).with_active(OTHER_POLICY))
    call, id, outputs, inputs = before
    news = checked(KIND, {"policy": "R"})
    after = RESOURCE.update(id, outputs, inputs, news, call)
    assert (after["policyGuid"], after["previousPolicy"]) == (third, OTHER_POLICY)
    assert host_of(call).store.active == third


def test_what_somebody_else_made_active_is_replaced_again():
    """Drift; still the policy from before us is the one to give back."""
    third = guid(0x12)
    call, id, outputs, inputs = on(TWO.with_policy(a_policy("R", third)).with_active(OTHER_POLICY))
    host_of(call).store = host_of(call).store.with_active(third)
    after = RESOURCE.update(id, outputs, inputs, inputs, call)
    assert host_of(call).store.active == POLICY
    assert after["previousPolicy"] == OTHER_POLICY


@pytest.mark.parametrize("active", ["", OTHER_POLICY])
def test_a_dead_run_that_assigned_it_tells_what_was_before(active):
    """The file says it, since the host cannot any more."""
    intent = Intent(a_call(KIND).urn, "assignment", "P", previous=active)
    leftovers = [Leftover("dead", (intent,), frozenset())]
    assert on(TWO.with_active(POLICY), leftovers=leftovers)[2]["previousPolicy"] == active
    others = [Leftover("dead", (replace(intent, urn="urn:other", previous=guid(0x99)),), frozenset())]
    assert on(TWO.with_active(POLICY), leftovers=others)[2]["previousPolicy"] == ""


def test_the_intent_names_what_was_before():
    """For the run after one that dies now."""
    wish = RESOURCE.making("web1", checked(KIND, OURS), a_call(KIND))
    store = TWO.with_active(OTHER_POLICY)
    plan = wish.plan(store, a_snapshot(store), 0)
    assert (plan.intents[0].kind, plan.intents[0].previous) == ("assignment", OTHER_POLICY)
    assert dict(plan.unmet) == {"policy": "is not the active one"}


# --- under a domain policy ----------------------------------------------------------------------------------------


def test_under_a_domain_policy_it_is_refused():
    """It would change nothing, and look as if it did."""
    with pytest.raises(Refused) as error:
        on(TWO, machine=replace(MACHINE, domain_policy=DOMAIN))
    assert error.value.code == "assign.overridden"
    assert DOMAIN in str(error.value)
    assert "allowOverridden" in error.value.advice


def test_under_a_domain_policy_it_may_be_prepared():
    """If the program says so; with a warning."""
    call, *_ = on(TWO, {**OURS, "allowOverridden": True}, machine=replace(MACHINE, domain_policy=DOMAIN))
    assert host_of(call).store.active == POLICY
    assert DOMAIN in call.log.of("warning")[0]


def test_a_refresh_under_a_domain_policy_only_warns():
    """The assignment is there; it has no effect."""
    call, id, outputs, inputs = on(TWO)
    host_of(call).machine = replace(MACHINE, domain_policy=DOMAIN)
    found = RESOURCE.read(id, outputs, inputs, call)
    assert found.inputs == inputs
    assert DOMAIN in call.log.of("warning")[0]


def test_it_can_be_taken_away_under_a_domain_policy():
    """Undoing is never refused for that."""
    before = on(TWO)
    host_of(before[0]).machine = replace(MACHINE, domain_policy=DOMAIN)
    assert destroyed(before)[0] == ['ipsec static set policy name="P" assign="no"']


# --- giving back --------------------------------------------------------------------------------------------------


def test_what_was_active_before_is_active_again():
    """One command: assigning one takes the other out of force."""
    before = on(TWO.with_active(OTHER_POLICY))
    lines, _ = destroyed(before)
    assert lines == ['ipsec static set policy name="Q" assign="yes"']
    assert host_of(before[0]).store.active == OTHER_POLICY


def test_where_nothing_was_active_nothing_is():
    """No warning: that is how it was."""
    before = on(TWO)
    lines, messages = destroyed(before)
    assert lines == ['ipsec static set policy name="P" assign="no"']
    assert [level for level, _ in messages] in ([], ["debug"])
    assert host_of(before[0]).store.active == ""


def test_what_was_active_before_and_is_gone_is_said():
    """Unassigned, with a warning (design 2.2, item 6)."""
    before = on(TWO.with_active(OTHER_POLICY))
    host_of(before[0]).store = a_store(a_policy(), active=POLICY)
    lines, messages = destroyed(before)
    assert lines == ['ipsec static set policy name="P" assign="no"']
    assert [level for level, _ in messages] == ["warning"]
    assert "gone" in messages[0][1]


def test_an_imported_assignment_is_taken_away_and_that_is_said():
    """Nobody knows what was active before it."""
    call = a_call(KIND, provider=SceneProvider(FakeHost(TWO.with_active(POLICY))))
    found = RESOURCE.read("active", None, None, call)
    RESOURCE.delete("active", found.outputs, found.inputs, call)
    assert host_of(call).store.active == ""
    (warning,) = call.log.of("warning")
    assert "imported" in warning or "not known" in warning


def test_an_import_that_was_updated_since_still_does_not_know():
    """The record of an update invents no past."""
    call = a_call(KIND, provider=SceneProvider(FakeHost(TWO.with_active(POLICY))))
    found = RESOURCE.read("active", None, None, call)
    inputs = checked(KIND, found.inputs)
    outputs = RESOURCE.update("active", found.outputs, found.inputs, inputs, call)
    RESOURCE.delete("active", outputs, inputs, call)
    assert len(call.log.of("warning")) == 1


@pytest.mark.parametrize("active", ["", OTHER_POLICY])
def test_what_is_not_ours_any_more_is_left_alone(active):
    """Somebody else decided meanwhile."""
    before = on(TWO)
    host_of(before[0]).store = TWO.with_active(active)
    assert destroyed(before) == ([], [])
    assert host_of(before[0]).store.active == active


def test_a_policy_that_shares_its_name_is_named_before_it_comes_back():
    """Netsh would take either."""
    store = a_store(a_policy(), a_policy("q", OTHER_POLICY), a_policy("Q", guid(0x12)), active=OTHER_POLICY)
    rename, assign = destroyed(on(store))[0]
    assert f'guid="{OTHER_POLICY}"' in rename
    assert assign == f'ipsec static set policy name="q {OTHER_POLICY[1:9]}" assign="yes"'


def test_planning_twice_says_it_once():
    """The writer plans as often as it needs to."""
    call = a_call(KIND)
    state = {"policyGuid": POLICY, "previousPolicy": OTHER_POLICY, "machine": ""}
    wish = RESOURCE.removing("web1", "active", state, call)
    store = a_store(a_policy(), active=POLICY)
    for _ in range(3):
        assert len(said(wish.plan(store, a_snapshot(store), 0).commands)) == 1
    assert len(call.log.of("warning")) == 1


# --- the way in ---------------------------------------------------------------------------------------------------


def test_the_program_allows_cuts_for_the_whole_host():
    """`allowManagementCut`: of the assignment itself, and of giving back."""
    allowing = {**OURS, "allowManagementCut": True}
    call = a_call(KIND, provider=SceneProvider(FakeHost(SCENE)))
    assert RESOURCE.making("web1", checked(KIND, allowing, call=call), call).allow_cut
    assert not RESOURCE.making("web1", checked(KIND, OURS, call=call), call).allow_cut
    state = {**allowing, "policyGuid": POLICY}
    assert RESOURCE.removing("web1", "active", state, call).allow_cut
    assert not RESOURCE.removing("web1", "active", {**state, "allowManagementCut": False}, call).allow_cut
