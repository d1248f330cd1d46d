"""Windows in other languages, and names in any writing: everything arrives in the registry as it was written."""

from __future__ import annotations

import re
from typing import Any

import console
import pytest
from console import is_clean, named, netsh
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE

NAMES = (
    "with blanks in it",
    "%PATH% and 100% of %it",
    "this & that && more",
    "hat ^ caret ^^",
    "bang ! and !TEMP!",
    "Große Straße für Köln",
    "规则 一 号",
    "it's (good) <or> | not",
    "a=b, c;d @e #f $g `h` ~i",
    "{braces} [brackets] 1/2 \\ 3",
    "-dash /slash",
    "日本語 & %TEMP% ^!",
)


def scene(name: str, number: int) -> dict[str, Any]:
    """One object of each kind called `name`, described as it, too."""
    both = {"name": name, "description": f"{name} (described)"}
    filters = [{"source": "any", "destination": "me", "protocol": "udp", "destinationPort": 9, "description": name}]
    return {
        f"list{number}": {"type": "FilterList", "properties": {**both, "filters": filters}},
        f"action{number}": {"type": "FilterAction", "properties": {**both, "action": "permit"}},
        f"policy{number}": {"type": "Policy", "properties": both},
        f"rule{number}": {
            "type": "Rule",
            "properties": {
                **both,
                "policy": f"${{policy{number}.name}}",
                "filterList": f"${{list{number}.name}}",
                "filterAction": f"${{action{number}.name}}",
            },
        },
    }


def test_names_and_descriptions_arrive_unchanged(lab, stack_for):
    """Every name, on every kind of object: the registry has it letter by letter; then renamed, changed and deleted."""
    host = lab.create("web1")
    stack = stack_for(host)
    resources: dict[str, Any] = {}
    for number, name in enumerate(NAMES):
        resources.update(scene(name, number))
    stack.program(resources)
    stack.up("--parallel", "128")
    for name in NAMES:
        for kind in (FILTER_LIST, ACTION, POLICY, RULE):
            assert named(host, kind, name).description == f"{name} (described)"
        assert decode_filter_list(named(host, FILTER_LIST, name).data).v1[0].description == name
    assert stack.up("--refresh").changes == {}

    renamed = {
        name: {**item, "properties": {**item["properties"], "name": f"now {item['properties']['name']}"}}
        for name, item in resources.items()
    }
    stack.program(renamed)
    assert set(stack.up("--parallel", "128").changes.values()) == {"update"}
    assert console.names(host)[RULE] == sorted(f"now {name}" for name in NAMES)
    assert stack.preview("--refresh").changes == {}
    stack.destroy()
    assert console.names(host) == {kind: [] for kind in (POLICY, RULE, ACTION, FILTER_LIST)}
    assert is_clean(host)


@pytest.mark.parametrize(("locale", "name"), [("de-DE", "Schutz für Köln"), ("zh-CN", "保护 & 规则")])
def test_a_host_in_another_language_behaves_the_same(lab, stack_for, locale, name):
    """Create, drift, repair, import, an error and destroy on a German and a Chinese host."""
    host = lab.create("web1", locale=locale, scars=True)
    before = console.content(host)
    stack = stack_for(host)
    resources = scene(name, 0)
    resources["active"] = {
        "type": "PolicyAssignment",
        "properties": {"policy": "${policy0.name}"},
        "options": {"dependsOn": ["${rule0}"]},
    }
    stack.program(resources)
    assert set(stack.up().changes.values()) == {"create"}
    assert stack.up("--refresh").changes == {}

    netsh(host, f'set filteraction name="{name}" action=block', f'set rule name="{name}" policy="{name}" activate=no')
    drift = stack.up("--refresh")
    assert drift.paths == {"action0": {"action": "update"}, "rule0": {"active": "update"}}

    refused = stack.bring_in("winipsec:index:FilterList", "twin", "Block List", fails=True)
    assert "there are 2 filter lists of the name 'Block List'" in refused.output
    brought = stack.bring_in("winipsec:index:Policy", "console", "Branch Office Lockdown", "--protect=false")
    assert brought.changes == {"console": "import"}
    stack.pulumi("state", "delete", "urn:pulumi:dev::engine::winipsec:index:Policy::console", "--yes")

    host.run("net stop PolicyAgent")
    resources["rule0"]["properties"]["description"] = "while the service is stopped"
    stack.program(resources)
    assert stack.up().changes == {"rule0": "update"}
    assert host.machine.services.running("PolicyAgent")

    stack.destroy()
    assert console.content(host) == before
    assert is_clean(host)
    assert not re.search("Traceback", drift.output)
