r"""`schtasks.exe`: `/create`, `/query`, `/delete`, `/run`, `/end`, `/change` (spec: winrm 4.4, 4.7, 5.3).

The exit code is 0 or 1; with `/hresult` a failure's HRESULT. Without an operation all tasks are listed.
"""

from __future__ import annotations

from collections.abc import Callable

from winipsec_lab.machine.process import Process
from winipsec_lab.programs.schtasks.arguments import OPERATIONS, RefusedError, Request, parse
from winipsec_lab.programs.schtasks.changes import change, delete, end, start
from winipsec_lab.programs.schtasks.creation import create
from winipsec_lab.programs.schtasks.query import query

_HANDLERS: dict[str, Callable[[Process, Request], int]] = {
    "create": create,
    "query": query,
    "delete": delete,
    "run": start,
    "end": end,
    "change": change,
}
_SERVICE_NOT_RUNNING = 0x80041315
_ACCESS_DENIED = 0x80070005


def run(process: Process) -> int:
    """Carry out one operation; failures are told on standard error."""
    words = process.argv[1:]
    operation = words[0][1:].lower() if words and words[0][:1] in ("/", "-") else ""
    if words and operation not in OPERATIONS:
        operation = "query"  # `schtasks /fo csv` lists all tasks too
    else:
        words = words[1:]
    codes = process.machine.generation != "2003" and any(word.lower() in ("/hresult", "-hresult") for word in words)
    if any(word in ("/?", "-?") for word in words):
        process.say("tasks.usage")
        return 0
    try:
        request = parse(operation or "query", words, process.machine.generation)
        _admit(process, operation)
        return _HANDLERS[operation or "query"](process, request)
    except RefusedError as error:
        process.complain("tasks.error", process.machine.text(error.key, *error.inserts))
        if error.detail:
            process.err(error.detail + "\n")
        return error.code - (1 << 32) if codes else 1


def _admit(process: Process, operation: str) -> None:
    """Refuse who has no rights, and everybody while the service does not run."""
    machine = process.machine
    if not machine.tasks.running:
        raise RefusedError("tasks.service_stopped", code=_SERVICE_NOT_RUNNING)
    if operation not in ("", "query") and not machine.is_administrator(process.user):
        raise RefusedError("win32.5", code=_ACCESS_DENIED)
