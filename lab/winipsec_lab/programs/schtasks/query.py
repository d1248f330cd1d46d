r"""`schtasks /query` as a table, list, CSV or XML (spec: winrm 4.7).

A table stands under a line for each folder; lists and CSV give full names. With `/v` a task has one row per trigger.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from winipsec_lab.machine.process import Process
from winipsec_lab.machine.registry import fold
from winipsec_lab.machine.tasks.definition import BOOT, REGISTRATION, TIME, Trigger, duration, moment
from winipsec_lab.machine.tasks.instance import runs_unattended, user_of
from winipsec_lab.machine.tasks.scheduler import Task
from winipsec_lab.machine.tasks.writing import write
from winipsec_lab.programs.schtasks.arguments import (
    FILE_NOT_FOUND,
    RefusedError,
    Request,
    check_target,
    existing,
    task_name,
)

_TABLE_WIDTHS = (40, 22, 15)
_SHORT = (1, 2, 3)  # of the columns of a verbose list: name, next run, status
_LISTED = (0, 1, 2, 3, 4)


def query(process: Process, request: Request) -> int:
    """List tasks."""
    check_target(process, request)
    form = (request.get("fo") or "table").lower()
    if form not in ("table", "list", "csv"):
        raise RefusedError("tasks.bad_value_of", "/fo", request.usage)
    folders = _chosen(process, request)
    if "xml" in request:
        for task in (task for _, found in folders for task in found):
            document = write(task.definition, task.path)
            process.out(f'<?xml version="1.0" encoding="UTF-16"?>\n{document}\n\n')
    elif form == "csv":
        _csv(process, request, folders)
    else:
        for folder, found in folders:
            process.say("tasks.folder", folder)
            if not found:
                process.say("tasks.none")
            elif form == "list":
                _list(process, request, found)
            else:
                _table(process, request, found)
    return 0


def _chosen(process: Process, request: Request) -> list[tuple[str, list[Task]]]:
    """Folders with their tasks: all, the one that `/tn` names, or the one task it names."""
    tasks = process.machine.tasks
    visible = tasks.tasks() if process.machine.is_administrator(process.user) else []
    if "tn" in request:
        path = task_name(process, request.get("tn")) if request.get("tn").strip("\\ ") else "\\"
        for folder in tasks.folders():
            if fold(folder) == fold(path) and not tasks.find(path):
                return [(folder, [task for task in visible if task.folder == folder])]
        task = existing(process, request)
        if task not in visible:
            raise RefusedError("win32.2", code=FILE_NOT_FOUND)
        return [(task.folder, [task])]
    return [
        (folder, [task for task in visible if fold(task.folder) == fold(folder)])
        for folder in tasks.folders()
        if folder == "\\" or any(fold(task.folder) == fold(folder) for task in visible)
    ]


def _csv(process: Process, request: Request, folders: list[tuple[str, list[Task]]]) -> None:
    columns = process.machine.text("tasks.columns").split("|")
    kept = range(len(columns)) if "v" in request else _SHORT
    rows = [row for _, found in folders for task in found for row in _rows(process, request, task)]
    if not rows:
        process.say("tasks.none")
        return
    for row in [columns, *rows] if "nh" not in request else rows:
        process.out(",".join(f'"{row[column]}"' for column in kept) + "\n")


def _list(process: Process, request: Request, found: list[Task]) -> None:
    columns = process.machine.text("tasks.columns").split("|")
    kept = list(range(len(columns))) if "v" in request else list(_LISTED)
    width = max(len(columns[column]) for column in kept) + 1
    for task in found:
        for row in _rows(process, request, task):
            process.out("".join(f"{columns[column] + ':':<{width}} {row[column]}\n" for column in kept) + "\n")


def _table(process: Process, request: Request, found: list[Task]) -> None:
    columns = process.machine.text("tasks.columns").split("|")
    kept = range(len(columns)) if "v" in request else _SHORT
    widths = [22] * len(columns) if "v" in request else list(_TABLE_WIDTHS)
    rows = []
    for task in found:
        for row in _rows(process, request, task):
            row[1] = task.name
            rows.append([row[column] for column in kept])
    if "nh" not in request:
        rows[:0] = [[columns[column] for column in kept], ["=" * width for width in widths]]
    for row in rows:
        process.out(" ".join(f"{cell[:width]:<{width}}" for cell, width in zip(row, widths, strict=True)) + "\n")


def _rows(process: Process, request: Request, task: Task) -> Iterator[list[str]]:
    triggers: tuple[Trigger | None, ...] = task.definition.triggers if "v" in request else ()
    for trigger in triggers or (None,):
        yield _row(process, task, trigger)


def _row(process: Process, task: Task, trigger: Trigger | None) -> list[str]:
    """The cells of a verbose list, in the order of `tasks.columns`."""
    text = process.machine.text
    definition, nothing = task.definition, text("tasks.not_applicable")
    planned = [due for number, due in task.due.items() if definition.triggers[number].kind == TIME]
    upcoming = min(planned, default=0.0) if definition.settings.enabled else 0.0
    unattended = runs_unattended(process.machine, definition.principal)
    action = definition.actions[0]
    start = _boundary(process, trigger.start) if trigger and trigger.start else None
    end = _boundary(process, trigger.end) if trigger and trigger.end else None
    repetition = trigger.repetition if trigger else None
    schedules = dict(zip((TIME, BOOT, REGISTRATION, ""), text("tasks.schedules").split("|"), strict=True))
    states = dict(zip(("ready", "running", "disabled"), text("tasks.states").split("|"), strict=True))
    switches = text("tasks.switches").split("|")
    return [
        process.machine.name,
        task.path,
        _when(process, upcoming),
        states[task.state],
        text("tasks.logon").split("|")[0 if unattended else 1],
        _when(process, task.last_run),
        str(task.last_result - (1 << 32) if task.last_result >= 1 << 31 else task.last_result),
        definition.author or nothing,
        f"{action.command} {action.arguments}".rstrip(),
        action.directory or nothing,
        definition.description or nothing,
        switches[0 if definition.settings.enabled else 1],
        switches[1],
        nothing if definition.settings.on_batteries else text("tasks.on_batteries"),
        user_of(process.machine, definition.principal),
        switches[1] if definition.settings.delete_after is None else switches[0],
        duration(definition.settings.limit) if definition.settings.limit else switches[1],
        text("tasks.schedule_column"),
        schedules.get(trigger.kind if trigger else "", schedules[""]),
        f"{start:%H:%M:%S}" if start else nothing,
        f"{start:{process.machine.language.date}}" if start else nothing,
        f"{end:{process.machine.language.date}}" if end else nothing,
        nothing,
        nothing,
        duration(repetition.interval) if repetition else nothing,
        nothing,
        duration(repetition.duration) if repetition and repetition.duration else nothing,
        switches[0 if repetition and repetition.stop_at_end else 1],
    ]


def _boundary(process: Process, text: str) -> datetime:
    clock = process.machine.clock
    return clock.at(moment(text, clock.zone_minutes))


def _when(process: Process, timestamp: float) -> str:
    """A moment in the host's form."""
    if not timestamp:
        return process.machine.text("tasks.not_applicable")
    local = process.machine.clock.at(timestamp)
    if process.machine.locale == "en-US":
        hour, half = local.hour % 12 or 12, "AM" if local.hour < 12 else "PM"
        return f"{local.month}/{local.day}/{local.year} {hour}:{local:%M:%S} {half}"
    return local.strftime(f"{process.machine.language.date} %H:%M:%S")
