"""The processes that an engine has started, and how they end before their time."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PLUGIN = "pulumi-resource-winipsec"


def descendants(process: int) -> Iterator[int]:
    """The processes that a process started, and those that they did."""
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, children.read_text(encoding="ascii").split()):
            yield child
            yield from descendants(child)


def plugins(process: subprocess.Popen[str]) -> list[int]:
    """The provider processes of an engine; the language host may run one of its own."""
    found = [
        candidate
        for candidate in descendants(process.pid)
        if PLUGIN in Path(f"/proc/{candidate}/cmdline").read_text(encoding="utf-8")
    ]
    assert found, "the engine runs no winipsec plugin"
    return found


def kill_plugins(process: subprocess.Popen[str]) -> None:
    """SIGKILL for every provider process of an engine."""
    for candidate in plugins(process):
        os.kill(candidate, signal.SIGKILL)


def when(reached: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.002)
