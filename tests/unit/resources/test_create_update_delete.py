"""Create, update and delete as the engine calls them; what goes wrong on the way (design 2.2, items 4, 6, 8, 12)."""

from dataclasses import replace

import pytest
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
    FakeHost,
    SceneProvider,
    a_call,
    a_list,
    a_policy,
    a_store,
    an_action,
    checked,
    host_of,
    made,
)
from winipsec.errors import Conflict, HostError, Refused, Unauthorized, Unreachable, UserError
from winipsec.resources.resource import PartialFailure
from winipsec.resources.values import UNKNOWN

NEW = {kind: {**base, "name": "new"} if "name" in base else base for kind, base in BASES.items()}
IDS = {"FilterList": LIST, "FilterAction": ACTION, "Policy": POLICY, "Rule": RULE}


def scene(**more):
    """A host where each of `NEW` can be made."""
    return FakeHost(a_store(a_policy(), a_list("worm"), an_action()), **more)


def remembered(inputs, **more):
    """State as it was recorded."""
    return {**inputs, "machine": MACHINE_GUID, **more}


# --- the plain way ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BASES)
def test_what_is_made_is_recorded_with_its_machine(kind):
    """Outputs are the inputs and what the host adds; the engine's knowledge is settled."""
    call, id, outputs, inputs = made(kind, NEW[kind], scene())
    assert id
    assert outputs.items() >= inputs.items()
    assert outputs["machine"] == MACHINE_GUID
    assert set(outputs) - set(inputs) == {"machine", *RESOURCES[kind].outputs}
    assert host_of(call).settled == [call.urn]


@pytest.mark.parametrize("kind", BASES)
def test_what_was_made_can_be_deleted_twice(kind):
    """Missing is success (design 2.2, item 6); what others made stays."""
    before = scene()
    store = before.store
    call, id, outputs, inputs = made(kind, NEW[kind], before)
    for _ in range(2):
        RESOURCES[kind].delete(id, outputs, inputs, call)
        assert host_of(call).store == store


@pytest.mark.parametrize("kind", BASES)
def test_an_update_with_nothing_to_do_gives_no_command(kind):
    """The engine asks for one after a failure (spec: pulumi-provider 2.9)."""
    call, id, outputs, inputs = made(kind, NEW[kind], scene())
    host_of(call).commands.clear()
    assert RESOURCES[kind].update(id, outputs, inputs, inputs, call) == outputs
    assert host_of(call).commands == []


@pytest.mark.parametrize("kind", BASES)
def test_a_new_connection_writes_nothing(kind):
    """It is recorded, and that is all (design 2.2, item 7)."""
    call, id, outputs, inputs = made(kind, NEW[kind], scene())
    host_of(call).commands.clear()
    news = {**inputs, "connection": {"host": "web1", "password": "other"}}
    assert RESOURCES[kind].update(id, outputs, inputs, news, call)["connection"] == news["connection"]
    assert host_of(call).commands == []


@pytest.mark.parametrize("kind", IDS)
def test_an_update_of_what_is_gone_is_a_conflict(kind):
    """A refresh would have told."""
    call = a_call(
        kind,
        provider=SceneProvider(
            FakeHost(a_store(a_policy("P", OTHER_POLICY), a_list("worm", guid="{l}"), an_action("stop", guid="{a}")))
        ),
    )
    inputs = checked(kind, NEW[kind])
    with pytest.raises(Conflict) as error:
        RESOURCES[kind].update(IDS[kind], remembered(inputs), inputs, inputs, call)
    assert "refresh" in error.value.advice
    assert host_of(call).commands == []


def test_a_rename_happens_in_place():
    """The same GUID, nothing deleted, and rules go on meaning it (design 2.2, item 1)."""
    call = a_call("FilterList", provider=SceneProvider(FakeHost(SCENE)))
    inputs = checked("FilterList", {"name": "worm"})
    news = checked("FilterList", {"name": "renamed"})
    RESOURCES["FilterList"].update(LIST, remembered(inputs), inputs, news, call)
    assert host_of(call).store.filter_lists[LIST].name == "renamed"
    assert host_of(call).store.rules == SCENE.rules
    assert host_of(call).lines == [
        f'ipsec static set filterlist guid="{LIST}" newname="renamed"',
    ]


# --- previews -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BASES)
def test_a_preview_writes_nothing(kind):
    """Neither of a create nor of an update; the outputs are what can be foretold."""
    call, id, outputs, inputs = made(kind, NEW[kind], scene())
    host_of(call).commands.clear()
    preview = replace(call, preview=True)
    news = {**inputs, "connection": {"host": "web1"}}
    assert RESOURCES[kind].update(id, outputs, inputs, news, preview) == {**outputs, **news}
    fresh = a_call(kind, "other", provider=SceneProvider(scene()), preview=True)
    assert RESOURCES[kind].create(inputs, fresh) == ("", inputs)
    assert host_of(call).commands == host_of(fresh).commands == []


@pytest.mark.parametrize("kind", IDS)
def test_a_preview_says_that_a_name_is_taken(kind):
    """And how to take the object over, if the host answers (design 2.2, item 4)."""
    inputs = checked(kind, BASES[kind])
    call = a_call(kind, provider=SceneProvider(FakeHost(SCENE)), preview=True)
    with pytest.raises(Refused) as error:
        RESOURCES[kind].create(inputs, call)
    assert error.value.code == "create.exists"
    assert IDS[kind] in str(error.value)
    assert "import" in str(error.value)


def test_a_preview_knows_what_it_saw_before():
    """A rule refers to things that the same program makes; a second list of one name is refused."""
    provider = SceneProvider(FakeHost(a_store()))
    for kind in ("Policy", "FilterList", "FilterAction", "Rule", "PolicyAssignment"):
        inputs = checked(kind, BASES[kind], call=a_call(kind, provider=provider))
        RESOURCES[kind].create(inputs, a_call(kind, provider=provider, preview=True))
    with pytest.raises(Refused) as error:
        RESOURCES["FilterList"].create(
            checked("FilterList", BASES["FilterList"]), a_call("FilterList", "twin", provider=provider, preview=True)
        )
    assert error.value.code == "create.twice"


@pytest.mark.parametrize("kind", ["Rule", "Filter", "PolicyAssignment"])
def test_a_preview_takes_a_missing_reference_for_one_to_come(kind):
    """It does not know what else the program makes."""
    call = a_call(kind, provider=SceneProvider(FakeHost(a_store())), preview=True)
    inputs = checked(kind, NEW[kind])
    assert RESOURCES[kind].create(inputs, call).outputs == inputs


def test_a_preview_of_an_assignment_asks_whether_the_way_in_stays_open():
    """Refused before anything is written (design 2.2, item 12), unless the program allows it."""
    host = FakeHost(SCENE)
    host.refusal = Refused("the way in.", code="management.cut")
    call = a_call("PolicyAssignment", provider=SceneProvider(host), preview=True)
    with pytest.raises(Refused):
        RESOURCES["PolicyAssignment"].create(checked("PolicyAssignment", {"policy": "P"}), call)
    allowed = checked("PolicyAssignment", {"policy": "P", "allowManagementCut": True})
    assert RESOURCES["PolicyAssignment"].create(allowed, call).id == ""


@pytest.mark.parametrize("error", [Unreachable("no answer.", host="web1"), UserError("no host.")])
def test_a_preview_of_a_host_that_does_not_answer_goes_on(error):
    """A machine that is not up yet must not keep the others from being previewed."""
    host = FakeHost(SCENE)
    host.error = error
    call = a_call("Policy", provider=SceneProvider(host), preview=True)
    assert RESOURCES["Policy"].create(checked("Policy", BASES["Policy"]), call).id == ""
    assert len(call.log.of("debug")) == 1


def test_a_preview_with_a_wrong_password_says_so():
    """One logon, and the error is the user's to mend."""
    host = FakeHost(SCENE)
    host.error = Unauthorized("rejected.", host="web1")
    with pytest.raises(Unauthorized):
        RESOURCES["Policy"].create(
            checked("Policy", {"name": "new"}), a_call("Policy", provider=SceneProvider(host), preview=True)
        )


@pytest.mark.parametrize(
    "unknown", [{"description": UNKNOWN}, {"connection": UNKNOWN}, {"connection": {"host": UNKNOWN}}]
)
def test_a_preview_of_what_is_not_known_asks_nobody(unknown):
    """Nothing can be planned yet."""
    inputs = {**checked("Policy", BASES["Policy"]), **unknown}
    call = a_call("Policy", provider=SceneProvider(FakeHost(SCENE)), preview=True)
    assert RESOURCES["Policy"].create(inputs, call).outputs == inputs
    state = remembered(checked("Policy", BASES["Policy"]))
    assert RESOURCES["Policy"].update(POLICY, state, {}, inputs, call)["machine"] == MACHINE_GUID


# --- what goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BASES)
def test_another_machine_is_not_written_to(kind):
    """An update is a conflict; a delete has nothing to delete, and says so (design 2.2, item 8)."""
    call, id, outputs, inputs = made(kind, NEW[kind], scene())
    host = host_of(call)
    host.commands.clear()
    host.machine = replace(host.machine, guid="another-machine")
    with pytest.raises(Conflict) as error:
        RESOURCES[kind].update(id, outputs, inputs, inputs, call)
    assert error.value.code == "machine.changed"
    RESOURCES[kind].delete(id, outputs, inputs, call)
    assert len(call.log.of("warning")) == 1
    assert host.commands == []


@pytest.mark.parametrize("kind", BASES)
def test_a_machine_that_is_gone_is_an_error_unless_the_user_says_otherwise(kind):
    """An explicit opt-in lets its resources go (spec: pulumi-provider 2.9)."""
    for treat in (False, True):
        call, id, outputs, inputs = made(kind, NEW[kind], scene())
        provider = SceneProvider(host_of(call), treatUnreachableAsDeleted=treat)
        call = replace(call, provider=provider)
        host_of(call).error = Unreachable("no answer.", code="connect.silent", host="web1")
        if treat:
            RESOURCES[kind].delete(id, outputs, inputs, call)
            assert "treatUnreachableAsDeleted" in call.log.of("warning")[0]
        else:
            with pytest.raises(Unreachable):
                RESOURCES[kind].delete(id, outputs, inputs, call)


@pytest.mark.parametrize(
    "error",
    [
        Unauthorized("rejected.", host="web1"),
        Unreachable("its certificate is not trusted.", code="tls.certificate", host="web1"),
        Unreachable("the proxy wants a logon.", code="http.407", host="web1"),
    ],
)
def test_other_errors_never_count_as_deleted(error):
    """A wrong password is not a dead machine; an expired certificate is none either."""
    call, id, outputs, inputs = made("Policy", NEW["Policy"], scene())
    call = replace(call, provider=SceneProvider(host_of(call), treatUnreachableAsDeleted=True))
    host_of(call).error = error
    with pytest.raises(type(error)):
        RESOURCES["Policy"].delete(id, outputs, inputs, call)


def forgetful(_before, after):
    """A host that never stores a description."""
    policies = {key: replace(item, description="") for key, item in after.policies.items()}
    return replace(after, policies=policies)


def test_what_exists_though_not_as_wanted_is_recorded():
    """Otherwise it would be orphaned: nobody would remember it (spec: pulumi-provider 2.7)."""
    host = scene(takes=forgetful)
    with pytest.raises(PartialFailure) as failure:
        made("Policy", {"name": "new", "description": "text"}, host)
    (policy,) = [item for item in host.store.policies.values() if item.name == "new"]
    assert failure.value.id == policy.guid
    assert failure.value.inputs["description"] == "text"
    assert "description" not in failure.value.outputs or failure.value.outputs["description"] != "text"
    assert failure.value.outputs["machine"] == MACHINE_GUID
    assert len(host.settled) == 1


def test_an_update_that_fails_half_way_keeps_the_old_inputs():
    """So that the next run tries again; the outputs are what the host has now."""
    host = scene(takes=forgetful)
    call, id, outputs, inputs = made("Policy", {"name": "new"}, host)
    news = checked("Policy", {"name": "new", "description": "text", "masterPfs": True})
    with pytest.raises(PartialFailure) as failure:
        RESOURCES["Policy"].update(id, outputs, inputs, news, call)
    assert failure.value.id == id
    assert failure.value.inputs == inputs
    assert failure.value.outputs["masterPfs"] is True


@pytest.mark.parametrize("kind", IDS)
def test_what_somebody_else_made_is_not_recorded(kind):
    """A name that is taken is refused, and the resource does not exist."""
    call = a_call(kind, provider=SceneProvider(FakeHost(SCENE)))
    with pytest.raises(Refused) as error:
        RESOURCES[kind].create(checked(kind, BASES[kind]), call)
    assert error.value.code == "create.exists"
    assert host_of(call).commands == []


def test_an_assignment_that_was_refused_is_not_recorded():
    """Not even where the policy is active already: whoever made it so, it was not us."""
    host = FakeHost(SCENE.with_active(POLICY))
    host.machine = replace(host.machine, domain_policy="LDAP://CN=ipsecPolicy{1},DC=corp")
    call = a_call("PolicyAssignment", provider=SceneProvider(host))
    with pytest.raises(Refused) as error:
        RESOURCES["PolicyAssignment"].create(checked("PolicyAssignment", {"policy": "P"}), call)
    assert error.value.code == "assign.overridden"
    assert host.commands == []


@pytest.mark.parametrize("kind", BASES)
def test_an_error_before_anything_was_made_is_plain(kind):
    """Nothing exists, so nothing is recorded."""
    host = scene()
    host.error = HostError("broken.", host="web1")
    with pytest.raises(HostError) as error:
        made(kind, NEW[kind], host)
    assert error.value is host.error


def test_what_vanished_right_after_it_was_made_is_a_conflict():
    """Somebody else deletes as fast as we write."""

    class Vanishing(FakeHost):
        def apply(self, change, cancelled, timeout=None, *, transaction=None, log=None):
            super().apply(change, cancelled, timeout, transaction=transaction, log=log)
            self.store = a_store()
            return self.read(cancelled)

    with pytest.raises(Conflict):
        made("Policy", {"name": "new"}, Vanishing(a_store()))
    host = Vanishing(a_store(a_policy("new")))
    inputs = checked("Policy", {"name": "new"})
    with pytest.raises(Conflict):
        RESOURCES["Policy"].update(
            POLICY, remembered(inputs), inputs, inputs, a_call("Policy", provider=SceneProvider(host))
        )


def test_deletes_use_the_newest_connection():
    """The host may have moved since the state was written (spec: pulumi-cli 9.1)."""
    host = FakeHost(SCENE, name="web2")
    call = a_call("Policy", provider=SceneProvider(host))
    inputs = {**checked("Policy", BASES["Policy"]), "connection": {"host": "web2"}}
    RESOURCES["Policy"].delete(POLICY, remembered(inputs, connection={"host": "web1"}), inputs, call)
    assert POLICY not in host.store.policies


@pytest.mark.parametrize("may_have_run", [True, False])
def test_an_assignment_that_cuts_us_off_is_remembered_if_it_was_sent(may_have_run):
    """`allowManagementCut`: nobody can read it back. What never reached the host is not remembered as if it had."""
    host = FakeHost(SCENE)

    def fall_silent(_before, after):
        host.error = Unreachable("no answer.", host="web1", may_have_run=may_have_run)
        return after

    host.takes = fall_silent
    call = a_call("PolicyAssignment", provider=SceneProvider(host))
    with pytest.raises(PartialFailure if may_have_run else Unreachable):
        RESOURCES["PolicyAssignment"].create(
            checked("PolicyAssignment", {"policy": "P", "allowManagementCut": True}), call
        )
