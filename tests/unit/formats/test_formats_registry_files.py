"""`.reg` files as regedit, `reg export` and other tools write them (spec: winrm 4.7, wine-oracle 5)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from blob_vectors import VECTORS
from hypothesis import given, settings
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
    binary,
    dword,
    string,
    strings,
    tree,
)
from winipsec.formats.registry_text import (
    RegistryTextError,
    decode_reg_bytes,
    format_export,
    parse_export,
)

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"


def export(*lines: str) -> RegistryTree:
    """A `.reg` file with these lines behind its header."""
    return parse_export("\r\n".join(("Windows Registry Editor Version 5.00", "", *lines, "")))


def utf16(text: str) -> bytes:
    """Text as the registry stores it."""
    return text.encode("utf-16-le")


FILTER = next(item for item in VECTORS if item["id"] == "gsec2022-filter-45f48cfc")
FILTER_LINES = [
    f"[{LOCAL}\\ipsecFilter{{45f48cfc-241d-42f7-bcd4-927054db1b67}}]",
    '"className"="ipsecFilter"',
    '"ipsecDataType"=dword:00000100',
    r'"ipsecData"=hex:b5,20,dc,80,c8,2e,d1,11,a8,9e,00,a0,24,8d,30,21,46,00,00,00,01,\ '.rstrip(),
    r"  00,00,00,02,00,00,00,00,00,02,00,00,00,00,00,02,00,00,00,00,00,51,25,fa,5c,\ ".rstrip(),
    r"  69,ba,e6,4b,9f,1c,d1,92,43,2c,2f,ee,01,00,00,00,00,00,00,00,00,00,00,00,00,\ ".rstrip(),
    "  00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00",
    "",
]


def test_an_export_reads_and_writes_as_windows_wraps_it():
    """A real blob in the wrapping of `reg export`: first line up to 80 columns, then 25 bytes a line."""
    found = export(*FILTER_LINES)
    (key,) = found.keys.values()
    assert key.values[2] == binary("ipsecData", bytes.fromhex(FILTER["hex"]))
    written = format_export(found)
    assert written == "\r\n".join(["Windows Registry Editor Version 5.00", "", *FILTER_LINES, ""])
    assert max(map(len, written.split("\r\n"))) <= 80 + len(LOCAL)


@pytest.mark.parametrize(
    ("line", "type", "data"),
    [
        (r'"v"="a\\b \"c\""', REG_SZ, utf16('a\\b "c"\0')),
        ('"v"=""', REG_SZ, utf16("\0")),
        (r'"v"="as\r\nWine\\new"', REG_SZ, utf16("as\r\nWine\\new\0")),
        ('"v"="x" ; a remark', REG_SZ, utf16("x\0")),
        ('"v" = "x"', REG_SZ, utf16("x\0")),
        ('"v"=dword:1F', REG_DWORD, b"\x1f\0\0\0"),
        ('"v"=hex:', REG_BINARY, b""),
        ('"v"=hex:01,ff,', REG_BINARY, b"\1\xff"),
        ('"v"=hex(2):25,00,00,00', REG_EXPAND_SZ, b"%\0\0\0"),
        ('"v"=hex(7):61,00,00,00,00,00', REG_MULTI_SZ, b"a\0\0\0\0\0"),
        ('"v"=hex(b):01,00,00,00,00,00,00,00', REG_QWORD, b"\1" + bytes(7)),
        ('"v"=hex(0):', REG_NONE, b""),
        ('"v"=hex(4):01,02', REG_DWORD, b"\1\2"),
        ('"v"=hex(9):0a', 9, b"\x0a"),
        ('"v"=hex(123456):00', 0x123456, b"\0"),
        ('"v"=HEX:0A', REG_BINARY, b"\x0a"),
    ],
)
def test_values_of_reg_files(line, type, data):
    """Every form of data that regedit and `reg import` take."""
    assert export(f"[{LOCAL}]", line).keys[LOCAL.lower()].values == (RegValue("v", type, data),)


def test_names_of_reg_files():
    """The default value is an at sign; names are escaped like texts; `=` may stand in them."""
    (key,) = export(f"[{LOCAL}]", '@="d"', r'"a\\b\"c=d"="e"').keys.values()
    assert [(value.name, value.text) for value in key.values] == [("", "d"), ('a\\b"c=d', "e")]


def test_continued_lines():
    """A backslash goes on below, with any blanks or tabs before."""
    (key,) = export(f"[{LOCAL}]", '"v"=hex:01,\\', "\t02,\\", "  03", '"w"="x"').keys.values()
    assert key.values == (binary("v", b"\1\2\3"), string("w", "x"))


def test_the_wrapping_of_another_exporter():
    """Upper case, no blanks before continued lines, four bytes for each character and an odd number at the end."""
    lines = ['"v"=hex(7):63,00,00,00,6D,00,00,00,64,00,00,00,2E,00,00,00,65,00,\\', "00,00,78,00,00,00,00,00,00,00,00"]
    (key,) = export(f"[{LOCAL}]", *lines).keys.values()
    assert key.strings("v") == ("cmd.ex",)


def test_texts_with_line_breaks_in_reg_files():
    """Regedit writes line breaks of a text as they are."""
    (key,) = export(f"[{LOCAL}]", '"v"="one', "[two]", '\\"three\\"" ; remark', '"w"="x"').keys.values()
    assert key.values == (string("v", 'one\r\n[two]\r\n"three"'), string("w", "x"))


def test_what_regedit_passes_over():
    """Remarks behind keys and data, between wrapped lines, and with a number sign; what editors leave at the end."""
    (key,) = export(
        f"[{LOCAL}] ; a remark",
        "# another",
        '"v"=hex:01,\\ ; here',
        "; between",
        "",
        "  02",
        '"w"=dword:1 ; there',
        '"x"="gone"',
        '"x"=- ; gone',
    ).keys.values()
    assert key.values == (binary("v", b"\1\2"), RegValue("w", REG_DWORD, b"\1\0\0\0"))


def test_what_editors_leave_at_the_end():
    """A NUL, or what ended a file on CP/M."""
    (key,) = parse_export(f'REGEDIT4\r\n[{LOCAL}]\r\n"v"="x"\r\n\x1a\0').keys.values()
    assert key.text("v") == "x"


def test_lines_that_end_as_on_old_macs():
    """Nothing but carriage returns."""
    (key,) = parse_export(f'REGEDIT4\r[{LOCAL}]\r"v"="x"\r').keys.values()
    assert key.text("v") == "x"


def test_other_keys_need_not_be_sound():
    """The export of a whole machine holds the mistakes of every program on it; only our own keys must be right."""
    lines = [r"[HKLM\Software\Other]", '"v"="{"a":1}"', "nonsense", '"w"=', '"x"="sound"', rf"[{LOCAL}]", '"y"="sound"']
    registry = parse_export("\r\n".join(["REGEDIT4", *lines]), about=r"\IPSEC")
    assert [(key.name, [value.name for value in key.values]) for key in registry.keys.values()] == [
        ("Other", ["x"]),
        ("Local", ["y"]),
    ]
    with pytest.raises(RegistryTextError, match="line 9"):
        parse_export("\r\n".join(["REGEDIT4", *lines, '"z"=nonsense']), about=r"\IPSEC")


def test_comments_deletions_and_short_hives():
    """Later lines take back earlier ones; what is deleted below nothing is nothing."""
    found = export(
        "; a remark",
        r"[HKLM\Software\A]", '"x"="1"', '"y"="2"',
        r"[HKEY_LOCAL_MACHINE\SOFTWARE\a\B]", '"z"="3"',
        r"[hklm\SOFTWARE\C]",
        r"[HKLM\Software\A]", '"X"=-',
        r"[-HKLM\SOFTWARE\A\B]", '"lost"="value below a deleted key"',
    )  # fmt: skip
    assert [key.path for key in found.keys.values()] == [
        r"HKEY_LOCAL_MACHINE\Software\A",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\C",
    ]
    assert found.text(r"HKLM\software\A", "Y") == "2"
    assert found.text(r"HKLM\software\A", "x") == ""


def test_old_files_hold_texts_of_a_code_page():
    """In a REGEDIT4 file the bytes of strings are of the machine's code page."""
    text = 'REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n"m"=hex(7):e4,00,62,00,00\r\n"b"=hex:e4\r\n'
    (key,) = parse_export(text).keys.values()
    assert key.strings("m") == ("ä", "b")
    assert key.values[1].data == b"\xe4"
    (cyrillic,) = parse_export(text, ansi="cp1251").keys.values()
    assert cyrillic.strings("m") == ("д", "b")


@pytest.mark.parametrize(
    ("lines", "number", "expected"),
    [
        (["no header"], 1, "the header"),
        (["", "", "REGEDIT5"], 3, "the header"),
        ([], 1, "the header"),
        (["REGEDIT4", "[unclosed"], 2, "a key in square brackets"),
        (["REGEDIT4", "[]"], 2, "a key in square brackets"),
        (["REGEDIT4", "[A]", "nonsense"], 3, "a value"),
        (["REGEDIT4", "[A]", '"v"=psk-Secret'], 3, "data"),
        (["REGEDIT4", "[A]", '"v"=dword:123456789'], 3, "data"),
        (["REGEDIT4", "[A]", '"v"=hex:0g'], 3, "data"),
        (["REGEDIT4", "[A]", '"v"=hex:123'], 3, "data"),
        (["REGEDIT4", "[A]", '"v"="Secret', "Secret"], 3, "a closing quote"),
        (["REGEDIT4", "[A]", '"v"="a "Secret" b"', '"w"="x"'], 3, "a closing quote"),
        (["REGEDIT4", "[A]", '"v"="one', r"[HKEY_LOCAL_MACHINE\B]", '"w"=hex:01', '"x"="two"'], 3, "a closing quote"),
    ],
)
def test_lines_that_windows_would_not_import(lines, number, expected):
    """An error names the line where the trouble begins, never what stands there."""
    with pytest.raises(RegistryTextError, match=f"^line {number}: expected {expected}") as caught:
        parse_export("\n".join(lines))
    assert "Secret" not in str(caught.value)


def test_a_file_that_ends_within_a_value():
    """A backslash at the very end continues into nothing."""
    (key,) = export(f"[{LOCAL}]", '"v"=hex:01,\\').keys.values()
    assert key.values == (binary("v", b"\1"),)


REG = 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Ключ]\r\n"ä"="漢"\r\n'


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe" + REG.encode("utf-16-le"),
        b"\xfe\xff" + REG.encode("utf-16-be"),
        REG.encode("utf-16-le"),
        b"\xef\xbb\xbf" + REG.encode(),
        REG.encode(),
        REG.replace("\r\n", "\n").encode(),
    ],
    ids=["utf-16 le", "utf-16 be", "utf-16 without mark", "utf-8 with mark", "utf-8", "unix lines"],
)
def test_encodings_of_reg_files(raw):
    """Whatever tool saved the file, its text is the same."""
    (key,) = parse_export(decode_reg_bytes(raw)).keys.values()
    assert (key.name, key.text("ä")) == ("Ключ", "漢")


def test_ansi_files():
    """What is neither UTF-16 nor UTF-8 is of the given code page, and no byte is an error."""
    assert decode_reg_bytes("ä".encode("cp1252")) == "ä"
    assert decode_reg_bytes("д".encode("cp1251"), "cp1251") == "д"
    assert decode_reg_bytes(b"\x81") == "�"
    assert decode_reg_bytes(b"") == ""


# --- writing ------------------------------------------------------------------------------------------------------


def test_the_layout_of_an_export():
    """Header, keys in brackets, values, a blank line behind each key."""
    registry = tree(
        [
            RegKey(r"HKLM\A", (string("", "d"), string("a\\b", 'c"d'), dword("n", 31), strings("m", ["x"]))),
            RegKey(r"HKEY_LOCAL_MACHINE\A\B"),
            RegKey(r"HKEY_LOCAL_MACHINE\A\C", (RegValue("q", REG_QWORD, bytes(8)), RegValue("n", REG_NONE, b""))),
        ]
    )
    assert format_export(registry).split("\r\n") == [
        "Windows Registry Editor Version 5.00",
        "",
        r"[HKEY_LOCAL_MACHINE\A]",
        '@="d"',
        r'"a\\b"="c\"d"',
        '"n"=dword:0000001f',
        '"m"=hex(7):78,00,00,00,00,00',
        "",
        r"[HKEY_LOCAL_MACHINE\A\B]",
        "",
        r"[HKEY_LOCAL_MACHINE\A\C]",
        '"q"=hex(b):00,00,00,00,00,00,00,00',
        '"n"=hex(0):',
        "",
        "",
    ]


def test_values_that_plain_forms_would_change():
    """Odd sizes, missing or inner NULs and line breaks are written as bytes, so that nothing is lost."""
    registry = tree(
        [
            RegKey(
                r"HKEY_LOCAL_MACHINE\A",
                (
                    RegValue("short", REG_DWORD, b"\1\2"),
                    RegValue("open", REG_SZ, utf16("a")),
                    RegValue("inner", REG_SZ, utf16("a\0b\0")),
                    string("lines", "a\r\nb"),
                ),
            )
        ]
    )
    lines = format_export(registry).split("\r\n")
    assert lines[3:7] == [
        '"short"=hex(4):01,02',
        '"open"=hex(1):61,00',
        '"inner"=hex(1):61,00,00,00,62,00,00,00',
        '"lines"=hex(1):61,00,0d,00,0a,00,62,00,00,00',
    ]
    assert parse_export(format_export(registry)) == registry


def test_a_name_that_fills_the_line():
    """Where a name leaves no room one byte still goes beside it."""
    registry = tree([RegKey(r"HKEY_LOCAL_MACHINE\A", (binary("n" * 90, b"\1\2\3"),))])
    assert format_export(registry).split("\r\n")[3:5] == [f'"{"n" * 90}"=hex:01,\\', "  02,03"]


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
values = st.builds(RegValue, names, st.sampled_from([0, 1, 2, 3, 4, 5, 7, 9, 11, 0x1234]), st.binary(max_size=90))


@given(st.lists(values, max_size=5, unique_by=lambda value: value.name.lower()))
@settings(max_examples=200)
def test_every_tree_reads_back_as_it_was_written(items):
    """Exports lose nothing, whatever the types and bytes; no line of bytes is wider than 80 columns."""
    registry = tree([RegKey(r"HKEY_LOCAL_MACHINE\SOFTWARE\A", tuple(items))])
    written = format_export(registry)
    assert parse_export(written) == registry
    assert all(len(line) <= 80 for line in written.split("\r\n") if line.startswith("  "))


@given(st.text(st.sampled_from('[]@"=-\\hexdwor:()0123,;\r\n \t'), max_size=120))
@settings(max_examples=200)
def test_any_file_gives_a_tree_or_an_error(text):
    """No text crashes the reader."""
    with suppress(RegistryTextError):
        parse_export(f"REGEDIT4\r\n[A]\r\n{text}")


def test_a_text_that_never_closes_is_read_once():
    """An error at the end of a long file comes at once, not after walking it again for every line."""
    with pytest.raises(RegistryTextError, match="line 3"):
        parse_export('REGEDIT4\n[A]\n"v"="' + "x\n" * 200_000)
