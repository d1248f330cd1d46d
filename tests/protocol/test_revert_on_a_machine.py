"""What a host does with the files and lines of a commit: on a simulated machine, without a network (spec: winrm 5).

The lines are the provider's; whether they do what they say is for `cmd`, `reg`, `net` and `schtasks` of the lab. Not
tested on real Windows.
"""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from revert_site import BASE, FOLDER, LOCAL, NEW, NUMBER, OLD, RIVAL, Site
from winipsec.host.batch import secure_folder
from winipsec.host.revert_script import Record, RevertScript
from winipsec_lab.machine.files import FileError


@pytest.fixture
def site():
    """A machine with a store, changed after it was armed."""
    return Site().armed()


NONE = (f'reg delete "{LOCAL}" /f',)
"""A machine on which not even the key is."""
SITES = [(OLD, True), (OLD, False), ((), True), ((), False), (NONE, True)]
LINES = len(RevertScript(Record("", "", "", 0), "", exists=True, running=True).script.splitlines())


@pytest.mark.parametrize(("commands", "running"), SITES)
def test_the_script_puts_back_what_was_there(commands, running):
    """The store byte for byte, also where there was none, and the agent as it was."""
    site = Site(commands, running=running).armed()
    assert site.call() == 0
    assert site.taken_back()
    assert site.tasks() == []
    assert site.files() == ["cmd", "log", "reverted"]


@pytest.mark.parametrize(("commands", "running"), SITES)
@pytest.mark.parametrize("done", range(1, LINES))
def test_a_script_that_was_stopped_anywhere(commands, running, done):
    """The machine went down after so many lines of it, and starts it anew: the end is the same."""
    site = Site(commands, running=running).armed()
    lines = site.script.script.decode().splitlines()
    site.call(lines[:done])
    if site.stage() != ["reverted"]:
        assert site.tasks()
    site.call()
    assert site.taken_back()
    assert site.call() == 0
    assert site.taken_back()
    assert site.tasks() == []


def test_the_timer_does_it(site):
    """With nobody near."""
    site.machine.clock.advance(301)
    assert site.machine.tasks.wait_until_idle()
    assert site.taken_back()
    assert site.tasks() == []


def test_a_reboot_does_it(site):
    """Long before its time; a second boot does nothing more."""
    site.machine.reboot()
    assert site.machine.tasks.wait_until_idle()
    assert (site.store(), site.stage(), site.tasks()) == (site.old, ["reverted"], [])


def test_a_line_does_it(site):
    """The task is started, and the line tells how far it is; again does no harm."""
    site.send(site.script.revert_line())
    assert site.machine.tasks.wait_until_idle()
    assert site.taken_back()
    assert site.send(site.script.revert_line())[0] == ["reverted", "end"]
    assert site.taken_back()


def test_a_line_does_it_without_a_task_scheduler(site):
    """Then the script is called, and has ended when the line has."""
    site.machine.services.switch("Schedule", on=False)
    assert site.send(site.script.revert_line())[0] == ["reverted", "end"]
    assert site.taken_back()


def test_a_line_does_it_without_the_task(site):
    """Somebody has deleted it."""
    site.must(f"schtasks /delete /tn {site.script.task} /f")
    assert site.send(site.script.revert_line())[0] == ["reverted", "end"]
    assert site.taken_back()


def test_the_timer_and_a_line_at_once(site):
    """Two scripts at a time would delete what the other has put back: the task runs once."""
    site.machine.clock.advance(301)
    threads = [threading.Thread(target=site.send, args=(site.script.revert_line(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.machine.tasks.wait_until_idle()
    assert site.taken_back()


# --- the race -------------------------------------------------------------------------------------------------------


def test_a_confirmed_change_is_not_taken_back(site):
    """Nothing of the commit is left; a copy of the script finds no file, and touches nothing."""
    copy = site.script.script.decode().splitlines()
    new = site.store()
    assert site.send(site.script.confirm_line())[0] == ["end"]
    assert (site.files(), site.tasks()) == ([], [])
    assert site.call(copy) == 0
    assert site.store() == new
    assert site.runs


def test_a_confirmed_change_whose_task_could_not_be_deleted(site):
    """The task finds that it has lost, and deletes itself."""
    site.machine.services.switch("Schedule", on=False)
    new = site.store()
    assert site.send(site.script.confirm_line())[0] == ["disarmed", "end"]
    site.machine.services.switch("Schedule", on=True)
    assert site.tasks()
    site.machine.clock.advance(301)
    assert site.machine.tasks.wait_until_idle()
    assert (site.store(), site.tasks(), site.stage()) == (new, [], ["disarmed"])
    site.send(site.script.remove_line())
    assert site.files() == []


def test_a_change_that_was_taken_back_cannot_be_confirmed(site):
    """The line learns that it has lost."""
    site.call()
    assert site.send(site.script.confirm_line())[0] == ["reverted", "end"]
    assert site.taken_back()


@pytest.mark.parametrize("stage", ["disarmed", "reverted", ""])
def test_a_script_that_has_lost_touches_nothing(site, stage):
    """It deletes its task, and ends well."""
    new = site.store()
    site.must(f'ren "{BASE}.armed" "c-{NUMBER}.{stage}"' if stage else f'del "{BASE}.armed"')
    assert site.call() == 0
    assert (site.store(), site.tasks(), site.runs) == (new, [], True)


def test_a_file_that_somebody_looks_at(site, monkeypatch):
    """It cannot be renamed for a moment: the script must not think that it has lost."""
    move, left = site.machine.files.move, [3]

    def held(source, target, *, replace=False):
        if source.endswith(".armed") and left[0]:
            left[0] -= 1
            raise FileError(32, source)
        move(source, target, replace=replace)

    monkeypatch.setattr(site.machine.files, "move", held)
    assert site.call() == 0
    assert left == [0]
    assert site.taken_back()


def test_a_file_that_can_never_be_renamed(site, monkeypatch):
    """Nobody can confirm then either, so the machine is opened; the task and the snapshot stay for another time."""

    def held(source, *_, **__):
        raise FileError(32, source)

    monkeypatch.setattr(site.machine.files, "move", held)
    assert site.call() == 1
    assert site.store() == site.old
    assert site.stage() == ["armed"]
    assert site.tasks()
    assert "reg" in site.files()


@pytest.mark.parametrize("content", [None, b"no registry file"])
def test_a_snapshot_that_cannot_be_put_back(site, content):
    """The agent stays stopped, so that the machine can be reached, and says that it is not done."""
    new = site.store()
    site.must(f'del "{BASE}.reg"')
    if content is not None:
        site.machine.files.write(f"{BASE}.reg", content)
    assert site.call() == 1
    assert not site.runs
    assert site.stage() == ["fired"]
    assert site.tasks()
    assert site.store() == (new if content is None else "")


# --- arming ---------------------------------------------------------------------------------------------------------


def test_arming_twice_is_arming_once():
    """Its answer got lost, and it was sent again."""
    site = Site()
    assert site.arm()[0] == site.arm()[0] == ["exported", "tasked", "armed"]
    assert site.files() == ["armed", "cmd", "reg", "xml"]
    assert len(site.tasks()) == 1


def test_the_folder_is_closed():
    """Only administrators and the system read what lies there: the exported store holds keys as the registry does."""
    site = Site()
    site.arm()
    text = site.machine.console(f'icacls "{FOLDER}"')[1]
    assert "Administrators:(OI)(CI)(F)" in text
    assert "SYSTEM:(OI)(CI)(F)" in text
    assert "Users" not in text


@pytest.mark.parametrize("stage", ["armed", "fired"])
def test_a_rival_is_found_and_given_way_to(stage):
    """Without a message of ours: the loser's task finds nothing to do, and deletes itself."""
    site = Site()
    site.must(rf"mkdir {FOLDER}", rf'echo x>"{FOLDER}\c-{RIVAL}.{stage}"')
    done, text = site.arm()
    assert done == ["exported", "tasked", "armed"]
    assert f"c-{RIVAL}.{stage}" in text
    assert site.stage() == []
    site.must(*NEW)
    new = site.store()
    site.machine.clock.advance(301)
    assert site.machine.tasks.wait_until_idle()
    assert (site.store(), site.tasks()) == (new, [])


def test_of_two_that_arm_at_once_both_give_way():
    """Each sees the other's file, or has gone before."""
    site = Site()
    other = replace(site.script, record=replace(site.script.record, commit=RIVAL))
    site.arm()
    assert f"c-{NUMBER}.armed" in site.arm(other)[1]
    site.send(other.remove_line())
    assert site.stage() == ["armed"]
    assert site.tasks() == [site.script.task]


def test_a_store_that_has_come_meanwhile():
    """A script for a machine without a store deletes what it finds, so it must not be armed."""
    site = Site(())
    site.must(*OLD)
    assert site.arm()[0] == []
    assert (site.tasks(), site.files()) == ([], ["cmd"])


def test_a_store_that_is_gone_meanwhile():
    """There is nothing to export."""
    site = Site()
    site.must(f'reg delete "{LOCAL}" /f')
    assert site.arm()[0] == []
    assert site.tasks() == []


def test_a_script_that_did_not_arrive_whole():
    """Its last line is looked for before anything else is done."""
    site = Site()
    done, _ = site.send(site.script.arm_line(secure_folder(FOLDER)), site.script.script[:-200])
    assert (done, site.tasks()) == ([], [])


def test_a_folder_that_cannot_be_closed():
    """Nothing is put there."""
    site = Site()
    assert site.send(site.script.arm_line("icacls C:\\nowhere"), site.script.script)[0] == []
    assert (site.tasks(), site.files()) == ([], [])


def test_a_machine_that_takes_no_ascii():
    """Then UTF-16 does it, by way of certutil; both tasks do the same."""
    site = Site(guesses=[("tasks.ascii_xml", "refused")])
    assert site.arm()[0] == ["exported"]
    assert site.send(site.script.decode_line(), site.script.encoded_task())[0] == ["tasked", "armed"]
    site.must(*NEW)
    site.machine.clock.advance(301)
    assert site.machine.tasks.wait_until_idle()
    assert site.taken_back()


def test_a_machine_that_takes_neither():
    """What was left of it goes with one line."""
    site = Site(guesses=[("tasks.ascii_xml", "refused"), ("certutil.coding", "blocked")])
    assert site.arm()[0] == ["exported"]
    assert site.send(site.script.decode_line(), site.script.encoded_task())[0] == []
    site.send(site.script.remove_line())
    assert (site.files(), site.tasks()) == ([], [])


def test_a_machine_without_a_task_scheduler():
    """It is not armed."""
    site = Site(guesses=[("tasks.service", "stopped")])
    assert site.arm()[0] == ["exported"]
    assert "armed" not in site.files()


# --- tidying --------------------------------------------------------------------------------------------------------


def test_clearing_spares_what_has_a_script(site):
    """Somebody is just arming, or waits."""
    before = site.files()
    site.send(site.script.clear_line())
    assert (site.files(), site.tasks()) == (before, [site.script.task])


@pytest.mark.parametrize("script", [None, b"", b"@echo off\r\n"])
def test_clearing_removes_what_has_none(site, script):
    """The exported store, for one."""
    site.must(f'del "{BASE}.cmd"')
    if script is not None:
        site.machine.files.write(f"{BASE}.cmd", script)
    site.send(site.script.clear_line())
    assert (site.files(), site.tasks()) == ([], [])


def test_the_script_shows_whose_it_is(site):
    """Another run, that finds a rival, can name it."""
    assert '"controller": "ci:12"' in site.send(site.script.owner_line())[1]
