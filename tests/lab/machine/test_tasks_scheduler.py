"""The Task Scheduler: when tasks run, as whom, and what ends them (winrm 5.3)."""

from __future__ import annotations

import time

import pytest
from task_scene import ENDLESS, count, in_future, register, runs, until
from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.tasks.definition import (
    BOOT,
    REGISTRATION,
    TIME,
    Action,
    Principal,
    Repetition,
    Trigger,
)
from winipsec_lab.machine.tasks.scheduler import HAS_NOT_RUN, TERMINATED


@pytest.fixture
def machine():
    """A machine that nobody else needs afterwards."""
    found = Machine("web1")
    yield found
    found.close()


class TestDue:
    """Triggers."""

    def test_a_registration_delay_counts_from_the_registration(self, machine):
        """Not a second earlier, and once."""
        task = register(machine, Trigger(REGISTRATION, delay=240.0))
        assert (task.last_result, task.state) == (HAS_NOT_RUN, "ready")
        machine.clock.advance(238)
        assert runs(machine) == 0
        machine.clock.advance(2)
        assert runs(machine) == 1
        machine.clock.advance(1000)
        assert runs(machine) == 1
        assert task.last_result == 0

    def test_it_runs_promptly_when_the_clock_is_moved(self, machine):
        """Within 0.2 seconds."""
        register(machine, Trigger(REGISTRATION, delay=240.0))
        machine.clock.advance(240)
        assert until(lambda: count(machine), patience=0.2)

    def test_it_runs_when_nobody_moves_the_clock(self, machine):
        """Real time does it too, in time."""
        begin = time.monotonic()
        register(machine, Trigger(REGISTRATION, delay=0.4))
        assert until(lambda: count(machine))
        assert 0.4 <= time.monotonic() - begin < 0.8

    def test_without_a_delay_it_runs_at_once(self, machine):
        """Registration is the event."""
        register(machine, Trigger(REGISTRATION))
        assert runs(machine) == 1

    def test_registering_again_starts_the_delay_anew(self, machine):
        """The old delay is gone with the old task; names have no case."""
        register(machine, Trigger(REGISTRATION, delay=240.0))
        machine.clock.advance(200)
        register(machine, Trigger(REGISTRATION, delay=240.0), name=r"\APP\T")
        machine.clock.advance(100)
        assert runs(machine) == 0
        machine.clock.advance(140)
        assert runs(machine) == 1
        assert [task.path for task in machine.tasks.tasks()] == [r"\App\t"]

    def test_a_deleted_task_never_runs(self, machine):
        """Disarmed is disarmed."""
        register(machine, Trigger(REGISTRATION, delay=240.0))
        assert machine.tasks.delete(r"\app\T")
        assert not machine.tasks.delete(r"\App\t")
        machine.clock.advance(1000)
        assert runs(machine) == 0

    @pytest.mark.parametrize("seconds", [90, 3600])
    def test_a_moment(self, machine, seconds):
        """Local time of the host, once."""
        register(machine, Trigger(TIME, start=in_future(machine, seconds)))
        machine.clock.advance(seconds - 2)
        assert runs(machine) == 0
        machine.clock.advance(2)
        assert runs(machine) == 1

    def test_a_repetition(self, machine):
        """Every minute; what a jump of the clock passes over is one run."""
        register(machine, Trigger(TIME, start=in_future(machine, 30), repetition=Repetition(60.0)))
        for seconds, expected in ((30, 1), (60, 2), (60, 3), (600, 4)):
            machine.clock.advance(seconds)
            assert runs(machine) == expected

    def test_triggers_that_are_switched_off(self, machine):
        """Neither a disabled trigger nor a disabled task starts anything."""
        register(machine, Trigger(REGISTRATION, enabled=False))
        register(machine, Trigger(REGISTRATION), name=r"\b", enabled=False)
        assert machine.tasks.find(r"\b").state == "disabled"
        assert runs(machine) == 0
        machine.tasks.enable(r"\b", enabled=True)
        assert runs(machine) == 1

    def test_a_task_deletes_itself_after_its_end(self, machine):
        """`DeleteExpiredTaskAfter` counts from the end boundary."""
        register(machine, Trigger(TIME, start=in_future(machine, 60), end=in_future(machine, 120)), delete_after=60.0)
        machine.clock.advance(170)
        assert runs(machine) == 1
        machine.clock.advance(12)
        assert until(lambda: machine.tasks.find(r"\App\t") is None)

    def test_programs_that_wait_move_the_clock_for_tasks_too(self, machine):
        """`ping` as a timer: the task is due while it runs."""
        register(machine, Trigger(REGISTRATION, delay=3.0))
        machine.console("ping -n 6 127.0.0.1 >nul")
        assert runs(machine) == 1


class TestReboot:
    """Across a start of the machine."""

    @pytest.mark.parametrize(("guess", "expected"), [("lost", 1), ("kept", 2)])
    def test_a_boot_trigger_fires_and_a_delay_is_lost(self, machine, guess, expected):
        """The delay counts within one boot only, unless the guess says otherwise."""
        machine.guesses.set("tasks.delay_after_reboot", guess)
        register(machine, Trigger(REGISTRATION, delay=240.0), Trigger(BOOT))
        machine.clock.advance(10)
        machine.reboot()
        assert runs(machine) == 1
        machine.clock.advance(1000)
        assert runs(machine) == expected

    def test_a_boot_trigger_may_wait(self, machine):
        """Its delay counts from the start of the machine."""
        register(machine, Trigger(BOOT, delay=60.0))
        machine.reboot()
        assert runs(machine) == 0
        machine.clock.advance(60)
        assert runs(machine) == 1

    def test_a_moment_survives(self, machine):
        """Tasks are kept, and so is their time."""
        register(machine, Trigger(TIME, start=in_future(machine, 60)))
        machine.reboot()
        machine.clock.advance(60)
        assert runs(machine) == 1

    def test_a_run_does_not_survive(self, machine):
        """What runs is ended."""
        task = register(machine, Trigger(REGISTRATION), action=ENDLESS)
        assert until(lambda: count(machine))
        machine.reboot()
        assert runs(machine) == 1
        assert task.last_result == TERMINATED

    def test_tasks_can_reboot(self, machine):
        """`shutdown` in a task is heeded like any other."""
        machine.reboot_listeners.append(machine.reboot)
        register(machine, Trigger(REGISTRATION), action=Action("shutdown.exe", "/r /t 0"))
        assert until(lambda: machine.boots == 2)


class TestRun:
    """One run."""

    def test_it_runs_as_system(self, machine):
        """The system's account, folder and profile."""
        register(
            machine,
            Trigger(REGISTRATION),
            action=Action(r"%SystemRoot%\System32\cmd.exe", r"/c (whoami& cd& echo %USERPROFILE% %TEMP%)>C:\who.txt"),
        )
        runs(machine)
        assert machine.files.read(r"C:\who.txt").decode().split("\r\n") == [
            r"nt authority\system",
            r"C:\Windows\System32",
            r"C:\Windows\system32\config\systemprofile C:\Windows\TEMP",
            "",
        ]

    @pytest.mark.parametrize(
        ("action", "result"),
        [
            (Action("cmd", "/c exit 7"), 7),
            (Action("cmd.exe", "/c exit -1"), 0xFFFFFFFF),
            (Action(r"C:\nowhere\x.exe"), 0x80070002),
            (Action("nosuchprogram"), 0x80070002),
            (Action(r"C:\job.cmd", "8"), 8),
            (Action(r"C:\job"), 3),
            (Action(r"C:\Program Files\my job.cmd", "9"), 9),
            (Action(r'"C:\Program Files\my job.cmd"', "9 x"), 9),
            (Action(r"C:\text.txt"), 0x80070002),
            (Action("cmd", r"/c job.cmd 4", "C:\\"), 4),
            (Action("reg", r"query HKLM\none"), 1),
        ],
    )
    def test_what_it_starts_and_what_comes_of_it(self, machine, action, result):
        """Programs by path or name, batch files, folders; the exit code is the result."""
        machine.files.write(r"C:\job.cmd", b'@if not "%1"=="" exit /b %1\r\n@exit /b 3\r\n')
        machine.files.write(r"C:\Program Files\my job.cmd", b"@exit /b %1\r\n")
        machine.files.write(r"C:\text.txt", b"no program")
        task = register(machine, Trigger(REGISTRATION), action=action)
        runs(machine)
        assert task.last_result == result

    @pytest.mark.parametrize(
        ("policy", "expected"), [("IgnoreNew", 1), ("Parallel", 2), ("StopExisting", 2), ("Queue", 1)]
    )
    def test_a_second_start_while_it_runs(self, machine, policy, expected):
        """Ignored, beside the first, in its place, or after it."""
        register(machine, action=ENDLESS, instances=policy)
        machine.tasks.start(r"\App\t")
        assert until(lambda: count(machine) == 1)
        machine.tasks.start(r"\App\t")
        if expected > 1:
            assert until(lambda: count(machine) == expected)
        time.sleep(0.05)
        assert count(machine) == expected
        machine.tasks.end(r"\App\t")
        if policy == "Queue":
            assert until(lambda: count(machine) == 2)
            machine.tasks.end(r"\App\t")
        assert machine.tasks.wait_until_idle()

    @pytest.mark.parametrize("trigger", [Trigger(REGISTRATION, limit=60.0), Trigger(REGISTRATION)])
    def test_a_run_that_takes_too_long(self, machine, trigger):
        """The limit of the trigger or of the task ends it, on the host's clock."""
        task = register(machine, trigger, action=ENDLESS, limit=60.0 if not trigger.limit else 600.0)
        assert until(lambda: count(machine))
        machine.clock.advance(50)
        assert not machine.tasks.wait_until_idle(0.05)
        machine.clock.advance(11)
        assert machine.tasks.wait_until_idle()
        assert task.last_result == TERMINATED

    def test_deleting_a_task_does_not_end_its_run(self, machine):
        """A script may delete its own task and go on."""
        register(
            machine,
            Trigger(REGISTRATION),
            action=Action("cmd", r"/c schtasks /delete /tn \App\t /f>C:\log.txt& echo more>>C:\log.txt"),
        )
        assert until(
            lambda: machine.files.is_file(r"C:\log.txt") and machine.files.read(r"C:\log.txt").endswith(b"more\r\n")
        )
        assert machine.tasks.tasks() == []

    @pytest.mark.parametrize("how", ["reboot", "limit"])
    def test_a_run_whose_task_is_deleted_still_ends(self, machine, how):
        """With the machine, or when it takes too long."""
        register(machine, Trigger(REGISTRATION), action=ENDLESS, limit=60.0)
        assert until(lambda: count(machine))
        machine.tasks.delete(r"\App\t")
        assert not machine.tasks.wait_until_idle(0.05)
        if how == "reboot":
            machine.reboot()
        else:
            machine.clock.advance(61)
        assert machine.tasks.wait_until_idle()

    def test_whoever_renames_first_wins(self, machine):
        """The rollback and the disarming race for one file: exactly one of them gets it, every time."""
        for number in range(20):
            machine.files.write(rf"C:\armed-{number}")
            task = register(
                machine,
                Trigger(REGISTRATION),
                action=Action("cmd", rf"/c ren C:\armed-{number} fired-{number}"),
                name=rf"\race-{number}",
            )
            disarmed = machine.console(rf"ren C:\armed-{number} disarmed-{number}")[0] == 0
            assert machine.tasks.wait_until_idle()
            fired = task.last_result == 0
            assert disarmed != fired
            assert machine.files.is_file(rf"C:\disarmed-{number}") == disarmed

    def test_batteries(self, machine):
        """On battery power only tasks start that say so."""
        machine.guesses.set("tasks.power", "battery")
        register(machine, Trigger(REGISTRATION))
        assert runs(machine) == 0
        register(machine, Trigger(REGISTRATION), on_batteries=True)
        assert runs(machine) == 1

    def test_nobody_is_logged_on(self, machine):
        """A task that runs only while its user is logged on does not run."""
        register(machine, Trigger(REGISTRATION), principal=Principal("A", "Administrator", logon="InteractiveToken"))
        assert runs(machine) == 0
        register(machine, Trigger(REGISTRATION), principal=Principal("A", "Administrator", logon="Password"))
        assert runs(machine) == 1
