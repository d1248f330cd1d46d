"""How a command line becomes an argument list (C runtime)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winipsec_lab.machine.arguments import split_arguments


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("p a b", ["p", "a", "b"]),
        ("p   a\tb  ", ["p", "a", "b"]),
        ('"C:\\a b\\p.exe" x', ["C:\\a b\\p.exe", "x"]),
        ('p name="a b"', ["p", "name=a b"]),
        ('p "name=a b"', ["p", "name=a b"]),
        ('p ""', ["p", ""]),
        (r'p a\b "c\d"', ["p", r"a\b", r"c\d"]),
        (r'p "a\\" b', ["p", "a\\", "b"]),
        (r'p name="a\" y', ["p", 'name=a" y']),
        (r"p a\\\"b", ["p", 'a\\"b']),
        ('p "a""b" c', ["p", 'a"b', "c"]),
        ('p "100"%""', ["p", "100%"]),
        ('p "open', ["p", "open"]),
        ("p", ["p"]),
        (r"C:\x\\p.exe a", [r"C:\x\\p.exe", "a"]),
    ],
)
def test_the_runtime_rules(line, arguments):
    """Quotes, backslashes before quotes, doubled quotes, the special first word."""
    assert split_arguments(line) == arguments


def quoted(text):
    """The textbook way to quote for the C runtime."""
    out, slashes = '"', 0
    for char in text:
        if char == "\\":
            slashes += 1
            continue
        out += "\\" * (slashes * 2 + 1 if char == '"' else slashes) + char
        slashes = 0
    return out + "\\" * (slashes * 2) + '"'


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=12), max_size=4))
def test_textbook_quoting_is_undone(arguments):
    """Any list of arguments survives quoting and splitting."""
    assert split_arguments(" ".join(["p", *map(quoted, arguments)])) == ["p", *arguments]
