"""What is done about changes that dead and living runs have left on a host (design 5)."""

import socket
import threading
from collections import deque
from dataclasses import replace

import pytest
from commit_desk import SECONDS, URN
from recovery_desk import ALIVE, DEAD, SECOND, STRANGER, Desk
from winipsec.errors import Ambiguous, Interrupted, Refused, Unreachable
from winipsec.host import pending
from winipsec.host.commit import ANSWER
from winipsec.host.pending import Pending
from winipsec.host.recovery import DEEDS, RESTORED, RESTORING, Deed
from winipsec.host.revert_script import Record


@pytest.fixture
def desk():
    """Recovery of a host."""
    return Desk()


def test_every_stage_has_a_deed():
    """Whether its run is over, alive, or nobody knows; only what a dead run left is touched."""
    assert {(stage, run.name): deed.name for (stage, run), deed in DEEDS.items()} == {
        ("armed", "OVER"): "REVERT",
        ("fired", "OVER"): "AWAIT",
        ("reverted", "OVER"): "REPORT",
        ("disarmed", "OVER"): "REMOVE",
        ("", "OVER"): "REMOVE",
        ("armed", "DOUBTFUL"): "OUTLAST",
        ("fired", "DOUBTFUL"): "OUTLAST",
        ("reverted", "DOUBTFUL"): "TELL",
        ("disarmed", "DOUBTFUL"): "LEAVE",
        ("", "DOUBTFUL"): "LEAVE",
        ("armed", "ALIVE"): "HEED",
        ("fired", "ALIVE"): "HEED",
        ("reverted", "ALIVE"): "LEAVE",
        ("disarmed", "ALIVE"): "LEAVE",
        ("", "ALIVE"): "LEAVE",
    }


def test_a_host_where_nothing_waits_is_asked_nothing(desk):
    """The snapshot that was taken is good."""
    seen = desk.reader.snapshot()
    assert desk.settle() is seen
    assert desk.host.asked == []


def test_what_this_process_looks_after_is_left_alone(desk):
    """Another thread is just confirming it."""
    commit = desk.host.armed()
    desk.reader.forget()
    seen = desk.reader.snapshot()
    assert desk.settle() is seen
    assert desk.host.asked == ["arm"]
    assert desk.host.at(commit) == "armed"


# --- a dead run's ---------------------------------------------------------------------------------------------------


def test_an_armed_change_of_a_dead_run_is_taken_back(desk):
    """Nobody will confirm it; the user is told, and nothing is left."""
    desk.host.left_by(DEAD, "armed")
    after = desk.settle()
    assert (after.pending, desk.host.stages, desk.host.tasks) == ((), {}, set())
    assert desk.reader.looks == 2
    assert [kind for kind in desk.host.asked if kind in {"revert", "remove"}] == ["revert", "remove"]
    assert desk.host.asked[:2] == ["look", "revert"]
    assert desk.host.clock.time < 1000 + 10
    assert desk.book.warnings == [f"web1: a change of {URN} was never confirmed, and was taken back."]
    assert set(desk.host.timeouts) == {2 * ANSWER}


def test_a_change_whose_batch_never_came_is_removed_only(desk):
    """Taking it back would undo what others did meanwhile."""
    desk.host.left_by(DEAD, "armed")
    desk.host.begun = set()
    assert desk.settle().pending == ()
    assert desk.host.asked == ["remove"]
    assert desk.book.warnings == []


def test_a_host_that_just_takes_it_back_is_waited_for(desk):
    """Its script is not started again."""
    desk.host.left_by(DEAD, "armed")
    desk.host.restoring = 12.0
    desk.host.fire()
    assert desk.settle().pending == ()
    assert 6 <= desk.host.asked.count("look") <= 10  # one a second, and not without a pause
    assert "revert" not in desk.host.asked
    assert len(desk.book.warnings) == 1


def test_the_time_that_a_host_is_given():
    """A slow service and a large store take a while, and nobody waits for minutes."""
    assert (RESTORING, RESTORED) == (20.0, 90.0)


def test_a_script_that_was_stopped_is_started_again(desk):
    """A host that went down while it restored, and whose task is gone."""
    desk.host.left_by(DEAD, "fired")
    began = desk.host.clock.time

    def go_on():
        desk.host.ends = desk.host.clock.time + 30
        assert desk.host.clock.time >= began + RESTORING

    desk.host.hitches["revert"] = deque([go_on])
    assert desk.settle().pending == ()
    assert desk.host.asked.count("revert") == 1
    assert desk.host.asked.count("look") > RESTORING


@pytest.mark.parametrize("stage", ["armed", "fired"])
def test_a_change_that_cannot_be_taken_back(desk, stage):
    """Nothing is written to such a host; a person has to look, and is told where."""
    desk.host.left_by(DEAD, stage)
    desk.host.restoring = 1e9
    with pytest.raises(Ambiguous) as caught:
        desk.settle()
    assert caught.value.code == "commit.stuck"
    assert f"c-{DEAD}.*" in caught.value.advice
    assert r"C:\Windows\winipsec" in caught.value.advice
    assert desk.host.stages == {DEAD: "fired"}
    assert desk.host.clock.time < 1000 + RESTORING + RESTORED + 60
    assert "remove" not in desk.host.asked


def test_an_answer_without_its_end_is_no_answer(desk):
    """Nothing is concluded from a line that was cut off."""
    desk.host.left_by(DEAD, "armed")
    desk.host.hitches["look"] = deque([lambda: "\r\n"])
    with pytest.raises(Ambiguous):
        desk.settle()


def test_somebody_ended_it_since_we_looked(desk):
    """Then it is not ours to tell: it may have been confirmed."""
    desk.host.left_by(DEAD, "armed")
    desk.reader.snapshot()
    desk.host._remove(DEAD, None)
    assert desk.settle().pending == ()
    assert desk.book.warnings == []
    assert desk.host.asked == ["look", "remove"]


@pytest.mark.parametrize(("stage", "told"), [("reverted", 1), ("disarmed", 0), ("", 0)])
def test_what_is_left_of_an_ended_change_is_removed(desk, stage, told):
    """Only of a change that was taken back has the user to hear."""
    desk.host.left_by(DEAD, stage)
    assert desk.settle().pending == ()
    assert desk.host.asked == ["remove"]
    assert len(desk.book.warnings) == told


def test_every_leftover_is_ended(desk):
    """Not the first one only: another would still be armed while we write."""
    desk.host.left_by(SECOND, "disarmed")
    desk.host.left_by(DEAD, "armed")
    desk.host.stages["00000000cafe"] = ""
    assert desk.settle().pending == ()
    assert (desk.host.stages, desk.host.scripts) == ({}, {})


def test_files_without_a_script_are_removed(desk):
    """They may hold the exported store, and nobody can ever use them."""
    desk.host.stages[DEAD] = "armed"
    assert desk.settle(STRANGER, writing=False).pending == ()
    assert desk.host.asked == ["clear"]
    assert desk.host.stages == {}


def test_a_script_that_is_just_being_written_stays(desk):
    """Between two looks its record has come."""
    desk.host.stages[ALIVE] = ""
    seen = desk.reader.snapshot()
    desk.host.left_by(ALIVE, "armed", controller="elsewhere:77")
    with pytest.raises(Refused):
        desk.recovery.settle(desk.settle(STRANGER, writing=False), STRANGER, desk.cancelled, desk.book, writing=True)
    assert desk.host.stages == {ALIVE: "armed"}
    assert seen.pending[0].stray


def test_a_host_that_falls_silent_meanwhile(desk):
    """The error is that of the connection, and nothing is concluded."""
    desk.host.left_by(DEAD, "armed")
    desk.host.hitches["revert"] = deque(["silent"])
    with pytest.raises(Unreachable):
        desk.settle()
    assert desk.host.stages == {DEAD: "armed"}


def test_cancel_while_a_host_is_waited_for(desk):
    """The next line ends it."""
    desk.host.left_by(DEAD, "fired")
    desk.host.hitches["look"] = deque([desk.cancelled.set])
    with pytest.raises(Interrupted):
        desk.settle()


def test_two_threads_settle_once(desk):
    """The second sees that nothing is left."""
    desk.host.left_by(DEAD, "armed")
    seen = desk.reader.snapshot()
    threads = [
        threading.Thread(
            target=desk.recovery.settle, args=(seen, URN, desk.cancelled, desk.book), kwargs={"writing": True}
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.host.asked.count("revert") == 1
    assert len(desk.book.warnings) == 1


def test_what_this_process_has_left_is_ended_too(desk):
    """Else its timer would take back what the same run makes afterwards."""
    commit = desk.host.armed()
    desk.host.begun.add(commit.id)
    commit.leave()
    desk.reader.forget()
    assert desk.settle().pending == ()
    assert desk.host.stages == {}


# --- a living run's -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["armed", "fired"])
def test_another_runs_change_is_not_written_over(desk, stage):
    """The refusal names it, and nothing on the host changes."""
    desk.host.left_by(ALIVE, stage, controller="ci:12")
    with pytest.raises(Refused) as caught:
        desk.settle(STRANGER)
    assert caught.value.code == "commit.pending"
    assert f"{URN} of ci:12, for at most {SECONDS} s" in caught.value.problem
    assert (desk.host.asked, desk.host.stages) == ([], {ALIVE: stage})


@pytest.mark.parametrize("stage", ["reverted", "disarmed", ""])
def test_what_a_living_run_is_about_to_remove(desk, stage):
    """It is left to it, and hinders nobody."""
    desk.host.left_by(ALIVE, stage, controller="ci:12")
    seen = desk.reader.snapshot()
    assert desk.settle(STRANGER) is seen
    assert desk.host.asked == []


def test_a_dead_runs_change_beside_a_living_ones(desk):
    """The dead one is ended, the living one heeded."""
    desk.host.left_by(DEAD, "disarmed", urn=STRANGER, controller=f"{socket.gethostname()}:999999999")
    desk.host.left_by(ALIVE, "armed", controller="ci:12")
    with pytest.raises(Refused):
        desk.settle(STRANGER)
    assert desk.host.stages == {ALIVE: "armed"}


def test_a_deed_is_done_as_the_machine_says(desk):
    """The folder is the one that the host named, the old one of Windows Server 2003 as well."""
    desk.host.left_by(DEAD, "disarmed")
    seen = replace(desk.reader.snapshot(), folder=r"C:\Windows\Temp\winipsec")
    desk.reader.kept = seen
    desk.settle()
    assert rf'"C:\Windows\Temp\winipsec\c-{DEAD}.*"' in desk.host.lines[0]


def test_a_wholly_unknown_record_is_nobodys():
    """Deeds are looked up by stage: an unheard-of one would be a mistake of ours."""
    assert Pending(Record(DEAD, "", "", 0), "").stray
    assert set(Deed) - set(DEEDS.values()) == {Deed.CLEAR}
    assert DEAD not in pending._begun
