"""The percent phase: what happens to a line before anything else looks at it (spec: winrm 4.3 no. 2).

A batch file and a command line differ:

=============  =========================  ==========================
text           command line               batch file
=============  =========================  ==========================
`%NAME%`       value if defined           value if defined
undefined      stays as it is             vanishes
`%%`           two percent signs          one percent sign
`%1`, `%*`     stays as it is             argument, all arguments
lone `%`       stays as it is             vanishes
=============  =========================  ==========================

`%NAME:~start,length%` is a part of the value, `%NAME:old=new%` the value with a replacement. The same rules with `!`
instead of `%` are the delayed expansion.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Lookup = Callable[[str], "str | None"]

_PART = re.compile(r"~(-?\d*)(?:,(-?\d*))?$")
_ARGUMENT = re.compile(r"%~([fdpnxsatzFDPNXSATZ]*)(\d)")


class Arguments(NamedTuple):
    """What a batch file was called with.

    Attributes:
        values: `%0`, `%1`, ... with their quotes.
        tail: what `%*` gives.
        modify: turns a value and the letters of `%~letters1` into text.
    """

    values: list[str]
    tail: str
    modify: Callable[[str, str], str]


def expand(line: str, lookup: Lookup, arguments: Arguments | None, *, mark: str = "%", rescan: bool = True) -> str:
    """The line after the percent phase.

    Args:
        line: one line.
        lookup: gives the value of a variable or None.
        arguments: those of the batch file, None on a command line.
        mark: `%`, or `!` for the delayed expansion.
        rescan: on a command line, whether the closing mark of an undefined name may open the next name.
    """
    if mark not in line:
        return line
    out: list[str] = []
    index = 0
    while True:
        found = line.find(mark, index)
        if found < 0:
            out.append(line[index:])
            return "".join(out)
        out.append(line[index:found])
        text, index = _one(line, found, lookup, arguments, mark, rescan=rescan)
        out.append(text)


def _one(
    line: str, start: int, lookup: Lookup, arguments: Arguments | None, mark: str, *, rescan: bool
) -> tuple[str, int]:
    """What the mark at `start` gives, and where to go on."""
    if arguments is not None and mark == "%":
        special = _argument(line, start, arguments)
        if special is not None:
            return special
    name_end = _name_end(line, start + 1, mark)
    stop = line[name_end : name_end + 1]
    name = line[start + 1 : name_end]
    value = lookup(name) if name and stop else None
    vanishes = arguments is not None
    if stop == mark and name:
        if value is not None:
            return value, name_end + 1
        if vanishes:
            return "", name_end + 1
        return (mark, start + 1) if rescan else (line[start : name_end + 1], name_end + 1)
    if stop == ":" and name:
        end = line.find(mark, name_end)
        if value is None and vanishes:
            return "", name_end + 1
        changed = changed_value(value, line[name_end + 1 : end]) if value is not None and end > 0 else None
        if changed is not None:
            return changed, end + 1
    return ("" if vanishes else mark), start + 1


def _name_end(line: str, start: int, mark: str) -> int:
    """Where a name ends: at the mark, or at a colon that the mark does not follow at once."""
    index = start
    while index < len(line) and line[index] != mark:
        if line[index] == ":" and index > start and line[index + 1 : index + 2] != mark:
            break
        index += 1
    return index


def _argument(line: str, start: int, arguments: Arguments) -> tuple[str, int] | None:
    after = line[start + 1 : start + 2]
    if after == "%":
        return "%", start + 2
    if after == "*":
        return arguments.tail, start + 2
    if after.isdigit() and after.isascii():
        return _value(arguments, int(after)), start + 2
    found = _ARGUMENT.match(line, start)
    if found:
        return arguments.modify(_value(arguments, int(found.group(2))), found.group(1).lower()), found.end()
    return None


def _value(arguments: Arguments, number: int) -> str:
    return arguments.values[number] if number < len(arguments.values) else ""


def changed_value(value: str, change: str) -> str | None:
    """The value with `~start,length` or `old=new` applied; None when the change is neither."""
    if change.startswith("~"):
        part = _PART.match(change)
        return _part(value, part.group(1), part.group(2)) if part else None
    old, equals, new = change.partition("=")
    if not equals or not old.strip("*"):
        return None
    if old.startswith("*"):
        found = value.lower().find(old[1:].lower())
        return value if found < 0 else new + value[found + len(old) - 1 :]
    return re.sub(re.escape(old), lambda _: new, value, flags=re.IGNORECASE)


def _part(value: str, start_text: str, length_text: str | None) -> str:
    start = int(start_text or "0")
    start = max(0, len(value) + start) if start < 0 else min(start, len(value))
    if not length_text:
        return value[start:]
    length = int(length_text)
    end = len(value) + length if length < 0 else start + length
    return value[start : max(start, end)]


def delayed(text: str, lookup: Lookup) -> str:
    """The delayed expansion of one word: only when it holds a `!` do carets count and variables expand."""
    if "!" not in text:
        return text
    out: list[str] = []
    index = 0
    while index < len(text):
        char = text[index]
        if char == "^":
            out.append(text[index + 1 : index + 2])
            index += 2
        elif char == "!":
            end = text.find("!", index + 1)
            if end < 0:
                index += 1
                continue
            out.append(expand(text[index : end + 1], lookup, Arguments([], "", lambda value, _: value), mark="!"))
            index = end + 1
        else:
            out.append(char)
            index += 1
    return "".join(out)
