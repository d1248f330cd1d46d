r"""Registry text: what `reg query` prints, what `reg export` and regedit write (spec: winrm 4.7, wine-oracle 5).

Theory. `reg query` is meant for people. Its only fixed points are a key path at the left edge, four blanks before
each column, and type names that no language translates; the name of a default value is translated, the end line of a
search is, names and data may hold blanks, and a text with line breaks runs over several lines. So:

* a line is a key when it begins with a hive name, a value when it begins with four blanks and holds a type column
  whose data suits the type; the first such column counts, since user text stands in data more often than in names;
* a line that is neither continues the text above it; behind a blank line only if more of the same output follows, as
  remarks stand at the end;
* a name in brackets, one per key, is the default value.

`.reg` text is exact. It is read with all that real files hold (either header, comments, deletions, line breaks inside
texts) and written just as Windows writes it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import NamedTuple

from winipsec.formats.registry import (
    REG_BINARY,
    REG_DWORD,
    REG_DWORD_BIG_ENDIAN,
    REG_EXPAND_SZ,
    REG_MULTI_SZ,
    REG_QWORD,
    REG_SZ,
    TYPE_NAMES,
    RegistryTree,
    RegKey,
    RegValue,
    folded,
    full_path,
    string,
    strings,
    tree,
)

__all__ = ["RegistryTextError", "RegistryTree", "decode_reg_bytes", "format_export", "parse_export", "parse_query"]


class RegistryTextError(ValueError):
    """A line that is no registry text: its number, and what was expected. The line itself may hold a key."""

    def __init__(self, line: int, expected: str) -> None:
        super().__init__(f"line {line}: expected {expected}")
        self.line = line
        self.expected = expected


# --- reg query ---------------------------------------------------------------------------------------------------

_TYPE_IDS = {name: number for number, name in TYPE_NAMES.items()}
_COLUMN = re.compile(r"(?: {4}|\t)(REG_[A-Z_]+)(?=(?P<gap> {4}|\t)|\s*$)")
_PLAUSIBLE = {
    REG_DWORD: re.compile(r"0x[0-9a-f]{1,8}", re.IGNORECASE),
    REG_DWORD_BIG_ENDIAN: re.compile(r"0x[0-9a-f]{1,8}", re.IGNORECASE),
    REG_QWORD: re.compile(r"0x[0-9a-f]{1,16}", re.IGNORECASE),
}
_TEXTS = frozenset({REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ})
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.IGNORECASE)
_BRACKETED = re.compile(r"\([^()]+\)|<[^<>]+>")
_ENGLISH_DEFAULT = "(Default)"


def parse_query(text: str) -> RegistryTree:
    """Read what `reg query` printed, in any language, with or without `/s`.

    Raises:
        RegistryTextError: a value stands before any key, or in no form that `reg query` prints.
    """
    keys: list[RegKey] = []
    rows: list[_Row] = []
    behind_blank: list[str] = []
    for number, line in enumerate(_lines(text), 1):
        row = _row(line)
        if line.startswith("HKEY_"):
            _continue(rows, behind_blank[:-1])
            keys[-1:] = _finished(keys, rows)
            keys.append(RegKey(full_path(line.rstrip())))
            rows, behind_blank = [], []
        elif row is not None:
            if not keys:
                raise RegistryTextError(number, "a key (HKEY_...) before its values")
            _continue(rows, behind_blank)
            rows.append(row)
            behind_blank = []
        elif behind_blank or not line.strip():
            behind_blank.append(line)
        elif rows and rows[-1].type in _TEXTS:
            _continue(rows, [line])
        elif line.startswith("    "):
            raise RegistryTextError(number, "a value: name, type and data, four blanks before each")
    keys[-1:] = _finished(keys, rows)
    return tree(keys)


class _Row(NamedTuple):
    """One value as printed; its data over as many lines as it took."""

    name: str
    type: int
    lines: list[str]


def _row(line: str) -> _Row | None:
    if not line.startswith("    "):
        return None
    for match in _COLUMN.finditer(line, 4):
        kind = _TYPE_IDS.get(match.group(1))
        gap = match.group("gap")
        data = line[match.end() + len(gap) :] if gap else ""
        if kind is not None and _suits(kind, data.strip()):
            return _Row(line[4 : match.start()], kind, [data])
    return None


def _suits(kind: int, data: str) -> bool:
    return kind in _TEXTS or bool(_PLAUSIBLE.get(kind, _HEX).fullmatch(data))


def _continue(rows: list[_Row], lines: Sequence[str]) -> None:
    """Put `lines` behind the text that the last row began; lines that are blank alone ended a key."""
    if rows and rows[-1].type in _TEXTS and any(line.strip() for line in lines):
        rows[-1].lines.extend(lines)


def _finished(keys: Sequence[RegKey], rows: Sequence[_Row]) -> list[RegKey]:
    """The last key with its values."""
    bracketed = [row.name for row in rows if _BRACKETED.fullmatch(row.name)]
    default = _ENGLISH_DEFAULT if _ENGLISH_DEFAULT in bracketed else (bracketed[0] if len(bracketed) == 1 else None)
    at = next((index for index, row in enumerate(rows) if row.name == default), None)
    values = (
        _value("" if index == at else row.name, row.type, "\r\n".join(row.lines)) for index, row in enumerate(rows)
    )
    return [RegKey(key.path, tuple(values)) for key in keys[-1:]]


def _value(name: str, kind: int, data: str) -> RegValue:
    if kind == REG_MULTI_SZ:
        return strings(name, _without_empty_end(data.split("\\0")))
    if kind in _TEXTS:
        return string(name, data, kind)
    if kind not in _PLAUSIBLE:
        return RegValue(name, kind, bytes.fromhex(data))
    size = 8 if kind == REG_QWORD else 4
    return RegValue(name, kind, int(data, 16).to_bytes(size, "big" if kind == REG_DWORD_BIG_ENDIAN else "little"))


def _without_empty_end(texts: list[str]) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _lines(text: str) -> list[str]:
    text = text.removeprefix("\ufeff")
    if "\n" not in text:
        return text.split("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


# --- .reg files ---------------------------------------------------------------------------------------------------

HEADER = "Windows Registry Editor Version 5.00"
OLD_HEADER = "REGEDIT4"
# A continued line is broken when the next byte, its comma and the backslash would not fit into 80 columns.
BREAK_AFTER = 76

_NAMED = re.compile(r'\s*(?:@|"((?:[^"\\]|\\.)*)")\s*=\s*(.*)')
_CLOSED = re.compile(r'((?:[^"\\]|\\.)*)"\s*(?:;.*)?')
_QUOTE_INSIDE = re.compile(r'(?:[^"\\]|\\.)*"')
_KEY_LINE = re.compile(r"\[(-?)(.+)\]\s*(?:;.*)?")
_NEXT_KEY = re.compile(r"\[-?HK[A-Z_]+\\", re.IGNORECASE)
_COMMENTS = (";", "#")
_AFTER_THE_END = "\0\x1a"
_DWORD = re.compile(r"dword:\s*([0-9a-f]{1,8})", re.IGNORECASE)
_HEX_DATA = re.compile(r"hex(?:\(([0-9a-f]{1,8})\))?:([0-9a-f,\s]*)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")
# regedit writes line ends as they are, Wine escapes them.
_LINE_ENDS = {"r": "\r", "n": "\n"}


def decode_reg_bytes(raw: bytes, ansi: str = "cp1252") -> str:
    """The text of a `.reg` file: UTF-16 or UTF-8 where the bytes say so, else the code page `ansi`."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    if raw[1:2] == b"\0":
        return raw.decode("utf-16-le", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(ansi, "replace")


def parse_export(text: str, ansi: str = "cp1252", about: str = "") -> RegistryTree:
    """Read the text of a `.reg` file. Deletions in it apply to what stands above them.

    Args:
        text: The whole file.
        ansi: The code page of the machine that wrote a REGEDIT4 file, whose string data are bytes of that page.
        about: A part of the paths that matter: in other keys lines that Windows would not import are passed over.

    Raises:
        RegistryTextError: the header is missing, or a line is none that Windows would import.
    """
    lines = _lines(text.rstrip(_AFTER_THE_END))
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    header = lines[start].strip() if start < len(lines) else ""
    if header not in {HEADER, OLD_HEADER}:
        raise RegistryTextError(min(start + 1, len(lines)), f"the header {HEADER!r} or {OLD_HEADER!r}")
    page = ansi if header == OLD_HEADER else None
    keys: dict[str, _Key] = {}
    current: _Key | None = None
    number = start + 1
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if not line or line.startswith(_COMMENTS):
            continue
        if line.startswith("["):
            current = _key_line(line, number, keys)
            continue
        try:
            number, name, value = _value_lines(lines, number - 1, page)
        except RegistryTextError:
            if not about or (current is not None and folded(about) in folded(current.path)):
                raise
            continue
        if current is None:
            continue
        if value is None:
            current.values.pop(folded(name), None)
        else:
            current.values[folded(name)] = value
    return RegistryTree({at: RegKey(key.path, tuple(key.values.values())) for at, key in keys.items()})


class _Key(NamedTuple):
    """A key while it is being read; its values by folded name, in the order they first came."""

    path: str
    values: dict[str, RegValue]


def _key_line(line: str, number: int, keys: dict[str, _Key]) -> _Key | None:
    match = _KEY_LINE.fullmatch(line)
    if match is None:
        raise RegistryTextError(number, "a key in square brackets")
    path = full_path(match.group(2))
    at = folded(path)
    if not match.group(1):
        return keys.setdefault(at, _Key(path, {}))
    for below in [other for other in keys if other == at or other.startswith(at + "\\")]:
        del keys[below]
    return None


def _value_lines(lines: list[str], start: int, page: str | None) -> tuple[int, str, RegValue | None]:
    """Where the next line begins, and the value that begins at line `start` with its name; None if it is deleted."""
    match, end = _NAMED.match(lines[start]), start + 1
    if match is None:
        raise RegistryTextError(start + 1, 'a value: "name"= or @=')
    name, data = _unescaped(match.group(1) or ""), match.group(2)
    if data.startswith('"'):
        pieces = [data[1:]]
        while not (last := _CLOSED.fullmatch(pieces[-1])):
            # Never beyond a key: what follows would vanish into a text, and with it what nobody may see.
            if _QUOTE_INSIDE.match(pieces[-1]) or end == len(lines) or _NEXT_KEY.match(lines[end]):
                raise RegistryTextError(start + 1, "a closing quote")
            pieces.append(lines[end])
            end += 1
        return end, name, string(name, _unescaped("\r\n".join([*pieces[:-1], last.group(1)])))
    pieces = [_without_comment(data)]
    if pieces == ["-"]:
        return end, name, None
    while pieces[-1].endswith("\\"):
        pieces[-1] = pieces[-1][:-1]
        while end < len(lines) and not _without_comment(lines[end]):
            end += 1
        if end < len(lines):
            pieces.append(_without_comment(lines[end]))
            end += 1
    value = _coded(name, "".join(pieces), page)
    if value is None:
        raise RegistryTextError(start + 1, 'data: "text", dword:, hex: or hex(N):')
    return end, name, value


def _without_comment(line: str) -> str:
    return line.partition(";")[0].strip()


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: _LINE_ENDS.get(match.group(1), match.group(1)), text)


def _coded(name: str, data: str, page: str | None) -> RegValue | None:
    number = _DWORD.fullmatch(data)
    if number:
        return RegValue(name, REG_DWORD, int(number.group(1), 16).to_bytes(4, "little"))
    coded = _HEX_DATA.fullmatch(data)
    if not coded:
        return None
    kind = REG_BINARY if coded.group(1) is None else int(coded.group(1), 16)
    digits = [pair.strip() for pair in coded.group(2).split(",")]
    if any(len(pair) > 2 for pair in digits):
        return None
    raw = bytes(int(pair, 16) for pair in digits if pair)
    if page is not None and kind in _TEXTS:
        raw = raw.decode(page, "replace").encode("utf-16-le")
    return RegValue(name, kind, raw)


def format_export(registry: RegistryTree) -> str:
    """The text that `reg export` writes for these keys, with CRLF line ends; encode it as UTF-16 with a mark."""
    lines = [HEADER, ""]
    for key in registry.keys.values():
        lines.append(f"[{key.path}]")
        for value in key.values:
            lines += _value_text(value)
        lines.append("")
    return "".join(f"{line}\r\n" for line in lines)


def _value_text(value: RegValue) -> list[str]:
    name = f'"{_escaped(value.name)}"=' if value.name else "@="
    text = value.text
    if (
        value.type == REG_SZ
        and text is not None
        and not {"\r", "\n"} & set(text)
        and string("", text).data == value.data
    ):
        return [f'{name}"{_escaped(text)}"']
    if value.number is not None and value.type == REG_DWORD:
        return [f"{name}dword:{value.number:08x}"]
    line = f"{name}hex:" if value.type == REG_BINARY else f"{name}hex({value.type:x}):"
    lines = []
    for index, byte in enumerate(value.data, 1):
        line += f"{byte:02x}"
        if index < len(value.data):
            line += ","
            if len(line) > BREAK_AFTER:
                lines.append(line + "\\")
                line = "  "
    return [*lines, line]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
