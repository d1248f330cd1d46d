"""What users see of their mistakes: a plain sentence at the right row, before anything is written."""

from __future__ import annotations

import re
from typing import Any

import console
import pytest
from console import content, guid_of, left_behind, netsh
from pulumi_stack import Outcome
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE
from winipsec_lab.testing import Packet

ANY_RULE = {"policy": "p", "filterList": "l", "filterAction": "a"}
OFFER = {"esp": {"encryption": "3des", "integrity": "sha1"}}

BAD_INPUTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "FilterList": (
        {
            "name": "all",
            "description": 'a "quote"',
            "filters": [
                {"source": "any", "destination": "me", "protocol": "icmp", "destinationPort": 80},
                {"source": "dns", "destination": "any"},
                {"source": "10.0.0.300", "destination": "me"},
                {"source": "10.0.0.9-10.0.0.1", "destination": "me"},
                {"source": "any", "destination": "me", "protocol": "tpc"},
                {"source": "any", "destination": "me", "protocol": "tcp", "sourcePort": 65536},
            ],
        },
        {
            "name": "netsh takes for every object",
            "description": "double quote",
            "filters[0].destinationPort": "needs protocol tcp or udp",
            "filters[1].source": "other side must be me",
            "filters[2].source": "is not an address",
            "filters[3].source": "empty range",
            "filters[4].protocol": "is not a protocol",
            "filters[5].sourcePort": "from 0 to 65535",
        },
    ),
    "Filter": (
        {"filterList": " edge", "source": "2001:db8::1", "destination": "10.0.0.1"},
        {"filterList": "blank"},
    ),
    "FilterAction": (
        {"name": "two\nlines", "action": "negotiate", "securityMethods": [{"lifetimeSeconds": 60}, {"ah": "sha256"}]},
        {
            "name": "control character",
            "securityMethods[0]": "neither ah nor esp",
            "securityMethods[1].ah": "must be one of md5, sha1",
        },
    ),
    "Policy": (
        {
            "name": 'say "no"',
            "mainModeLifetimeMinutes": 0,
            "mainModeMethods": [{"encryption": "aes", "integrity": "sha1", "dhGroup": "group3"}],
        },
        {
            "name": "double quote",
            "mainModeLifetimeMinutes": "from 1",
            "mainModeMethods[0].encryption": "must be one of des, 3des",
            "mainModeMethods[0].dhGroup": "group1, group2, group14",
        },
    ),
    "Rule": (
        {
            **ANY_RULE,
            "connectionType": "wlan",
            "authMethods": [{"kerberos": True, "rootCa": {"name": "CN=Root"}}, {"kerberos": False}, {}],
        },
        {
            "connectionType": "all, lan, dialup",
            "authMethods[0]": "exactly one",
            "authMethods[1].kerberos": "must be true",
            "authMethods[2]": "exactly one",
        },
    ),
    "PolicyAssignment": ({"policy": "", "connection": {"host": "10.0.0.1:5985"}}, {"policy": "is empty"}),
}


def told(outcome: Outcome, name: str) -> dict[str, str]:
    """Property paths and reasons at the row of one resource."""
    found = re.findall(
        r"property (\S+) value \{.*?\} has a problem: (.*)", outcome.said(name).replace("two\nlines", "two lines")
    )
    return dict(found)


def plain(outcome: Outcome) -> bool:
    """Whether no word of Python is in what a user sees."""
    return not re.search(r"Traceback|\.py\b|Error\(|Exception|Errno", outcome.output)


@pytest.mark.parametrize("kind", sorted(BAD_INPUTS))
def test_bad_input_is_refused_with_its_path_before_anything_is_sent(lab, stack_for, kind):
    """All mistakes of a resource at once, each at its property; the host hears nothing."""
    host = lab.create("web1")
    stack = stack_for(host)
    inputs, reasons = BAD_INPUTS[kind]
    stack.program({"thing": {"type": kind, "properties": inputs}})
    outcome = stack.preview(fails=True)
    seen = told(outcome, "thing")
    assert {path for path in reasons if reasons[path] in seen.get(path, "")} == set(reasons), seen
    assert plain(outcome)
    assert (host.messages, host.requests) == (0, 0)


def test_a_name_that_is_taken_says_how_to_import_it(lab, stack_for):
    """Preview and update both name the object and the way to take it over; nothing is changed."""
    host = lab.create("web1")
    netsh(
        host,
        "add filterlist name=Ports",
        "add filter filterlist=Ports srcaddr=any dstaddr=me",
        "add filteraction name=Act",
        "add policy name=Guard",
        "add rule name=Web policy=Guard filterlist=Ports filteraction=Act",
    )
    taken = {
        "list": ("FilterList", {"name": "ports"}, guid_of(host, FILTER_LIST, "Ports")),
        "action": ("FilterAction", {"name": "ACT", "action": "block"}, guid_of(host, ACTION, "Act")),
        "policy": ("Policy", {"name": "Guard"}, guid_of(host, POLICY, "Guard")),
        "rule": (
            "Rule",
            {"name": "Web", "policy": "Guard", "filterList": "Ports", "filterAction": "Act"},
            guid_of(host, RULE, "Web"),
        ),
        "filter": ("Filter", {"filterList": "Ports", "source": "any", "destination": "me"}, ""),
    }
    before = content(host)
    stack = stack_for(host)
    resources = {name: {"type": kind, "properties": inputs} for name, (kind, inputs, _) in taken.items()}
    stack.program(resources)
    outcomes = [(stack.up("--continue-on-error", fails=True), list(taken))]
    for name in ("list", "rule"):
        stack.program({name: resources[name]})
        outcomes.append((stack.preview(fails=True), [name]))
    for outcome, names in outcomes:
        assert plain(outcome)
        for name in names:
            said = outcome.said(name)
            assert "exists already" in said
            assert "pulumi import" in said
            assert taken[name][2] in said
    assert content(host) == before
    assert not left_behind(host)


CUTTING: dict[str, Any] = {
    "everything": {"type": "FilterList", "properties": {"filters": [{"source": "any", "destination": "me"}]}},
    "block": {"type": "FilterAction", "properties": {"action": "block"}},
    "policy": {"type": "Policy"},
    "rule": {
        "type": "Rule",
        "properties": {
            "name": "Lock it",
            "policy": "${policy.name}",
            "filterList": "${everything.name}",
            "filterAction": "${block.name}",
        },
    },
    "active": {
        "type": "PolicyAssignment",
        "properties": {"policy": "${policy.name}"},
        "options": {"dependsOn": ["${rule}"]},
    },
}


def test_a_change_that_would_cut_winrm_is_refused_with_the_filter_named(lab, stack_for):
    """Assigning a policy that blocks WinRM is refused, in the preview already, unless allowManagementCut is set."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(CUTTING)
    for outcome in (stack.preview(fails=True), stack.up(fails=True)):
        said = outcome.said("active")
        assert "would close the way over which this host is managed" in said
        assert "'Lock it'" in said
        assert "any <-> me" in said
        assert "allowManagementCut" in said
        assert plain(outcome)
    assert console.local_store(host).active == ""
    assert host.packet(Packet("in", host.virtual_address, host.controller, 6, 5985, 50000)).result == "passes"

    assignment = {"policy": "${policy.name}", "allowManagementCut": True}
    stack.program({**CUTTING, "active": {**CUTTING["active"], "properties": assignment}})
    assert stack.preview().changes == {"active": "create"}


def test_an_allowed_cut_is_made_told_and_recorded(lab, stack_for):
    """Nobody reaches the host afterwards: the error says so, the state has the assignment, and destroy takes it back."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.variables["WINIPSEC_DIAL_TIMEOUT"] = "2"
    assignment = {"policy": "${policy.name}", "allowManagementCut": True}
    stack.program({**CUTTING, "active": {**CUTTING["active"], "properties": assignment}})
    outcome = stack.up(fails=True)
    assert "nobody reaches the host any more, as allowManagementCut allows" in outcome.said("active")
    assert plain(outcome)
    assert console.local_store(host).active == console.named(host, POLICY, "policy").identity
    assert stack.state().keys() == CUTTING.keys()

    netsh(host, "set policy name=policy assign=no")  # somebody at the console
    stack.destroy()
    assert console.local_store(host).entries() == []
    assert not left_behind(host)


def test_a_later_change_that_would_cut_winrm_is_refused_and_nothing_is_written(lab, stack_for):
    """A rule, a filter or an action that changes under an active policy is held back just as an assignment is."""
    host = lab.create("web1")
    stack = stack_for(host)
    safe = {**CUTTING, "block": {"type": "FilterAction", "properties": {"action": "permit"}}}
    stack.program(safe)
    stack.up()
    before = content(host)
    stack.program(CUTTING)
    outcome = stack.up(fails=True)
    assert "'Lock it'" in outcome.said("block")
    assert content(host) == before


def test_a_second_assignment_for_a_host_is_refused(lab, stack_for):
    """One policy is active per host: the second is told which resource assigns one already, and nothing is sent."""
    host = lab.create("web1")
    stack = stack_for(host)
    assignment = {"type": "PolicyAssignment", "properties": {"policy": "Guard"}}
    stack.program({"one": assignment, "two": {**assignment, "options": {"dependsOn": ["${one}"]}}})
    outcome = stack.preview(fails=True)
    said = outcome.said("two")
    assert "one policy is active per host" in said
    assert "PolicyAssignment::one" in said
    assert plain(outcome)


def test_a_filter_in_a_list_that_owns_its_filters_is_refused(lab, stack_for):
    """Two resources that would undo each other for ever are told so in the preview."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(
        {
            "list": {"type": "FilterList", "properties": {"name": "Ports", "filters": []}},
            "one": {
                "type": "Filter",
                "properties": {"filterList": "${list.name}", "source": "any", "destination": "me"},
            },
        }
    )
    outcome = stack.preview(fails=True)
    assert "filterList" in told(outcome, "one")
    assert "FilterList::list" in outcome.said("one")
    assert plain(outcome)
    assert host.messages == 0 or not left_behind(host)


def test_references_to_nothing_and_to_several_are_told(lab, stack_for):
    """A rule that names what is not there, or what two objects are called, is refused with the GUIDs."""
    host = lab.create("web1", scars=True)
    netsh(host, "add policy name=Guard")
    stack = stack_for(host)
    for filter_list, words in [("No such list", "there is no filter list 'No such list'"), ("Block List", "45f48cfc")]:
        stack.program(
            {
                "rule": {
                    "type": "Rule",
                    "properties": {"policy": "Guard", "filterList": filter_list, "filterAction": "Block Traffic"},
                }
            }
        )
        outcome = stack.up(fails=True)
        assert words in outcome.said("rule")
        assert plain(outcome)


def test_a_domain_policy_overrides_unless_that_is_allowed(lab, stack_for):
    """Assigning under a domain policy would change nothing, and is refused; allowed, it warns."""
    host = lab.create("web1")
    pointer = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"
    host.run(rf'reg add "{pointer}" /v DSIPSECPolicyPath /d "LDAP://CN=Isolation,DC=corp,DC=example" /f')
    stack = stack_for(host)
    assignment: dict[str, Any] = {"type": "PolicyAssignment", "properties": {"policy": "${policy.name}"}}
    stack.program({"policy": {"type": "Policy"}, "active": assignment})
    outcome = stack.up(fails=True)
    assert "CN=Isolation,DC=corp" in outcome.said("active")
    assert "allowOverridden" in outcome.said("active")
    assignment["properties"]["allowOverridden"] = True
    stack.program({"policy": {"type": "Policy"}, "active": assignment})
    assert "CN=Isolation,DC=corp" in stack.up().said("active", "warning")
