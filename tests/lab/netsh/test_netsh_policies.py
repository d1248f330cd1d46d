"""Policies: what add, set and delete do to the store (spec: ipsec-policy 1.5 policy, 4)."""

from __future__ import annotations

import pytest
from netsh_desk import Desk
from winipsec_lab.store.action_blob import decode_action
from winipsec_lab.store.policy_blob import decode_policy
from winipsec_lab.store.registry_store import LOCAL
from winipsec_lab.store.rule_blob import decode_rule

PATH = "SOFTWARE\\Policies\\Microsoft\\Windows\\IPSEC\\Policy\\Local\\"


def test_a_policy_is_stored_as_current_windows_does(desk):
    """Policy, main mode, inactive default response rule and its private action, with references both ways."""
    desk.ok("add policy name=p")
    policy = desk.policy()
    values = desk.values(policy)
    main_mode, rule = desk.store.find(policy.main_mode), desk.default()
    action = desk.store.find(rule.action)
    assert len(desk.store.entries()) == 4
    assert values == {
        "className": "ipsecPolicy",
        "name": policy.key,
        "ipsecID": policy.guid,
        "ipsecDataType": 0x100,
        "ipsecData": bytes.fromhex("632120224c4fd111863b00a0248d302104000000302a000000"),
        "ipsecName": "p",
        "ipsecISAKMPReference": PATH + main_mode.key,
        "ipsecNFAReference": (PATH + rule.key,),
        "whenChanged": policy.changed,
    }
    assert policy.guid == policy.guid.lower()
    assert abs(policy.changed - desk.machine.clock.timestamp()) < 5
    assert desk.values(main_mode)["ipsecOwnersReference"] == (PATH + policy.key,)
    assert "ipsecName" not in desk.values(main_mode)
    assert main_mode.data.hex().startswith("b820dc80c82ed111a89e00a0248d30218000000000000000")
    assert len(main_mode.data) == 149
    assert decode_rule(rule.data).active is False
    assert "ipsecFilterReference" not in desk.values(rule)
    assert "ipsecName" not in desk.values(rule)
    assert desk.values(rule)["ipsecOwnersReference"] == (PATH + policy.key,)
    assert action.type_guid == "{62f49e13-6c37-11d1-864c-14a300000000}"
    assert action.action_guid == "{8a171dd3-77e3-11d1-8659-a04f00000000}"
    assert action.owners == (PATH + rule.key,)
    assert [each.text() for each in decode_action(action.data)] == ["ESP[3DES,SHA1]", "AH[SHA1]"]


def test_windows_2003_activates_the_default_rule():
    """The old generation has six default offers, an active rule and blobs without the tail."""
    desk = Desk(generation="2003").ok("add policy name=p")
    rule = desk.default()
    assert decode_rule(rule.data).active is True
    assert len(rule.data) == 63
    assert len(decode_action(desk.store.find(rule.action).data)) == 6


def test_every_argument_of_add_policy(desk):
    """Times are minutes on the command line and seconds in the blobs."""
    desk.ok(
        'add policy name=p description="a b" mmpfs=yes qmpermm=7 mmlifetime=10 activatedefaultrule=y '
        'pollinginterval=5 assign=yes mmsecmethods="3DES-SHA1-3 des-md5-1"'
    )
    main_mode = desk.main_mode()
    assert (main_mode.master_pfs, main_mode.quick_mode_limit, main_mode.lifetime_seconds) == (True, 7, 600)
    assert [each.text() for each in main_mode.methods] == ["3DES-SHA1-3", "DES-MD5-1"]
    assert decode_policy(desk.policy().data) == 300
    assert desk.policy().description == "a b"
    assert decode_rule(desk.default().data).active is True
    assert desk.machine.registry.get(LOCAL, "ActivePolicy").data == PATH + desk.policy().key


@pytest.mark.parametrize(
    "methods", ["", "AES-SHA1-2", "3DES-SHA1", "3DES-SHA1-4", "3DES-SHA256-2", "3DES SHA1 2", "3DES-SHA1-2;DES-MD5-1"]
)
def test_main_mode_methods_outside_the_grammar_are_refused(desk, methods):
    """AES, SHA-2, other groups and other separators are no part of it."""
    desk.refused(f'add policy name=p mmsecmethods="{methods}"')


def test_only_one_policy_is_assigned(desk):
    """Assigning one takes the assignment from the other; unassigning the other does nothing."""
    desk.ok("add policy name=p assign=yes", "add policy name=q", "set policy name=q assign=y")
    assert desk.store.active == desk.policy("q").identity
    desk.ok("set policy name=p assign=no")
    assert desk.store.active == desk.policy("q").identity
    desk.ok("set policy name=q assign=n")
    assert desk.machine.registry.get(LOCAL, "ActivePolicy") is None


def test_set_policy_changes_only_what_it_names(desk):
    """Values that are not named stay; the GUID stays through a rename."""
    desk.ok('add policy name=p description=d mmpfs=yes pollinginterval=5 qmpermm=3 mmsecmethods="DES-MD5-1"')
    guid = desk.policy().guid
    desk.ok("set policy name=p newname=q mmlifetime=60")
    policy, main_mode = desk.policy("q"), desk.main_mode("q")
    assert (policy.guid, policy.description, decode_policy(policy.data)) == (guid, "d", 300)
    assert (main_mode.master_pfs, main_mode.quick_mode_limit, main_mode.lifetime_seconds) == (True, 3, 3600)
    assert [each.text() for each in main_mode.methods] == ["DES-MD5-1"]
    desk.ok(f"set policy guid={guid.upper()} newname=p activatedefaultrule=yes")
    assert decode_rule(desk.default().data).active is True
    desk.ok("set policy name=p activatedefaultrule=no")
    assert decode_rule(desk.default().data).active is False


@pytest.mark.parametrize(
    "line",
    [
        "set policy name=nobody assign=y",
        "set policy guid={11E6E97E-0031-49f5-AC7D-5F2FE99BABAF} assign=y",
        "set policy name=q newname=P",
        "set policy name=p newname=all",
        "set policy name=p newname=",
        "set policy name=p gponame=x",
        "set policy name=p mmpfs=ja",
        "add policy name=P",
        "delete policy name=nobody",
    ],
)
def test_refusals_about_policies(desk, line):
    """Unknown and taken names, a GPO in the local store, values that are none."""
    desk.ok("add policy name=p", "add policy name=q")
    desk.refused(line)


def test_a_description_can_be_changed_and_removed(desk):
    """The value exists only while there is a description."""
    desk.ok("add policy name=p description=d", 'set policy name=p description="e f"')
    assert desk.values(desk.policy())["description"] == "e f"
    desk.ok('set policy name=p description=""')
    assert "description" not in desk.values(desk.policy())


def test_deleting_a_policy_takes_its_rules_and_leaves_the_shared_objects(full):
    """Lists and actions stay and forget their owners; the default response action was private and goes."""
    full.ok("set policy name=p assign=y", "delete policy name=p")
    assert sorted(entry.name for entry in full.store.entries()) == ["a", "b", "l"]
    assert full.list().owners == ()
    assert full.action("b").owners == ()
    assert full.store.active == ""


def test_delete_all_policies(full):
    """`delete policy all` takes every policy with its rules."""
    full.ok("add policy name=q", "delete policy all")
    assert {entry.kind for entry in full.store.entries()} == {"ipsecFilter", "ipsecNegotiationPolicy"}


def test_delete_all_empties_the_store(full):
    """`delete all` leaves nothing, not even the assignment."""
    full.ok("set policy name=p assign=y", "delete all")
    assert full.store.entries() == []
    assert full.store.active == ""


def test_the_clock_stamps_every_write(full):
    """`whenChanged` follows the machine's clock."""
    before = full.policy().changed
    full.machine.clock.advance(1000)
    full.ok("set policy name=p description=x")
    assert 1000 <= full.policy().changed - before < 1005
