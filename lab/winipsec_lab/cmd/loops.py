"""The `for` loops (spec: winrm 4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from winipsec_lab.cmd.batch import modified
from winipsec_lab.cmd.launch import unquoted
from winipsec_lab.cmd.shell import Shell, Streams
from winipsec_lab.cmd.tree import For, render
from winipsec_lab.cmd.words import words
from winipsec_lab.machine.files import FileError, has_wildcard
from winipsec_lab.machine.process import codec

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter

_OPTION = re.compile(r"(usebackq|eol=|skip=|tokens=|delims=)", re.IGNORECASE)


def put_in(shell: Shell, text: str) -> str:
    """A text with `%x` and `%~letters x` of the running loops replaced."""
    names = "".join(re.escape(name) for name in shell.loop)

    def value(found: re.Match[str]) -> str:
        letters, modified_name, plain_name = found.groups()
        if plain_name is not None:
            return shell.loop[plain_name]
        return modified(shell, shell.loop[modified_name], letters.lower())

    # In `%~nx` the last letter that is a variable decides where the modifiers end.
    return re.sub(rf"%~([fdpnxsatzFDPNXSATZ]*)([{names}])|%([{names}])", value, text)


def run(interpreter: Interpreter, loop: For) -> int:
    """Run a loop; the return code of its last round."""
    shell = interpreter.shell
    before = dict(shell.loop)
    code = 0
    try:
        for values in _rounds(interpreter, loop):
            shell.check_cancelled()
            shell.loop = before | {chr(ord(loop.variable) + index): value for index, value in enumerate(values)}
            if shell.echo and not loop.quiet:
                shell.out(f"\n{shell.prompt()}{put_in(shell, render(loop.body))}\n")
            code = interpreter.run(loop.body)
    finally:
        shell.loop = before
    return code


def _rounds(interpreter: Interpreter, loop: For) -> Iterator[list[str]]:
    shell = interpreter.shell
    items = interpreter.text(loop.items)
    if loop.kind == "f":
        yield from _parsed(interpreter, loop, items)
    elif loop.kind == "l":
        numbers = [int(word) if re.fullmatch(r"[+-]?\d+", word) else 0 for word in words(items)]
        first, step, last = [*numbers, 0, 0, 0][:3]
        number = first
        while (number <= last) if step >= 0 else (number >= last):
            yield [str(number)]
            number += step
            shell.check_cancelled()
    elif loop.kind == "r":
        yield from _tree(shell, interpreter.text(loop.option), items)
    else:
        for word in words(items):
            yield from _files(shell, word, folders=loop.kind == "d")


def _files(shell: Shell, word: str, *, folders: bool) -> Iterator[list[str]]:
    bare = word.replace('"', "")
    if not has_wildcard(bare):
        yield [word]
        return
    start = re.match(r".*[\\/:]", bare)
    for info in shell.machine.files.match(shell.path(bare)):
        if info.folder == folders:
            yield [(start.group() if start else "") + info.name]


def _tree(shell: Shell, root: str, items: str) -> Iterator[list[str]]:
    files = shell.machine.files
    top = shell.path(root) if root else shell.directory
    if not files.is_folder(top):
        return
    folders = [top, *(info.path for info in files.walk(top) if info.folder)]
    for folder in folders:
        for word in words(items):
            bare = word.replace('"', "")
            if has_wildcard(bare):
                yield from ([info.path] for info in files.match(f"{folder}\\{bare}") if not info.folder)
            else:
                yield [f"{folder}\\{bare}"]


# ---------------------------------------------------------------------- for /f


def _parsed(interpreter: Interpreter, loop: For, items: str) -> Iterator[list[str]]:
    settings = _settings(interpreter.text(loop.option).strip('"'))
    tokens = _token_numbers(settings["tokens="])
    skip = int(settings["skip="] or "0")
    for number, line in enumerate(_lines(interpreter, items.strip(), back_quotes="usebackq" in settings)):
        if number < skip or not line or (settings["eol="] and line.startswith(settings["eol="])):
            continue
        values = _tokens(line, settings["delims="], *tokens)
        if values is not None:
            yield values


def _settings(text: str) -> dict[str, str]:
    settings = {"eol=": ";", "skip=": "", "tokens=": "1", "delims=": " \t"}
    parts = _OPTION.split(text)
    for name, value in zip(parts[1::2], parts[2::2], strict=True):
        last = name == parts[-2]
        settings[name.lower()] = value if last and name.lower() == "delims=" else value.rstrip(" ")
    return settings


def _token_numbers(text: str) -> tuple[list[int], bool]:
    """The token numbers of `tokens=1,3-5*`, and whether the rest of the line is wanted too."""
    rest = text.endswith("*")
    numbers: list[int] = []
    for part in text.rstrip("*").split(","):
        first, _, last = part.strip().partition("-")
        if first:
            numbers.extend(range(int(first, 0), int(last or first, 0) + 1))
    return sorted(set(numbers)), rest


def _tokens(line: str, delims: str, numbers: list[int], rest: bool) -> list[str] | None:
    """The values for one line; None when its first token is missing."""
    starts: list[tuple[int, int]] = []
    index = 0
    while index < len(line):
        while index < len(line) and line[index] in delims:
            index += 1
        begin = index
        while index < len(line) and line[index] not in delims:
            index += 1
        if index > begin:
            starts.append((begin, index))
    last = numbers[-1] if numbers else 0
    if not starts or (numbers and numbers[0] > len(starts)):
        return None
    values = [line[slice(*starts[number - 1])] if number <= len(starts) else "" for number in numbers]
    if rest:
        values.append(line[starts[last][0] :] if last < len(starts) else "")
    return values


def _lines(interpreter: Interpreter, items: str, *, back_quotes: bool) -> list[str]:
    shell = interpreter.shell
    command, literal = ("`", "'") if back_quotes else ("'", '"')
    if len(items) > 1 and items[0] == command == items[-1]:
        return _output(interpreter, items[1:-1])
    if len(items) > 1 and items[0] == literal == items[-1] and not (literal == '"' and back_quotes):
        return [items[1:-1]]
    lines: list[str] = []
    for word in words(items):
        try:
            data = shell.machine.files.read(shell.path(word))
        except FileError:
            shell.complain("cmd.no_such_file", word.replace('"', ""))
            shell.error_level = 1
            continue
        lines.extend(_split(data, shell.console.code_page))
    return lines


def _output(interpreter: Interpreter, line: str) -> list[str]:
    shell = interpreter.shell
    data = bytearray()
    child = shell.child(Streams(shell.streams.stdin, data.extend, shell.streams.err))
    child.batch, child.loop = None, {}
    type(interpreter)(child).run_line(unquoted(child, line, strip=False))
    return _split(bytes(data), shell.console.code_page)


def _split(data: bytes, code_page: int) -> list[str]:
    return data.decode(codec(code_page), "replace").replace("\r", "").split("\n")
