"""Which rules are in force and which packets they read (spec: traffic-engine 2, ipsec-policy 8.5)."""

from __future__ import annotations

import pytest
from matcher_scene import HOST, ICMP, TCP, Scene
from netsh_desk import Desk
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.matcher import Packet, decide
from winipsec_lab.store.registry_store import CACHE, DOMAIN_POINTER, LOCAL, PERSISTENT

# ---------------------------------------------------------------------- what is in force


def test_nothing_assigned_passes(desk):
    """Without a policy every packet passes and nobody decides."""
    verdict = decide(desk.machine, Packet("in", "10.77.0.1", "192.0.2.9", TCP, 80, 5000))
    assert (verdict.result, verdict.action, verdict.rule) == ("passes", "none", "")
    assert "no policy" in verdict.reason


def test_a_block_drops_and_names_the_decider():
    """The verdict names policy, rule, list and filter."""
    verdict = Scene("block any me protocol=tcp dstport=80").packet(local_port=80)
    assert verdict[:6] == ("dropped", "block", "p", "r1", "r1", "any -> me protocol 6 ports 0 -> 80 mirrored")
    assert "r1" in verdict.reason


def test_a_stopped_agent_filters_nothing_and_a_started_one_again():
    """Stop takes all filters away, start brings the static ones back."""
    scene = Scene("block any me")
    scene.machine.services.stop("PolicyAgent")
    assert scene.packet().result == "passes"
    scene.machine.services.start("PolicyAgent")
    assert scene.packet().result == "dropped"


def test_unassigned_and_inactive_rules_do_nothing():
    """Neither an inactive rule nor a policy that is not assigned decides."""
    scene = Scene("block any me")
    scene.ok("set rule name=r1 policy=p activate=no")
    assert scene.packet().result == "passes"
    scene.ok("set rule name=r1 policy=p activate=yes", "set policy name=p assign=no")
    assert scene.packet().result == "passes"


def test_the_active_default_response_rule_changes_nothing():
    """Unmatched packets pass although the default response rule is active."""
    scene = Scene()
    scene.ok("set policy name=p activatedefaultrule=yes")
    assert scene.packet().action == "none"


def test_rules_of_a_connection_type():
    """A LAN rule leaves dial-up packets alone."""
    scene = Scene().rule_for("r", "block any me", "conntype=lan")
    assert scene.packet(connection="lan").result == "dropped"
    assert scene.packet(connection="dialup").result == "passes"


def test_orphans_and_broken_rules_do_nothing():
    """A rule its policy does not list, one without its list, and one with a blob of nonsense take no part."""
    scene = Scene("block any me", "block any me", "block any me")
    registry, policy = scene.machine.registry, scene.policy()
    orphan = scene.rule_entry("r1")
    scene.store.write(policy.changed_to(rules=tuple(each for each in policy.rules if orphan.guid not in each)))
    scene.store.remove(scene.list("r2"))
    registry.set(f"{LOCAL}\\{scene.rule_entry('r3').key}", "ipsecData", RegistryValue("REG_BINARY", b"?"))
    assert scene.packet().result == "passes"


def test_the_domain_policy_overrides_the_local_one():
    """With a pointer only the cached domain policy counts; without its content nothing does, and the reason says so."""
    scene, other = Scene("block any me"), Scene("permit any me", "block any me protocol=icmp")
    registry = scene.machine.registry
    key = other.policy().key
    path = f"LDAP://CN={key},CN=IP Security,CN=System,DC=example,DC=test"
    registry.set(DOMAIN_POINTER, "DSIPSECPolicyPath", RegistryValue("REG_SZ", path))
    verdict = scene.packet()
    assert (verdict.result, verdict.policy) == ("passes", "")
    assert "domain" in verdict.reason
    for entry in other.store.entries():
        for name, value in other.machine.registry.values(f"{LOCAL}\\{entry.key}").items():
            registry.set(f"{CACHE}\\{entry.key}", name, value)
    assert scene.packet().rule == "r1"
    assert scene.packet().action == "permit"
    assert scene.packet(protocol=ICMP).result == "dropped"
    registry.delete_key(DOMAIN_POINTER)
    assert scene.packet().result == "dropped"


def test_dynamic_rules_come_on_top():
    """They count beside the static policy and without one, in one common order."""
    scene = Scene("block any me")
    for line in ("add mmpolicy m", "add rule 192.0.2.9 me m actioninbound=permit actionoutbound=block"):
        assert scene.netsh(f"ipsec dynamic {line}").code == 0
    assert scene.packet(direction="in").action == "permit"
    assert scene.packet(direction="out").action == "block"
    scene.ok("set policy name=p assign=no")
    assert scene.packet(direction="out").policy == "dynamic"
    assert scene.packet(remote="192.0.2.10").result == "passes"


def test_a_persistent_policy_is_added():
    """The persistent store of Windows Server 2003 counts beside the local one."""
    desk = Desk(addresses=(HOST,), generation="2003")
    script = "pushd ipsec static\nset store persistent\nadd policy p assign=yes\nadd filter l any me\n"
    script += "add filteraction b action=block\nadd rule r p l b\n"
    assert desk.script(script).code == 0
    assert desk.machine.registry.get(PERSISTENT, "ActivePolicy").data.startswith("SOFTWARE\\")
    assert decide(desk.machine, Packet("in", HOST, "192.0.2.9", TCP, 445, 5000)).result == "dropped"


def test_a_packet_has_one_family():
    """Mixed families are a mistake of the caller."""
    with pytest.raises(ValueError, match="family"):
        Scene().packet(local="10.0.0.5", remote="2001:db8::9")


# ---------------------------------------------------------------------- readings


@pytest.mark.parametrize(
    ("rule", "packets"),
    [
        ("block any me mirrored=no", {"in"}),
        ("block me any mirrored=no", {"out"}),
        ("block any any mirrored=no", {"in", "out"}),
        ("block any me", {"in", "out"}),
        ("block 192.0.2.0 any srcmask=24 mirrored=no", {"in"}),
        ("block 10.0.0.0 any srcmask=8 mirrored=no", {"out"}),
        ("block 10.0.0.5 192.0.2.9 mirrored=no", {"out"}),
        ("block 10.0.0.5 192.0.2.9", {"in", "out"}),
        ("block 10.0.0.6 192.0.2.9", set()),
        ("block 192.0.2.1-192.0.2.9 me mirrored=no", {"in"}),
        ("block 192.0.2.1-192.0.2.8 me", set()),
        ("block any me protocol=udp", set()),
        ("block any me protocol=tcp dstport=445 mirrored=no", {"in"}),
        ("block any me protocol=tcp srcport=5000 mirrored=no", {"in"}),
        ("block any me protocol=tcp srcport=445 dstport=5000", set()),
        ("block any me protocol=tcp dstport=5000", set()),
        ("block 2001:db8:: me srcmask=32", set()),
    ],
)
def test_a_filter_has_no_direction_of_its_own(rule, packets):
    """Inbound the destination is local, outbound the source; mirrored filters are read both ways, ports included."""
    scene = Scene(rule)
    assert {way for way in ("in", "out") if scene.packet(direction=way).result == "dropped"} == packets


def test_me_is_every_own_address_and_never_the_remote_side():
    """Two own addresses, IPv4 and IPv6; a foreign local address (multicast) is not me."""
    scene = Scene("block me any", addresses=(HOST, "10.0.1.5", "2001:db8::5"))
    assert scene.packet(local="10.0.1.5").result == "dropped"
    assert scene.packet(local="224.0.0.9").result == "passes"
    scene = Scene("block me 2001:db8:: dstmask=32")
    assert scene.packet(remote="2001:db8::9").result == "dropped"


def test_any_of_an_ordinary_filter_is_ipv4():
    """V1 filters do not match IPv6 unless the guess says so."""
    scene = Scene("block any me")
    assert scene.packet(remote="2001:db8::9").result == "passes"
    scene.guess(traffic_any_family="both")
    assert scene.packet(remote="2001:db8::9").result == "dropped"
    assert Scene("block any 10.0.0.5").guess(traffic_any_family="both").packet(remote="2001:db8::9").result == "passes"


def test_server_words_follow_the_host():
    """`dns` is the host's name server, whichever that is at the moment; an unknown server matches nothing."""
    scene = Scene("block dns me", "block wins me")
    server = scene.machine.dns_servers[0]
    assert scene.decider(remote=server) == "r1"
    assert scene.packet(remote="10.0.0.77").result == "passes"
    scene.machine.network.configure((HOST,), dns_servers=("10.0.0.77",), wins_servers=("10.0.0.78",))
    assert scene.decider(remote="10.0.0.77") == "r1"
    assert scene.decider(remote="10.0.0.78") == "r2"
    assert scene.packet(remote=server).result == "passes"


def test_a_host_with_itself_meets_no_filters():
    """Own and loopback addresses as the remote side, unless the guess says otherwise."""
    scene = Scene("block any any")
    assert scene.packet(remote=HOST).result == "passes"
    assert scene.packet(remote="127.0.0.1", local="127.0.0.1").result == "passes"
    scene.guess(traffic_own_traffic="filtered")
    assert scene.packet(remote=HOST).result == "dropped"


def test_strange_stored_filters_take_no_part():
    """Ports without TCP or UDP, and torn masks."""
    scene = Scene().guess(port_without_protocol="accepted", torn_mask="accepted")
    scene.rule_for("r1", "block any me dstport=445")
    scene.rule_for("r2", "block 192.0.2.9 me srcmask=255.0.255.0")
    assert scene.packet().result == "passes"
