"""Tasks while the scheduler rests, and when the lab begins again."""

from __future__ import annotations

import time

import pytest
from task_scene import ENDLESS, count, register, runs, until
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.tasks.definition import BOOT, REGISTRATION, Trigger


@pytest.fixture
def machine():
    """A machine that nobody else needs afterwards."""
    found = Machine("web1")
    yield found
    found.close()


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
