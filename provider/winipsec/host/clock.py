"""Time as the host floor sees it, so that tests may turn the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """A clock that only ever moves forward."""

    def now(self) -> float:
        """Seconds since some moment in the past."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on a held condition for at most `seconds`."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on the condition."""
        condition.wait(seconds)


def pause(clock: Clock, seconds: float, stopped: Callable[[], bool]) -> None:
    """Let time pass, but no longer than until somebody cancels."""
    until = clock.now() + seconds
    while not stopped() and (left := until - clock.now()) > 0:
        clock.sleep(min(left, 0.25))
