"""Registry values, keys and trees (spec: ipsec-policy 4.2)."""

from __future__ import annotations

from winipsec.formats.registry import (
    REG_DWORD,
    REG_MULTI_SZ,
    REG_QWORD,
    REG_SZ,
    RegistryTree,
    RegKey,
    RegValue,
    binary,
    dword,
    string,
    strings,
    tree,
)

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"


def utf16(text: str) -> bytes:
    """Text as the registry stores it."""
    return text.encode("utf-16-le")


def test_values_read_as_what_they_are():
    """A value answers for its own type only."""
    assert string("a", "x").text == "x"
    assert (string("a", "x").number, dword("a", 1).text) == (None, None)
    assert RegValue("a", REG_DWORD, b"\1").number is None
    assert RegValue("a", REG_QWORD, b"\1" + bytes(7)).number == 1
    assert string("a", "x").strings == ("x",)
    assert string("a", "").strings == dword("a", 1).strings == ()
    assert RegValue("a", REG_SZ, utf16("abc")[:5]).text == "ab"


def test_doubled_zero_bytes_are_undone():
    """One exporter stores strings as if they were UTF-32; they are read all the same, and short ones left alone."""
    raw = "SOFTWARE\\A{1}\0SOFTWARE\\B\0\0".encode("utf-32-le")
    assert RegValue("ipsecNFAReference", REG_MULTI_SZ, raw).strings == ("SOFTWARE\\A{1}", "SOFTWARE\\B")
    assert strings("a", ["x", "y"]).strings == ("x", "y")
    assert strings("a", ["x", "y", "z", "long"]).strings == ("x", "y", "z", "long")


def test_values_do_not_show_their_bytes():
    """A value may hold a key: its text form says how many bytes there are, and no more."""
    assert repr(binary("ipsecData", b"Secret-123")) == "RegValue('ipsecData', REG_BINARY, 10 bytes)"
    assert "Secret" not in repr(tree([RegKey("HKLM\\A", (string("k", "Secret"),))]))


def test_keys_and_values_without_case():
    """Spelling is kept and does not matter; a value set again keeps its place."""
    key = RegKey(LOCAL, (string("className", "x"), string("name", "y")))
    assert key.text("CLASSNAME") == "x"
    assert key.with_value(string("ClassName", "z")).values == (string("ClassName", "z"), string("name", "y"))
    assert key.with_value(string("new", "z")).values[2:] == (string("new", "z"),)
    found = tree([key])
    assert found.key(r"hklm\software\policies\MICROSOFT\windows\ipsec\policy\local\\") == key
    assert found.key("HKLM\\other") is None


def test_trees_are_asked_by_path():
    """Texts, numbers, lists and keys below, all by path, empty where there is nothing."""
    found = RegistryTree.merged(
        [
            tree([RegKey(r"HKLM\A", (dword("n", 4), string("list", "10.0.0.1,10.0.0.2 10.0.0.3")))]),
            tree([RegKey(r"HKLM\a\B", (strings("m", ["x", "y"]),)), RegKey(r"HKLM\A", (dword("N", 5),))]),
        ]
    )
    assert found.number(r"HKLM\A", "n") == 5
    assert found.number(r"HKLM\A", "list") is None
    assert found.number(r"HKLM\B", "n") is None
    assert found.words(r"HKLM\A", "list") == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert found.words(r"HKLM\A\b", "m") == ["x", "y"]
    assert found.words(r"HKLM\none", "m") == []
    assert found.below("HKLM") == [r"HKEY_LOCAL_MACHINE\A", r"HKEY_LOCAL_MACHINE\a\B"]
    assert found.has("HKEY_LOCAL_MACHINE")
    assert not found.has(r"HKLM\A\B\C")
    assert [key.name for key in found.children("HKLM")] == ["A"]
