"""`type`: files to standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from winipsec_lab.cmd.words import options
from winipsec_lab.machine.files import FileError, has_wildcard

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter


def show(interpreter: Interpreter, rest: str) -> int:
    """`type file ...`: bytes as they are, UTF-16 with a byte order mark as text; several files get headers."""
    shell = interpreter.shell
    names = options(rest).names
    if not names:
        shell.complain("cmd.syntax")
        return 1
    several = len(names) > 1 or has_wildcard(names[0])
    to_error = shell.machine.guesses["cmd.type_header"] == "stderr"
    code = 0
    for name in names:
        path = shell.path(name)
        found = [info for info in shell.machine.files.match(path) if not info.folder or not has_wildcard(name)]
        if not found and not path.lower().endswith("\\nul"):
            shell.system_error(shell.machine.files.missing(path))
            code = 1
            if several:
                shell.complain("cmd.while_processing", name.replace('"', ""))
            continue
        for info in found:
            if several:
                shown = info.name if has_wildcard(name) else name.replace('"', "")
                (shell.err if to_error else shell.out)(f"\n{shown}\n\n\n")
            try:
                data = shell.machine.files.read(info.path)
            except FileError as error:
                code = shell.file_error(error)
                continue
            if data.startswith(b"\xff\xfe"):
                shell.out(data[2:].decode("utf-16-le", "replace"))
            else:
                shell.streams.out(data)
    return code
