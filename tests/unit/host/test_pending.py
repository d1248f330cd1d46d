"""Changes that wait on a host: what their files say, and whether anybody still waits for them (design 5)."""

import json
import os
import socket
import subprocess

import psutil
import pytest
from winipsec.host.pending import Pending, Run, begin, controller, is_ours, leave, read_pending, run_of, stack_of
from winipsec.host.revert_script import Record

NUMBER = "0123456789ab"
OTHER = "ba9876543210"
URN = "urn:pulumi:dev::web::winipsec:index:Rule::r"
TWIN = "urn:pulumi:dev::web::winipsec:index:Policy::p"
STRANGER = "urn:pulumi:prod::web::winipsec:index:Rule::r"
HERE = socket.gethostname()


def script(number=NUMBER, urn=URN, controller="ci:12", seconds=300):
    """A script with its last line."""
    values = {"commit": number, "urn": urn, "controller": controller, "seconds": seconds}
    return f"@echo off\r\nexit /b 0\r\n:: winipsec {json.dumps(values)}\r\n"


def is_over(record, urn):
    """Whether whoever writes knows that the run is gone; whoever reads must never be surer than that."""
    writing, reading = (run_of(record, urn, writing=writing) for writing in (True, False))
    assert reading in {writing, Run.DOUBTFUL}
    assert writing is not Run.DOUBTFUL
    return writing is Run.OVER


def record(controller="ci:12", urn=URN, number=NUMBER):
    """Whose change it is."""
    return Record(number, urn, controller, 300)


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["armed", "fired", "reverted", "disarmed"])
def test_the_stage_is_the_name_of_a_file(stage):
    """Its number comes from the script."""
    (found,) = read_pending([f"c-{NUMBER}.cmd", f"c-{NUMBER}.reg", f"c-{NUMBER}.{stage}"], script())
    assert found == Pending(Record(NUMBER, URN, "ci:12", 300), stage)
    assert not found.stray


def test_a_script_alone_was_never_armed():
    """Its run was just about to, or died."""
    (found,) = read_pending([f"c-{NUMBER}.cmd"], script())
    assert (found.stage, found.stray) == ("", False)


def test_names_in_capitals_are_the_same():
    """Windows keeps the case of names and does not heed it."""
    (found,) = read_pending([f"C-{NUMBER.upper()}.ARMED", f"C-{NUMBER.upper()}.CMD"], script())
    assert found.stage == "armed"


def test_stages_of_others_do_not_count():
    """Each commit has files of its own; scripts come one after another."""
    found = read_pending(
        [f"c-{NUMBER}.cmd", f"c-{OTHER}.cmd", f"c-{OTHER}.fired"], script() + script(OTHER, controller="ci:13")
    )
    assert [(item.record.commit, item.record.controller, item.stage) for item in found] == [
        (NUMBER, "ci:12", ""),
        (OTHER, "ci:13", "fired"),
    ]


@pytest.mark.parametrize(
    "scripts", ["", "@echo off\r\n", ':: winipsec {"commit": "01', ":: winipsec []\r\n", ":: winipsec {}\r\n"]
)
def test_files_without_a_readable_script_are_strays(scripts):
    """The exported store may be among them, so they are not forgotten; what cannot be read is nobody's."""
    (found,) = read_pending([f"c-{NUMBER}.reg", f"c-{NUMBER}.armed", f"c-{NUMBER}.cmd"], scripts)
    assert found.stray
    assert (found.record.commit, found.record.urn, found.stage) == (NUMBER, "", "armed")


def test_what_waits_can_be_kept_in_a_set():
    """It is a value, and cannot change."""
    found = read_pending([f"c-{NUMBER}.reg"], "")
    assert len({*found, *read_pending([f"c-{NUMBER}.reg"], "")}) == 1
    assert found[0].record.seconds == 0


def test_strays_come_last_and_in_order():
    """After those that somebody may have to be told of."""
    found = read_pending([f"c-{OTHER}.reg", "c-000000000000.xml", f"c-{NUMBER}.cmd"], script())
    assert [item.record.commit for item in found] == [NUMBER, "000000000000", OTHER]


@pytest.mark.parametrize(
    "name",
    ["c-12.reg", "c-0123456789abc.reg", "b-0123456789ab.nsh", "c-0123456789ab", "c-0123456789ax.reg", "notes.txt", ""],
)
def test_other_files_are_none_of_ours(name):
    """Nothing is removed that we cannot have made."""
    assert read_pending([name], "") == ()


# --- whose it is ----------------------------------------------------------------------------------------------------


def test_the_controller_is_this_process_on_this_machine():
    """That is how another run finds out whether it is still there."""
    assert controller() == f"{HERE}:{os.getpid()}"


def test_what_this_process_began_is_ours_until_it_is_left():
    """Then it counts as a dead run's, so that the same process may clean up."""
    number = begin("aaaaaaaaaaaa")
    mine = record(controller(), number=number)
    assert is_ours(mine)
    assert not is_over(mine, URN)
    leave(number)
    leave(number)
    assert not is_ours(mine)
    assert is_over(mine, URN)


def test_a_number_of_ours_from_before_is_over():
    """A process that got the number of one that died knows what it began itself."""
    assert is_over(record(controller()), URN)
    assert not is_ours(record(controller()))


def test_a_process_that_is_gone_is_over():
    """Whatever its stack: nobody can confirm it."""
    done = subprocess.Popen(["true"])
    done.wait()
    assert is_over(record(f"{HERE}:{done.pid}"), STRANGER)


def test_a_process_that_lives_is_not_over():
    """Even one of the same stack: its update may go on although the lock was broken."""
    assert not is_over(record(f"{HERE}:{os.getppid()}"), URN)


def test_a_process_that_nobody_has_buried_is_over():
    """In a container without an init such a one keeps its number until the container ends."""
    with subprocess.Popen(["true"]) as done:
        os.waitid(os.P_PID, done.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(done.pid).status() == psutil.STATUS_ZOMBIE
        assert is_over(record(f"{HERE}:{done.pid}"), STRANGER)


def test_the_question_whether_a_process_lives_does_not_harm_it():
    """It goes on after it."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        assert not is_over(record(f"{HERE}:{cat.pid}"), URN)
        assert cat.communicate(b"still here", timeout=10)[0] == b"still here"
        assert cat.returncode == 0


@pytest.mark.parametrize(
    ("trouble", "over"),
    [(psutil.AccessDenied(4711), False), (psutil.NoSuchProcess(4711), True), (psutil.ZombieProcess(4711), True)],
)
def test_what_the_system_says_of_a_process_counts(monkeypatch, trouble, over):
    """Another user's, of which it says nothing more, is there."""

    def refuse(_process):
        raise trouble

    monkeypatch.setattr(psutil.Process, "status", refuse)
    assert is_over(record(f"{HERE}:{os.getppid()}"), URN) is over


@pytest.mark.parametrize(
    ("machine", "urn", "over"),
    [
        ("ci-1:12", URN, True),
        ("ci-1:12", TWIN, True),
        ("ci-1:12", STRANGER, False),
        ("ci-1:12", "urn:pulumi:dev::other::winipsec:index:Rule::r", False),
        ("ci-1:12", "", False),
        (f"{HERE}:x", URN, True),
        (f"{HERE}:\u00b2", URN, True),
        (f"{HERE}:x", STRANGER, False),
    ],
)
def test_a_run_on_another_machine_is_over_for_its_own_stack(machine, urn, over):
    """A stack is updated by one run at a time; of other stacks nobody knows."""
    assert is_over(record(machine), urn) is over


@pytest.mark.parametrize(
    ("machine", "urn", "run"),
    [("ci-1:12", TWIN, Run.DOUBTFUL), ("ci-1:12", STRANGER, Run.ALIVE), (f"{HERE}:x", URN, Run.DOUBTFUL)],
)
def test_a_preview_does_not_know_whether_an_update_elsewhere_is_over(machine, urn, run):
    """It takes no turn of the stack, so that the update may be well alive."""
    assert run_of(record(machine), urn, writing=False) is run


def test_a_preview_knows_about_this_machine():
    """Here it can look."""
    done = subprocess.Popen(["true"])
    done.wait()
    assert run_of(record(f"{HERE}:{done.pid}"), URN, writing=False) is Run.OVER
    assert run_of(record(f"{HERE}:{os.getppid()}"), URN, writing=False) is Run.ALIVE


def test_what_is_no_resource_has_no_stack():
    """Two texts that are no URN of Pulumi are not the same stack."""
    assert not is_over(record("ci-1:12", urn="x"), "x")


def test_the_stack_of_a_resource_has_its_project():
    """Stacks of two projects may have one name."""
    assert stack_of(URN) == "urn:pulumi:dev::web"
