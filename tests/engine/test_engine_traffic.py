"""What a preview says about traffic, at the row of the host's assignment (spec: traffic-engine 7 and 10)."""

from __future__ import annotations

from typing import Any

WORM = [
    {"source": "any", "destination": "me", "protocol": "udp", "destinationPort": 1434, "mirrored": False},
    {"source": "me", "destination": "any", "protocol": "udp", "destinationPort": 1434, "mirrored": False},
]
SMB = {"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 445, "mirrored": False}


def scene(filters: list[dict[str, Any]]) -> dict[str, Any]:
    """One list blocked by one rule of one active policy."""
    return {
        "policy": {"type": "Policy", "properties": {"name": "Guard"}},
        "block": {"type": "FilterAction", "properties": {"name": "Block", "action": "block"}},
        "list": {"type": "FilterList", "properties": {"name": "Worm", "filters": filters}},
        "rule": {
            "type": "Rule",
            "properties": {
                "name": "worm",
                "policy": "${policy.name}",
                "filterList": "${list.name}",
                "filterAction": "${block.name}",
            },
        },
        "active": {
            "type": "PolicyAssignment",
            "properties": {"policy": "${policy.name}"},
            "options": {"dependsOn": ["${rule}"]},
        },
    }


def traffic(outcome: Any) -> list[list[str]]:
    """Every traffic report at the assignment's row, in lines."""
    said = [item.text for item in outcome.sayings if item.name == "active" and item.severity == "info"]
    return [text.strip().splitlines() for text in said if text.startswith("Traffic")]


def test_first_preview_then_an_edit_then_drift(lab, stack_for):
    """Each time exactly the traffic that an update would change, said once, and nothing when nothing changes."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(scene(WORM), options={"refresh": "always"})

    (first,) = traffic(stack.preview())
    assert first[0] == "Traffic: 2 changes (2 cut)."
    assert first[1].startswith("CUT       in   udp local 1434 from any: clear -> blocked")
    assert first[2].startswith("CUT       out  udp remote 1434 to any: clear -> blocked")
    assert first[-1].startswith("Removals are not counted")

    stack.up()
    assert traffic(stack.preview()) == []

    stack.program(scene([*WORM, SMB]), options={"refresh": "always"})
    (edit,) = traffic(stack.preview())
    assert edit[0] == "Traffic: 1 change (1 cut)."
    assert edit[1].startswith("CUT       in   tcp local 445 from any: clear -> blocked")

    stack.program(scene(WORM), options={"refresh": "always"})
    assert host.run("netsh ipsec static set rule name=worm policy=Guard activate=no")[0] == 0
    (drift,) = traffic(stack.preview())
    assert drift[0] == "Traffic: 2 changes (2 cut)."

    assert host.run("netsh ipsec static set rule name=worm policy=Guard description=edited activate=yes")[0] == 0
    (idle,) = traffic(stack.preview())
    assert idle == ["Traffic: no change."]
