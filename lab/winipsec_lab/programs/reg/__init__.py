"""`reg.exe`: the registry on the command line (spec: winrm 4.4, 4.7). Exit codes 0 and 1, 2 for a difference."""

from __future__ import annotations

from collections.abc import Callable

from winipsec_lab.machine.process import Process
from winipsec_lab.programs.reg import changes
from winipsec_lab.programs.reg.arguments import RefusedError, Request, parse
from winipsec_lab.programs.reg.query import query

_OPERATIONS: dict[str, Callable[[Process, Request], int]] = {
    "query": query,
    "add": changes.add,
    "delete": changes.delete,
    "export": changes.export,
    "import": changes.import_file,
    "copy": changes.copy,
    "compare": changes.compare,
}


def run(process: Process) -> int:
    """Carry out one operation; what `reg` refuses goes to standard error."""
    if process.machine.guesses["reg.code_page"] == "oem":
        process.encoding = process.machine.oem_code_page
    operation = process.argv[1].lower() if len(process.argv) > 1 else ""
    try:
        request = parse(operation, process.argv[2:])
        return _OPERATIONS[operation](process, request)
    except RefusedError as refused:
        process.complain(refused.key, *refused.inserts)
        return 1
