"""`netsh ipsec dynamic` (spec: ipsec-policy 2)."""

from __future__ import annotations

import pytest
from winipsec_lab.netsh import volatile
from winipsec_lab.netsh.config import DRIVER
from winipsec_lab.store.registry_store import LOCAL

RULE = "add rule srcaddr=any dstaddr=me mmpolicy=m qmpolicy=q"


@pytest.fixture
def spd(desk):
    """A machine with one main-mode and one quick-mode policy; calls run dynamic commands."""

    def run(tail):
        answer = desk.netsh(f"ipsec dynamic {tail}")
        assert answer.code == 0, answer
        return answer.out

    run.machine, run.desk = desk.machine, desk
    run("add mmpolicy name=m qmpermm=3 mmlifetime=10 softsaexpirationtime=600 mmsecmethods=3DES-SHA1-3")
    run("add qmpolicy name=q soft=y pfsgroup=GRP2 qmsecmethods=ESP[3DES,SHA1]")
    return run


def test_policies_and_rules_are_kept(spd):
    """What was added is in the agent's memory, minutes as seconds."""
    spd(f"{RULE} protocol=tcp dstport=80 actioninbound=block conntype=lan psk=k")
    memory = volatile.database(spd.machine)
    assert memory.main_policies["m"].lifetime_seconds == 600
    assert memory.quick_policies["q"].offers[0].pfs is True
    (rule,) = memory.rules
    assert (rule.inbound, rule.outbound, rule.interface, rule.filters[0].text()) == (
        "block",
        "negotiate",
        "lan",
        "any -> me protocol 6 ports 0 -> 80 mirrored",
    )
    assert spd.machine.registry.subkeys(LOCAL) == []


@pytest.mark.parametrize(
    ("tail", "number"),
    [
        ("add mmpolicy name=M", "Win32[13003"),
        ("add qmpolicy name=Q", "Win32[13000"),
        ("set mmpolicy name=x", "Win32[13004"),
        ("set qmpolicy name=x", "Win32[13001"),
        ("delete mmpolicy name=x", "Win32[13004"),
        ("delete qmpolicy name=x", "Win32[13001"),
        ("delete mmpolicy name=m", "Win32[13005"),
        ("delete qmpolicy all", "Win32[13002"),
        ("add rule srcaddr=any dstaddr=me mmpolicy=x", "Win32[13004"),
        ("add rule srcaddr=any dstaddr=me mmpolicy=m qmpolicy=x", "Win32[13001"),
        ("add rule srcaddr=any dstaddr=me mmpolicy=m", "Win32[13001"),
        (RULE, "Win32[13008"),
        (f"{RULE} tunneldstaddress=198.51.100.1", "Win32[13016"),
        ("delete rule srcaddr=me dstaddr=any", "Win32[13009"),
        ("delete rule srcaddr=me dstaddr=any tunneldstaddress=198.51.100.1", "Win32[13017"),
        ("set rule any me tcp 0 80 yes all actioninbound=block", "Win32[13009"),
        (f"{RULE} dstport=80", "IPsec[9"),
        ("add rule srcaddr=any dstaddr=me", "IPsec[9"),
        ("add qmpolicy name=r pfsgroup=GRP9", "IPsec[9"),
    ],
)
def test_refusals_carry_the_documented_codes(spd, tail, number):
    """Win32 codes for what exists, is missing or in use; netsh's own for bad arguments."""
    spd(RULE)
    spd(f"{RULE} tunneldstaddress=198.51.100.1")
    answer = spd.desk.netsh(f"ipsec dynamic {tail}")
    assert answer.code == 1
    assert answer.out.startswith(f"ERR {number}")
    memory = volatile.database(spd.machine)
    assert (len(memory.rules), set(memory.main_policies), set(memory.quick_policies)) == (2, {"m"}, {"q"})


def test_set_rule_changes_policies_actions_and_methods(spd):
    """The rule is found by its filter; everything not named stays."""
    spd("add mmpolicy name=m2")
    spd(f"{RULE} protocol=tcp dstport=80")
    spd(
        "set rule srcaddr=any dstaddr=me protocol=tcp srcport=0 dstport=80 mirrored=y conntype=all mmpolicy=m2 actionout=permit psk=k"
    )
    (rule,) = volatile.database(spd.machine).rules
    assert (rule.main_policy, rule.quick_policy, rule.inbound, rule.outbound) == ("m2", "q", "negotiate", "permit")
    assert [each.kind for each in rule.authentications] == ["psk"]


def test_policies_can_be_changed_and_deleted(spd):
    """What is not in use goes; set changes only what it names."""
    spd("set mmpolicy name=m mmlifetime=20")
    spd("set qmpolicy name=q soft=no")
    memory = volatile.database(spd.machine)
    assert (memory.main_policies["m"].lifetime_seconds, memory.main_policies["m"].quick_mode_limit) == (1200, 3)
    assert (memory.quick_policies["q"].soft, memory.quick_policies["q"].pfs_group) == (False, "grp2")
    spd(RULE)
    spd("delete rule srcaddr=any dstaddr=me")
    spd("delete qmpolicy name=q")
    spd("delete mmpolicy all")
    assert (memory.main_policies, memory.quick_policies, memory.rules) == ({}, {}, [])


def test_everything_goes_with_delete_all_and_with_the_service(spd):
    """`delete all`, and a restart of the agent, leave nothing."""
    spd(RULE)
    spd("delete all")
    assert volatile.database(spd.machine).rules == []
    spd("add mmpolicy name=m")
    spd.machine.services.stop("PolicyAgent")
    spd.machine.services.start("PolicyAgent")
    assert volatile.database(spd.machine).main_policies == {}


@pytest.mark.parametrize(
    ("name", "value", "home", "stored"),
    [
        ("ipsecexempt", "3", "NoDefaultExempt", 3),
        ("IPsecExempt", "0", "NoDefaultExempt", 0),
        ("ipsecdiagnostics", "7", "EnableDiagnostics", 7),
        ("ipsecloginterval", "60", "LogInterval", 60),
        ("bootexemptions", "none", "BootExemptions", ()),
        (
            "bootexemptions",
            '"TCP:0:3389:inbound udp:0:53:outbound"',
            "BootExemptions",
            ("TCP:0:3389:inbound", "udp:0:53:outbound"),
        ),
    ],
)
def test_set_config_writes_the_registry(spd, name, value, home, stored):
    """The exemptions and the settings of the driver."""
    spd(f"set config property={name} value={value}")
    assert spd.machine.registry.get(DRIVER, home).data == stored
    assert name.lower() in spd("show config") or name == "bootexemptions"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ipsecexempt", "4"),
        ("ipsecexempt", "x"),
        ("ikelogging", "2"),
        ("strongcrlcheck", "3"),
        ("ipsecloginterval", "59"),
        ("bootmode", "open"),
        ("bootexemptions", '""'),
        ("bootexemptions", "TCP:3389"),
        ("colour", "1"),
    ],
)
def test_impossible_settings_are_refused(spd, name, value):
    """Unknown properties and values out of bounds."""
    answer = spd.desk.netsh(f"ipsec dynamic set config property={name} value={value}")
    assert answer.code == 1
    assert answer.out.startswith("ERR IPsec[")
    assert spd.machine.registry.get(DRIVER, "NoDefaultExempt") is None


def test_boot_mode_is_a_number(spd):
    """Three words, three numbers; which is which nobody has published."""
    numbers = set()
    for word in ("permit", "block", "stateful"):
        spd(f"set config bootmode {word}")
        numbers.add(spd.machine.registry.get(DRIVER, "OperationMode").data)
        assert word in spd("show config")
    assert len(numbers) == 3


@pytest.mark.parametrize(
    "noun", ["all", "mmpolicy", "qmpolicy", "rule", "mmfilter", "qmfilter", "mmsas", "qmsas", "stats"]
)
def test_every_show_works(spd, noun):
    """All of them answer, none claims a wording of Microsoft's."""
    spd(RULE)
    assert "laboratory" in spd(f"show {noun}")
