"""What `reg query` prints, in any language and with any text in it (spec: winrm 4.7, wine-oracle 5)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winipsec.formats.registry import (
    REG_BINARY,
    REG_DWORD,
    REG_EXPAND_SZ,
    REG_MULTI_SZ,
    REG_NONE,
    REG_QWORD,
    REG_SZ,
    RegistryTree,
    RegKey,
    RegValue,
    string,
)
from winipsec.formats.registry_text import (
    RegistryTextError,
    parse_query,
)

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
DNS = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\DNS\Parameters"


def query(*lines: str) -> RegistryTree:
    """What `reg query` prints, with its line ends and the blank lines around."""
    return parse_query("".join(f"{line}\r\n" for line in ("", *lines, "")))


def utf16(text: str) -> bytes:
    """Text as the registry stores it."""
    return text.encode("utf-16-le")


def test_the_layout_of_reg_query():
    """Values stand in columns of four blanks below their key."""
    found = query(
        DNS, r"    GlobalQueryBlockList    REG_MULTI_SZ    wpad\0isatap", "    ForwardingTimeout    REG_DWORD    0x3"
    )
    assert found.key(DNS) == RegKey(
        DNS,
        (
            RegValue("GlobalQueryBlockList", REG_MULTI_SZ, utf16("wpad\0isatap\0\0")),
            RegValue("ForwardingTimeout", REG_DWORD, b"\3\0\0\0"),
        ),
    )


@pytest.mark.parametrize(
    ("line", "type", "data"),
    [
        ("    v    REG_SZ    two words ", REG_SZ, utf16("two words \0")),
        ("    v    REG_SZ    ", REG_SZ, utf16("\0")),
        ("    v    REG_SZ", REG_SZ, utf16("\0")),
        ("    v    REG_EXPAND_SZ    %SystemRoot%\\x", REG_EXPAND_SZ, utf16("%SystemRoot%\\x\0")),
        ("    v    REG_BINARY    00ABff", REG_BINARY, b"\x00\xab\xff"),
        ("    v    REG_BINARY    ", REG_BINARY, b""),
        ("    v    REG_DWORD    0xffffffff", REG_DWORD, b"\xff\xff\xff\xff"),
        ("    v    REG_QWORD    0x1122334455", REG_QWORD, b"\x55\x44\x33\x22\x11\0\0\0"),
        ("    v    REG_DWORD_BIG_ENDIAN    0x1", 5, b"\0\0\0\1"),
        ("    v    REG_NONE    0102", REG_NONE, b"\1\2"),
        ("    v    REG_FULL_RESOURCE_DESCRIPTOR    0A", 9, b"\x0a"),
        ("    v    REG_MULTI_SZ    ", REG_MULTI_SZ, utf16("\0")),
        (r"    v    REG_MULTI_SZ    a\0\0b\0\0", REG_MULTI_SZ, utf16("a\0\0b\0\0")),
        ("    v\tREG_SZ\tas Windows XP prints it", REG_SZ, utf16("as Windows XP prints it\0")),
    ],
)
def test_types_of_values(line, type, data):
    """Every type reads into the bytes that the registry holds."""
    assert query(DNS, line).keys[DNS.lower()].values == (RegValue("v", type, data),)


@pytest.mark.parametrize(
    ("line", "name", "data"),
    [
        ("    a name with blanks    REG_SZ    x", "a name with blanks", "x"),
        ("    a\ttab    REG_SZ    x", "a\ttab", "x"),
        (r'    back\slash "quoted"    REG_SZ    x', r'back\slash "quoted"', "x"),
        ("    a    REG_DWORD    b    REG_SZ    x", "a    REG_DWORD    b", "x"),
        ("    description    REG_SZ    a    REG_DWORD    0x3", "description", "a    REG_DWORD    0x3"),
        ("    v    REG_SZ    REG_SZ    y", "v", "REG_SZ    y"),
        ("    v    REG_BOGUS    REG_SZ    y", "v    REG_BOGUS", "y"),
    ],
)
def test_the_type_column_is_found_by_what_suits_it(line, name, data):
    """Names and data may look like columns; the first type whose data suits it counts."""
    (value,) = query(DNS, line).keys[DNS.lower()].values
    assert (value.name, value.text) == (name, data)


@pytest.mark.parametrize(
    "word", ["(Default)", "(Standard)", "(par défaut)", "(По умолчанию)", "(既定)", "(????)", "<NO NAME>"]
)
def test_the_default_value_in_every_language(word):
    """The default value is the one in brackets, however its name is translated or garbled."""
    key = query(LOCAL, f"    {word}    REG_SZ    text", "    name    REG_SZ    other").keys[LOCAL.lower()]
    assert key.text("") == "text"
    assert key.text("name") == "other"


def test_real_names_in_brackets():
    """Where several names stand in brackets only the English word is taken for the default value."""
    key = query(LOCAL, "    (a)    REG_SZ    1", "    (Default)    REG_SZ    2", "    (Default)    REG_SZ    3")
    assert [value.name for value in key.keys[LOCAL.lower()].values] == ["(a)", "", "(Default)"]
    other = query(LOCAL, "    (a)    REG_SZ    1", "    (b)    REG_SZ    2")
    assert [value.name for value in other.keys[LOCAL.lower()].values] == ["(a)", "(b)"]


def test_keys_subkeys_and_remarks():
    """Keys without values, lists of subkeys, and end lines in any language."""
    found = query(
        LOCAL, "    (Standard)    REG_SZ    ", "", f"{LOCAL}\\Empty", "", f"{LOCAL}\\Other", "    a    REG_SZ    b", "",
        "Ende der Suche: 3 Übereinstimmung(en) gefunden.",
    )  # fmt: skip
    assert [key.name for key in found.children(LOCAL)] == ["Empty", "Other"]
    assert found.key(f"{LOCAL}\\OTHER") == RegKey(f"{LOCAL}\\Other", (string("a", "b"),))


def test_texts_over_several_lines():
    """A text with line breaks goes on below its line, even behind blank lines when more output follows."""
    found = query(
        LOCAL, "    description    REG_SZ    one", "two", "", "    three", "    name    REG_SZ    x", "",
        f"{LOCAL}\\B", "    description    REG_SZ    four", "", "five", "", f"{LOCAL}\\C",
    )  # fmt: skip
    assert found.text(LOCAL, "description") == "one\r\ntwo\r\n\r\n    three"
    assert found.text(LOCAL, "name") == "x"
    assert found.text(f"{LOCAL}\\B", "description") == "four\r\n\r\nfive"
    assert found.has(f"{LOCAL}\\C")


def test_one_long_line_of_binary():
    """Binary data stands on one line however long."""
    (value,) = query(LOCAL, "    ipsecData    REG_BINARY    " + "0F" * 60_000).keys[LOCAL.lower()].values
    assert value.data == b"\x0f" * 60_000


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (["    a    REG_SZ    b"], 2),
        ([LOCAL, "    a    REG_DWORD    0x1", "    a    REG_DWORD    three"], 4),
        ([LOCAL, "    a    REG_BINARY    ABC"], 3),
        ([LOCAL, "    Zugriff verweigert"], 3),
    ],
    ids=["no key", "no number", "half a byte", "no value"],
)
def test_lines_that_are_no_registry_text(lines, number):
    """An error names its line, and holds nothing of it."""
    with pytest.raises(RegistryTextError, match=f"^line {number}: expected") as caught:
        query(*lines)
    assert caught.value.line == number
    assert "three" not in str(caught.value)
    assert "ABC" not in str(caught.value)


def test_empty_output_is_an_empty_tree():
    """Where nothing was printed there is nothing."""
    assert parse_query("") == RegistryTree()
    assert parse_query("\r\n\r\n") == RegistryTree()


@given(st.text(st.sampled_from("HKEY_REG SZ\\0x1(\t\r\n    "), max_size=80))
def test_any_output_gives_a_tree_or_an_error(text):
    """No text crashes the reader."""
    for candidate in (text, f"{LOCAL}\r\n    a    REG_SZ    {text}"):
        with suppress(RegistryTextError):
            parse_query(candidate)
