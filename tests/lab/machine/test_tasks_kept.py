"""Tasks while the scheduler rests, and when the lab begins again."""

from __future__ import annotations

import time

import pytest
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.tasks.definition import BOOT, REGISTRATION, Action, Definition, Principal, Settings, Trigger

SYSTEM = Principal("A", "S-1-5-18")
NOTE = Action(r"C:\Windows\System32\cmd.exe", r"/d /c echo run>>C:\runs.txt")
ENDLESS = Action("cmd.exe", r"/c echo run>>C:\runs.txt& for /l %i in (1,0,2) do @rem")


@pytest.fixture
def machine():
    """A machine that nobody else needs afterwards."""
    found = Machine("web1")
    yield found
    found.close()


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


class TestService:
    """The service behind it."""

    @pytest.mark.parametrize(("when_available", "expected"), [(True, 1), (False, 0)])
    def test_what_was_missed(self, machine, when_available, expected):
        """A stopped service starts nothing; afterwards `StartWhenAvailable` decides."""
        register(machine, Trigger(REGISTRATION, delay=60.0), when_available=when_available)
        machine.guesses.set("tasks.service", "stopped")
        machine.clock.advance(100)
        time.sleep(0.05)
        assert count(machine) == 0
        machine.guesses.set("tasks.service", "running")
        assert until(lambda: count(machine) == expected)
        assert runs(machine) == expected

    def test_a_stopped_service_stays_stopped(self, machine):
        """It is disabled, which a reboot does not change."""
        machine.guesses.set("tasks.service", "stopped")
        register(machine, Trigger(BOOT))
        machine.reboot()
        time.sleep(0.05)
        assert count(machine) == 0
        assert "1  STOPPED" in machine.console("sc query Schedule")[1]


class TestKept:
    """Machines that are stored and loaded again."""

    def test_the_deadline_stays(self, machine):
        """A delay goes on within one boot; the task is the one it was."""
        before = register(machine, Trigger(REGISTRATION, delay=240.0), Trigger(BOOT))
        machine.clock.advance(100)
        again = Machine.from_json(machine.to_json())
        machine.close()
        after = again.tasks.find(r"\App\t")
        assert (after.definition, after.due, after.registered) == (before.definition, after.due, before.registered)
        again.clock.advance(135)
        assert runs(again) == 0
        again.clock.advance(5)
        assert runs(again) == 1
        again.close()

    def test_what_became_due_meanwhile_runs(self, machine):
        """The machine was on while nobody simulated it."""
        register(machine, Trigger(REGISTRATION, delay=0.2))
        document = machine.to_json()
        machine.close()
        time.sleep(0.25)
        again = Machine.from_json(document)
        assert until(lambda: count(again) == 1)
        again.close()

    def test_a_loaded_machine_has_not_booted(self, machine):
        """Loading is no boot."""
        register(machine, Trigger(BOOT))
        again = Machine.from_json(machine.to_json())
        assert runs(again) == 0
        again.reboot()
        assert runs(again) == 1
        again.close()

    def test_machines_from_before_there_were_tasks(self, machine):
        """They get the program."""
        document = machine.to_json()
        del document["tasks"]
        machine.files.remove(r"C:\Windows\System32\schtasks.exe")
        document["files"] = machine.files.to_json()
        again = Machine.from_json(document)
        assert again.console("schtasks /query")[0] == 0


def test_a_machine_that_is_taken_away_does_nothing_more(machine):
    """No alarm, no run."""
    register(machine, Trigger(REGISTRATION, delay=60.0))
    register(machine, Trigger(REGISTRATION), action=ENDLESS, name=r"\endless")
    assert until(lambda: count(machine))
    machine.close()
    machine.clock.advance(100)
    assert machine.tasks.wait_until_idle()
    assert count(machine) == 1
