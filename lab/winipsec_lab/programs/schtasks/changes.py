"""`schtasks /delete`, `/run`, `/end`, `/change` (spec: winrm 4.7, 5.3)."""

from __future__ import annotations

from winipsec_lab.machine.process import Process
from winipsec_lab.programs.schtasks.arguments import (
    BAD_ARGUMENT,
    RefusedError,
    Request,
    check_target,
    confirm,
    existing,
    shown,
)

_DISABLED = 0x80041326


def delete(process: Process, request: Request) -> int:
    """Remove a task, or with `/tn *` all; asks first, unless `/f`. A run under way goes on."""
    check_target(process, request)
    tasks = process.machine.tasks
    if request.need("tn") == "*":
        if "f" not in request and not confirm(process, "tasks.remove_all"):
            return 0
        for task in tasks.tasks():
            tasks.delete(task.path)
            process.say("tasks.deleted", task.path)
        return 0
    task = existing(process, request)
    name = shown(task, request)
    if "f" not in request and not confirm(process, "tasks.remove", name):
        return 0
    tasks.delete(task.path)
    process.say("tasks.deleted", name)
    return 0


def start(process: Process, request: Request) -> int:
    """Start a task now; its triggers stay as they are."""
    check_target(process, request)
    task = existing(process, request)
    settings = task.definition.settings
    if not settings.enabled or not settings.on_demand:
        raise RefusedError("tasks.disabled", code=_DISABLED)
    process.machine.tasks.start(task.path)
    process.say("tasks.started", shown(task, request))
    return 0


def end(process: Process, request: Request) -> int:
    """End the runs of a task; none is no failure."""
    check_target(process, request)
    task = existing(process, request)
    process.machine.tasks.end(task.path)
    process.say("tasks.ended", shown(task, request))
    return 0


def change(process: Process, request: Request) -> int:
    """Switch a task on or off."""
    check_target(process, request)
    task = existing(process, request)
    if ("enable" in request) == ("disable" in request):
        raise RefusedError("tasks.missing_switch", "enable", request.usage, code=BAD_ARGUMENT)
    process.machine.tasks.enable(task.path, enabled="enable" in request)
    process.say("tasks.changed", shown(task, request))
    return 0
