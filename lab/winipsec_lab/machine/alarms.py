"""Alarms on the clock of a simulated host: functions that are called at a moment, whoever makes it come.

The moment comes because real time passes or because somebody moves the clock; either way the function runs at once, in
the one thread of the alarms. The thread exists only while an alarm is set, so hosts that wait for nothing cost nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from winipsec_lab.machine.clock import Clock

_LOGGER = logging.getLogger(__name__)
_LONGEST_WAIT: Final = 3600.0  # a condition cannot wait for centuries


class _Alarm(NamedTuple):
    due: float
    action: Callable[[], object]


class Alarms:
    """The alarms of one machine by name; every method may be called from any thread, also from an action."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._set: dict[str, _Alarm] = {}
        self._thread: threading.Thread | None = None
        self._closed = False
        clock.on_advance.append(self._wake)

    def set(self, name: str, due: float, action: Callable[[], object]) -> None:
        """Call a function at a moment (seconds since 1970 UTC), at once when it is past; replaces the alarm of that name."""
        with self._changed:
            if self._closed:
                return
            self._set[name] = _Alarm(due, action)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="alarms", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def cancel(self, name: str) -> bool:
        """Forget an alarm; False when there was none."""
        with self._changed:
            found = self._set.pop(name, None) is not None
            self._changed.notify_all()
            return found

    def due(self, name: str) -> float | None:
        """When an alarm is due, None when there is no such alarm."""
        with self._changed:
            found = self._set.get(name)
            return found.due if found else None

    def close(self) -> None:
        """The machine is taken away: nothing is due any more."""
        with self._changed:
            self._closed = True
            self._set.clear()
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _watch(self) -> None:
        while (action := self._next()) is not None:
            _carry_out(action)

    def _next(self) -> Callable[[], object] | None:
        """Wait for the next alarm and take it; None when no alarm is left."""
        with self._changed:
            while self._set:
                name, alarm = min(self._set.items(), key=lambda item: item[1].due)
                left = alarm.due - self._clock.timestamp()
                if left <= 0:
                    del self._set[name]
                    return alarm.action
                self._changed.wait(min(left, _LONGEST_WAIT))
            self._thread = None
            return None


def _carry_out(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:
        _LOGGER.exception("an alarm failed")
