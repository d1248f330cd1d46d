"""Exemptions and conversations (spec: traffic-engine 4.2, 8, 9, 10)."""

from __future__ import annotations

from pathlib import Path

import pytest
from matcher_scene import HOST, TCP, UDP, Scene
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.matcher import Packet, conversation, decide
from winipsec_lab.netsh.config import DRIVER
from winipsec_lab.netsh.guesses import GUESSES
from winipsec_lab.store.registry_store import LOCAL

# ---------------------------------------------------------------------- exemptions

GROUP = {"remote": "224.0.0.9", "direction": "out", "protocol": UDP, "local_port": 5000}
BROADCAST = {**GROUP, "remote": "255.255.255.255"}
INBOUND_GROUP = {"local": "224.0.0.9", "protocol": UDP}
IPV6_GROUP = {**GROUP, "remote": "ff02::1"}


@pytest.mark.parametrize(
    ("packet", "exempt_with"),
    [
        ({"protocol": UDP, "local_port": 500}, {0, 1, 2, 3}),
        ({"protocol": UDP, "local_port": 4500, "direction": "out"}, {0, 1, 2, 3}),
        ({"protocol": UDP, "local_port": 5000, "remote_port": 500}, set()),
        ({"protocol": TCP, "local_port": 500}, set()),
        ({"protocol": UDP, "local_port": 500, "remote": "2001:db8::9"}, {0, 1, 2, 3}),
        ({"protocol": UDP, "local_port": 4500, "remote": "2001:db8::9"}, set()),
        ({"protocol": TCP, "remote_port": 88}, {0, 2}),
        ({"protocol": UDP, "local_port": 88}, {0, 2}),
        ({"protocol": 46}, {0, 2}),
        (GROUP, {0, 1}),
        (BROADCAST, {0, 1}),
        (IPV6_GROUP, {0, 1}),
        (INBOUND_GROUP, {0, 1, 2, 3}),
        ({}, set()),
    ],
)
def test_exemptions_per_level(packet, exempt_with):
    """The table of 4.2 for the values 0 to 3 of NoDefaultExempt."""
    scene = Scene("block any any").guess(traffic_any_family="both", traffic_exempt_change="at_once")
    for level in range(4):
        scene.machine.registry.set(DRIVER, "NoDefaultExempt", RegistryValue("REG_DWORD", level))
        verdict = scene.packet(**packet)
        assert (verdict.action == "exempt") == (level in exempt_with), level
        assert (verdict.result == "passes") == (level in exempt_with), level


@pytest.mark.parametrize(
    ("name", "packet", "by_setting"),
    [
        ("traffic_default_exempt", {"remote_port": 88}, {"3": "dropped", "0": "passes"}),
        ("traffic_inbound_multicast", INBOUND_GROUP, {"exempt": "passes", "filtered": "dropped"}),
        (
            "traffic_isakmp_port",
            {"protocol": UDP, "remote_port": 500},
            {"local": "dropped", "either": "passes"},
        ),
    ],
)
def test_guesses_about_exemptions(name, packet, by_setting):
    """Which level counts without a value, inbound groups, and the side of the IKE port."""
    scene = Scene("block any any")
    for setting, result in by_setting.items():
        assert scene.guess(**{name: setting}).packet(**packet).result == result


def test_the_side_of_the_kerberos_port():
    """With `remote` a local port 88 is not Kerberos."""
    scene = Scene("block any any").guess(traffic_default_exempt="0")
    assert scene.packet(local_port=88).result == "passes"
    assert scene.guess(traffic_kerberos_port="remote").packet(local_port=88).result == "dropped"
    assert scene.packet(remote_port=88).result == "passes"


def test_nothing_is_exempt_where_nothing_is_in_force(desk):
    """Without a policy there is nothing to be exempt from."""
    assert decide(desk.machine, Packet("in", "10.77.0.1", "192.0.2.9", UDP, 500, 500)).action == "none"


def test_a_new_exemption_level_counts_from_the_next_start():
    """`set config ipsecexempt` needs a restart, unless the guess says at once."""
    scene = Scene("block any any")
    assert scene.packet(remote_port=88).result == "dropped"
    assert scene.netsh("ipsec dynamic set config property=ipsecexempt value=0").code == 0
    assert scene.packet(remote_port=88).result == "dropped"
    scene.machine.reboot()
    assert scene.packet(remote_port=88).result == "passes"
    assert scene.netsh("ipsec dynamic set config ipsecexempt 3").code == 0
    assert scene.packet(remote_port=88).result == "passes"
    assert scene.guess(traffic_exempt_change="at_once").packet(remote_port=88).result == "dropped"


def test_keys_written_without_netsh():
    """They count at once, or under the other setting only after control code 129 or a restart."""
    scene = Scene("block any me").guess(traffic_registry_edit="after_control")
    assert scene.packet().result == "dropped"
    scene.machine.registry.delete_value(LOCAL, "ActivePolicy")
    assert scene.packet().result == "dropped"
    scene.machine.services.control("PolicyAgent", 0x81)
    assert scene.packet().result == "passes"
    scene.store.assign(scene.policy())
    assert scene.packet().result == "passes"
    scene.machine.services.stop("PolicyAgent")
    scene.machine.services.start("PolicyAgent")
    assert scene.packet().result == "dropped"
    scene.machine.registry.delete_value(LOCAL, "ActivePolicy")
    assert scene.guess(traffic_registry_edit="at_once").packet().result == "passes"


def test_every_traffic_guess_is_played_here():
    """No switch of the matcher is left out of these files."""
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_matcher_*.py"))
    names = [guess.name.replace(".", "_") for guess in GUESSES if guess.name.startswith("traffic.")]
    assert [name for name in names if name not in text] == []


# ---------------------------------------------------------------------- conversations


@pytest.mark.parametrize(
    ("rule", "remote_starts", "host_starts"),
    [
        (
            "request any me",
            "works authenticated, in clear with peers without IPsec",
            "works authenticated, in clear with peers without IPsec",
        ),
        (
            "inpass any me",
            "works authenticated only (their first packets still arrive)",
            "works authenticated only",
        ),
        ("soft any me", "works authenticated only", "works authenticated, in clear with peers without IPsec"),
        ("block any me protocol=tcp dstport=445 mirrored=no", "blocked", "one way only"),
        ("permit any me", "works in clear", "works in clear"),
        ("encrypt any me", "works encrypted only", "works encrypted only"),
        ("block any me", "blocked", "blocked"),
    ],
)
def test_conversations(rule, remote_starts, host_starts):
    """The table of section 8, for both starters."""
    scene = Scene(rule)
    packet = Packet("in", HOST, "192.0.2.9", TCP, 445, 5000)
    assert conversation(scene.machine, packet) == remote_starts
    assert conversation(scene.machine, packet.answer()) == host_starts


def test_no_inbound_hole_through_a_permit_of_a_local_port():
    """`any -> me tcp 80` mirrored opens local port 80 and what leaves from it, nothing else."""
    scene = Scene("block any me", "permit any me protocol=tcp dstport=80")
    assert scene.packet(local_port=80).result == "passes"
    assert scene.packet(direction="out", local_port=80).result == "passes"
    assert scene.packet(remote_port=80).result == "dropped"


def test_the_hole_through_a_permit_of_a_remote_port():
    """`me -> any tcp 80` mirrored lets whoever sends from port 80 reach every local port."""
    scene = Scene("block any me", "permit me any protocol=tcp dstport=80")
    assert scene.packet(remote_port=80, local_port=445).result == "passes"
    assert scene.packet(remote_port=81, local_port=445).result == "dropped"


def test_the_worked_example_of_two_worm_blocks():
    """Example 1: in to local 1434 and out to remote 1434 are blocked, the other two pass."""
    scene = Scene(
        "block any me protocol=udp dstport=1434 mirrored=no", "block me any protocol=udp dstport=1434 mirrored=no"
    )
    results = {
        (way, side): scene.packet(direction=way, protocol=UDP, **{f"{side}_port": 1434}).result
        for way in ("in", "out")
        for side in ("local", "remote")
    }
    assert results == {
        ("in", "local"): "dropped",
        ("in", "remote"): "passes",
        ("out", "local"): "passes",
        ("out", "remote"): "dropped",
    }


def test_the_worked_example_of_a_tunnel():
    """Example 9: each direction has its own end point."""
    scene = Scene()
    scene.rule_for("o", "encrypt me 10.9.0.0 dstmask=16 mirrored=no", "tunnel=198.51.100.1")
    scene.rule_for("i", "encrypt 10.9.0.0 me srcmask=16 mirrored=no", "tunnel=10.0.0.5")
    for way, rule, tunnel in (("in", "i", "10.0.0.5"), ("out", "o", "198.51.100.1")):
        verdict = scene.packet(direction=way, remote="10.9.0.1")
        assert (verdict.rule, verdict.tunnel, verdict.protection) == (rule, tunnel, "encrypted")
