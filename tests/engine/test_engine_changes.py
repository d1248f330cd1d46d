"""Changes of a program: renames, references, replacements, options of resources, and the way to the host."""

from __future__ import annotations

import copy
from typing import Any

import console
from console import content, guid_of, is_clean, local_store, named, netsh
from pulumi_stack import reached
from winipsec_lab.store.entries import identity
from winipsec_lab.store.rule_blob import decode_rule
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE
from winipsec_lab.testing import Account, Host


def scene() -> dict[str, Any]:
    """A policy with one rule, and a single filter in a list of its own."""
    return {
        "list": {"type": "FilterList", "properties": {"filters": [{"source": "10.9.0.0/16", "destination": "me"}]}},
        "shared": {"type": "FilterList", "properties": {}},
        "single": {
            "type": "Filter",
            "properties": {"filterList": "${shared.name}", "source": "10.8.0.0/16", "destination": "me"},
        },
        "action": {"type": "FilterAction", "properties": {"action": "permit"}},
        "policy": {"type": "Policy", "properties": {}},
        "other": {"type": "Policy", "properties": {}},
        "rule": {
            "type": "Rule",
            "properties": {
                "policy": "${policy.name}",
                "filterList": "${list.name}",
                "filterAction": "${action.name}",
            },
        },
        "active": {"type": "PolicyAssignment", "properties": {"policy": "${policy.name}"}},
    }


def commands(host: Host) -> int:
    """How many remote commands ran netsh."""
    return sum("netsh " in entry.command_line for entry in host.transcript())


def changed(resources: dict[str, Any], of: str, **properties: Any) -> dict[str, Any]:
    """The program with other properties of one resource; None takes one away."""
    program = copy.deepcopy(resources)
    wanted = {**program[of]["properties"], **properties}
    program[of]["properties"] = {key: item for key, item in wanted.items() if item is not None}
    return program


class TestRenames:
    """Names change in place; what refers by name shows an update and writes nothing."""

    def test_every_kind_is_renamed_in_place(self, lab, stack_for):
        """Ids stay, references follow, and one batch at most is written for each level of the graph."""
        host = lab.create("web1")
        stack = stack_for(host)
        program = scene()
        stack.program(program)
        stack.up()
        ids = {name: item["id"] for name, item in stack.state().items()}
        for name in ("list", "shared", "action", "policy", "rule"):
            program = changed(program, name, name=f"new {name}")
        stack.program(program)
        followed = {"single", "active"}
        assert stack.preview().changes == dict.fromkeys(
            {"list", "shared", "action", "policy", "rule"} | followed, "update"
        )
        outcome = stack.up()
        assert set(outcome.changes.values()) == {"update"}
        assert outcome.paths["single"] == {"filterList": "update"}
        assert outcome.paths["active"] == {"policy": "update"}
        assert {name: item["id"] for name, item in stack.state().items()} == ids
        assert console.names(host)[POLICY] == ["new policy", "other"]
        assert console.names(host)[RULE] == ["new rule"]
        assert stack.up("--refresh").changes == {}

    def test_another_word_for_the_same_object_is_an_update_that_writes_nothing(self, lab, stack_for):
        """A renamed policy, and GUIDs in place of names: the rule shows an update, its object is not touched."""
        host = lab.create("web1")
        stack = stack_for(host)
        program = scene()
        stack.program(program)
        stack.up()
        rule, written = named(host, RULE, "rule"), commands(host)
        stack.program(changed(program, "policy", name="new policy"))
        assert stack.up().paths["rule"] == {"policy": "update"}
        assert named(host, RULE, "rule") == rule
        assert commands(host) == written + 1

        before = content(host)
        by_guid = changed(program, "policy", name="new policy")
        by_guid = changed(by_guid, "rule", policy="${policy.id}", filterList="${list.id}", filterAction="${action.id}")
        by_guid = changed(by_guid, "single", filterList="${shared.id}")
        stack.program(changed(by_guid, "active", policy="${policy.id}"))
        assert stack.up().changes == dict.fromkeys(["rule", "single", "active"], "update")
        assert content(host) == before
        assert commands(host) == written + 1
        assert stack.preview("--refresh").changes == {}


class TestReplacements:
    """What netsh cannot change in place is replaced; nothing is left of the old one."""

    def test_a_rule_moves_to_another_policy_and_a_tunnel_goes(self, lab, stack_for):
        """Another policy: the new rule first, then the old one goes. A removed tunnel: the old one goes first."""
        host = lab.create("web1")
        stack = stack_for(host)
        program = changed(scene(), "rule", tunnelEndpoint="10.0.0.9")
        stack.program(program)
        stack.up()
        first = stack.state()["rule"]["id"]
        stack.program(changed(program, "rule", policy="${other.name}"))
        moved = stack.up()
        assert moved.changes == {"rule": "create-replacement, replace, delete-replaced"}
        assert moved.paths["rule"] == {"policy": "update-replace"}
        second = stack.state()["rule"]["id"]
        assert second != first
        assert identity(local_store(host).reference(named(host, RULE, "rule"))) in map(
            identity, named(host, POLICY, "other").rules
        )

        stack.program(changed(program, "rule", policy="${other.name}", tunnelEndpoint=None))
        cleared = stack.up()
        assert cleared.changes == {"rule": "delete-replaced, replace, create-replacement"}
        assert cleared.paths["rule"] == {"tunnelEndpoint": "delete-replace"}
        assert stack.state()["rule"]["id"] != second
        assert not decode_rule(named(host, RULE, "rule").data).is_tunnel
        assert stack.up("--refresh").changes == {}

    def test_a_single_filter_is_replaced_and_those_of_others_stay(self, lab, stack_for):
        """Another port is another filter; a description changes in place; filters added by hand are left alone."""
        host = lab.create("web1")
        stack = stack_for(host)
        program = scene()
        stack.program(program)
        stack.up()
        netsh(host, "add filter filterlist=shared srcaddr=10.7.0.0 srcmask=16 dstaddr=me")
        stack.program(changed(program, "single", source="10.6.0.0/16", protocol="tcp", destinationPort=443))
        outcome = stack.up()
        assert outcome.changes == {"single": "create-replacement, replace, delete-replaced"}
        assert outcome.paths["single"].keys() == {"source", "protocol", "destinationPort"}
        assert console.filters(host, "shared") == [
            "0 10.7.0.0/255.255.0.0:0 <-> me:0",
            "6 10.6.0.0/255.255.0.0:0 <-> me:443",
        ]
        assert stack.up("--refresh").changes == {}
        stack.destroy()
        assert console.names(host)[FILTER_LIST] == []


class TestAssignment:
    """Which policy is active, before, meanwhile and after."""

    def test_the_policy_before_comes_back_through_updates(self, lab, stack_for):
        """Assigned over one policy, moved to another, destroyed: the first one is active again."""
        host = lab.create("web1", scars=True)
        netsh(host, "add policy name=Before assign=yes")
        before = content(host)
        stack = stack_for(host)
        program = scene()
        stack.program(program)
        stack.up()
        stack.program(changed(program, "active", policy="${other.name}"))
        assert stack.up().changes == {"active": "update"}
        assert local_store(host).active == named(host, POLICY, "other").identity
        stack.destroy()
        assert content(host) == before
        assert is_clean(host)

    def test_an_assignment_that_is_not_ours_any_more_is_left_alone(self, lab, stack_for):
        """Somebody else assigned another policy: destroy removes our objects and leaves that active."""
        host = lab.create("web1")
        netsh(host, "add policy name=Theirs")
        stack = stack_for(host)
        stack.program(scene())
        stack.up()
        netsh(host, "set policy name=Theirs assign=yes")
        stack.destroy()
        assert local_store(host).active == named(host, POLICY, "Theirs").identity
        assert console.names(host)[POLICY] == ["Theirs"]


class TestOptions:
    """Options that every Pulumi resource has."""

    def test_ignored_changes_are_neither_shown_nor_repaired(self, lab, stack_for):
        """IgnoreChanges of a property, also a nested one, holds for drift and for the program."""
        host = lab.create("web1")
        stack = stack_for(host)
        program = scene()
        program["action"]["options"] = {"ignoreChanges": ["description"]}
        program["list"]["options"] = {"ignoreChanges": ["filters"]}
        stack.program(program)
        stack.up()
        netsh(
            host,
            'set filteraction name=action description="by hand"',
            "add filter filterlist=list srcaddr=any dstaddr=me protocol=icmp",
        )
        by_hand = content(host)
        assert stack.preview("--refresh").changes == {}
        stack.program(changed(program, "action", description="in the program"))
        assert stack.up("--refresh").changes == {}
        assert content(host) == by_hand

    def test_what_is_retained_stays_on_the_host(self, lab, stack_for):
        """retainOnDelete: destroy forgets the object, and another stack may import it."""
        host = lab.create("web1")
        stack = stack_for(host)
        keep = {"type": "FilterAction", "properties": {"action": "block"}, "options": {"retainOnDelete": True}}
        stack.program({"keep": keep, "drop": {"type": "FilterList"}})
        stack.up()
        stack.destroy()
        assert console.names(host)[ACTION] == ["keep"]
        assert console.names(host)[FILTER_LIST] == []

    def test_automatic_names_follow_the_settings_of_the_engine(self, lab, stack_for):
        """The logical name without suffix, unless `pulumi:autonaming` says otherwise; later settings rename nothing."""
        host = lab.create("web1")
        stack = stack_for(host)
        stack.program({"plain": {"type": "FilterList"}})
        stack.up()
        pattern = {"pulumi:autonaming": {"value": {"pattern": "corp-${name}"}}}
        stack.program({"plain": {"type": "FilterList"}, "patterned": {"type": "FilterList"}}, config=pattern)
        assert stack.up().changes == {"patterned": "create"}
        assert console.names(host)[FILTER_LIST] == ["corp-patterned", "plain"]


class TestConnection:
    """Where a host is reached is not what a resource is."""

    def test_another_connection_is_no_step_and_is_used_from_then_on(self, lab, stack_for):
        """A new password in `connection`: nothing to update, nothing sent; destroy logs on with it."""
        host = lab.create("web1")
        stack = stack_for()
        connection = {
            "host": host.address,
            "port": host.port,
            "username": host.username,
            "password": {"fn::secret": host.password},
        }

        def program(**settings: Any) -> dict[str, Any]:
            properties = {"action": "block", "connection": {**connection, **settings}}
            return {"action": {"type": "FilterAction", "properties": properties}}

        stack.program(program())
        stack.up()
        before, messages = content(host), host.messages
        host.add_account(Account(host.username, "a new password"))
        stack.program(program(password={"fn::secret": "a new password"}, commandTimeout=30))
        assert stack.up().changes == {}
        assert (content(host), host.messages) == (before, messages)
        assert stack.preview("--refresh").changes == {}
        stack.destroy()
        assert console.names(host)[ACTION] == []

    def test_one_provider_process_serves_hosts_by_connection_and_by_configuration(self, lab, stack_for):
        """The same names on two hosts do not meet; an explicit provider works as the default one does."""
        one, two, three = (lab.create(name) for name in ("one", "two", "three"))
        stack = stack_for(one)
        explicit = {
            "host": three.address,
            "port": three.port,
            "username": three.username,
            "password": {"fn::secret": three.password},
        }
        list_and_assignment = {
            "policy": {"type": "Policy", "properties": {"name": "Guard"}},
            "active": {"type": "PolicyAssignment", "properties": {"policy": "Guard"}},
        }
        program: dict[str, Any] = {"third": {"type": "pulumi:providers:winipsec", "properties": explicit}}
        for number, host in enumerate((one, two, three)):
            for name, item in list_and_assignment.items():
                program[f"{name}{number}"] = copy.deepcopy(item)
                if host is two:
                    reach = {"host": two.address, "port": two.port, "password": {"fn::secret": two.password}}
                    program[f"{name}{number}"]["properties"]["connection"] = reach
                if host is three:
                    program[f"{name}{number}"]["options"] = {"provider": "${third}"}
            program[f"active{number}"].setdefault("options", {})["dependsOn"] = [f"${{policy{number}}}"]
        stack.program(program)
        stack.up()
        for host in (one, two, three):
            assert local_store(host).active == named(host, POLICY, "Guard").identity
        assert stack.up("--refresh").changes == {}
        stack.destroy()
        assert all(local_store(host).entries() == [] and is_clean(host) for host in (one, two, three))

    def test_a_provider_led_to_another_machine_makes_everything_there(self, lab, stack_for):
        """Another host in the configuration: what was made on the old machine counts as gone, and is left alone."""
        old, new = lab.create("old"), lab.create("new")
        stack = stack_for(old)
        stack.program({"action": {"type": "FilterAction", "properties": {"action": "block"}}})
        stack.up()
        before = content(old)
        stack.variables.update(reached(new))
        outcome = stack.up("--refresh", "--run-program")
        assert outcome.changes == {"action": "create"}
        warning = outcome.said("action", "warning")
        assert old.machine.machine_guid in warning
        assert new.machine.machine_guid in warning
        assert content(old) == before
        assert guid_of(new, ACTION, "action") == stack.state()["action"]["id"]
