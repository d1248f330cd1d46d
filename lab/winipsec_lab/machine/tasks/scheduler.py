r"""The tasks of one machine and when they run (spec: winrm 5.3).

- A `RegistrationTrigger` is due its delay after the task was registered. Whether that survives a reboot is a guess; by
  default it does not. A `BootTrigger` is due its delay after the machine has started, a `TimeTrigger` at its moment.
- A start that was missed, because the service did not run, is made up for only where `StartWhenAvailable` says so.
- Several starts that the clock jumps over are one start, as the runs would be with `IgnoreNew`.
- Deleting a task or putting another in its place lets a run go on. A reboot ends it.

The moments are kept with the task, so a machine that is stored and loaded again within one boot goes on waiting for the
same moment. All work is done in one alarm, which is set to whatever comes first.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from winipsec_lab.machine.alarms import Alarms
from winipsec_lab.machine.registry import fold
from winipsec_lab.machine.services import RUNNING
from winipsec_lab.machine.tasks import schedule
from winipsec_lab.machine.tasks.definition import BOOT, REGISTRATION, TIME, Definition, moment
from winipsec_lab.machine.tasks.document import read
from winipsec_lab.machine.tasks.instance import Instance, runs_unattended
from winipsec_lab.machine.tasks.writing import write

if TYPE_CHECKING:
    from winipsec_lab.machine.machine import Machine

SERVICE: Final = "Schedule"
HAS_NOT_RUN: Final = 0x41303
TERMINATED: Final = 0x41306
RUNS_NOW: Final = 0x41301
_ALARM: Final = "tasks"


@dataclass
class Task:
    r"""A registered task.

    Attributes:
        path: its name with its folders, `\App\name`.
        definition: what it is.
        registered: when it was registered or last changed, seconds since 1970 UTC.
        due: next moments by the number of the trigger.
        last_run: when it last started, 0 for never.
        last_result: exit code of the last run, or one of Task Scheduler's own numbers.
        instances: the runs under way.
        queued: runs that wait for the present one to end.
    """

    path: str
    definition: Definition
    registered: float
    due: dict[int, float] = field(default_factory=dict)
    last_run: float = 0.0
    last_result: int = HAS_NOT_RUN
    instances: list[Instance] = field(default_factory=list)
    queued: int = 0

    @property
    def folder(self) -> str:
        """The folder it is in, a single backslash for the root."""
        return self.path.rpartition("\\")[0] or "\\"

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.path.rpartition("\\")[2]

    @property
    def state(self) -> str:
        """`running`, `disabled`, `queued` or `ready`."""
        if self.instances:
            return "running"
        return "ready" if self.definition.settings.enabled else "disabled"

    @property
    def next_run(self) -> float:
        """When it is due next, as far as that is known: 0 for never, or not before the next boot."""
        return min(self.due.values(), default=0.0) if self.definition.settings.enabled else 0.0


class Scheduler:
    """The Task Scheduler of one machine; every method may be called from any thread.

    Attributes:
        version: counts changes, starts and ends included.
    """

    def __init__(self, machine: Machine, alarms: Alarms) -> None:
        self.version = 0
        self._machine = machine
        self._alarms = alarms
        self._changed = threading.Condition(threading.RLock())
        self._tasks: dict[str, Task] = {}
        self._deleted: list[Task] = []  # those whose runs go on
        self._folders: dict[str, str] = {"\\": "\\"}
        self._paused = False
        machine.services.on_change.append(self._heed_service)

    # ------------------------------------------------------------------ what there is

    @property
    def running(self) -> bool:
        """Whether the service runs."""
        return self._machine.services.running(SERVICE)

    def tasks(self) -> list[Task]:
        """All tasks by name."""
        with self._changed:
            return [task for _, task in sorted(self._tasks.items())]

    def folders(self) -> list[str]:
        """All folders by name, the root first."""
        with self._changed:
            return [self._folders[key] for key in sorted(self._folders)]

    def find(self, path: str) -> Task | None:
        """A task by its full name in any case."""
        with self._changed:
            return self._tasks.get(fold(path))

    # ------------------------------------------------------------------ changing it

    def register(self, path: str, definition: Definition) -> None:
        """Add a task, in the place of one of the same name; runs of the old one go on."""
        now = self._machine.clock.timestamp()
        with self._changed:
            old = self._tasks.get(fold(path))
            task = Task(old.path if old else path, definition, now)
            if old:
                task.instances, task.last_run, task.last_result = old.instances, old.last_run, old.last_result
            self._tasks[fold(path)] = task
            folder = ""
            for part in task.folder.strip("\\").split("\\"):
                folder += "\\" + part
                self._folders.setdefault(fold(folder), folder)
            task.due = schedule.first(definition, now, self._zone())
            self._settle()

    def delete(self, path: str) -> bool:
        """Remove a task; False when there is none. A run under way goes on."""
        with self._changed:
            task = self._tasks.get(fold(path))
            if task is not None:
                self._drop(task)
                self._settle()
            return task is not None

    def _drop(self, task: Task) -> None:
        del self._tasks[fold(task.path)]
        task.queued = 0
        if task.instances:
            self._deleted.append(task)

    def enable(self, path: str, *, enabled: bool) -> None:
        """Switch a task on or off: a change like any other, so a registration trigger starts anew."""
        with self._changed:
            task = self._tasks[fold(path)]
            settings = replace(task.definition.settings, enabled=enabled)
            self.register(path, replace(task.definition, settings=settings))

    def start(self, path: str) -> None:
        """Start a task by hand."""
        with self._changed:
            self._start(self._tasks[fold(path)], -1)
            self._settle()

    def end(self, path: str) -> None:
        """End the runs of a task."""
        with self._changed:
            for instance in self._tasks[fold(path)].instances:
                instance.end()

    # ------------------------------------------------------------------ the life of the machine

    def shut_down(self) -> None:
        """The machine goes down: runs end, and what only counts within one boot is forgotten."""
        with self._changed:
            kept = self._machine.guesses["tasks.delay_after_reboot"] == "kept"
            self._end_all()
            for task in self._tasks.values():
                task.queued = 0
                task.due = {
                    number: due
                    for number, due in task.due.items()
                    if (kind := task.definition.triggers[number].kind) == TIME or (kind == REGISTRATION and kept)
                }
            self._settle()

    def boot(self) -> None:
        """The machine has started."""
        now = self._machine.clock.timestamp()
        with self._changed:
            for task in self._tasks.values():
                for number, trigger in enumerate(task.definition.triggers):
                    if trigger.kind == BOOT and schedule.counts(trigger, now, self._zone()):
                        task.due[number] = now + trigger.delay
            self._settle()

    def close(self) -> None:
        """The machine is taken away."""
        self._alarms.cancel(_ALARM)
        with self._changed:
            for task in self._tasks.values():
                task.due.clear()
            self._end_all()

    def _end_all(self) -> None:
        for run in self._runs():
            run.end()

    def _runs(self) -> list[Instance]:
        return [run for task in (*self._tasks.values(), *self._deleted) for run in task.instances]

    def wait_until_idle(self, timeout: float = 5.0) -> bool:
        """Wait until nothing runs and nothing is due; False after `timeout` real seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            while self._busy():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.05))
            return True

    def _busy(self) -> bool:
        now = self._machine.clock.timestamp()
        runs = bool(self._runs()) or any(task.queued for task in self._tasks.values())
        return runs or (any(0 < task.next_run <= now for task in self._tasks.values()) and not self._paused)

    # ------------------------------------------------------------------ when

    def _zone(self) -> int:
        return self._machine.clock.zone_minutes

    def _expiry(self, task: Task) -> float:
        return schedule.expiry(task.definition, self._zone())

    def _settle(self) -> None:
        """After every change: set the alarm to what comes first, and tell who waits."""
        self.version += 1
        moments = [due for task in self._tasks.values() if (due := task.next_run)]
        moments += [due for task in self._tasks.values() if not task.instances and (due := self._expiry(task))]
        moments += [run.deadline for run in self._runs() if self._ends(run)]
        if moments:
            self._alarms.set(_ALARM, min(moments), self._tick)
        else:
            self._alarms.cancel(_ALARM)
        self._changed.notify_all()

    @staticmethod
    def _ends(run: Instance) -> bool:
        return run.deadline > 0 and not run.cancelled.is_set()

    def _heed_service(self, name: str, state: int) -> None:
        """The service started: catch up. The work is left to the alarm's thread, which holds no lock of the services."""
        if name == SERVICE and state == RUNNING and self._tasks:
            self._alarms.set(_ALARM, 0.0, self._tick)

    # ------------------------------------------------------------------ doing it

    def _tick(self) -> None:
        if not self.running:
            self._paused = True  # what is due is caught up with when the service starts
            return
        with self._changed:
            missed, self._paused = self._paused, False
            now = self._machine.clock.timestamp()
            due = [
                (when, task, number)
                for task in self._tasks.values()
                for number, when in task.due.items()
                if when <= now and task.definition.settings.enabled
            ]
            for when, task, number in sorted(due, key=lambda item: item[0]):
                self._fire(task, number, when, now, missed=missed)
            for run in self._runs():
                if self._ends(run) and run.deadline <= now:
                    run.end()
            for task in list(self._tasks.values()):
                expiry = self._expiry(task)
                if expiry and expiry <= now and not task.instances:
                    self._drop(task)
            self._settle()

    def _fire(self, task: Task, number: int, when: float, now: float, *, missed: bool) -> None:
        trigger = task.definition.triggers[number]
        begun = moment(trigger.start, self._zone()) if trigger.kind == TIME else task.registered
        following = schedule.following(trigger, begun, when, now, self._zone())
        if following:
            task.due[number] = following
        else:
            del task.due[number]
        if not missed or task.definition.settings.when_available:
            self._start(task, number)

    def _start(self, task: Task, number: int) -> None:
        """Start a run, unless the task's settings are against it."""
        settings, machine = task.definition.settings, self._machine
        on_battery = machine.guesses["tasks.power"] == "battery" and not settings.on_batteries
        if on_battery or not runs_unattended(machine, task.definition.principal):
            return
        if task.instances and settings.instances != "Parallel":
            if settings.instances == "IgnoreNew":
                return
            task.queued += 1
            if settings.instances == "StopExisting":
                for instance in task.instances:
                    instance.end()
            return
        self._begin(task, number)

    def _begin(self, task: Task, number: int) -> None:
        now = self._machine.clock.timestamp()
        limits = [task.definition.settings.limit]
        if number >= 0:
            limits.append(task.definition.triggers[number].limit)
        limit = min((each for each in limits if each), default=0.0)

        def on_end(run: Instance, code: int) -> None:
            self._end(task, run, code)

        run = Instance(
            self._machine,
            task.definition,
            started=now,
            deadline=now + limit if limit else 0.0,
            trigger=number,
            on_end=on_end,
        )
        task.last_run, task.last_result = now, RUNS_NOW
        task.instances.append(run)
        run.start()

    def _end(self, task: Task, run: Instance, code: int) -> None:
        with self._changed:
            task.instances.remove(run)
            self._deleted = [each for each in self._deleted if each.instances]
            present = self._tasks.get(fold(task.path), task)
            if present.instances is not task.instances:  # deleted, and made anew since
                present = task
            present.last_result = TERMINATED if run.cancelled.is_set() else code
            if present.queued and not present.instances:
                present.queued -= 1
                self._begin(present, -1)
            self._settle()

    # ------------------------------------------------------------------ persistence

    def to_json(self) -> dict[str, Any]:
        """Every task, and when it is due."""
        with self._changed:
            return {
                "folders": list(self._folders.values()),
                "tasks": [
                    {
                        "path": task.path,
                        "xml": write(task.definition),
                        "registered": task.registered,
                        "due": {str(number): due for number, due in task.due.items()},
                        "last_run": task.last_run,
                        "last_result": task.last_result,
                    }
                    for task in self._tasks.values()
                ],
            }

    def load_json(self, document: dict[str, Any]) -> None:
        """Put back what `to_json` described; what became due meanwhile runs now."""
        with self._changed:
            self._folders.update({fold(folder): folder for folder in document["folders"]})
            for stored in document["tasks"]:
                due = {int(number): moment for number, moment in stored["due"].items()}
                last = stored["last_run"], stored["last_result"]
                task = Task(stored["path"], read(stored["xml"]), stored["registered"], due, *last)
                self._tasks[fold(task.path)] = task
            self._settle()
