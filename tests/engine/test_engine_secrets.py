"""A password and a pre-shared key through every command, as loud as the engine gets: neither is ever seen in clear."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console import is_clean, netsh
from pulumi_stack import PACKAGE, Outcome, Stack, reached
from winipsec_lab.testing import Host, Lab

KEY = "Canary-Key-4711"
LOUD = ("--logtostderr", "-v=9", "--debug")
_ENGINE = re.compile(r"(Unm|M)arshaling property for RPC\[")
"""The engine's own trace of what it sends and gets; it prints every value, whatever a provider does."""
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # how the engine marks a secret in its state
CONFIG = {"psk": {"type": "string", "secret": True}}


@pytest.fixture
def host(lab: Lab) -> Host:
    """A host that knows the canaries when it sees them."""
    host = lab.create("web1")
    host.watch(KEY)
    host.watch(host.password)
    return host


@pytest.fixture
def stack(host: Host, stack_for: Any) -> Stack:
    """A stack with both secrets in its configuration only."""
    stack = stack_for()
    variables = reached(host)
    password = variables.pop("WINIPSEC_PASSWORD")
    stack.variables.update(variables)
    stack.program({}, config=CONFIG)
    stack.set_secret("winipsec:password", password)
    stack.set_secret("psk", KEY)
    return stack


def scene(description: str = "as written", filter_list: str = "${list.name}") -> dict[str, Any]:
    """A policy and a rule that authenticate with the key."""
    return {
        "list": {"type": "FilterList", "properties": {"filters": [{"source": "10.9.0.0/16", "destination": "me"}]}},
        "action": {"type": "FilterAction", "properties": {"action": "negotiate"}},
        "policy": {
            "type": "Policy",
            "properties": {"defaultRule": {"active": True, "authMethods": [{"presharedKey": "${psk}"}]}},
        },
        "rule": {
            "type": "Rule",
            "properties": {
                "description": description,
                "policy": "${policy.name}",
                "filterList": filter_list,
                "filterAction": "${action.name}",
                "authMethods": [{"presharedKey": "${psk}"}, {"kerberos": True}],
            },
        },
    }


def told(outcome: Outcome, host: Host) -> list[str]:
    """The lines of an output that show a secret, but for the engine's own trace."""
    return [
        line
        for line in outcome.output.splitlines()
        if any(secret in line for secret in (KEY, host.password)) and not _ENGINE.search(line)
    ]


def written(folder: Path, host: Host) -> list[str]:
    """The files below a folder that hold a secret in clear; the event log of a command counts as well."""

    def files() -> Iterator[Path]:
        return (path for path in folder.rglob("*") if path.is_file())

    secrets = [KEY.encode(), host.password.encode()]
    return [str(path.relative_to(folder)) for path in files() if any(item in path.read_bytes() for item in secrets)]


def places(host: Host) -> set[str]:
    """Where the host saw a secret: on command lines, in the environment, in standard input."""
    return {entry.canary for entry in host.transcript() if entry.canary}


def test_no_command_shows_a_secret(host, stack):
    """Update, preview, refresh, a failing update and destroy, with all logging: no output, file or command line."""

    def quiet(outcome: Outcome) -> None:
        assert told(outcome, host) == []
        assert written(stack.folder, host) == []

    stack.program(scene(), config=CONFIG)
    quiet(stack.up(*LOUD))
    quiet(stack.preview("--refresh", "--diff", *LOUD))
    quiet(stack.refresh(*LOUD))
    stack.program(scene("changed"), config=CONFIG)
    quiet(stack.preview("--json", "--show-config", "--show-reads"))
    stack.program(scene(filter_list="no such list"), config=CONFIG)
    failing = stack.up(*LOUD, fails=True)
    assert "no such list" in failing.said("rule")
    quiet(failing)
    netsh(host, 'set rule name=rule policy=policy psk="another key"')
    stack.program(scene(), config=CONFIG)
    drift = stack.preview("--refresh", "--diff")
    quiet(drift)
    assert "another key" not in drift.output
    quiet(stack.destroy(*LOUD))

    assert places(host) == {"stdin"}
    assert is_clean(host)
    assert not any("key" in name.lower() for name in host.run(r"dir /b /s C:\Windows")[1].split())


def whole(description: str = "as written", ports: tuple[str, ...] = ("tcp/80",)) -> dict[str, Any]:
    """The same as one resource: the key in a rule written out, in what `isolate` expands to, and in the default rule."""
    rule = {
        "name": "partner",
        "description": description,
        "filterList": {"filters": [{"source": "10.9.0.0/16", "destination": "me", "protocol": "tcp"}]},
        "filterAction": {"action": "negotiate"},
        "authMethods": [{"presharedKey": "${psk}"}],
    }
    properties = {
        "isolate": {"exempt": ["10.0.0.1"], "authMethods": [{"presharedKey": "${psk}"}]},
        "allowOnly": {"ports": list(ports)},
        "rules": [rule],
        "defaultRule": {"active": True, "authMethods": [{"presharedKey": "${psk}"}]},
    }
    return {"whole": {"type": "HostPolicy", "properties": properties}}


def test_the_life_of_a_whole_policy_shows_no_secret(host, stack):
    """Made, changed while it is in force, found drifted, destroyed: on the host the key is in the store alone."""

    def quiet(outcome: Outcome) -> None:
        assert told(outcome, host) == []
        assert written(stack.folder, host) == []

    stack.program(whole(), config=CONFIG)
    quiet(stack.preview("--diff", *LOUD))
    quiet(stack.up(*LOUD))
    assert KEY not in stack.pulumi("stack", "export").output
    stack.program(whole("changed", ("tcp/80", "tcp/443")), config=CONFIG)
    quiet(stack.preview("--json"))
    quiet(stack.up(*LOUD))
    netsh(host, 'set rule name=partner policy=whole psk="another key"')
    drift = stack.preview("--refresh", "--diff")
    quiet(drift)
    assert "another key" not in drift.output
    quiet(stack.up("--refresh", *LOUD))
    quiet(stack.destroy(*LOUD))
    assert places(host) == {"stdin"}
    assert is_clean(host)


def test_state_holds_both_secrets_encrypted(host, stack):
    """The password of the provider and the keys of policy and rule are ciphertext in the exported state."""
    stack.program(scene(), config=CONFIG)
    stack.up()
    state = stack.state()
    rule = state["rule"]
    for side in ("inputs", "outputs"):
        assert _SECRET in rule[side]["authMethods"][0]["presharedKey"].values()
        assert _SECRET in state["policy"][side]["defaultRule"]["authMethods"][0]["presharedKey"].values()
    exported = stack.pulumi("stack", "export").output
    provider = next(
        item for item in json.loads(exported)["deployment"]["resources"] if item["type"] == "pulumi:providers:winipsec"
    )
    assert _SECRET in provider["inputs"]["password"].values()
    assert KEY not in exported
    assert host.password not in exported


def test_a_key_and_a_password_in_plain_text_or_in_variables_are_encrypted_all_the_same(host, stack_for):
    """Who forgets to mark a key as secret is helped by the schema; a password from a variable is secret as well."""
    stack = stack_for(host)
    resources = scene()
    text = json.dumps(resources).replace("${psk}", KEY)
    stack.program(json.loads(text))
    outcome = stack.up()
    (stack.folder / "Pulumi.yaml").unlink()
    assert told(outcome, host) == []
    assert written(stack.folder, host) == []


def test_an_import_leaves_the_key_out_of_code_and_state(host, stack_for):
    """The generated program has no authMethods, a warning says why, and the key stays encrypted where it must be."""
    netsh(
        host,
        "add filterlist name=Ports",
        "add filter filterlist=Ports srcaddr=any dstaddr=me",
        "add filteraction name=Secure action=negotiate",
        "add policy name=Guard",
        f"add rule name=Web policy=Guard filterlist=Ports filteraction=Secure psk={KEY}",
    )
    stack = stack_for(host)
    outcome = stack.bring_in(f"{PACKAGE}Rule", "web", "Guard/Web", *LOUD)
    assert told(outcome, host) == []
    assert written(stack.folder, host) == []
    assert "type: winipsec:Rule" in outcome.output
    assert "authMethods" in outcome.said("web", "warning")
    assert "Web" in stack.state()["web"]["inputs"]["name"]
    assert "authMethods" not in stack.state()["web"]["inputs"]
