"""`sc.exe`: services on the command line (spec: winrm 4.4, 4.7). The exit code is the Win32 error number."""

from __future__ import annotations

from collections.abc import Callable

from winipsec_lab.machine.process import Process
from winipsec_lab.machine.services import ServiceError
from winipsec_lab.programs.sc import display
from winipsec_lab.programs.sc.enumeration import enumerate_services

INVALID_COMMAND_LINE = 1639

_START_TYPES = {"boot": 0, "system": 1, "auto": 2, "demand": 3, "disabled": 4, "delayed-auto": 2}

#: Function that Windows names when an operation fails.
_FAILING_CALL = {
    "query": "EnumQueryServicesStatus:OpenService",
    "queryex": "EnumQueryServicesStatus:OpenService",
    "qc": "OpenService",
    "config": "OpenService",
    "start": "StartService",
    "stop": "ControlService",
    "control": "ControlService",
}


def run(process: Process) -> int:
    """Carry out one operation; messages go to standard output, errors too."""
    arguments = process.argv[1:]
    if arguments and arguments[0].startswith("\\\\"):
        process.say("sc.failed", "OpenSCManager", 53, process.machine.text("win32.53"))
        return 53
    operation = arguments[0].lower() if arguments else ""
    handler = _OPERATIONS.get(operation)
    if handler is None:
        process.say("sc.syntax")
        return INVALID_COMMAND_LINE
    try:
        return handler(process, arguments[1:])
    except ServiceError as error:
        opened = process.machine.services.find(error.name) is not None
        call = _FAILING_CALL[operation] if opened or operation.startswith("query") else "OpenService"
        process.say("sc.failed", call, error.code, process.machine.text(f"win32.{error.code}"))
        return error.code


def _name(process: Process, arguments: list[str]) -> str:
    """The service that an operation is about; display names are not understood."""
    services = process.machine.services
    found = services.find(arguments[0])
    if found is None or found.upper() != arguments[0].upper():
        raise ServiceError(1060, arguments[0])
    return found


def _query(process: Process, arguments: list[str], *, extended: bool = False) -> int:
    if not arguments or arguments[0].endswith("="):
        return enumerate_services(process, arguments, extended=extended)
    name = _name(process, arguments)
    process.out(display.status(process.machine, name, extended=extended))
    return 0


def _query_extended(process: Process, arguments: list[str]) -> int:
    return _query(process, arguments, extended=True)


def _configuration(process: Process, arguments: list[str]) -> int:
    if not arguments:
        process.say("sc.syntax")
        return INVALID_COMMAND_LINE
    name = _name(process, arguments)
    process.say("sc.success", "QueryServiceConfig")
    process.out(display.configuration(process.machine, name))
    return 0


def _configure(process: Process, arguments: list[str]) -> int:
    """`sc config NAME start= TYPE`: the blank behind the equals sign is part of the syntax."""
    options = arguments[1:]
    valid = len(options) == 2 and options[0].lower() == "start=" and options[1].lower() in _START_TYPES
    if not valid:
        process.say("sc.bad_option")
        return INVALID_COMMAND_LINE
    name = _name(process, arguments)
    process.machine.services.set_start_type(name, _START_TYPES[options[1].lower()])
    process.say("sc.success", "ChangeServiceConfig")
    return 0


def _start(process: Process, arguments: list[str]) -> int:
    if not arguments:
        process.say("sc.syntax")
        return INVALID_COMMAND_LINE
    name = _name(process, arguments)
    process.machine.services.start(name)
    process.out(display.status(process.machine, name, extended=True, state=2))
    return 0


def _stop(process: Process, arguments: list[str]) -> int:
    if not arguments:
        process.say("sc.syntax")
        return INVALID_COMMAND_LINE
    name = _name(process, arguments)
    process.machine.services.stop(name)
    process.out(display.status(process.machine, name, state=3))
    return 0


def _control(process: Process, arguments: list[str]) -> int:
    if len(arguments) != 2 or not arguments[1].isdigit():
        process.say("sc.syntax")
        return INVALID_COMMAND_LINE
    name = _name(process, arguments)
    process.machine.services.control(name, int(arguments[1]))
    process.out(display.status(process.machine, name))
    return 0


_OPERATIONS: dict[str, Callable[[Process, list[str]], int]] = {
    "query": _query,
    "queryex": _query_extended,
    "qc": _configuration,
    "config": _configure,
    "start": _start,
    "stop": _stop,
    "control": _control,
}
