"""What somebody changes on a host shows in the preview, path by path, and the next update puts it right."""

from __future__ import annotations

import json
from typing import Any

from console import content, is_clean, netsh
from drift_cases import CASES, NOT_STORED, STORED, Case, properties
from pulumi_stack import Outcome
from winipsec_lab.testing import Packet

DEFAULTS: dict[str, dict[str, Any]] = {
    "Rule": {"policy": "${POLICY.name}", "filterList": "${LIST.name}", "filterAction": "${ACTION.name}"},
    "PolicyAssignment": {"policy": "${POLICY.name}"},
}


def stage() -> dict[str, Any]:
    """What rules and the assignment refer to."""
    elsewhere = {"filters": [{"source": "10.9.0.0/16", "destination": "me"}]}
    return {
        "LIST": {"type": "FilterList", "properties": elsewhere},
        "OTHERLIST": {"type": "FilterList", "properties": elsewhere},
        "ACTION": {"type": "FilterAction", "properties": {"action": "permit"}},
        "OTHERACTION": {"type": "FilterAction", "properties": {"action": "permit"}},
        "POLICY": {"type": "Policy", "properties": {}},
        "OTHERPOLICY": {"type": "Policy", "properties": {}},
    }


def scene(cases: tuple[Case, ...]) -> dict[str, Any]:
    """A program with the stage and a resource for each case."""
    resources = stage()
    for number, case in enumerate(cases):
        inputs = {**DEFAULTS.get(case.kind, {}), **case.inputs}
        if case.kind == "Filter":
            resources[f"list{number}"] = {"type": "FilterList", "properties": {"name": f"list of {case.subject}"}}
            inputs["filterList"] = f"${{list{number}.name}}"
        resources[case.subject] = {"type": case.kind, "properties": inputs}
    return resources


def drifts(outcome: Outcome) -> dict[str, dict[str, str]]:
    """What `pulumi preview --json` says would be corrected: resource, path, kind."""
    return {
        step["urn"].rpartition("::")[2]: {path: item["kind"] for path, item in step["detailedDiff"].items()}
        for step in json.loads(outcome.output)["steps"]
        if step.get("detailedDiff") and step["op"] not in {"refresh", "create-replacement", "delete-replaced"}
    }


def own_values(values: dict[str, Any]) -> dict[str, Any]:
    """What an object says of itself, without who refers to it."""
    return {name: value for name, value in values.items() if not name.endswith("Reference")}


WHOLE = {
    "block": [{"ports": ["udp/1434"]}],
    "rules": [
        {
            "name": "web",
            "filterList": {
                "filters": [{"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 80}]
            },
            "filterAction": {"action": "permit"},
        }
    ],
}
SOMEBODY = {
    "set policy name=whole description=x mmpfs=yes qmpermm=7 mmlifetime=7": [
        "description",
        "masterPfs",
        "quickModesPerMainMode",
        "mainModeLifetimeMinutes",
    ],
    "set policy name=whole activatedefaultrule=yes": ["defaultRule.active"],
    "set rule name=web policy=whole description=x activate=no conntype=lan": [
        "rules[0].active",
        "rules[0].connectionType",
        "rules[0].description",
    ],
    'delete filter filterlist="whole: block udp/1434" srcaddr=me dstaddr=any': ["expandedRules[1].filterList.filters"],
    'set filteraction name="whole: web" action=block': ["rules[0].filterAction.action"],
    "add rule name=more policy=whole filterlist=other filteraction=other": ["rules[1]"],
    "set policy name=whole assign=no": ["assigned"],
}


def test_drift_of_a_whole_policy_is_named_exactly_and_repaired(lab, stack_for):
    """Of its settings, of rules written out, of what a scenario comes to, and that it is active."""
    host = lab.create("web1")
    netsh(host, "add filter filterlist=other srcaddr=10.0.0.2 dstaddr=me", "add filteraction name=other action=permit")
    stack = stack_for(host)
    stack.program({"whole": {"type": "HostPolicy", "properties": WHOLE}})
    stack.up()
    before = content(host)
    assert drifts(stack.preview("--refresh", "--json")) == {}
    netsh(host, *SOMEBODY)
    found = drifts(stack.preview("--refresh", "--json"))["whole"]
    expected = [path for paths in SOMEBODY.values() for path in paths]
    assert [path for path in expected if not any(item.startswith(path) for item in found)] == []
    assert [item for item in found if not item.startswith(tuple(expected))] == []
    stack.up("--refresh")
    assert drifts(stack.preview("--refresh", "--json")) == {}
    assert host.packet(Packet("in", host.virtual_address, "10.1.1.1", 17, 1434, 999)).result == "dropped"
    assert set(content(host)) == set(before)
    stack.destroy()
    assert is_clean(host)


def test_every_input_property_has_a_case():
    """A property that is added to the schema needs a case here before anything else passes."""
    assert sorted(case.subject for case in CASES) == sorted(properties())


def test_drift_of_every_property_is_named_exactly_and_repaired(lab, stack_for):
    """All properties drift at once, each on an object of its own: the preview names each path and nothing else."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(scene(STORED))
    stack.up()
    before = content(host)
    assert drifts(stack.preview("--refresh", "--json")) == {}

    for case in STORED:
        if callable(case.change):
            case.change(host, case.subject)
        else:
            netsh(host, *(command.replace("NAME", case.subject) for command in case.change))

    drifted = content(host)
    expected = {case.subject: case.paths for case in STORED}
    renamed = next(number for number, case in enumerate(STORED) if case.subject == "Filter.filterList")
    expected[f"list{renamed}"] = {"name": "update"}
    assert drifts(stack.preview("--refresh", "--json")) == expected

    outcome = stack.up("--refresh")
    assert set(outcome.changes) == set(expected)
    assert stack.up("--refresh").changes == {}
    after = content(host)
    for path, values in before.items():
        if drifted[path] == values:
            assert own_values(after[path]) == own_values(values)
    assert is_clean(host)


def test_flags_of_the_assignment_change_in_the_program_without_touching_the_host(lab, stack_for):
    """What is not stored on the host differs by path as well, and nothing is written."""
    host = lab.create("web1")
    stack = stack_for(host)
    assignment = {"type": "PolicyAssignment", "properties": {"policy": "${policy.name}"}}
    resources = {"policy": {"type": "Policy"}, "active": assignment}
    stack.program(resources)
    stack.up()
    before = host.dump()
    for case in NOT_STORED:
        assignment["properties"].update(case.program or {})
        stack.program(resources)
        assert drifts(stack.preview("--json")) == {"active": case.paths}
        assert stack.up().changes == {"active": "update"}
    assert host.dump() == before


def test_objects_deleted_behind_our_back_are_made_again(lab, stack_for):
    """Each kind of object, deleted by hand, shows as a create in the preview, and the update makes it again."""
    host = lab.create("web1")
    stack = stack_for(host)
    rule = {"policy": "${POLICY.name}", "filterList": "${LIST.name}", "filterAction": "${ACTION.name}"}
    stack.program(
        {
            **stage(),
            "rule": {"type": "Rule", "properties": rule},
            "other rule": {"type": "Rule", "properties": {**rule, "policy": "${OTHERPOLICY.name}"}},
            "own": {"type": "FilterList", "properties": {"filters": [{"source": "any", "destination": "10.7.0.0/16"}]}},
            "secure": {"type": "FilterAction", "properties": {"action": "negotiate"}},
            "shared": {"type": "FilterList"},
            "single": {
                "type": "Filter",
                "properties": {"filterList": "${shared.name}", "source": "10.6.0.0/16", "destination": "me"},
            },
            "active": {"type": "PolicyAssignment", "properties": {"policy": "${POLICY.name}"}},
        }
    )
    stack.up()

    netsh(
        host,
        "delete filterlist name=own",
        "delete filteraction name=secure",
        "delete rule name=rule policy=POLICY",
        "delete policy name=OTHERPOLICY",
        "delete filter filterlist=shared srcaddr=10.6.0.0 srcmask=255.255.0.0 dstaddr=me",
        "set policy name=POLICY assign=no",
    )
    gone = dict.fromkeys(["own", "secure", "rule", "OTHERPOLICY", "other rule", "single", "active"], "create")
    assert stack.preview("--refresh").changes == gone
    assert stack.up("--refresh").changes == gone
    assert stack.preview("--refresh", "--expect-no-changes").changes == {}
    assert host.run("netsh ipsec static show policy name=POLICY")[0] == 0


def test_a_filter_added_by_hand_goes_and_one_deleted_by_hand_comes_back(lab, stack_for):
    """An owned list has exactly its filters again; the others in it are not written anew."""
    host = lab.create("web1")
    stack = stack_for(host)
    filters = [{"source": "any", "destination": "me", "protocol": "udp", "destinationPort": n} for n in (53, 67, 123)]
    stack.program({"list": {"type": "FilterList", "properties": {"filters": filters}}})
    stack.up()
    before = content(host)
    netsh(
        host,
        "delete filter filterlist=list srcaddr=any dstaddr=me protocol=udp dstport=67 srcport=0",
        "add filter filterlist=list srcaddr=10.5.0.0 srcmask=16 dstaddr=me protocol=any",
    )
    assert drifts(stack.preview("--refresh", "--json"))["list"].keys() <= {
        *("filters[1]", "filters[3]"),
        *(f"filters[1].{name}" for name in ("source", "protocol", "destinationPort")),
    }
    assert stack.up("--refresh").changes == {"list": "update"}
    assert stack.up("--refresh").changes == {}
    assert content(host).keys() == before.keys()
