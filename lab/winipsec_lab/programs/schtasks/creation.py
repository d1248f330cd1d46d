"""`schtasks /create`: from a file of XML or from switches (spec: winrm 5.3)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.process import Process
from winipsec_lab.machine.tasks.definition import (
    BOOT,
    TIME,
    Action,
    Definition,
    Principal,
    Repetition,
    Settings,
    Trigger,
)
from winipsec_lab.machine.tasks.document import read
from winipsec_lab.machine.tasks.encoding import TaskXmlError, decode
from winipsec_lab.machine.tasks.instance import service_account
from winipsec_lab.programs.schtasks.arguments import RefusedError, Request, check_target, confirm, task_name

_LONGEST_COMMAND: Final = 261
_XML_ERRORS: Final = {
    "unexpected_node": 0x80041316,
    "namespace": 0x80041317,
    "bad_value": 0x80041318,
    "missing_node": 0x80041319,
    "malformed": 0x8004131A,
    "not_simulated": 0x80004001,
}
_NO_MAPPING: Final = 0x80070534
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_OLD_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?")
_LENGTH: Final = re.compile(r"(\d{1,4}):([0-5]\d)")
_COMMAND: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|(\S+))\s*(.*)""", re.DOTALL)
_FOR_XML: Final = ("tn", "xml", "ru", "rp", "f", "it", "np", "s", "u", "p", "hresult")


def create(process: Process, request: Request) -> int:
    """Register a task; asks before it replaces one, unless `/f`."""
    check_target(process, request)
    path = task_name(process, request.need("tn"))
    definition = _from_file(process, request) if "xml" in request else _from_switches(process, request)
    tasks, name = process.machine.tasks, request.get("tn")
    if tasks.find(path) and "f" not in request and not confirm(process, "tasks.replace", name):
        process.say("tasks.kept", name)
        return 0
    tasks.register(path, definition)
    process.say("tasks.created", name)
    return 0


# ---------------------------------------------------------------------- XML


def _from_file(process: Process, request: Request) -> Definition:
    for switch in request.values:
        if switch not in _FOR_XML:
            raise RefusedError("tasks.bad_option", f"/{switch}", request.usage)
    files = process.machine.files
    try:
        data = files.read(files.absolute(request.get("xml"), process.directory))
    except FileError as error:
        raise RefusedError(f"win32.{error.code}", code=0x80070000 + error.code) from None
    try:
        definition = read(decode(data, process.machine.guesses))
    except TaskXmlError as error:
        detail = error.detail if error.kind == "malformed" else f":{error.detail}:"
        key, code = f"tasks.{error.kind}", _XML_ERRORS[error.kind]
        if error.kind == "not_simulated":
            raise RefusedError(key, error.detail, code=code) from None
        raise RefusedError(key, code=code, detail=detail) from None
    principal = definition.principal
    if "ru" in request or not (principal.user or principal.group):
        principal = _principal(process, request, highest=principal.highest, id=principal.id)
    elif principal.user:
        _check_account(process, principal.user)
    return _signed(process, definition, principal)


def _signed(process: Process, definition: Definition, principal: Principal) -> Definition:
    """With the principal, and with its author and date where the definition has none."""
    return Definition(
        definition.triggers,
        definition.actions,
        principal,
        definition.settings,
        definition.author or f"{process.machine.name}\\{process.user}",
        definition.description,
        definition.date or f"{process.machine.clock.local():%Y-%m-%dT%H:%M:%S}",
        definition.version,
    )


# ---------------------------------------------------------------------- switches


def _from_switches(process: Process, request: Request) -> Definition:
    command, schedule = request.need("tr"), request.need("sc").lower()
    if len(command) > _LONGEST_COMMAND:
        raise RefusedError("tasks.too_long", "/tr", _LONGEST_COMMAND, request.usage)
    found = _COMMAND.fullmatch(command)
    if found is None:
        raise RefusedError("tasks.bad_value_of", "/tr", request.usage)
    trigger = _trigger(process, request, schedule)
    if "z" in request and not trigger.end:
        raise RefusedError("tasks.missing_node", code=_XML_ERRORS["missing_node"], detail="(42,4):EndBoundary:")
    level = request.get("rl").lower() or "limited"
    if level not in ("limited", "highest"):
        raise RefusedError("tasks.bad_value_of", "/rl", request.usage)
    principal = _principal(process, request, highest=level == "highest")
    program = found.group(1) or found.group(2) or found.group(3) or ""
    definition = Definition(
        (trigger,), (Action(program, found.group(4)),), settings=Settings(delete_after=0.0 if "z" in request else None)
    )
    return _signed(process, definition, principal)


def _trigger(process: Process, request: Request, schedule: str) -> Trigger:
    end = _end(process, request)
    if schedule == "onstart":
        first = f"{_date(process, request, 'sd'):%Y-%m-%dT00:00:00}" if "sd" in request else ""
        return Trigger(BOOT, start=first, end=end, delay=_delay(request))
    if schedule not in ("once", "minute"):
        raise RefusedError("tasks.bad_value_of", "/sc", request.usage)
    if schedule == "once" and "st" not in request:
        raise RefusedError("tasks.missing_switch", "st", request.usage)
    now = process.machine.clock.local()
    start = _start(process, request, now)
    if schedule == "once":
        if start <= now:
            process.complain("tasks.past_start")
        return Trigger(TIME, start=f"{start:%Y-%m-%dT%H:%M:%S}", end=end)
    modifier = request.get("mo") or "1"
    if not modifier.isdigit() or not 1 <= int(modifier) <= 1439:
        raise RefusedError("tasks.bad_value_of", "/mo", request.usage)
    repetition = Repetition(int(modifier) * 60.0, _length(request, start), "k" in request)
    return Trigger(TIME, start=f"{start:%Y-%m-%dT%H:%M:%S}", end=end, repetition=repetition)


def _clock_time(process: Process, request: Request, switch: str) -> tuple[int, int]:
    pattern = _OLD_TIME if process.machine.generation == "2003" else _TIME
    found = pattern.fullmatch(request.get(switch))
    if found is None:
        raise RefusedError("tasks.bad_value_of", f"/{switch}", request.usage)
    return int(found.group(1)), int(found.group(2))


def _date(process: Process, request: Request, switch: str) -> datetime:
    """A date in the order of the host's language, always with slashes."""
    order = re.sub(r"[^%a-zA-Z]", "/", process.machine.language.date)
    shape = "[0-9]{4}/[0-9]{2}/[0-9]{2}" if order.startswith("%Y") else "[0-9]{2}/[0-9]{2}/[0-9]{4}"
    text = request.get(switch)
    try:
        if re.fullmatch(shape, text):
            return datetime.strptime(text, order)  # noqa: DTZ007 - the host's local time has no zone
    except ValueError:
        pass  # 31 February
    raise RefusedError("tasks.bad_value_of", f"/{switch}", request.usage)


def _start(process: Process, request: Request, now: datetime) -> datetime:
    day = _date(process, request, "sd") if "sd" in request else now
    hour, minute = _clock_time(process, request, "st") if "st" in request else (now.hour, now.minute)
    start = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    this_minute = start == now.replace(second=0, microsecond=0)
    if this_minute and "st" in request and process.machine.guesses["tasks.current_minute"] == "at_once":
        return now.replace(microsecond=0) + timedelta(seconds=1)
    return start


def _end(process: Process, request: Request) -> str:
    if "ed" not in request:
        return ""
    hour, minute = _clock_time(process, request, "et") if "et" in request else (23, 59)
    return f"{_date(process, request, 'ed').replace(hour=hour, minute=minute):%Y-%m-%dT%H:%M:%S}"


def _length(request: Request, start: datetime) -> float:
    """For how long a task repeats: `/du`, or until the time of `/et`; 0 for ever."""
    if "du" in request:
        found = _LENGTH.fullmatch(request.get("du"))
        if found is None:
            raise RefusedError("tasks.bad_value_of", "/du", request.usage)
        return int(found.group(1)) * 3600.0 + int(found.group(2)) * 60.0
    if "et" in request and "ed" not in request:
        found = _TIME.fullmatch(request.get("et"))
        if found is None:
            raise RefusedError("tasks.bad_value_of", "/et", request.usage)
        minutes = int(found.group(1)) * 60 + int(found.group(2)) - start.hour * 60 - start.minute
        return minutes % 1440 * 60.0
    return 0.0


def _delay(request: Request) -> float:
    """`/delay mmmm:ss`."""
    if "delay" not in request:
        return 0.0
    found = _LENGTH.fullmatch(request.get("delay"))
    if found is None or len(found.group(1)) != 4:
        raise RefusedError("tasks.bad_value_of", "/delay", request.usage)
    return int(found.group(1)) * 60.0 + int(found.group(2))


# ---------------------------------------------------------------------- accounts


def _principal(process: Process, request: Request, *, highest: bool, id: str = "Author") -> Principal:
    """As whom it runs: `/ru`, by default whoever creates the task, and then only while that user is logged on."""
    name = request.get("ru") if "ru" in request else process.user
    sid = service_account(process.machine, name or "SYSTEM")
    if sid:
        return Principal(id, sid, highest=highest)
    _check_account(process, name)
    if "ru" not in request or "it" in request:
        return Principal(id, name, logon="InteractiveToken", highest=highest)
    if "np" in request:
        return Principal(id, name, logon="S4U", highest=highest)
    if not request.get("rp"):
        process.say("tasks.password", name)
        if not process.stdin.readline():
            process.out("\n")
            raise RefusedError("tasks.no_answer")
    return Principal(id, name, logon="Password", highest=highest)


def _check_account(process: Process, name: str) -> None:
    accounts = process.machine.accounts
    known = service_account(process.machine, name) or accounts.identify(name) or accounts.identify("*" + name)
    if not known and name != process.user:
        raise RefusedError("win32.1332", code=_NO_MAPPING, detail=":UserId:")
