"""How Windows reads a command line, as far as quoting needs it: cmd's percent phase and operators, then the C runtime.

Written from spec winrm 4.3 and wine-oracle 3, independently of the code under test.
"""

from __future__ import annotations

OPERATORS = "&|<>()"


class InjectedError(AssertionError):
    """Something of the value reached cmd as an operator, or ended the line."""


def expand_percents(line, variables):
    """`%NAME%` of defined variables; undefined names stay (command line, not batch)."""
    out, at = [], 0
    while at < len(line):
        end = line.find("%", at + 1) if line[at] == "%" else -1
        name = line[at + 1 : end].split(":")[0].upper() if end > 0 else ""
        if end > 0 and name in variables:
            out.append(variables[name])
            at = end + 1
        else:
            out.append(line[at])
            at += 1
    return "".join(out)


def check_operators(line):
    """Outside quotes no operator, no caret and no line end may stand."""
    quoted = False
    for character in line:
        if character in "\r\n\x00":
            raise InjectedError(repr(line))
        if character == '"':
            quoted = not quoted
        elif not quoted and (character in OPERATORS or character == "^"):
            raise InjectedError(repr(line))
    if quoted:
        raise InjectedError(f"open quote in {line!r}")


def c_runtime_arguments(line):
    """The arguments as the Microsoft C runtime splits them."""
    arguments, current, quoted, started, at = [], "", False, False, 0
    while at < len(line):
        character = line[at]
        if character == "\\":
            count = len(line) - at - len(line[at:].lstrip("\\"))
            at += count
            if at < len(line) and line[at] == '"':
                current += "\\" * (count // 2)
                if count % 2:
                    current += '"'
                    at += 1
            else:
                current += "\\" * count
            started = True
            continue
        if character == '"':
            if quoted and line[at + 1 : at + 2] == '"':
                current += '"'
                at += 1
            else:
                quoted = not quoted
            started = True
        elif character in " \t" and not quoted:
            if started:
                arguments.append(current)
            current, started = "", False
        else:
            current += character
            started = True
        at += 1
    return [*arguments, current] if started else arguments


def arrive(line, variables):
    """What a program started by `cmd /C line` finds in argv."""
    expanded = expand_percents(line, {name.upper(): value for name, value in variables.items()})
    check_operators(expanded)
    return c_runtime_arguments(expanded)
