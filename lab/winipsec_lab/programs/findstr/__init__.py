"""`findstr.exe` (spec: winrm 4.4, 4.6). Exit codes: 0 found, 1 nothing found, 2 wrong usage.

Lines are bytes. A line that holds a NUL (UTF-16 text) is cut there: such files do not survive `findstr`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from winipsec_lab.machine.files import FileError, has_wildcard, wildcard
from winipsec_lab.machine.process import Process, codec
from winipsec_lab.programs.findstr.arguments import Request, parse
from winipsec_lab.programs.findstr.patterns import Matcher, matcher

#: Longest line that can be searched (spec: winrm 4.2).
LINE_LIMIT = 8191
_FLUSH = 1 << 16


def run(process: Process) -> int:
    """Print the lines of files or standard input that match."""
    request = parse(process.argv[1:])
    for letter in request.ignored:
        process.complain("findstr.ignored", letter)
    if request.invalid:
        process.complain("findstr.bad_line")
        return 2
    page = codec(process.code_page)
    try:
        strings = [string.encode(page, "replace") for string in request.strings]
        strings += list(_from_file(process, request.strings_file))
        names = request.files + [name.decode(page) for name in _from_file(process, request.names_file)]
    except FileError as error:
        process.complain("findstr.cannot_open", error.path)
        return 2
    if not strings:
        process.complain("findstr.no_strings")
        return 2
    fits = matcher(strings, request)
    if not names:
        return int(not _search(process, request, fits, process.stdin.lines(), ""))
    return int(not _search_files(process, request, fits, names))


def _from_file(process: Process, name: str) -> Iterator[bytes]:
    if not name:
        return
    if name == "/":
        data = process.stdin.read()
    else:
        data = process.machine.files.read(process.machine.files.absolute(name, process.directory))
    yield from (line for line in data.replace(b"\r", b"").split(b"\n") if line)


def _search_files(process: Process, request: Request, fits: Matcher, names: list[str]) -> bool:
    files = process.machine.files
    several = len(names) > 1 or has_wildcard(names[0]) or "s" in request.letters
    found = False
    for name in names:
        path = files.absolute(name, process.directory)
        prefix = name[: len(name) - len(name.replace("/", "\\").rpartition("\\")[2])]
        matches = [info for info in files.match(path) if not info.folder]
        shown = [(info.path, prefix + info.name if has_wildcard(name) else name) for info in matches]
        if "s" in request.letters:
            shown += _below(process, path, prefix)
        if not shown:
            process.complain("findstr.cannot_open", name)
        for file, label in shown:
            found |= _search(process, request, fits, _lines(files.read(file)), label if several else "", name=label)
    return found


def _below(process: Process, path: str, prefix: str) -> list[tuple[str, str]]:
    folder, _, name = path.rpartition("\\")
    fits, files = wildcard(name), process.machine.files
    if not files.is_folder(folder if len(folder) > 2 else folder + "\\"):
        return []
    start = len(folder) + 1
    found = [info for info in files.walk(folder) if not info.folder and fits(info.name)]
    return [(info.path, prefix + info.path[start:]) for info in found if "\\" in info.path[start:]]


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


def _search(
    process: Process, request: Request, fits: Matcher, lines: Iterable[bytes], label: str, *, name: str = ""
) -> bool:
    page = codec(process.code_page)
    start = f"{label}:".encode(page, "replace") if label else b""
    appends = process.machine.guesses["findstr.last_line"] == "append"
    out, found, offset = bytearray(), False, 0
    for number, line in enumerate(lines, 1):
        begin, offset = offset, offset + len(line)
        body = line[:-1] if line.endswith(b"\n") else line
        body = body.partition(b"\0")[0]
        if len(body) > LINE_LIMIT:
            process.complain("findstr.too_long", number)
            continue
        if fits(body) == ("v" in request.letters):
            continue
        found = True
        if "m" in request.letters:
            out += name.encode(page, "replace") + b"\r\n"
            break
        ending = line[len(body) :] if b"\0" not in line else b"\r\n"
        ending = ending or (b"\r\n" if appends else b"")
        out += start
        out += b"%d:" % number if "n" in request.letters else b""
        out += b"%d:" % begin if "o" in request.letters else b""
        out += body + ending
        if len(out) > _FLUSH:
            process.check_cancelled()
            process.out_bytes(bytes(out))
            out.clear()
    process.out_bytes(bytes(out))
    return found
