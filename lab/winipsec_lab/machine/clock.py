"""The clock of a simulated host: real time plus an offset, so that minutes of waiting pass in an instant."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone


class Clock:
    """Time on one machine.

    Attributes:
        zone_minutes: what local time is ahead of UTC.
        on_advance: called after the clock was moved.
        wait_scale: real seconds that a program's waiting takes per second of the machine's time.
    """

    def __init__(self, zone_minutes: int = 0, *, wait_scale: float = 0.002) -> None:
        self.zone_minutes = zone_minutes
        self.wait_scale = wait_scale
        self.on_advance: list[Callable[[], None]] = []
        self._offset = 0.0
        self._moved = threading.Condition()

    @property
    def offset(self) -> float:
        """Seconds that this clock is ahead of real time."""
        return self._offset

    def timestamp(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time() + self._offset

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.fromtimestamp(self.timestamp(), timezone.utc)

    def local(self) -> datetime:
        """The time on the machine's wall, as a date without a zone."""
        return self.at(self.timestamp())

    def at(self, timestamp: float) -> datetime:
        """The time on the machine's wall at a moment given in seconds since 1970 UTC."""
        moment = datetime.fromtimestamp(timestamp, timezone.utc) + timedelta(minutes=self.zone_minutes)
        return moment.replace(tzinfo=None)

    def advance(self, seconds: float) -> None:
        """Move the clock; whoever sleeps until then wakes up. `ValueError` when it would go backwards."""
        if seconds < 0:
            raise ValueError("the clock does not go backwards")
        with self._moved:
            self._offset += seconds
            self._moved.notify_all()
        for listener in tuple(self.on_advance):
            listener()

    def sleep(self, seconds: float, cancelled: threading.Event | None = None) -> bool:
        """Let time pass for one program.

        Afterwards the clock shows at least `seconds` more than before; several sleepers do not add up. The real time
        spent is `seconds * wait_scale`, less when somebody moves the clock.

        Returns:
            False when `cancelled` was set meanwhile.
        """
        until = self.timestamp() + seconds
        end = time.monotonic() + seconds * self.wait_scale
        while self.timestamp() < until:
            if cancelled is not None and cancelled.is_set():
                return False
            left = end - time.monotonic()
            if left <= 0:
                self.advance(max(0.0, until - self.timestamp()))
                break
            with self._moved:
                self._moved.wait(min(left, 0.05))
        return cancelled is None or not cancelled.is_set()

    def to_json(self) -> dict[str, float]:
        """Offset and zone as JSON data."""
        return {"offset": self._offset, "zone_minutes": self.zone_minutes}

    @classmethod
    def from_json(cls, document: dict[str, float]) -> Clock:
        """The clock that `to_json` described; time has passed since."""
        clock = cls(int(document["zone_minutes"]))
        clock._offset = document["offset"]
        return clock
