"""The quickstart in all its forms, as they lie under `examples/`: up, up again, what the hosts do then, destroy."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from console import content, is_clean
from pulumi_environment import CHECKOUT, VENV
from pulumi_stack import Stack
from winipsec_lab.testing import Host, Lab, Packet

TCP, UDP = 6, 17
SLAMMER = 1434
CLIENT = "10.20.30.40"
EXAMPLES = CHECKOUT / "examples"


def three_hosts(lab: Lab) -> dict[str, Host]:
    """The hosts of the quickstart, with foreign objects on them."""
    return {name: lab.create(name, scars=True) for name in ("web1", "app1", "db1")}


def configured(stack: Stack, project: str, hosts: dict[str, Host]) -> None:
    """Set the configuration of a program that takes its hosts as one object."""
    addresses = {name: {"host": host.address, "port": host.port} for name, host in hosts.items()}
    stack.pulumi("config", "set", f"{project}:hosts", json.dumps(addresses))


def python(stack: Stack, hosts: dict[str, Host]) -> None:
    """`make up`: the project of the checkout, its paths made absolute."""
    text = (CHECKOUT / "Pulumi.yaml").read_text(encoding="utf-8")
    text = text.replace(".venv", str(VENV)).replace("stackConfigDir: .state/config\n", "")
    (stack.folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(EXAMPLES / "quickstart", stack.folder / "examples" / "quickstart")
    stack.pulumi("stack", "init", "dev")
    configured(stack, "quickstart", hosts)


def yaml(stack: Stack, hosts: dict[str, Host]) -> None:
    """The YAML program; hosts of a lab may listen on ports of their own."""
    text = (EXAMPLES / "quickstart-yaml" / "Pulumi.yaml").read_text(encoding="utf-8")
    text = text.replace("../../.venv", str(VENV))
    text, count = re.subn(
        r'\{ host: "\$\{(\w+)\}" \}',
        lambda found: f'{{ host: "${{{found[1]}}}", port: {hosts[found[1]].port} }}',
        text,
    )
    assert count == text.count("connection:")
    (stack.folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    stack.pulumi("stack", "init", "dev")
    for name, host in hosts.items():
        stack.pulumi("config", "set", name, host.address)


def dynamic(stack: Stack, hosts: dict[str, Host]) -> None:
    """The program of dynamic resources."""
    _copied(stack, hosts, "quickstart-dynamic")


def building_blocks(stack: Stack, hosts: dict[str, Host]) -> None:
    """The program of one resource for each object of Windows."""
    _copied(stack, hosts, "building-blocks")


def _copied(stack: Stack, hosts: dict[str, Host], example: str) -> None:
    shutil.copytree(EXAMPLES / example, stack.folder, dirs_exist_ok=True)
    project = stack.folder / "Pulumi.yaml"
    project.write_text(project.read_text(encoding="utf-8").replace("../../.venv", str(VENV)), encoding="utf-8")
    stack.pulumi("stack", "init", "dev")
    configured(stack, example, hosts)


def verdicts(host: Host) -> dict[str, str]:
    """What happens to the traffic that the quickstart is about."""

    def result(direction: str, protocol: int, local_port: int, remote_port: int) -> str:
        return host.packet(Packet(direction, host.virtual_address, CLIENT, protocol, local_port, remote_port)).result

    return {
        "worm in": result("in", UDP, SLAMMER, 2000),
        "worm out": result("out", UDP, 2000, SLAMMER),
        "http": result("in", TCP, 80, 50000),
        "https": result("in", TCP, 443, 50000),
        "smb": result("in", TCP, 445, 50000),
        "winrm": result("in", TCP, 5985, 50000),
        "winrm answer": result("out", TCP, 5985, 50000),
    }


OPEN = {
    "worm in": "dropped",
    "worm out": "dropped",
    **dict.fromkeys(["http", "https", "smb", "winrm", "winrm answer"], "passes"),
}


@pytest.mark.parametrize(
    ("prepare", "resources"), [(python, "3|4"), (yaml, "3|4"), (dynamic, "3|4"), (building_blocks, r"2\d")]
)
def test_quickstart_lives_and_goes_without_a_trace(lab, bare_stack, prepare, resources):
    """Every form creates, stays unchanged, protects, and leaves every host byte for byte as it was."""
    hosts = three_hosts(lab)
    before = {name: content(host) for name, host in hosts.items()}
    account = {"WINIPSEC_USERNAME": hosts["web1"].username, "WINIPSEC_PASSWORD": hosts["web1"].password}
    stack = bare_stack(account)
    prepare(stack, hosts)

    up = stack.up()
    assert re.search(rf"\+ ({resources}) created", up.output), up.output
    again = stack.up()
    assert not re.search(r"created|updated|replaced|deleted", again.output.partition("Resources:")[2]), again.output

    assert verdicts(hosts["web1"]) == {**OPEN, "smb": "dropped"}
    assert verdicts(hosts["app1"]) == verdicts(hosts["db1"]) == OPEN
    assert all(is_clean(host) for host in hosts.values())

    stack.destroy()
    for name, host in hosts.items():
        assert content(host) == before[name]
        assert is_clean(host)
