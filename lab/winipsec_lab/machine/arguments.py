"""How a Windows program splits its command line into arguments: the rules of the C runtime (spec: winrm 4.3, 4.4).

There is no argument list on Windows: a program gets one string. The runtime's rules since 2008:

- blanks and tabs outside quotes separate arguments;
- the program's name ends at the next blank or, when it starts with a quote, at the next quote; backslashes mean nothing;
- `2n` backslashes before a quote are `n` backslashes and the quote opens or closes quoting; `2n+1` backslashes are `n`
  backslashes and a plain quote; backslashes elsewhere are themselves;
- inside quotes `""` is one plain quote, and quoting goes on.
"""

from __future__ import annotations


def split_arguments(line: str) -> list[str]:
    """The argument list of a command line, program name first."""
    program, rest = _program(line)
    arguments = [program]
    index = 0
    while True:
        while index < len(rest) and rest[index] in " \t":
            index += 1
        if index >= len(rest):
            return arguments
        argument, index = _argument(rest, index)
        arguments.append(argument)


def _program(line: str) -> tuple[str, str]:
    name: list[str] = []
    quoted = False
    for index, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif char in " \t" and not quoted:
            return "".join(name), line[index:]
        else:
            name.append(char)
    return "".join(name), ""


def _argument(text: str, start: int) -> tuple[str, int]:
    out: list[str] = []
    index, quoted = start, False
    while index < len(text):
        char = text[index]
        if char in " \t" and not quoted:
            break
        if char == "\\":
            end = index
            while end < len(text) and text[end] == "\\":
                end += 1
            count = end - index
            index = end
            if text[end : end + 1] != '"':
                out.append("\\" * count)
                continue
            out.append("\\" * (count // 2))
            if count % 2:
                out.append('"')
                index += 1
            continue
        if char == '"':
            if quoted and text[index + 1 : index + 2] == '"':
                out.append('"')
                index += 1
            else:
                quoted = not quoted
        else:
            out.append(char)
        index += 1
    return "".join(out), index
