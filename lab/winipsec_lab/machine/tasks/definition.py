"""What a scheduled task is: triggers, principal, settings, actions, as Task Scheduler's XML has them (spec: winrm 5.3).

Durations are seconds, 0 meaning none. Moments stay the text that was given: without a zone they mean the machine's
local time, whatever that is when the moment comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

DAY: Final = 86400.0
DEFAULT_LIMIT: Final = 3 * DAY

REGISTRATION, BOOT, TIME = "RegistrationTrigger", "BootTrigger", "TimeTrigger"

_DURATION: Final = re.compile(
    r"P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_UNITS: Final = (365 * DAY, 30 * DAY, DAY, 3600.0, 60.0, 1.0)
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")


def seconds(text: str) -> float:
    """The length of an ISO 8601 duration such as `PT4M` or `P1DT2H`; `ValueError` when the text is none."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a duration: {text!r}")
    return sum(float(number) * unit for number, unit in zip(found.groups("0"), _UNITS, strict=True))


def duration(length: float) -> str:
    """A length in seconds as an ISO 8601 duration."""
    whole, rest = divmod(round(length, 3), 1)
    days, below = divmod(int(whole), int(DAY))
    hours, below = divmod(below, 3600)
    minutes, last = divmod(below, 60)
    fraction = f"{rest:.3f}"[1:].rstrip("0").rstrip(".")
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number]
    if last or fraction:
        parts.append(f"{last}{fraction}S")
    date = f"P{days}D" if days else "P"
    return date + ("T" + "".join(parts) if parts else "" if days else "T0S")


def moment(text: str, zone_minutes: int) -> float:
    """A moment such as `2026-01-31T03:00:00` as seconds since 1970 UTC.

    Args:
        text: the moment, with `Z` or an offset for a time that is not the machine's.
        zone_minutes: what the machine's local time is ahead of UTC.

    Raises:
        ValueError: the text is no moment.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a moment: {text!r}")
    offset, zone = timedelta(minutes=zone_minutes), found.group(2)
    if zone == "Z":
        offset = timedelta()
    elif zone:
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    return datetime.fromisoformat(found.group(1)).replace(tzinfo=timezone(offset)).timestamp()


@dataclass(frozen=True)
class Repetition:
    """That a trigger fires again every `interval` seconds, for `duration` seconds or, with 0, for ever."""

    interval: float
    duration: float = 0.0
    stop_at_end: bool = False


@dataclass(frozen=True)
class Trigger:
    """What starts a task.

    Attributes:
        kind: the name of its element, such as `RegistrationTrigger`.
        enabled: whether it counts.
        start, end: moments between which it counts; empty for none.
        delay: seconds between the event and the start of the task.
        limit: seconds after which the run that it starts is ended.
        repetition: how it goes on firing.
    """

    kind: str
    enabled: bool = True
    start: str = ""
    end: str = ""
    delay: float = 0.0
    limit: float = 0.0
    repetition: Repetition | None = None

    def text(self) -> str:
        """Kind, delay, moments and interval in one line."""
        parts = [self.kind, f"after {duration(self.delay)}" if self.delay else ""]
        parts += [f"{word} {at}" if at else "" for word, at in (("from", self.start), ("until", self.end))]
        parts.append(f"every {duration(self.repetition.interval)}" if self.repetition else "")
        return " ".join(part for part in [*parts, "" if self.enabled else "(disabled)"] if part)


@dataclass(frozen=True)
class Action:
    """A program, its arguments as one string, and the folder it starts in."""

    command: str
    arguments: str = ""
    directory: str = ""


@dataclass(frozen=True)
class Principal:
    """As whom a task runs.

    Attributes:
        id: how the actions refer to it.
        user: account name or identifier, empty for a group.
        group: group name or identifier, empty for a user.
        logon: `ServiceAccount`, `S4U`, `Password`, `InteractiveToken`, ..., empty when not said.
        highest: whether it runs elevated.
    """

    id: str = "Author"
    user: str = ""
    group: str = ""
    logon: str = ""
    highest: bool = False


@dataclass(frozen=True)
class Settings:
    """How Task Scheduler treats a task.

    Attributes:
        instances: `IgnoreNew`, `Parallel`, `Queue` or `StopExisting`: what happens when it is due while it runs.
        enabled: whether it starts at all.
        on_demand: whether `schtasks /run` may start it.
        on_batteries: whether it starts on battery power.
        stops_on_batteries: whether it ends when the machine changes to battery power.
        when_available: whether a start that was missed is made up for.
        limit: seconds after which a run is ended.
        delete_after: seconds after its last trigger has ended when the task is deleted; None keeps it.
        hidden: whether user interfaces hide it.
        priority: 0 (highest) to 10.
    """

    instances: str = "IgnoreNew"
    enabled: bool = True
    on_demand: bool = True
    on_batteries: bool = False
    stops_on_batteries: bool = True
    when_available: bool = False
    limit: float = DEFAULT_LIMIT
    delete_after: float | None = None
    hidden: bool = False
    priority: int = 7


@dataclass(frozen=True)
class Definition:
    """A whole task but for its name."""

    triggers: tuple[Trigger, ...]
    actions: tuple[Action, ...]
    principal: Principal = Principal()
    settings: Settings = Settings()
    author: str = ""
    description: str = ""
    date: str = ""
    version: str = "1.2"
