"""What a reader does about changes that wait on a host: less than whoever writes, since it knows less (design 5)."""

import socket
import subprocess
from collections import deque

import pytest
from commit_desk import SECONDS, URN
from recovery_desk import ALIVE, DEAD, STRANGER, Desk
from winipsec.host.recovery import RESTORED


@pytest.fixture
def desk():
    """Recovery of a host."""
    return Desk()


def test_reading_takes_it_back_as_well(desk):
    """A refresh begins with a host in one state, too, where it can know that the run is dead."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    desk.host.left_by(DEAD, "armed", controller=f"{socket.gethostname()}:{gone.pid}")
    assert desk.settle(writing=False).pending == ()
    assert [kind for kind in desk.host.asked if kind != "look"] == ["revert", "remove"]
    assert len(desk.book.warnings) == 1


def test_reading_waits_for_a_run_elsewhere_to_confirm(desk):
    """A preview beside an update of the same stack must not take back what is being made."""
    desk.host.left_by(ALIVE, "armed")
    desk.host.hitches["look"] = deque([None, None, lambda: desk.host._remove(ALIVE, None) or None])
    assert desk.settle(writing=False).pending == ()
    assert desk.host.asked == ["look", "look", "look"]
    assert desk.reader.looks == 2
    assert desk.book.warnings == []
    assert desk.book.infos == [
        f"web1: waiting until a change of {URN} (elsewhere:77) is confirmed or taken back, at most {SECONDS + 90} s."
    ]


def test_a_run_elsewhere_that_has_just_confirmed(desk):
    """Between the reading and the look: nobody waits, and nobody is told of waiting."""
    desk.host.left_by(ALIVE, "armed")
    desk.reader.snapshot()
    desk.host._remove(ALIVE, None)
    assert desk.settle(writing=False).pending == ()
    assert (desk.host.asked, desk.book.infos) == (["look"], [])


def test_reading_waits_for_a_run_elsewhere_until_its_time_is_up(desk):
    """The host takes it back then; what is left goes with the next change, so that a living run still finds it."""
    desk.host.left_by(ALIVE, "armed")
    desk.host.fires = desk.host.clock.time + SECONDS
    assert [item.stage for item in desk.settle(writing=False).pending] == ["reverted"]
    assert set(desk.host.asked) == {"look"}
    assert SECONDS < desk.host.clock.time - 1000 < SECONDS + 10
    assert desk.book.warnings == [f"web1: a change of {URN} was never confirmed, and was taken back."]
    desk.settle(writing=False)
    assert len(desk.book.warnings) == 1
    assert desk.settle().pending == ()
    assert desk.host.asked[-1] == "remove"


def test_reading_beside_a_run_elsewhere_that_never_ends(desk):
    """A host whose task is gone would stay like that for ever."""
    desk.host.left_by(DEAD, "armed")
    assert desk.settle(writing=False).pending == ()
    assert desk.host.clock.time >= 1000 + SECONDS + RESTORED
    assert [kind for kind in desk.host.asked if kind != "look"] == ["revert", "remove"]
    assert len(desk.book.warnings) == 1


@pytest.mark.parametrize(("stage", "told"), [("reverted", 1), ("disarmed", 0), ("", 0)])
def test_reading_leaves_what_a_run_elsewhere_may_be_about_to_remove(desk, stage, told):
    """A living run that finds nothing would think that a person had ended it; and it may be just arming."""
    desk.host.left_by(ALIVE, stage)
    seen = desk.reader.snapshot()
    assert desk.settle(writing=False) is seen
    assert desk.settle(writing=False) is seen
    assert (desk.host.asked, desk.host.stages) == ([], {ALIVE: stage})
    assert len(desk.book.warnings) == told


@pytest.mark.parametrize("stage", ["armed", "fired"])
def test_reading_beside_another_runs_change(desk, stage):
    """It is said once, and nothing on the host changes."""
    desk.host.left_by(ALIVE, stage, controller="ci:12")
    seen = desk.reader.snapshot()
    assert desk.settle(STRANGER, writing=False) is seen
    desk.settle(STRANGER, writing=False)
    assert desk.book.warnings == [f"web1: a change of {URN} (ci:12) waits to be confirmed."]
    assert desk.host.asked == []
