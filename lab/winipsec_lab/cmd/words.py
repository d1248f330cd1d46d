"""Splitting the arguments of builtins and batch files into words."""

from __future__ import annotations

from typing import NamedTuple

from winipsec_lab.cmd.reader import DELIMITERS


def words(text: str, delimiters: str = DELIMITERS) -> list[str]:
    """The words of a text, quotes kept."""
    out: list[str] = []
    word, quoted = "", False
    for char in text:
        if char == '"':
            quoted = not quoted
        if char in delimiters and not quoted:
            if word:
                out.append(word)
            word = ""
        else:
            word += char
    return [*out, word] if word else out


def after_name(text: str) -> tuple[str, str]:
    """The first word with its quotes, and everything after it."""
    text = text.lstrip(DELIMITERS)
    quoted = False
    for index, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char in DELIMITERS and not quoted:
            return text[:index], text[index:]
    return text, ""


def whole_number(text: str) -> int | None:
    """A decimal, `0x` hexadecimal or `0` octal number; None when the text is none."""
    sign = -1 if text.startswith("-") else 1
    digits = text.removeprefix("-").removeprefix("+")
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[:1] == "0" and len(digits) > 1 else 10
    try:
        return sign * int(digits, base)
    except ValueError:
        return None


class Options(NamedTuple):
    """The arguments of a builtin.

    Attributes:
        switches: lower case, without the slash.
        names: all other words, quotes kept.
    """

    switches: list[str]
    names: list[str]

    def unknown(self, known: str) -> str | None:
        """The first switch whose first letter is not among `known`, None when all are."""
        return next((switch for switch in self.switches if switch[:1] not in known or not switch), None)


def options(text: str) -> Options:
    """Switches and names of a builtin's arguments; switches may touch each other (`/s/q`)."""
    found = Options([], [])
    for word in words(text):
        name, *switches = word.split("/") if not word.startswith('"') else [word]
        if name:
            found.names.append(name)
        found.switches.extend(switch.lower() for switch in switches)
    return found
