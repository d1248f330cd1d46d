"""The quoting matrix of wine-oracle 3: what arrives at a program."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winipsec_lab.machine.machine import Machine
from winipsec_lab.programs import PROGRAMS

SPECIAL = list("&|<>^%!';,=()@~*?#${}[]/\\:+.-`")
PAIRS = ["&&", "||", "2>x", "1>&2", "^&", "%1", "%*", "%~0", "%%"]
VARIABLES = ["%OS%", "%UNDEFINED%", "%OS:~0,4%", "!OS!", "%PATH%", "%OS:NT=x%", "%ERRORLEVEL%"]
LETTERS = ["\t", " ", "\u00a0", "\u2013", "\u2028", "\u201cx\u201d", "\u00e9", "\u6f22", "\U0001f600"]
CONTROLS = ["\x08", "\x0b", "\x1a", "\x7f"]
ALONE = [*SPECIAL, *PAIRS, *VARIABLES, *LETTERS, *CONTROLS, ""]
MATRIX = [text for text in [*ALONE, *(f"a {text} b" for text in [*SPECIAL, *PAIRS])] if not text.endswith("\\")]


def test_the_matrix_is_complete():
    """At least as many strings as the recorded matrix has."""
    assert len(MATRIX) >= 76


@pytest.mark.parametrize("value", MATRIX)
def test_quotes_with_each_percent_outside_carry_everything(desk, value):
    """`name="V"` with each percent written as `"%"` arrives unchanged."""
    written = value.replace("%", '"%"')
    assert desk.code(f'netsh add name="{written}" last') == 0
    assert desk.arguments == [["add", f"name={value}", "last"]]


@pytest.mark.parametrize("value", [text for text in MATRIX if "\x1a" not in text])
def test_in_a_batch_file_doubled_percents_do_the_same(desk, value):
    """`name="V"` with percent signs doubled, as far as a batch file can hold the character."""
    desk.batch(f'@netsh add name="{value.replace("%", "%%")}" last\n')
    assert desk.arguments == [["add", f"name={value}", "last"]]


@pytest.mark.parametrize("value", MATRIX)
def test_plain_quotes_only_lose_defined_variables(desk, value):
    """With plain quotes exactly the strings with a defined variable change."""
    desk.run(f'netsh add name="{value}" last')
    changed = "%OS" in value or "%PATH%" in value or "%ERRORLEVEL%" in value
    assert (desk.arguments == [["add", f"name={value}", "last"]]) != changed


@pytest.mark.parametrize("value", ["a&b", "a|b", "a<b", "a>b", "a b", "a\tb"])
def test_unquoted_special_characters_break_the_value(desk, value):
    """Without quotes operators, redirections and blanks take effect."""
    desk.run(f"netsh x name={value}")
    assert ["x", f"name={value}"] not in desk.arguments


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ('netsh "name=a & b"', ["name=a & b"]),
        ('"netsh x name="a & b" y"', ["x", "name=a & b", "y"]),
        ("netsh a^&b ^^ ^%OS^% ^|", ["a&b", "^", "%OS%", "|"]),
        ('netsh "a"^%"b"', ["a%b"]),
        ('netsh name="a\\\\"', ["name=a\\"]),
        ('netsh name="a""b"', ['name=a"b']),
        ("netsh 'a b'", ["'a", "b'"]),
        ('netsh  a ,; "b=c"', ["a", ",;", "b=c"]),
    ],
)
def test_other_ways_of_quoting(desk, line, arguments):
    """The remaining rows of the table, and carets as real Windows treats them."""
    desk.run(line)
    assert desk.arguments == [arguments]


def test_a_quote_in_a_value_is_an_injection(desk):
    r"""`\"` ends quoting for the interpreter: the rest of the value runs as a command."""
    assert "INJ" in desk.out('netsh name="a\\"&echo INJ b"')


def test_a_line_break_ends_the_command(desk):
    """Nothing behind CR LF runs, quoted or not."""
    desk.run('netsh name="a\r\nb" & netsh second')
    assert desk.arguments == [["name=a"]]


@pytest.mark.parametrize(
    ("setting", "line", "out"),
    [
        ("rescan", 'echo "100"%"" & echo %OS%', '"100"%"" \r\nWindows_NT\r\n'),
        ("skip", 'echo "100"%"" & echo %OS%', '"100"%"" \r\n%OS%\r\n'),
        ("skip", "echo %NO% %OS%", "%NO% Windows_NT\r\n"),
    ],
)
def test_whether_a_lone_percent_hides_the_next_variable_is_a_guess(desk, setting, line, out):
    """Both readings of the percent trap."""
    desk.machine.guesses.set("cmd.percent_rescan", setting)
    assert desk.out(line) == out


@pytest.mark.parametrize(("setting", "argument"), [("handle", "name="), ("text", "name=2")])
def test_whether_an_equals_sign_makes_a_digit_a_handle_is_a_guess(desk, setting, argument):
    """`name=2>x`, unquoted."""
    desk.machine.guesses.set("cmd.redirect_digit", setting)
    desk.run("netsh name=2>x")
    assert desk.arguments == [[argument]]


def test_a_digit_inside_a_word_is_never_a_handle(desk):
    """`a2>x` writes handle 1."""
    desk.run("netsh a2>x")
    assert desk.arguments == [["a2"]]


HOST = Machine("web1")
VALUES = st.text(st.characters(exclude_characters='"\r\n\0', exclude_categories=["Cs"]), max_size=30).filter(
    lambda text: not text.endswith("\\")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=3))
def test_any_value_survives_the_recommended_quoting(values):
    """Random values, several on one line."""
    seen = []
    before = PROGRAMS["netsh"]
    PROGRAMS["netsh"] = lambda process: seen.append(process.argv[1:]) or 0
    try:
        line = "netsh " + " ".join('"{}"'.format(value.replace("%", '"%"')) for value in values)
        assert HOST.console(line)[0] == 0
    finally:
        PROGRAMS["netsh"] = before
    assert seen == [values]
