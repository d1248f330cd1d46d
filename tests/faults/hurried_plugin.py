"""The plugin with less patience, so that a lost message costs a test one second instead of twenty.

Only lengths of waiting differ from the real one; what is tried, how often and in which order does not. And where an
attached process leaves a cancelled run behind, that run's hosts are closed before the next one begins instead of beside
it: tests count messages. The next run then takes what the last one left for the work of another process, as it is
everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, Final

from winipsec.host import commit, connection, pending, shell, writer
from winipsec.plugin import boot, session

LEAST: Final = 0.6
"""Seconds that any message may take: enough for a busy test machine."""


def _seconds(self: shell.Conversation, attempt: shell.Attempt, most: float) -> float:
    return max(LEAST, min(most, attempt.deadline - self._clock.now()))


class _Closing:
    """A thread that closes, run at once by whoever starts it; every other thread is what it was."""

    def __init__(self, *, target: Callable[[], Any], name: str, daemon: bool) -> None:
        self._thread = None if name == "close" else Thread(target=target, name=name, daemon=daemon)
        self._target = target

    def start(self) -> None:
        if self._thread is None:
            self._target()
            pending._begun.clear()
        else:
            self._thread.start()


def hurry() -> None:
    """Shorten every wait."""
    shell._PATIENCE = 1.2
    shell._PROMPT = 0.8
    shell._GRACE = 0.6
    shell._KILL = 0.8
    shell._BUSY_WAIT = 0.1
    shell.Conversation._seconds = _seconds
    connection._TIDY = 0.8
    commit.AGAIN = 0.1
    writer.PATIENCE = 4.0
    writer.GRACE = 1.0
    session.Thread = _Closing


if __name__ == "__main__":
    hurry()
    boot.main()
