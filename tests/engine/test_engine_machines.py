"""Machines that are replaced, down, or have their IPsec service stopped."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from typing import Any

import console
from console import content, named, netsh
from winipsec_lab.machine.registry_values import RegistryValue
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE
from winipsec_lab.testing import Host

FIRST_ADDRESS, HTTP_PORT = "127.77.0.1", 5985
OTHER_MACHINE = "0f0e0d0c-0b0a-4908-8706-050403020100"


def scene(description: str = "as written") -> dict[str, Any]:
    """A policy with a rule, assigned."""
    return {
        "list": {"type": "FilterList", "properties": {"filters": [{"source": "10.9.0.0/16", "destination": "me"}]}},
        "action": {"type": "FilterAction", "properties": {"action": "permit", "description": description}},
        "policy": {"type": "Policy"},
        "rule": {
            "type": "Rule",
            "properties": {"policy": "${policy.name}", "filterList": "${list.name}", "filterAction": "${action.name}"},
        },
        "active": {"type": "PolicyAssignment", "properties": {"policy": "${policy.name}"}},
    }


def replace_machine(host: Host, *, emptied: bool) -> None:
    """Another machine takes the address; with `emptied` it has no policies yet, else a copy of them."""
    if emptied:
        netsh(host, "delete all")
    host.registry.set(r"HKLM\SOFTWARE\Microsoft\Cryptography", "MachineGuid", RegistryValue("REG_SZ", OTHER_MACHINE))


def test_a_replaced_machine_gets_everything_anew(lab, stack_for):
    """Another MachineGuid means gone: the refresh warns with both, and the update makes all on the new machine."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(scene())
    stack.up()
    old = host.machine.machine_guid
    replace_machine(host, emptied=True)
    outcome = stack.up("--refresh")
    assert outcome.changes == dict.fromkeys(scene(), "create")
    for name in scene():
        assert old in outcome.said(name, "warning")
        assert OTHER_MACHINE in outcome.said(name, "warning")
    assert stack.up("--refresh").changes == {}


def test_objects_of_another_machine_are_neither_changed_nor_deleted(lab, stack_for):
    """A clone has objects of the same GUIDs: an update is refused, and destroy leaves them alone."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(scene())
    stack.up()
    replace_machine(host, emptied=False)
    before = content(host)
    stack.program(scene("changed"))
    assert "this is another machine" in stack.up(fails=True).said("action")
    outcome = stack.destroy()
    assert outcome.changes == dict.fromkeys(scene(), "delete")
    assert "another machine" in outcome.said("policy", "warning")
    assert content(host) == before


@contextmanager
def well_known_port_taken():
    """A first host gets a port of its own meanwhile, which no host of another test asks for once it is gone."""
    with socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as hosts do: only who listens is in the way
        with suppress(OSError):  # where another host has it, it is taken as well
            place.bind((FIRST_ADDRESS, HTTP_PORT))
            place.listen()
        yield


def test_a_host_that_is_down_is_an_error_unless_that_counts_as_deleted(lab, stack_for):
    """Nothing is concluded from silence; with treatUnreachableAsDeleted the state lets go and says so."""
    with well_known_port_taken():
        host = lab.create("web1")
    assert host.address == FIRST_ADDRESS
    assert host.port != HTTP_PORT
    stack = stack_for(host)
    stack.program(scene())
    stack.up()
    lab.delete("web1")
    assert "cannot connect to" in stack.preview("--refresh", fails=True).output
    assert "cannot connect to" in stack.destroy(fails=True).output
    assert stack.state().keys() == scene().keys()

    stack.variables["WINIPSEC_TREAT_UNREACHABLE_AS_DELETED"] = "true"
    assert "cannot connect to" in stack.preview("--refresh", "--run-program", fails=True).output
    assert stack.up().changes == {}
    outcome = stack.destroy()
    assert "treatUnreachableAsDeleted" in outcome.said("policy", "warning")
    assert stack.state() == {}


def test_a_stopped_service_is_told_and_started_by_the_next_write(lab, stack_for):
    """Reading works and warns that nothing is in force; a write starts the service."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(scene())
    stack.up()
    host.run("net stop PolicyAgent")
    outcome = stack.preview("--refresh")
    assert outcome.changes == {}
    warnings = {item.text for item in outcome.sayings if item.severity == "warning"}
    assert any("no policy is in force" in text for text in warnings)
    assert not host.machine.services.running("PolicyAgent")
    stack.program(scene("changed"))
    assert stack.up().changes == {"action": "update"}
    assert host.machine.services.running("PolicyAgent")


def test_a_disabled_service_is_an_error_that_says_how_to_enable_it(lab, stack_for):
    """A write cannot start it; the error names the command; afterwards everything goes on."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(scene())
    stack.up()
    host.run("net stop PolicyAgent")
    host.run("sc config PolicyAgent start= disabled")
    before = content(host)
    assert stack.preview("--refresh").changes == {}
    stack.program(scene("changed"))
    outcome = stack.up(fails=True)
    assert "sc config PolicyAgent start= auto" in outcome.said("action")
    assert content(host) == before
    host.run("sc config PolicyAgent start= auto")
    assert stack.up().changes == {"action": "update"}


def test_a_host_that_was_not_there_yet_is_waited_for(lab, stack_for):
    """connectRetryFor: a machine that comes up meanwhile is used as if it had been there."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.variables["WINIPSEC_CONNECT_RETRY_FOR"] = "30"
    host.reboot(down=3)
    stack.program(scene())
    assert set(stack.up().changes.values()) == {"create"}
    assert console.names(host) == {POLICY: ["policy"], RULE: ["rule"], ACTION: ["action"], FILTER_LIST: ["list"]}


def test_an_unfinished_resource_is_recorded_and_finished_by_the_next_update(lab, stack_for):
    """A host that loses a setting: the error names the path, the state has the object, and it is not made twice."""
    host = lab.create("web1")
    losing = True

    def lose(key: str) -> None:
        nonlocal losing
        if losing and "ipsecNegotiationPolicy" in key and host.registry.get(key, "description"):
            losing = False
            host.registry.delete_value(key, "description")
            losing = True

    host.registry.on_change.append(lose)
    stack = stack_for(host)
    stack.program(scene())
    outcome = stack.up("--continue-on-error", fails=True)
    assert "description" in outcome.said("action")
    made = named(host, ACTION, "action")
    assert stack.state()["action"]["id"] == made.guid
    assert stack.state()["action"]["initErrors"]

    losing = False
    assert stack.up().changes["action"] == "update"
    assert named(host, ACTION, "action").description == "as written"
    assert named(host, ACTION, "action").guid == made.guid
    assert stack.up("--refresh").changes == {}
