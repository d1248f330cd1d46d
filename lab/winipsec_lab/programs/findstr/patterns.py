r"""What matches for `findstr`: literal strings and its small regular expressions.

Known are `.`, `*`, `^`, `$`, `[class]`, `[^class]`, ranges, `\x`, `\<` and `\>`. `$` matches only in front of a
carriage return, so in files with bare line feeds it never does.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from winipsec_lab.programs.findstr.arguments import Request

Matcher = Callable[[bytes], bool]

_META = re.compile(rb"(?<!\\)[.*\[^$]|\\[<>]")
_CLASS = re.compile(rb"\[(\^?)(\]?[^\]]*)\]")


def matcher(strings: list[bytes], request: Request) -> Matcher:
    """A test whether a line (without its line feed) holds one of the strings."""
    letters = request.letters
    expression = "r" in letters or ("l" not in letters and not request.literal and bool(_META.search(strings[0])))
    parts = [_translated(string) if expression else re.escape(_plain(string)) for string in strings]
    pattern = b"|".join(b"(?:" + part + b")" for part in parts)
    if "x" in letters or "b" in letters:
        pattern = b"\\A(?:" + pattern + b")"
    if "x" in letters or "e" in letters:
        pattern = b"(?:" + pattern + b")(?=\\r?\\Z)"
    compiled = re.compile(pattern, re.DOTALL | (re.IGNORECASE if "i" in letters else 0))
    return lambda line: compiled.search(line) is not None


def _plain(string: bytes) -> bytes:
    """A literal string: a backslash protects only a backslash or a quote."""
    return re.sub(rb'\\([\\"])', rb"\1", string)


def _translated(string: bytes) -> bytes:
    out: list[bytes] = []
    index = 0
    while index < len(string):
        char = string[index : index + 1]
        after = string[index + 1 : index + 2]
        found = _CLASS.match(string, index)
        if char == b"\\" and after:
            out.append({b"<": rb"\b(?=\w)", b">": rb"\b(?<=\w)"}.get(after, re.escape(after)))
            index += 2
            continue
        if found:
            inner = re.sub(rb"([\[\]\\^&~|])", rb"\\\1", found.group(2))
            out.append(b"[" + found.group(1) + inner + (b"\r]" if found.group(1) else b"]"))
            index = found.end()
            continue
        if char == b"^" and index == 0:
            out.append(b"\\A")
        elif char == b"$" and index == len(string) - 1:
            out.append(b"(?=\\r\\Z)")
        elif char == b".":
            out.append(b"[^\\r]")
        elif char == b"*" and index and out[-1] != b"\\A":
            out.append(char)
        else:
            out.append(re.escape(char))
        index += 1
    return b"".join(out)
