"""Runs that end early: Ctrl-C, and a plugin that is killed. A plain `pulumi up` afterwards converges.

Where exactly a run dies is the subject of `tests/faults`; here the engine is the real one.
"""

from __future__ import annotations

import signal
from typing import Any

import console
import pytest
from console import content, is_clean, left_behind, netsh
from engine_processes import kill_plugins, when
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE
from winipsec_lab.testing import Host

ONE_OF_EACH = {POLICY: ["policy"], RULE: ["rule"], ACTION: ["action"], FILTER_LIST: ["list", "theirs"]}


def scene() -> dict[str, Any]:
    """A policy with a rule, assigned."""
    filters = [{"source": f"10.{n}.0.0/16", "destination": "me"} for n in range(1, 40)]
    return {
        "list": {"type": "FilterList", "properties": {"filters": filters}},
        "action": {"type": "FilterAction", "properties": {"action": "permit"}},
        "policy": {"type": "Policy"},
        "rule": {
            "type": "Rule",
            "properties": {"policy": "${policy.name}", "filterList": "${list.name}", "filterAction": "${action.name}"},
        },
        "active": {
            "type": "PolicyAssignment",
            "properties": {"policy": "${policy.name}"},
            "options": {"dependsOn": ["${rule}"]},
        },
    }


def prepared(host: Host) -> dict[str, dict[str, Any]]:
    """Somebody else's list on a host that answers slowly; the store before."""
    netsh(host, "add filterlist name=theirs description=foreign")
    host.latency(round_trip=0.1)
    return content(host)


def converged(host: Host, before: dict[str, dict[str, Any]]) -> None:
    """One object of each, with all filters; what others made is as it was; nothing of ours lies about."""
    assert console.names(host) == ONE_OF_EACH
    assert len(console.filters(host, "list")) == 39
    assert console.local_store(host).active == console.named(host, POLICY, "policy").identity
    after = content(host)
    theirs = [path for path in before if "ipsecFilter" in path]
    assert {path: after[path] for path in theirs} == {path: before[path] for path in theirs}
    assert not left_behind(host)


@pytest.mark.parametrize("messages", [3, 6, 9, 13])
def test_a_killed_plugin_is_healed_by_the_next_update(lab, stack_for, messages):
    """SIGKILL of the provider after so many messages of a create: nothing doubled, nothing foreign taken over."""
    host = lab.create("web1")
    before = prepared(host)
    stack = stack_for(host, checkpoints=True)
    stack.program(scene())
    with stack.start("up", "--yes", "--skip-preview") as process:
        when(lambda: host.messages >= messages)
        kill_plugins(process)
        process.communicate(timeout=60)
    assert process.returncode != 0

    host.latency(round_trip=0.0)
    stack.up()
    converged(host, before)
    assert stack.up("--refresh").changes == {}


def test_ctrl_c_leaves_neither_shell_nor_file(lab, stack_for):
    """SIGINT in the middle of a slow batch: the run ends soon and cleanly, and the next one converges."""
    host = lab.create("web1")
    before = prepared(host)
    host.latency(process=2.0)
    stack = stack_for(host, checkpoints=True)
    stack.program(scene())
    with stack.start("up", "--yes", "--skip-preview") as process:
        when(lambda: any("netsh -f" in entry.command_line for entry in host.transcript()))
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Traceback" not in output
    assert host.shells == 0

    host.latency(round_trip=0.0, process=0.0)
    stack.up()
    converged(host, before)
    assert is_clean(host)
    assert stack.up("--refresh").changes == {}
