"""The registry tree: names, order, values, changes, persistence."""

from __future__ import annotations

import json
import threading

import pytest
from winipsec_lab.machine.registry import Registry, RegistryValue
from winipsec_lab.machine.registry_values import from_bytes, to_bytes, type_name, type_number

SZ = RegistryValue("REG_SZ", "x")


@pytest.fixture
def registry():
    """An empty registry."""
    return Registry()


def test_names_compare_without_case_and_keep_their_spelling(registry):
    """Keys and values are found in any case and listed as they were created."""
    registry.set(r"HKLM\SOFTWARE\Ab", "Name", SZ)
    registry.set(r"hklm\software\AB", "NAME", RegistryValue("REG_SZ", "y"))
    assert registry.values(r"HKEY_LOCAL_MACHINE\software\ab") == {"Name": RegistryValue("REG_SZ", "y")}
    assert registry.subkeys(r"HKLM\software") == ["Ab"]
    assert registry.spelling(r"HKLM\software\AB") == r"HKEY_LOCAL_MACHINE\SOFTWARE\Ab"


def test_folding_keeps_characters_apart_that_only_share_a_long_upper_case(registry):
    """A sharp s is not two letters s, as in Windows' own table."""
    registry.create_key("HKLM\\A\\stra\u00dfe")
    assert not registry.has_key(r"HKLM\A\STRASSE")
    assert registry.has_key("HKLM\\A\\STRA\u00dfE")


def test_subkeys_are_sorted_and_values_keep_the_order_of_creation(registry):
    """The order Windows lists them in (wine-oracle 5)."""
    for name in ("b", "C", "a"):
        registry.set(rf"HKLM\S\{name}", name, SZ)
        registry.set(r"HKLM\S", name, SZ)
    assert registry.subkeys(r"HKLM\S") == ["a", "b", "C"]
    assert list(registry.values(r"HKLM\S")) == ["b", "C", "a"]


def test_an_overwritten_value_keeps_its_place(registry):
    """Only new values go to the end."""
    for name in ("a", "b", "A"):
        registry.set(r"HKLM\S", name, SZ)
    assert list(registry.values(r"HKLM\S")) == ["a", "b"]


def test_unknown_root_keys_are_refused(registry):
    """Anything else than the five roots is a caller's mistake."""
    with pytest.raises(ValueError, match="no such root key"):
        registry.has_key(r"HKXX\A")


def test_what_does_not_exist_reads_as_empty(registry):
    """Reading never creates and never fails."""
    assert registry.values(r"HKLM\No") == {}
    assert registry.subkeys(r"HKLM\No") == []
    assert registry.get(r"HKLM\No", "x") is None
    assert not registry.delete_value(r"HKLM\No", "x")
    assert not registry.delete_key(r"HKLM\No")
    assert registry.version == 0


def test_deleting_a_key_takes_everything_below_with_it(registry):
    """The tree goes as a whole; its neighbours stay."""
    registry.set(r"HKLM\A\B\C", "v", SZ)
    registry.set(r"HKLM\A2", "v", SZ)
    assert registry.delete_key(r"HKLM\a")
    assert not registry.has_key(r"HKLM\A\B\C")
    assert registry.has_key(r"HKLM\A2")


def test_a_root_key_is_emptied_and_stays(registry):
    """Root keys cannot vanish."""
    registry.create_key(r"HKCU\A")
    assert registry.delete_key("HKCU")
    assert registry.has_key("HKCU")
    assert registry.subkeys("HKCU") == []


@pytest.mark.parametrize(
    ("kind", "data", "error"),
    [
        ("REG_DWORD", 2**32, ValueError),
        ("REG_DWORD", -1, ValueError),
        ("REG_QWORD", 2**64, ValueError),
        ("REG_SZ", 1, TypeError),
        ("REG_MULTI_SZ", "a", TypeError),
        ("REG_BINARY", "00", TypeError),
        ("REG_WRONG", b"", ValueError),
    ],
)
def test_values_of_the_wrong_kind_are_refused(registry, kind, data, error):
    """A value whose data is not of its type never gets in."""
    with pytest.raises(error):
        registry.set(r"HKLM\A", "v", RegistryValue(kind, data))
    assert not registry.has_key(r"HKLM\A")


def test_every_change_counts_and_is_announced_with_the_full_path(registry):
    """Listeners hear of changes and of nothing else."""
    heard = []
    registry.on_change.append(heard.append)
    registry.create_key(r"HKLM\A")
    registry.create_key(r"HKLM\A")
    registry.set(r"HKLM\A", "v", SZ)
    registry.delete_value(r"HKLM\A", "v")
    registry.delete_value(r"HKLM\A", "v")
    assert heard == [r"HKEY_LOCAL_MACHINE\A"] * 3
    assert registry.version == 3


def test_the_lock_makes_several_changes_one(registry):
    """A reader who holds the lock never sees half a change."""
    torn = []

    def write():
        for number in range(200):
            with registry.lock:
                registry.set(r"HKLM\A", "x", RegistryValue("REG_DWORD", number))
                registry.set(r"HKLM\A", "y", RegistryValue("REG_DWORD", number))

    writer = threading.Thread(target=write)
    registry.set(r"HKLM\A", "x", RegistryValue("REG_DWORD", 0))
    registry.set(r"HKLM\A", "y", RegistryValue("REG_DWORD", 0))
    writer.start()
    while writer.is_alive():
        with registry.lock:
            values = registry.values(r"HKLM\A")
        torn.append(values["x"] != values["y"])
    assert not any(torn)


@pytest.mark.parametrize(
    ("number", "raw", "data"),
    [
        (1, b"a\0\0\0", "a"),
        (1, b"a\0", b"a\0"),
        (1, b"a\0b\0\0", b"a\0b\0\0"),
        (1, b"a\0\0\0b\0\0\0", b"a\0\0\0b\0\0\0"),
        (4, b"\x1f\0\0\0", 0x1F),
        (4, b"\1\2", b"\1\2"),
        (7, b"\0\0", ()),
        (7, b"a\0\0\0\0\0", ("a",)),
        (7, b"\0\0\0\0", ("",)),
        (7, b"a\0\0\0", b"a\0\0\0"),
        (7, b"H\0\0\0K\0\0\0\0\0", ("H", "K")),
        (11, b"\1" + b"\0" * 7, 1),
        (0, b"", b""),
    ],
)
def test_bytes_become_plain_data_only_when_nothing_is_lost(number, raw, data):
    """Odd bytes of real hosts stay bytes, and every form turns back into the same bytes."""
    value = from_bytes(number, raw)
    assert value.data == data
    assert to_bytes(value) == raw


def test_types_without_a_name_are_written_with_their_number():
    """Type 12 has no name; type 9 has one and answers to both."""
    assert type_name(12) == "REG_0xc"
    assert type_number("REG_0xc") == 12
    assert type_name(9) == "REG_FULL_RESOURCE_DESCRIPTOR"
    assert type_number("REG_0x9") == 9


def test_a_registry_survives_json(registry):
    """Persistence keeps spelling, order, types and odd bytes."""
    registry.set(r"HKLM\B", "two", RegistryValue("REG_MULTI_SZ", ("a", "")))
    registry.set(r"HKLM\B", "One", RegistryValue("REG_DWORD", b"\1"))
    registry.set(r"HKLM\A", "", RegistryValue("REG_SZ", "\u6f22"))
    registry.create_key(r"HKU\S-1-5-18")
    again = Registry.from_json(json.loads(json.dumps(registry.to_json())))
    for path in (r"HKLM\A", r"HKLM\B"):
        assert list(again.values(path).items()) == list(registry.values(path).items())
    assert again.has_key(r"HKU\S-1-5-18")
