"""Refresh: the host as it stands, in the words in which the program knows it (design 2.2, items 5, 8 and 11)."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from property_cases import BASES
from store_scene import (
    ACTION,
    LIST,
    MACHINE_GUID,
    OTHER_POLICY,
    POLICY,
    RESOURCES,
    RULE,
    SCENE,
    WORM,
    FakeHost,
    SceneProvider,
    a_call,
    a_filter,
    a_list,
    a_policy,
    a_store,
    an_action,
    checked,
    drift,
    guid,
    host_of,
    made,
    refreshed,
    stopped,
)
from winipsec.errors import Refused, Unreachable
from winipsec.host.machine import Service
from winipsec.model.methods import Kerberos, PresharedKey
from winipsec.model.policies import DefaultRule
from winipsec.resources.resource import Change
from wish_strategies import few, normal_inputs, words

IDS = {"FilterList": LIST, "FilterAction": ACTION, "Policy": POLICY, "Rule": RULE, "PolicyAssignment": "active"}


# --- nothing changed ----------------------------------------------------------------------------------------------


@few
@pytest.mark.parametrize("kind", BASES)
@given(data=st.data())
def test_what_was_written_reads_back_the_same(kind, data):
    """Write, read back, diff is empty; inputs and outputs come back exactly (field 2, row 4)."""
    host = FakeHost(a_store(a_policy("p"), a_list("l"), an_action("n")))
    try:
        before = made(kind, data.draw(normal_inputs(kind)), host)
    except Refused as refused:
        assume(refused.code != "management.cut")  # a whole policy that would lock us out: nothing was written
        raise
    found = refreshed(kind, before)
    assert (found.id, found.outputs, found.inputs) == before[1:]
    assert drift(kind, before) == {}


@pytest.mark.parametrize(("kind", "id"), IDS.items())
def test_what_is_not_there_is_none(kind, id):
    """Whoever deleted it: the resource is gone."""
    call = a_call(kind, provider=SceneProvider(FakeHost(a_store())))
    inputs = checked(kind, BASES[kind])
    assert RESOURCES[kind].read(id, {**inputs, "machine": MACHINE_GUID}, inputs, call) is None


@pytest.mark.parametrize("kind", BASES)
def test_a_host_that_cannot_be_read_is_an_error(kind):
    """Never "deleted" (spec: pulumi-provider 2.8)."""
    before = made(kind, BASES[kind] | {"name": "new"} if "name" in BASES[kind] else BASES[kind])
    host_of(before[0]).error = Unreachable("no answer.", host="web1")
    with pytest.raises(Unreachable):
        refreshed(kind, before)


@pytest.mark.parametrize("kind", BASES)
def test_another_machine_at_the_address_means_gone(kind):
    """With a warning that names both (design 2.2, item 8)."""
    before = made(kind, BASES[kind] | {"name": "new"} if "name" in BASES[kind] else BASES[kind])
    host_of(before[0]).machine = replace(host_of(before[0]).machine, guid="another-machine")
    assert refreshed(kind, before) is None
    (warning,) = before[0].log.of("warning")
    assert MACHINE_GUID in warning
    assert "another-machine" in warning


def test_a_machine_without_a_guid_is_nobody_else():
    """A host that does not tell is taken for the same."""
    before = made("Policy", {"name": "new"})
    host_of(before[0]).machine = replace(host_of(before[0]).machine, guid="")
    assert refreshed("Policy", before) is not None


@pytest.mark.parametrize("service", [Service.STOPPED, Service.DISABLED])
def test_reading_works_while_nothing_is_in_force(service):
    """And says so, once for a host (design 2.2, item 8)."""
    before = made("Policy", {"name": "new"})
    host_of(before[0]).machine = stopped(service=service)
    assert refreshed("Policy", before) is not None
    (warning,) = before[0].log.of("warning")
    assert service.value in warning
    other = replace(before[0], urn="urn:other")
    assert refreshed("Policy", (other, *before[1:])) is not None
    assert len(other.log.of("warning")) == 1


# --- something changed --------------------------------------------------------------------------------------------

WHOLE_LIST = {
    "name": "new",
    "filters": [
        {"source": "any", "destination": "me", "protocol": "udp", "destinationPort": 1434, "mirrored": False},
        {"source": "10.0.0.0/8", "destination": "me", "protocol": "tcp", "destinationPort": 443, "description": "web"},
    ],
}


def test_another_policy_made_active_is_drift():
    """The assignment reads whichever is active; none at all means gone."""
    host = FakeHost(a_store(a_policy(), a_policy("Q", OTHER_POLICY)))
    before = made("PolicyAssignment", {"policy": "P"}, host)
    host.store = host.store.with_active(OTHER_POLICY)
    found = refreshed("PolicyAssignment", before)
    assert (found.inputs["policy"], found.outputs["policyGuid"]) == ("Q", OTHER_POLICY)
    assert drift("PolicyAssignment", before) == {"policy": Change.UPDATE}
    host.store = host.store.with_active("")
    assert refreshed("PolicyAssignment", before) is None


def test_what_was_active_before_outlives_a_refresh():
    """Only the assignment itself knew it: the host does not (design 2.2, item 6)."""
    host = FakeHost(a_store(a_policy(), a_policy("Q", OTHER_POLICY), active=OTHER_POLICY))
    before = made("PolicyAssignment", {"policy": "P"}, host)
    assert before[2]["previousPolicy"] == OTHER_POLICY
    assert refreshed("PolicyAssignment", before).outputs == before[2]


# --- what is left alone, and how things are spelled ---------------------------------------------------------------


def test_filters_that_the_list_does_not_own_are_not_read():
    """Others edit them."""
    before = made("FilterList", {"name": "new"})
    (item,) = [item for item in host_of(before[0]).store.filter_lists.values() if item.name == "new"]
    host_of(before[0]).store = a_store(item.with_filters([WORM]))
    found = refreshed("FilterList", before)
    assert "filters" not in found.inputs
    assert "filters" not in found.outputs


def test_a_default_rule_is_read_as_far_as_it_is_managed():
    """What the program leaves out stays out, whatever the host has."""
    before = made("Policy", {"name": "new", "defaultRule": {"sessionPfs": True}})
    assert refreshed("Policy", before).inputs["defaultRule"] == {"active": False, "sessionPfs": True}


def test_methods_that_an_import_left_out_stay_out():
    """A key that nobody wrote down does not come into the state by a refresh."""
    scene = SCENE.with_rule(replace(SCENE.rules[RULE], auth_methods=(PresharedKey("k3y"),)))
    call = a_call("Rule", provider=SceneProvider(FakeHost(scene)))
    inputs = checked("Rule", BASES["Rule"], BASES["Rule"])
    found = RESOURCES["Rule"].read(RULE, {**inputs, "machine": MACHINE_GUID}, inputs, call)
    assert found.inputs == inputs
    assert "k3y" not in str(found)


@pytest.mark.parametrize("name", ["policy", "filterList", "filterAction"])
@pytest.mark.parametrize("as_guid", [True, False])
def test_references_stay_as_the_program_spells_them(name, as_guid):
    """A GUID stays a GUID, and capitals stay."""
    item = {"policy": POLICY, "filterList": LIST, "filterAction": ACTION}[name]
    text = item.strip("{}").upper() if as_guid else BASES["Rule"][name].upper()
    call = a_call("Rule", provider=SceneProvider(FakeHost(SCENE)))
    inputs = checked("Rule", {**BASES["Rule"], name: text})
    found = RESOURCES["Rule"].read(RULE, {**inputs, "machine": MACHINE_GUID}, inputs, call)
    assert found.inputs == inputs


def test_a_reference_whose_name_is_shared_reads_as_a_guid():
    """By name nobody would know which is meant."""
    scene = SCENE.with_policy(a_policy("p", OTHER_POLICY))
    call = a_call("Rule", provider=SceneProvider(FakeHost(scene)))
    found = RESOURCES["Rule"].read(RULE, None, None, call)
    assert found.inputs["policy"] == POLICY


def test_a_connection_comes_back_as_it_went():
    """With its password, which no host can tell."""
    connection = {"host": "web1", "password": "other"}
    before = made("Policy", {"name": "new", "connection": connection})
    assert refreshed("Policy", before).inputs["connection"] == connection
    assert refreshed("Policy", before).outputs == before[2]


def test_the_order_of_filters_is_the_programs():
    """New ones come last."""
    before = made("FilterList", WHOLE_LIST)
    host = host_of(before[0])
    item = host.store.filter_lists[before[1]]
    new = a_filter("any>me icmp 0 0 2w", 0x777)
    host.store = a_store(item.with_filters([new, *reversed(item.filters)]))
    found = refreshed("FilterList", before).inputs["filters"]
    assert found[:2] == before[3]["filters"]
    assert found[2]["protocol"] == "icmp"


def test_a_filter_with_another_description_is_still_the_same():
    """Netsh can only delete it and add it again, which gives it another GUID; a refresh gives the new id."""
    before = made("Filter", {**BASES["Filter"], "description": "old"})
    call, id, outputs, inputs = before
    news = checked("Filter", {**BASES["Filter"], "description": "new"})
    after = RESOURCES["Filter"].update(id, outputs, inputs, news, call)
    found = RESOURCES["Filter"].read(id, after, news, call)
    assert found.inputs == news
    assert found.id != id
    assert found.id.startswith(LIST)
    RESOURCES["Filter"].delete(id, after, news, call)
    assert host_of(call).store.filter_lists[LIST].filters == ()


@few
@given(words)
def test_a_description_written_by_hand_is_read(text):
    """Added by somebody else, it shows, and the next update takes it away."""
    before = made("Policy", {"name": "new"})
    host = host_of(before[0])
    host.store = a_store(replace(host.store.policies[before[1]], description=text))
    assert refreshed("Policy", before).inputs["description"] == text
    assert drift("Policy", before) == {"description": Change.DELETE}


def test_a_policy_without_a_default_rule_has_an_inactive_one():
    """Windows 2000 stores hold such policies; nothing differs."""
    call = a_call("Policy", provider=SceneProvider(FakeHost(a_store(a_policy("new", default_rule=None)))))
    inputs = checked("Policy", {"name": "new"})
    found = RESOURCES["Policy"].read(POLICY, {**inputs, "machine": MACHINE_GUID}, inputs, call)
    assert found.inputs == inputs
    whole = a_policy("new", guid(0x77), default_rule=DefaultRule(True, auth_methods=(Kerberos(),)))
    call = a_call("Policy", provider=SceneProvider(FakeHost(a_store(whole))))
    found = RESOURCES["Policy"].read(guid(0x77), {**inputs, "machine": MACHINE_GUID}, inputs, call)
    assert found.inputs["defaultRule"] == {"active": True}
