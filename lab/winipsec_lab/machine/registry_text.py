"""`.reg` text: what `reg export` writes and what `reg import` understands (spec: winrm 4.7, wine-oracle 5).

Wrapping rule: a line plus the next `xx,` plus the closing backslash must not exceed 80 characters; continuation lines
start with two blanks and so carry 25 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from winipsec_lab.machine.registry_values import RegistryValue, from_bytes, to_bytes, type_number

HEADER = "Windows Registry Editor Version 5.00"
OLD_HEADER = "REGEDIT4"

_LINE_LIMIT = 80
_WRAPS = re.compile(r"\\\s*(;.*)?$")
_HEX = re.compile(r"hex(?:\(([0-9a-f]{1,8})\))?:(.*)", re.IGNORECASE | re.DOTALL)
_DWORD = re.compile(r"dword:\s*([0-9a-f]{1,8})\s*(?:;.*)?$", re.IGNORECASE)


class Step(NamedTuple):
    """One thing a `.reg` file asks for.

    Attributes:
        action: `key` (create), `delete_key` or `value`.
        key: the path as written.
        name: the value's name, `""` for the default value.
        value: what to write; None deletes the value.
    """

    action: str
    key: str
    name: str = ""
    value: RegistryValue | None = None


# ---------------------------------------------------------------------- writing


def wrapped(prefix: str, raw: bytes, *, lone_byte: bool = False) -> str:
    """A `name=hex:` prefix and its bytes, wrapped.

    Args:
        prefix: everything before the first byte.
        raw: the bytes.
        lone_byte: True puts one byte on the first line even when the prefix leaves no room (as Wine does), False none.
    """
    parts, line, last = [], prefix, len(raw) - 1
    for index, byte in enumerate(raw):
        if len(line) + 4 > _LINE_LIMIT and line != "  " and not (lone_byte and index == 0):
            parts.append(line + "\\\r\n")
            line = "  "
        line += f"{byte:02x}" if index == last else f"{byte:02x},"
    return "".join(parts) + line


def quoted(text: str) -> str:
    """Text in double quotes with backslashes and quotes escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value_line(name: str, value: RegistryValue, *, lone_byte: bool = False) -> str:
    """The line or lines of one value, without the final line end."""
    left = (quoted(name) if name else "@") + "="
    if value.type == "REG_SZ" and isinstance(value.data, str) and "\0" not in value.data:
        return left + quoted(value.data)
    if value.type == "REG_DWORD" and isinstance(value.data, int):
        return f"{left}dword:{value.data:08x}"
    kind = "hex:" if value.type == "REG_BINARY" else f"hex({type_number(value.type):x}):"
    return wrapped(left + kind, to_bytes(value), lone_byte=lone_byte)


def export_text(keys: Iterable[tuple[str, list[tuple[str, RegistryValue]]]], *, lone_byte: bool = False) -> str:
    """The text of an export: header, then every key with its values and one blank line."""
    lines = [HEADER, ""]
    for path, values in keys:
        lines.append(f"[{path}]")
        lines.extend(value_line(name, value, lone_byte=lone_byte) for name, value in values)
        lines.append("")
    return "\r\n".join(lines) + "\r\n"


# ---------------------------------------------------------------------- reading


def decode_reg_file(data: bytes, ansi: str = "cp1252", *, guess_utf8: bool = True) -> str:
    """The text of a `.reg` file from its bytes.

    UTF-16 and UTF-8 are known by their byte order marks. Without one the file is in the machine's ANSI code page;
    only `guess_utf8` first tries UTF-8 (for people who load stores into the lab; `reg import` never does).
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "surrogatepass")
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8-sig", "replace")
    if guess_utf8:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return data.decode(ansi, "replace")


def parse(text: str, ansi: str = "cp1252") -> list[Step]:
    """The steps of a `.reg` file; `ValueError` when the first line is no known header."""
    first, *lines = re.findall(r"([^\r\n]*)(\r\n|\n|\r|$)", text.lstrip("\ufeff"))
    header = first[0].strip()
    if header not in (HEADER, OLD_HEADER):
        raise ValueError("not a registry script")
    encoding = ansi if header == OLD_HEADER else "utf-16-le"
    steps: list[Step] = []
    key = ""
    for line in _logical_lines(lines):
        if line.startswith("["):
            end = line.rfind("]")
            deletes = line.startswith("[-")
            key = line[2 if deletes else 1 : end].lstrip() if end > 0 else ""
            if key:
                steps.append(Step("delete_key" if deletes else "key", key))
            key = "" if deletes else key
        elif key:
            step = _value_step(key, line, encoding)
            if step:
                steps.append(step)
    return steps


def _logical_lines(lines: list[tuple[str, str]]) -> Iterable[str]:
    """Lines with wrapped bytes and broken strings joined, without comments and blank lines."""
    parts: list[str] = []
    text = ""
    for line, end in lines:
        if parts:
            # Wrapped bytes: goes on as long as lines end in a backslash.
            parts.append(line.strip())
        elif text:
            # A line break inside a text stays as it is.
            text += line
        else:
            text = line.lstrip()
            if not text or text.startswith(";"):
                text = ""
                continue
            if _is_hex(text):
                parts, text = [text.rstrip()], ""
        if parts:
            wraps = _WRAPS.search(parts[-1])
            if wraps:
                parts[-1] = parts[-1][: wraps.start()]
            else:
                yield "".join(parts)
                parts = []
        elif _open_string(text):
            text += end
        else:
            yield text.rstrip()
            text = ""
    if parts:
        yield "".join(parts)


def _open_string(line: str) -> bool:
    """Whether a value's text has a line break in it and so goes on in the next line."""
    if not line.startswith(('"', "@")):
        return False
    _, rest = _name_and_rest(line)
    return rest.startswith('"') and _string_end(rest) < 0


def _is_hex(line: str) -> bool:
    return _name_and_rest(line)[1].lower().startswith("hex")


def _string_end(text: str) -> int:
    """The index of the quote that closes the string that `text` starts with, or -1."""
    index = 1
    while index < len(text):
        if text[index] == "\\":
            index += 1
        elif text[index] == '"':
            return index
        index += 1
    return -1


def _name_and_rest(line: str) -> tuple[str | None, str]:
    """The value's name (None when the line has none) and the text after the equals sign."""
    if line.startswith("@"):
        name, rest = "", line[1:]
    else:
        end = _string_end(line) if line.startswith('"') else -1
        if end < 0:
            return None, ""
        name, rest = _unquoted(line[1:end]), line[end + 1 :]
    rest = rest.lstrip()
    return (name, rest[1:].lstrip()) if rest.startswith("=") else (None, "")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _value_step(key: str, line: str, encoding: str) -> Step | None:
    name, rest = _name_and_rest(line)
    if name is None:
        return None
    if rest == "-":
        return Step("value", key, name, None)
    if rest.startswith('"'):
        end = _string_end(rest)
        text = _unquoted(rest[1:end]) if end > 0 else ""
        return Step("value", key, name, RegistryValue("REG_SZ", text)) if end > 0 else None
    dword = _DWORD.match(rest)
    if dword:
        return Step("value", key, name, RegistryValue("REG_DWORD", int(dword.group(1), 16)))
    found = _HEX.match(rest)
    raw = _bytes_of(found.group(2)) if found else None
    if found is None or raw is None:
        return None
    number = int(found.group(1), 16) if found.group(1) else 3
    if encoding != "utf-16-le" and number in (1, 2, 7):
        raw = raw.decode(encoding, "replace").encode("utf-16-le")
    return Step("value", key, name, from_bytes(number, raw))


def _bytes_of(text: str) -> bytes | None:
    items = text.partition(";")[0].replace(",", " ").split()
    try:
        return bytes([int(item, 16) for item in items])
    except ValueError:
        return None
