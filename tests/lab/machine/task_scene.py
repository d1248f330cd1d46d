"""Tasks that note their runs, on a machine whose clock the tests turn."""

from __future__ import annotations

import time

from winipsec_lab.machine.tasks.definition import Action, Definition, Principal, Settings

SYSTEM = Principal("A", "S-1-5-18")
NOTE = Action(r"C:\Windows\System32\cmd.exe", r"/d /c echo run>>C:\runs.txt")
ENDLESS = Action("cmd.exe", r"/c echo run>>C:\runs.txt& for /l %i in (1,0,2) do @rem")


def register(machine, *triggers, action=NOTE, principal=SYSTEM, name=r"\App\t", **settings):
    """A task that notes its runs."""
    machine.tasks.register(name, Definition(triggers, (action,), principal, Settings(**settings)))
    return machine.tasks.find(name)


def runs(machine):
    """How often it has run, once nothing is due any more."""
    assert machine.tasks.wait_until_idle()
    return count(machine)


def count(machine):
    """How often it has begun to run."""
    files = machine.files
    return files.read(r"C:\runs.txt").count(b"run") if files.is_file(r"C:\runs.txt") else 0


def until(condition, patience=2.0):
    """Wait for something; whether it came."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def in_future(machine, seconds):
    """A moment in the host's local time as a task's XML has it."""
    return f"{machine.clock.at(machine.clock.timestamp() + seconds):%Y-%m-%dT%H:%M:%S}"
