"""The program of each scenario, as it lies under `examples/`: up, preview, what the host does then, destroy."""

from __future__ import annotations

import json
import re

import pytest
from console import content, is_clean, named
from pulumi_environment import CHECKOUT, VENV
from winipsec_lab.store.values import RULE
from winipsec_lab.testing import Host, Packet

TCP, UDP = 6, 17
CLIENT, CONTROLLER = "10.20.30.40", "10.0.0.1"
KEY = "Canary-Key-4711"
EXPECTED = {
    "stop-a-worm": {
        ("in", UDP, 1434, 50000, CLIENT): "dropped",
        ("out", UDP, 50000, 1434, CLIENT): "dropped",
        ("in", TCP, 445, 50000, CLIENT): "passes",
    },
    "protect-a-server": {
        ("in", TCP, 80, 50000, CLIENT): "passes",
        ("out", TCP, 443, 50000, CLIENT): "passes",
        ("in", TCP, 445, 50000, CLIENT): "dropped",
        ("out", TCP, 50000, 80, CLIENT): "dropped",
        ("in", TCP, 5985, 50000, CLIENT): "passes",
        ("out", UDP, 68, 67, CLIENT): "passes",
    },
    "isolate-a-domain": {
        ("in", TCP, 445, 50000, CLIENT): "protected",
        ("in", TCP, 5985, 50000, CLIENT): "passes",
        ("in", TCP, 445, 50000, CONTROLLER): "passes",
        ("out", TCP, 50000, 88, CONTROLLER): "passes",
        ("out", UDP, 68, 67, CLIENT): "passes",
    },
}
"""What becomes of packets; what is `protected` passes with members only."""


def fate(host: Host, packet: tuple[str, int, int, int, str]) -> str:
    """What the host does with a packet."""
    direction, protocol, local_port, remote_port, remote = packet
    return host.packet(Packet(direction, host.virtual_address, remote, protocol, local_port, remote_port)).result


@pytest.mark.parametrize("example", EXPECTED)
def test_the_program_of_a_scenario_keeps_its_promise(lab, bare_stack, example):
    """It creates, a preview is empty, traffic is as promised, and destroying leaves every host as it was."""
    text = (CHECKOUT / "examples" / example / "Pulumi.yaml").read_text(encoding="utf-8")
    hosts = {name: lab.create(name, scars=True) for name in re.findall(r"(\w+): \{ type: string, default: 127", text)}
    before = {name: content(host) for name, host in hosts.items()}
    text = text.replace("../../.venv", str(VENV))
    for name, host in hosts.items():
        text = text.replace(f'{{ host: "${{{name}}}" }}', f'{{ host: "${{{name}}}", port: {host.port} }}')
    some = hosts["app1" if "app1" in hosts else "web1"]
    stack = bare_stack({"WINIPSEC_USERNAME": some.username, "WINIPSEC_PASSWORD": some.password})
    (stack.folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    stack.pulumi("stack", "init", "dev")
    for name, host in hosts.items():
        stack.pulumi("config", "set", name, host.address)

    up = stack.up()
    assert f"+ {len(hosts) + 1} created" in up.output or f"+ {len(hosts) + 2} created" in up.output, up.output
    again = stack.preview("--diff")
    assert not re.search(r"to (create|update|replace|delete)", again.output), again.output
    for host in hosts.values():
        assert {packet: fate(host, packet) for packet in EXPECTED[example]} == EXPECTED[example]

    stack.destroy()
    for name, host in hosts.items():
        assert content(host) == before[name]
        assert is_clean(host)


PROGRAM = """
    import pulumi
    import MODULE as winipsec

    config = pulumi.Config()
    policy = winipsec.HostPolicy(
        "isolated",
        block=[winipsec.BlockArgs(ports=["udp/1434"])],
        isolate=winipsec.IsolateArgs(
            auth_methods=[winipsec.AuthMethodArgs(preshared_key=config.require_secret("psk"))]
        ),
        connection=winipsec.ConnectionArgs(password=config.require_secret("password")),
    )
"""


@pytest.mark.parametrize("module", ["pulumi_winipsec", "winipsec.dynamic"])
def test_a_key_of_an_isolation_is_nowhere_in_clear(lab, stack_for, module):
    """Not where it was written, nor in the rules that it comes to; and the rule on the host has it."""
    host = lab.create("app1", scars=True)
    stack = stack_for(host)
    password = stack.variables.pop("WINIPSEC_PASSWORD")
    stack.python_program(PROGRAM.replace("MODULE", module))
    stack.set_secret("psk", KEY)
    stack.set_secret("password", password)
    stack.up()
    assert KEY not in json.dumps(stack.state())
    assert KEY.encode("utf-16-le") in named(host, RULE, "isolation").data
    again = stack.up("--refresh")
    assert again.changes == {}
    assert KEY not in again.output
