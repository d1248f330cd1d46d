"""`taskkill.exe`: ends processes; those of services stop with them. Exit code 128 when there is no such process."""

from __future__ import annotations

from winipsec_lab.machine.process import Process
from winipsec_lab.machine.services import ServiceError
from winipsec_lab.programs.processes import processes

_NOT_FOUND = 128


def run(process: Process) -> int:
    """`taskkill [/f] [/t] /pid N | /im NAME`."""
    words = process.argv[1:]
    wanted: list[tuple[str, str]] = []
    while words:
        word = words.pop(0).lower()
        if word in ("/pid", "/im") and words:
            wanted.append((word, words.pop(0)))
        elif word not in ("/f", "/t"):
            process.complain("invalid_option", word, "TASKKILL")
            return 1
    if not wanted:
        process.complain("invalid_option", "", "TASKKILL")
        return 1
    code = 0
    for kind, value in wanted:
        matches = [
            running
            for running in processes(process.machine)
            if value.lower() == (str(running.number) if kind == "/pid" else running.image.lower())
        ]
        if not matches:
            process.complain("taskkill.missing", value)
            code = _NOT_FOUND
        for running in matches:
            code = _kill(process, running.service, running.number) or code
    return code


def _kill(process: Process, service: str, number: int) -> int:
    try:
        process.machine.services.stop(service)
    except ServiceError:
        process.err(process.machine.text("win32.5") + "\n")
        return 1
    process.say("taskkill.done", number)
    return 0
