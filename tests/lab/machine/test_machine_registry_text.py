"""`.reg` text against the shapes of real exports (winrm 4.7, wine-oracle 5)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec_lab.machine.registry import Registry, RegistryValue
from winipsec_lab.machine.registry_text import decode_reg_file, parse, wrapped

KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\T"
HEAD = "Windows Registry Editor Version 5.00\r\n\r\n"


def loaded(text):
    """A registry with a text imported."""
    registry = Registry()
    registry.import_text(text)
    return registry


def test_an_export_has_header_keys_parents_first_and_one_blank_line_after_each():
    """The frame of the file, with a key without values."""
    registry = Registry()
    registry.set(rf"{KEY}\b", "n", RegistryValue("REG_SZ", 'a\\b"c'))
    registry.create_key(rf"{KEY}\a")
    assert registry.export_text(r"HKLM\SOFTWARE\T") == (
        f'{HEAD}[{KEY}]\r\n\r\n[{KEY}\\a]\r\n\r\n[{KEY}\\b]\r\n"n"="a\\\\b\\"c"\r\n\r\n'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (RegistryValue("REG_DWORD", 0x1F), "dword:0000001f"),
        (RegistryValue("REG_DWORD", b"\1\2"), "hex(4):01,02"),
        (RegistryValue("REG_BINARY", b"\xab\xcd"), "hex:ab,cd"),
        (RegistryValue("REG_BINARY", b""), "hex:"),
        (RegistryValue("REG_EXPAND_SZ", "a"), "hex(2):61,00,00,00"),
        (RegistryValue("REG_MULTI_SZ", ("a",)), "hex(7):61,00,00,00,00,00"),
        (RegistryValue("REG_MULTI_SZ", ()), "hex(7):00,00"),
        (RegistryValue("REG_QWORD", 1), "hex(b):01,00,00,00,00,00,00,00"),
        (RegistryValue("REG_NONE", b"\1"), "hex(0):01"),
        (RegistryValue("REG_FULL_RESOURCE_DESCRIPTOR", b"\1"), "hex(9):01"),
        (RegistryValue("REG_0xc", b"\1"), "hex(c):01"),
        (RegistryValue("REG_SZ", b"a\0"), "hex(1):61,00"),
        (RegistryValue("REG_SZ", ""), '""'),
    ],
)
def test_each_type_has_its_form(value, text):
    """One value of every type, also under the default name."""
    registry = Registry()
    registry.set(KEY, "v", value)
    registry.set(KEY, "", value)
    assert registry.export_text(KEY) == f'{HEAD}[{KEY}]\r\n"v"={text}\r\n@={text}\r\n\r\n'


def test_lines_wrap_before_they_exceed_80_characters_and_then_carry_25_bytes():
    """The wrapping rule, counted by hand for a 16-character prefix."""
    lines = wrapped('"ipsecData"=hex:', bytes(75)).split("\r\n")
    assert lines[0] == '"ipsecData"=hex:' + "00," * 21 + "\\"
    assert lines[1] == "  " + "00," * 25 + "\\"
    assert lines[2] == "  " + "00," * 25 + "\\"
    assert lines[3] == "  " + "00," * 3 + "00"
    assert max(map(len, lines)) <= 80


def test_the_last_byte_still_fits_where_a_byte_with_its_comma_and_a_backslash_would():
    """The boundary: 22 bytes after a 16-character prefix need a second line, 21 do not."""
    assert "\r\n" not in wrapped('"ipsecData"=hex:', bytes(21))
    assert "\r\n" in wrapped('"ipsecData"=hex:', bytes(22))


@pytest.mark.parametrize(("lone", "first"), [(False, "\\"), (True, "00,\\")])
def test_a_name_that_leaves_no_room_wraps_as_the_guess_says(lone, first):
    """Wine puts one byte there, the model none."""
    prefix = '"' + "n" * 80 + '"=hex:'
    assert wrapped(prefix, bytes(3), lone_byte=lone).startswith(prefix + first + "\r\n  00,")


def test_import_takes_what_windows_takes():
    """Short root names, comments, tabs in continuations, lower-case digits, deletions, no final line end."""
    registry = loaded(
        'Windows Registry Editor Version 5.00\n\n; comment\n[HKLM\\SOFTWARE\\T]\n@="d"\n"w"=dword:1F\n'
        '"b"=hex:01,\\\n\t02,\\ ; comment\n  03\n"gone"="x"\n"gone"=-\n[HKLM\\SOFTWARE\\T\\x]\n[-HKLM\\SOFTWARE\\T\\x]\n'
        '[HKLM\\SOFTWARE\\T]\n"q\\"q\\\\"="\\\\"'
    )
    assert registry.values(KEY) == {
        "": RegistryValue("REG_SZ", "d"),
        "w": RegistryValue("REG_DWORD", 31),
        "b": RegistryValue("REG_BINARY", b"\1\2\3"),
        'q"q\\': RegistryValue("REG_SZ", "\\"),
    }
    assert registry.subkeys(KEY) == []


def test_regedit4_spells_strings_in_the_ansi_page():
    """`hex(2)` and `hex(7)` of an old file hold single bytes."""
    registry = Registry()
    registry.import_text('REGEDIT4\r\n\r\n[HKLM\\SOFTWARE\\T]\r\n"e"=hex(2):e4,00\r\n"m"=hex(7):61,00,62,00,00\r\n')
    assert registry.get(KEY, "e") == RegistryValue("REG_EXPAND_SZ", "\u00e4")
    assert registry.get(KEY, "m") == RegistryValue("REG_MULTI_SZ", ("a", "b"))


@pytest.mark.parametrize("header", ["", "REGEDIT5", "Windows Registry Editor Version 4.00", "[HKLM\\A]"])
def test_unknown_headers_are_refused_and_change_nothing(header):
    """The first line decides."""
    registry = Registry()
    with pytest.raises(ValueError, match="not a registry script"):
        registry.import_text(f'{header}\r\n[HKLM\\A]\r\n"v"="x"\r\n')
    assert not registry.has_key(r"HKLM\A")


@pytest.mark.parametrize(
    "line", ['"v"', '"v"=', '"v"=dword:xyz', '"v"=hex:zz', '"v"=hex(:00', "v=1", '"open', '"v"="x']
)
def test_lines_without_sense_are_passed_over(line):
    """A broken line does not stop the rest, unless it swallows it as a string with line breaks would."""
    registry = loaded(f'{HEAD}[{KEY}]\r\n"a"="1"\r\n{line}\r\n')
    assert registry.values(KEY) == {"a": RegistryValue("REG_SZ", "1")}


def test_a_line_break_inside_a_text_survives_import():
    """Windows writes it raw and reads it back."""
    registry = loaded(f'{HEAD}[{KEY}]\r\n"v"="one  \r\n two\\\\"\r\n"w"="x"\r\n')
    assert registry.get(KEY, "v") == RegistryValue("REG_SZ", "one  \r\n two\\")
    assert registry.get(KEY, "w") == RegistryValue("REG_SZ", "x")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("\ufeffREGEDIT4 \u00e4".encode("utf-16-le"), "REGEDIT4 \u00e4"),
        ("\ufeffREGEDIT4 \u00e4".encode("utf-16-be"), "REGEDIT4 \u00e4"),
        ("\ufeffREGEDIT4 \u00e4".encode(), "REGEDIT4 \u00e4"),
        ("REGEDIT4 \u00e4".encode(), "REGEDIT4 \u00e4"),
        ("REGEDIT4 \u00e4".encode("cp1252"), "REGEDIT4 \u00e4"),
    ],
)
def test_files_are_decoded_by_their_marks(data, text):
    """UTF-16 and UTF-8 by byte order mark, UTF-8 by its look, all else in the ANSI page."""
    assert decode_reg_file(data) == text


def test_the_program_never_guesses_utf8():
    """For `reg import` a file without a mark is ANSI."""
    assert decode_reg_file("\u00e4".encode(), guess_utf8=False) == "\u00c3\u00a4"


def test_real_blobs_export_as_recorded():
    """Every blob of the recorded stores wraps within 80 characters and comes back unchanged."""
    vectors = Path(__file__).parents[2] / "vectors" / "ipsec-data.json"
    blobs = [bytes.fromhex(found) for found in _hex_strings(json.loads(vectors.read_text()))]
    assert len(blobs) >= 18
    registry = Registry()
    for number, blob in enumerate([*blobs, bytes(range(256)) * 235]):
        registry.set(rf"{KEY}\{number:03}", "ipsecData", RegistryValue("REG_BINARY", blob))
    text = registry.export_text(KEY)
    assert max(len(line) for line in text.split("\r\n")) <= 80
    assert loaded(text).export_text(KEY) == text


def _hex_strings(document):
    """All long hexadecimal strings of a JSON document."""
    if isinstance(document, dict):
        for value in document.values():
            yield from _hex_strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from _hex_strings(value)
    elif isinstance(document, str) and len(document) > 40 and not set(document) - set("0123456789abcdefABCDEF"):
        yield document


NAMES = st.text(st.characters(exclude_characters="\\\0\r\n", exclude_categories=["Cs"]), min_size=1, max_size=20)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
VALUES = st.one_of(
    st.builds(RegistryValue, st.sampled_from(["REG_SZ", "REG_EXPAND_SZ"]), TEXTS),
    st.builds(RegistryValue, st.just("REG_DWORD"), st.integers(0, 2**32 - 1)),
    st.builds(RegistryValue, st.just("REG_QWORD"), st.integers(0, 2**64 - 1)),
    st.builds(RegistryValue, st.sampled_from(["REG_BINARY", "REG_NONE", "REG_0xc"]), st.binary(max_size=200)),
    st.builds(RegistryValue, st.just("REG_MULTI_SZ"), st.lists(TEXTS, max_size=4).map(tuple)),
)
KEY_NAMES = NAMES.filter(lambda name: "]" not in name and name == name.strip() and name)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEY_NAMES, st.dictionaries(NAMES, VALUES, max_size=5), max_size=4))
def test_whatever_is_exported_comes_back(store):
    """Export and import are inverse for every type and every name."""
    registry = Registry()
    for key, values in store.items():
        registry.create_key(rf"{KEY}\{key}")
        for name, value in values.items():
            registry.set(rf"{KEY}\{key}", name, value)
    registry.create_key(KEY)
    text = registry.export_text(KEY)
    again = Registry()
    again.import_text(text)
    assert again.export_text(KEY) == text
    for key in store:
        assert again.values(rf"{KEY}\{key}") == registry.values(rf"{KEY}\{key}")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    """Whatever follows the header, parsing ends with steps."""
    parse(f"REGEDIT4\r\n[HKLM\\A]\r\n{text}")
