"""`reg export`, `reg delete`, `reg import`: the store is byte for byte what it was (winrm 4.7, 5.2)."""

from __future__ import annotations

import pytest
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.registry_values import RegistryValue, from_bytes, to_bytes
from winipsec_lab.scars import CONSOLE_POLICY_NAME
from winipsec_lab.scars import install as install_scars

STORE = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
FILE = r"C:\Windows\Temp\pre.reg"
ROUND_TRIP = (f"reg export {STORE} {FILE} /y", f"reg delete {STORE} /f", f"reg import {FILE}")

RAW = (b"", b"\0", b"\0\0", b"a\0", b"a\0\0\0", b"a\0\0\0b\0\0\0\0\0", b"\xff", b"\x00\xd8\0\0", bytes(range(256)))
TEXTS = (
    "",
    "plain",
    'say "x" \\ y\\',
    "two\r\nlines",
    "one\nline",
    "tab\t",
    "Zürich Ж 規則 😀",
    "[key]",
    "; no comment",
    "=",
)
NAMES = ("", "plain", 'quo"te\\back', "a=b", "@", "Ж規", " blank ", "x" * 60, "[k]", ";c")


def contents(machine):
    """Keys in their order, with every value's name, type and bytes."""
    with machine.registry.lock:
        return [
            (path, [(name, value.type, to_bytes(value)) for name, value in values])
            for path, values in machine.registry.walk(STORE)
        ]


def round_trip(machine):
    """Through the file and back; what is there in between is nothing."""
    for line in ROUND_TRIP:
        assert machine.console(line)[0] == 0, line
        if "delete" in line:
            assert not machine.registry.has_key(STORE)


@pytest.fixture
def machine():
    """A host with every scar, one of its policies assigned."""
    found = Machine("web1")
    install_scars(found)
    assert found.console(f'netsh ipsec static set policy name="{CONSOLE_POLICY_NAME}" assign=yes')[0] == 0
    return found


def test_a_real_store(machine):
    """Blobs of two generations, orphans, unnamed rules, twins, and what is assigned."""
    before = contents(machine)
    assert len(before) > 10
    assert any(name == "ActivePolicy" for name, _, _ in before[0][1])
    round_trip(machine)
    assert contents(machine) == before


@pytest.mark.parametrize("number", [*range(12), 0x20, 0xFFFF0009])
def test_every_type_with_every_kind_of_bytes(machine, number):
    """Values that fit their type and values that do not, types without a name too."""
    for index, raw in enumerate(RAW):
        machine.registry.set(rf"{STORE}\odd", f"v{index}", from_bytes(number, raw))
    before = contents(machine)
    round_trip(machine)
    assert contents(machine) == before


def test_every_kind_of_text_and_name(machine):
    """Quotes, backslashes, line breaks, other scripts, the default value, and keys with strange names."""
    for index, text in enumerate(TEXTS):
        for kind in ("REG_SZ", "REG_EXPAND_SZ"):
            machine.registry.set(rf"{STORE}\texts", f"{kind}{index}", RegistryValue(kind, text))
        machine.registry.set(rf"{STORE}\texts", f"m{index}", RegistryValue("REG_MULTI_SZ", (text, "x") if text else ()))
    for name in NAMES:
        machine.registry.set(rf"{STORE}\names", name, RegistryValue("REG_DWORD", 7))
        machine.registry.set(rf"{STORE}\names\{name.replace(chr(92), '') or 'none'}", "", RegistryValue("REG_SZ", name))
    before = contents(machine)
    round_trip(machine)
    assert contents(machine) == before


@pytest.mark.parametrize("long_name", ["no_byte", "one_byte"])
@pytest.mark.parametrize(("keys", "values"), [("sorted", "created"), ("created", "sorted"), ("created", "created")])
def test_every_guess_about_listings(machine, keys, values, long_name):
    """However `reg` lists and wraps, it comes back."""
    for name, setting in (
        ("registry.key_order", keys),
        ("registry.value_order", values),
        ("registry.long_name", long_name),
    ):
        machine.guesses.set(name, setting)
    machine.registry.set(STORE, "n" * 80, RegistryValue("REG_BINARY", bytes(range(200))))
    before = contents(machine)
    round_trip(machine)
    assert contents(machine) == before


def test_what_is_restored_is_in_force_when_the_agent_starts(machine):
    """While the agent is stopped nothing is; the import alone changes that only where the guess says so."""
    machine.guesses.set("traffic.registry_edit", "after_control")
    shown = "netsh ipsec static show policy all"
    for line in (ROUND_TRIP[0], "net stop PolicyAgent", *ROUND_TRIP[1:]):
        assert machine.console(line)[0] == 0
    assert machine.console(shown)[0] == 1
    assert machine.console("net start PolicyAgent")[0] == 0
    assert CONSOLE_POLICY_NAME in machine.console(shown)[1]


def test_adding_deleting_and_asking(machine):
    """`reg add`, `query` and `delete` of a single value, as a script uses them."""
    key = rf"{STORE}\note"
    assert machine.console(rf'reg add "{key}" /v who /t REG_SZ /d "a b" /f')[0] == 0
    assert "    who    REG_SZ    a b\r\n" in machine.console(f'reg query "{key}" /v who')[1]
    assert machine.console(f'reg delete "{key}" /v who /f')[0] == 0
    assert machine.console(f'reg query "{key}" /v who')[0] == 1
