r"""The one module that quotes: text of a user on its way into a `cmd` line or a netsh script.

Theory. A command line is read three times: `cmd` looks for percent signs, then for operators outside double quotes,
and the program's C runtime splits what is left into arguments. Inside double quotes the operators are plain to `cmd`
and blanks are plain to the C runtime, so every value stands in double quotes. What double quotes do not tame:

- `%`: `cmd` expands `%NAME%` even inside quotes. Close the quotes, write the percent sign, open them again:
  `a%b` becomes `"a"%"b"`. No variable has a name that begins with a quote, so nothing ever expands.
- `\` before a quote: to the C runtime it escapes the quote. Doubled, it is itself again. That holds before the closing
  quote and before the quotes around each percent sign.
- `"`: cannot be carried. `\"` satisfies the C runtime, but `cmd` takes it for the end of the quoting and runs what
  follows. Refused.
- Line ends and other control characters: `cmd` ends the command there. Refused.

Checked against Wine's cmd with 76 hostile strings (spec: wine-oracle 3, winrm 4.3). The text of a user that contains `%`
must not share a line with a `%VARIABLE%` that is needed (spec: wine-oracle, percent trap).

A script for `netsh -f` is read by netsh alone: no percent phase, no C runtime. It is read in the host's ANSI code page,
so only ASCII arrives for certain (spec: winrm 4.4), and how it reads `\"` is not known, so a backslash at the end is
refused there and has to travel on a command line.
"""

from __future__ import annotations

import unicodedata

from winipsec.errors import UserError

MAX_LINE = 8100
"""Longest command line we send, in UTF-16 units. cmd takes 8191 with `cmd.exe /C ` in front (spec: winrm 4.2)."""

MAX_SCRIPT_VALUE = 4000
"""Longest value in a script line; the line's own limit is not documented, no real value comes near."""

_NOT_IN_PATHS = '<>"|?*'


def argument(value: str, *, path: str = "") -> str:
    r"""A value for a command line that `cmd` runs: `name=` + `argument("50% off")` is `name="50"%" off"`.

    Args:
        value: Any text without quotes and control characters; Unicode is fine.
        path: The property the value came from, for the error.

    Returns:
        The quoted text, quotes included.

    Raises:
        UserError: The value cannot be carried; the reason says why.
    """
    _refuse_unquotable(value, path)
    quoted = "%".join(f'"{_guard_backslashes(piece)}"' for piece in value.split("%"))
    if units(quoted) > MAX_LINE:
        raise _refusal(path, "long", f"is longer than a command line may be ({MAX_LINE} characters)")
    return quoted


def script_value(value: str, *, path: str = "") -> str:
    """A value for a line of a `netsh -f` script.

    Args:
        value: ASCII text without quotes, control characters and a backslash at the end.
        path: The property the value came from, for the error.

    Returns:
        The quoted text, quotes included.

    Raises:
        UserError: The value cannot be carried in a script; a command line may still carry it.
    """
    _refuse_unquotable(value, path)
    if not value.isascii():
        raise _refusal(path, "ascii", "holds characters outside ASCII, which a script file would garble")
    if value.endswith("\\"):
        raise _refusal(path, "backslash", "ends with a backslash, which may hide the closing quote in a script")
    if len(value) > MAX_SCRIPT_VALUE:
        raise _refusal(path, "long", f"is longer than {MAX_SCRIPT_VALUE} characters")
    return f'"{value}"'


def path(value: str, *, variables: bool = False) -> str:
    r"""A file name for a command line, such as `%SystemRoot%\winipsec\batch.nsh`.

    Args:
        value: An absolute path of ours; no user text.
        variables: Whether `%NAME%` in it is meant to expand.

    Returns:
        The quoted path, quotes included.

    Raises:
        UserError: The text cannot be a Windows path.
    """
    _refuse_unquotable(value, "")
    if value.endswith(("\\", " ", ".")) or any(c in _NOT_IN_PATHS for c in value):
        raise _refusal("", "path", "is not a file name on Windows")
    return f'"{value}"' if variables else argument(value)


def units(text: str) -> int:
    """Length as Windows counts it: UTF-16 units, two for a character beyond U+FFFF."""
    return len(text) + sum(1 for c in text if ord(c) > 0xFFFF)


def _guard_backslashes(piece: str) -> str:
    tail = len(piece) - len(piece.rstrip("\\"))
    return piece + "\\" * tail


def _refuse_unquotable(value: str, where: str) -> None:
    for character in value:
        if character == '"':
            raise _refusal(where, "quote", "holds a double quote, which cannot be passed to netsh safely")
        category = unicodedata.category(character)
        if category == "Cc":
            raise _refusal(where, "control", f"holds the control character U+{ord(character):04X}")
        if category == "Cs" or ord(character) & 0xFFFE == 0xFFFE:
            raise _refusal(where, "unicode", f"holds U+{ord(character):04X}, which is no character")


def _refusal(where: str, kind: str, reason: str) -> UserError:
    # The value may be a secret (a pre-shared key), so the message does not show it.
    return UserError(
        f"the value {reason}.",
        path=where,
        code=f"quoting.{kind}",
        advice="Choose a value without it.",
    )
