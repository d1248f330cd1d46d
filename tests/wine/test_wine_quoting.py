"""What our quoting writes arrives unchanged as the argument of a program, by the word of another implementation of cmd.

The strings are those of spec: wine-oracle 3; Wine runs `cmd /c netsh … name="VALUE"` and a stand-in for netsh says what
it received.
"""

from __future__ import annotations

import random

import pytest
from winipsec.errors import UserError
from winipsec.formats.quoting import argument

SPECIAL = [*"&|<>^%!';,=()@~*?#$", *"{}[]/:+.-`\\"]
SEQUENCES = [
    *("&&", "||", "2>x", "1>&2", "^&", "%1", "%*", "%~0", "%%", "100%", "50% off", "%PATH%", "%UNDEFINED%"),
    *("%PATH:~0,4%", "!PATH!", "^%PATH^%", "%%PATH%%", "a\\", "a\\\\", "\\\\server\\share\\", "%\\", "\\%"),
    *("a b", " a", "a ", "two  blanks", "", "-", "/?", "/c", "name=x", "a=b c=d", "(a & b)", "echo INJ", "& echo INJ"),
]
# Wine shows what a code page cannot hold as well: the stand-in prints UTF-16 units.
SCRIPTS = ["Grün", "é", "漢字", "привет", "カタカナ", "\U0001f600", "a\u00a0b", "\u2013", "\u201cq\u201d"]
VALUES = [*SPECIAL, *(f"a{character}b" for character in SPECIAL), *SEQUENCES, *SCRIPTS]


def line(value: str) -> str:
    """A command line with the value in the middle, so that nothing around it may change either."""
    return f"cmd /c netsh ipsec static add filterlist name={argument(value)} description=end"


def test_every_hostile_string_arrives_unchanged(wine):
    """Operators, percent signs, backslashes, blanks and other scripts all reach the program as they were."""
    received = wine.netsh_arguments([line(value) for value in VALUES])
    expected = [["ipsec", "static", "add", "filterlist", f"name={value}", "description=end"] for value in VALUES]
    assert [pair for pair in zip(received, expected, strict=True) if pair[0] != pair[1]] == []


def test_random_strings_arrive_unchanged(wine):
    """The same for 150 strings of what is dangerous, in any order."""
    source = random.Random(20)  # noqa: S311 no secret
    alphabet = [*SPECIAL, " ", "PATH", "a", "é", "漢"]
    values = ["".join(source.choices(alphabet, k=source.randint(1, 12))) for _ in range(150)]
    received = wine.netsh_arguments([line(value) for value in values])
    assert [
        value for value, arguments in zip(values, received, strict=True) if arguments[4:5] != [f"name={value}"]
    ] == []


def test_plain_quotes_would_not_do(wine):
    """Without our percent rule a defined variable is expanded: Wine would notice a quoting that breaks."""
    [received] = wine.netsh_arguments(['cmd /c netsh name="%ComSpec%"'])
    assert received != ["name=%ComSpec%"]
    assert received[0].lower().endswith("cmd.exe")


def test_a_quote_would_run_what_follows_and_is_refused(wine):
    """The C runtime's own way to write a quote is an open door in cmd, so the value is refused."""
    [answer] = wine.run(['cmd /c netsh name="a\\"&echo INJ b"'])
    assert b"INJ" in answer.output
    with pytest.raises(UserError, match="double quote"):
        argument('a"&echo INJ b')
