"""Text of a user arrives unchanged, or is refused with a reason. spec: wine-oracle 3, winrm 4.3."""

import pytest
from command_line_model import InjectedError, arrive, c_runtime_arguments, expand_percents
from hypothesis import given
from hypothesis import strategies as st
from winipsec.errors import UserError
from winipsec.formats.quoting import MAX_LINE, MAX_SCRIPT_VALUE, argument, path, script_value, units

VARIABLES = {"DEFINED": "expanded & run", "PATH": "C:\\Windows", "B": "b", "ProgramData": "C:\\ProgramData"}

# The strings of the matrix in spec wine-oracle 3, each alone and inside words.
PIECES = [
    *"&|<>^%!';,=()@~*?#$[]{}/\\:+.-`",
    *("&&", "||", "2>x", "1>&2", "^&", "%1", "%*", "%~0", "%%", " ", "\u00a0", "\u2013", "\u2028", "“x”", "‘x’"),
    *("é", "漢字", "😀", "%DEFINED%", "%UNDEFINED%", "%DEFINED:~0,4%", "!DEFINED!", "^%DEFINED^%", "%B%%B%", "a\\%B%"),
]
HOSTILE = ["", "\\\\", "a\\", *(form for p in PIECES for form in (p, f"two {p} words", p + p))]

CARRIED = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters='"\ufffe\uffff').filter(
        lambda c: ord(c) & 0xFFFE != 0xFFFE
    ),
    max_size=60,
)
TRICKY = st.text(st.sampled_from(list("\\%^&|<>!()= aB;")), max_size=30)


class TestArgument:
    """Values on a command line."""

    @pytest.mark.parametrize("value", HOSTILE)
    def test_matrix(self, value):
        """Every string of the matrix, between two other arguments."""
        line = f"netsh x name={argument(value)} y"
        assert arrive(line, VARIABLES) == ["netsh", "x", f"name={value}", "y"]

    @given(CARRIED | TRICKY, CARRIED | TRICKY)
    def test_any_two_values_on_one_line(self, first, second):
        """Percent signs and backslashes of one value do not meet those of the other."""
        line = f"netsh a={argument(first)} b={argument(second)} c=d"
        assert arrive(line, VARIABLES) == ["netsh", f"a={first}", f"b={second}", "c=d"]

    @pytest.mark.parametrize(
        ("value", "quoted"),
        [
            ("", '""'),
            ("a b", '"a b"'),
            ("50% off", '"50"%" off"'),
            ("100%", '"100"%""'),
            ("a\\", '"a\\\\"'),
            ("a\\%", '"a\\\\"%""'),
            ("a\\b", '"a\\b"'),
        ],
    )
    def test_forms(self, value, quoted):
        """As the spec writes them."""
        assert argument(value) == quoted

    @pytest.mark.parametrize("code", [*range(32), 127, *range(0x80, 0xA0)])
    def test_control_characters(self, code):
        """None is carried, a tab neither."""
        with pytest.raises(UserError) as caught:
            argument(f"a{chr(code)}b")
        assert caught.value.code == "quoting.control"
        assert f"U+{code:04X}" in str(caught.value)

    @pytest.mark.parametrize("code", [0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1FFFE])
    def test_no_characters(self, code):
        """Halves of surrogates and non-characters cannot stand in XML."""
        with pytest.raises(UserError) as caught:
            argument(chr(code))
        assert caught.value.code == "quoting.unicode"

    def test_quote(self):
        """The proven injection of the spec is refused."""
        with pytest.raises(UserError) as caught:
            argument('a\\"&echo INJ b', path="name")
        assert (caught.value.code, caught.value.path) == ("quoting.quote", "name")

    def test_too_long(self):
        """The line would be cut off, or nothing run."""
        assert len(argument("x" * (MAX_LINE - 2))) == MAX_LINE
        with pytest.raises(UserError) as caught:
            argument("x" * (MAX_LINE - 1))
        assert caught.value.code == "quoting.long"

    def test_length_counts_as_windows_counts(self):
        """Characters beyond U+FFFF count twice."""
        assert units("a😀") == 3
        with pytest.raises(UserError):
            argument("😀" * (MAX_LINE // 2))

    @pytest.mark.parametrize("quote", [argument, script_value])
    def test_refusals_do_not_show_the_value(self, quote):
        """It may be a key."""
        with pytest.raises(UserError) as caught:
            quote('geheim"123')
        assert "geheim" not in str(caught.value)


class TestModel:
    """The model itself notices what naive quoting lets through."""

    @pytest.mark.parametrize("value", ["a&b", "a|b", "a>b", "a^b"])
    def test_unquoted_operators(self, value):
        """Without quotes they are seen."""
        with pytest.raises(InjectedError):
            arrive(f"netsh name={value}", {})

    def test_plain_quotes_expand(self):
        """What the percent signs between quotes prevent."""
        assert expand_percents('"%DEFINED%"', {"DEFINED": "x"}) == '"x"'

    def test_backslash_eats_the_quote(self):
        """Why a backslash at the end is doubled."""
        assert c_runtime_arguments('netsh name="a\\" y') == ["netsh", 'name=a" y']


class TestScriptValue:
    """Values in a netsh script file."""

    @pytest.mark.parametrize("value", ["", "a b", "50% off", "%DEFINED%", "a&b", "a#b", "a\\b", "a'b", "a^b|c"])
    def test_carried(self, value):
        """No percent treatment: netsh reads it alone."""
        assert script_value(value) == f'"{value}"'

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ('a"b', "quote"),
            ("a\nb", "control"),
            ("a\tb", "control"),
            ("é", "ascii"),
            ("漢", "ascii"),
            ("a\\", "backslash"),
            ("x" * (MAX_SCRIPT_VALUE + 1), "long"),
        ],
    )
    def test_refused(self, value, code):
        """Each with its own code, so that the caller may take the command line instead."""
        with pytest.raises(UserError) as caught:
            script_value(value, path="filters[2].description")
        assert caught.value.code == f"quoting.{code}"
        assert str(caught.value).startswith("filters[2].description: ")


class TestPath:
    """File names of ours."""

    def test_variables_may_expand(self):
        """`%ProgramData%` is needed where it stands."""
        line = f"type {path(chr(37) + 'ProgramData' + chr(37) + chr(92) + 'a b.nsh', variables=True)}"
        assert arrive(line, VARIABLES) == ["type", "C:\\ProgramData\\a b.nsh"]

    def test_without_variables(self):
        """Otherwise a percent sign is one."""
        assert arrive(f"type {path('C:' + chr(92) + '%B%.nsh')}", VARIABLES) == ["type", "C:\\%B%.nsh"]

    @pytest.mark.parametrize("value", ["a|b", "a?", "a*", "<a", "a>", 'a"', "a\\", "a ", "a.", "a\x00"])
    def test_not_a_file_name(self, value):
        """Windows would refuse it, or worse."""
        with pytest.raises(UserError):
            path(value)
