"""`net.exe`: `start`, `stop`, `user`, `session`, `helpmsg` (spec: winrm 4.5, 4.7). Exit codes 0, 1 (syntax), 2."""

from __future__ import annotations

from collections.abc import Callable

from winipsec_lab.machine.process import Process, codec
from winipsec_lab.machine.services import DEPENDENTS_RUNNING, NO_SUCH_SERVICE, ServiceError

_ALREADY_STARTED, _BAD_NAME, _CANNOT_CONTROL, _NOT_STARTED, _BAD_NUMBER = 2182, 2185, 2191, 3521, 3871


def run(process: Process) -> int:
    """Carry out one operation, in the OEM code page whatever the console's is."""
    if process.machine.guesses["net.code_page"] == "oem":
        process.encoding = process.machine.oem_code_page
    operation = process.argv[1].lower() if len(process.argv) > 1 else ""
    handler = _OPERATIONS.get(operation)
    if handler is None:
        process.complain("net.syntax")
        return 1
    return handler(process, process.argv[2:])


def _fail(process: Process, number: int, *inserts: object) -> int:
    process.complain("net.more_help", process.machine.text(f"win32.{number}", *inserts), number)
    return 2


def _service(process: Process, name: str) -> str | None:
    found = process.machine.services.find(name)
    if found is None:
        _fail(process, _BAD_NAME)
    return found


def _start(process: Process, arguments: list[str]) -> int:
    services = process.machine.services
    if not arguments:
        process.say("net.list")
        process.out("".join(f"   {title}\n" for title in sorted(map(services.title, _running(process)))) + "\n")
        process.say("net.done")
        return 0
    name = _service(process, " ".join(arguments))
    if name is None:
        return 2
    title = services.title(name)
    try:
        services.start(name)
    except ServiceError as error:
        if error.code == 1056:
            return _fail(process, _ALREADY_STARTED)
        process.complain("net.system_error", error.code, process.machine.text(f"win32.{error.code}"))
        return 2
    process.say("net.starting", title)
    services.wait(name)
    process.say("net.started", title)
    return 0


def _running(process: Process) -> list[str]:
    services = process.machine.services
    return [name for name in services.names() if services.running(name)]


def _stop(process: Process, arguments: list[str]) -> int:
    agreed = any(word.lower() in ("/y", "/yes") for word in arguments)
    words = [word for word in arguments if not word.startswith("/")]
    if not words or any(word.startswith("/") and word.lower() not in ("/y", "/yes", "/n", "/no") for word in arguments):
        process.complain("net.syntax")
        return 1
    name = _service(process, " ".join(words))
    return 2 if name is None else _stop_one(process, name, agreed=agreed)


def _stop_one(process: Process, name: str, *, agreed: bool) -> int:
    services = process.machine.services
    title = services.title(name)
    try:
        services.stop(name)
    except ServiceError as error:
        if error.code == DEPENDENTS_RUNNING:
            if not _may_stop_all(process, name, agreed=agreed):
                return 2
            for other in services.dependents(name):
                _stop_one(process, other, agreed=True)
            return _stop_one(process, name, agreed=True)
        if error.code == 1062:
            return _fail(process, _NOT_STARTED, title)
        if error.code == NO_SUCH_SERVICE:
            return _fail(process, _BAD_NAME)
        return _fail(process, _CANNOT_CONTROL)
    process.say("net.stopping", title)
    services.wait(name)
    process.say("net.stopped", title)
    return 0


def _may_stop_all(process: Process, name: str, *, agreed: bool) -> bool:
    services = process.machine.services
    process.say("net.dependents", services.title(name))
    process.out("".join(f"   {services.title(other)}\n" for other in services.dependents(name)) + "\n")
    if agreed:
        return True
    process.say("net.continue")
    answer = process.stdin.readline().decode(codec(process.code_page), "replace").strip().upper()
    if answer[:1] == process.machine.text("yes"):
        process.out("\n")
        return True
    if not answer:
        process.complain("net.no_answer")
    return False


def _users(process: Process, arguments: list[str]) -> int:
    if arguments:
        process.complain("net.syntax")
        return 1
    process.say("net.accounts", process.machine.name)
    process.out("-" * 79 + "\n")
    users = process.machine.accounts.users()
    for start in range(0, len(users), 3):
        process.out("".join(f"{user:<25}" for user in users[start : start + 3]).rstrip() + "\n")
    process.say("net.done")
    return 0


def _sessions(process: Process, _arguments: list[str]) -> int:
    process.say("net.no_entries")
    return 0


def _help_message(process: Process, arguments: list[str]) -> int:
    try:
        text = process.machine.text(f"win32.{int(arguments[0])}", "***")
    except (IndexError, ValueError):
        process.complain("net.syntax")
        return 1
    except KeyError:
        return _fail(process, _BAD_NUMBER)
    process.out(f"\n{text}\n\n")
    return 0


_OPERATIONS: dict[str, Callable[[Process, list[str]], int]] = {
    "start": _start,
    "stop": _stop,
    "user": _users,
    "session": _sessions,
    "helpmsg": _help_message,
}
