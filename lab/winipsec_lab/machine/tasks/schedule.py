"""When a task is due: moments from triggers (spec: winrm 5.3).

Moments are seconds since 1970 UTC, 0 standing for never; `zone` is what the machine's local time is ahead of UTC, in
minutes.
"""

from __future__ import annotations

from winipsec_lab.machine.tasks.definition import REGISTRATION, TIME, Definition, Trigger, moment


def counts(trigger: Trigger, now: float, zone: int) -> bool:
    """Whether a trigger is on at a moment."""
    begun = not trigger.start or moment(trigger.start, zone) <= now
    return trigger.enabled and begun and not (trigger.end and moment(trigger.end, zone) < now)


def first(definition: Definition, now: float, zone: int) -> dict[int, float]:
    """When a task that is registered now is due, by the number of the trigger."""
    due = {}
    for number, trigger in enumerate(definition.triggers):
        if trigger.kind == REGISTRATION and counts(trigger, now, zone):
            due[number] = now + trigger.delay
        elif trigger.kind == TIME and trigger.enabled:
            start = moment(trigger.start, zone)
            upcoming = start if start > now else following(trigger, start, start, now, zone)
            if upcoming:
                due[number] = upcoming
    return due


def following(trigger: Trigger, begun: float, due: float, now: float, zone: int) -> float:
    """When a trigger is due again after now.

    Args:
        trigger: the trigger.
        begun: from when the duration of its repetition counts.
        due: when it was due last.
        now: the present.
        zone: the machine's.
    """
    repetition = trigger.repetition
    if repetition is None:
        return 0.0
    again = due + repetition.interval * (int(max(now - due, 0.0) // repetition.interval) + 1)
    if repetition.duration and again > begun + repetition.duration:
        return 0.0
    return 0.0 if trigger.end and again > moment(trigger.end, zone) else again


def expiry(definition: Definition, zone: int) -> float:
    """When a task deletes itself."""
    after = definition.settings.delete_after
    ends = [moment(trigger.end, zone) for trigger in definition.triggers if trigger.end]
    return max(ends) + after if ends and after is not None else 0.0
