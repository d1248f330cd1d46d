"""The other ends of a commit: silence, nothing applied, taken back, given up (design 5; spec: winrm 5)."""

import threading
from collections import deque

import pytest
from commit_desk import SECONDS, CommitHost
from commit_words import then, unclear
from winipsec.errors import Ambiguous, Unauthorized
from winipsec.host.commit import AGAIN, ANSWER, GRACE, LAST_CALL, Reverted
from winipsec.host.commit_table import State


@pytest.fixture
def host():
    """A host that does everything."""
    return CommitHost()


# --- silence --------------------------------------------------------------------------------------------------------


def test_a_host_that_answers_in_time_still_holds_the_change(host):
    """Then it goes on, and can be confirmed."""
    commit = host.armed()
    host.silent = (host.clock.time, host.clock.time + 20)
    commit.meet_silence()
    assert commit.state is State.ARMED
    assert any("fell silent" in word and "300 s" in word for word in commit.told)
    commit.confirm()
    assert commit.state is State.CONFIRMED


def test_a_host_that_took_it_back_in_the_silence(host):
    """The user hears of it, and nothing is left."""
    commit = host.armed()
    host.silent = (host.clock.time, host.fires + 5)
    with pytest.raises(Reverted):
        commit.meet_silence()
    assert host.stages == {}


def test_a_host_that_just_takes_it_back(host):
    """We wait for the end of that."""
    host.restoring = 15.0
    commit = host.armed()
    host.silent = (host.clock.time, host.fires + 2)
    with pytest.raises(Reverted):
        commit.meet_silence()
    assert host.asked.count("look") > 10


def test_a_host_that_never_answers(host):
    """Nobody knows."""
    commit = host.armed()
    host.silent = (host.clock.time, 1e9)
    unclear(commit, commit.meet_silence)


def test_somebody_else_ended_it_in_the_silence(host):
    """Nothing left is no confirmation where none was sent: nobody knows how it was ended."""
    commit = host.armed()
    host.hitches["look"] = then("silent", lambda: host._remove(commit.id, None) or None)
    unclear(commit, commit.meet_silence)


def test_a_task_scheduler_that_stopped_after_arming(host):
    """The host answers in time, so it goes on as usual."""
    commit = host.armed()
    host.scheduler = False
    commit.meet_silence()
    commit.confirm()
    assert commit.state is State.CONFIRMED


@pytest.mark.parametrize("silent_first", [False, True])
def test_a_logon_that_is_rejected_afterwards(host, silent_first):
    """The host answers, but may be cut off from those who know our account: asking again would lock that out."""
    commit = host.armed()

    def reject():
        raise Unauthorized("web1 rejected the logon.", host="web1")

    host.hitches["confirm"] = then(*["silent"] * silent_first, reject)
    with pytest.raises(Ambiguous) as caught:
        commit.confirm()
    assert (commit.state, host.at(commit)) == (State.LEFT, "armed")
    assert caught.value.code == "commit.left"
    assert caught.value.problem == "the change could not be confirmed: web1 rejected the logon."
    assert f"takes it back {SECONDS} seconds after it began" in caught.value.advice
    assert "domain controllers" in caught.value.advice
    assert host.asked.count("confirm") == 1 + silent_first


# --- nothing was applied --------------------------------------------------------------------------------------------


def test_a_change_that_was_not_sent_disarms_the_host(host):
    """Nothing is left."""
    commit = host.armed()
    commit.abandon()
    assert (commit.state, host.stages, host.tasks) == (State.DISARMED, {}, set())


@pytest.mark.parametrize(("hitch", "state", "at"), [("silent", State.LEFT, "armed"), ("lost", State.LEFT, None)])
def test_a_host_that_cannot_be_disarmed(host, hitch, state, at):
    """It takes back what is there; recovery is free to end that sooner."""
    commit = host.armed()
    host.hitches["confirm"] = then(hitch)
    commit.abandon()
    assert (commit.state, host.at(commit)) == (state, at)
    assert not host.ours(commit)


def test_a_host_that_stays_armed_when_it_is_disarmed(host):
    """Its file could not be renamed; nobody waits for that either."""
    commit = host.armed()
    host.hitches["confirm"] = then(lambda: host._look(commit.id, None))
    commit.abandon()
    assert (commit.state, host.at(commit)) == (State.LEFT, "armed")


def test_a_host_that_fires_while_it_is_disarmed(host):
    """It restores what is there anyway; nobody waits for that."""
    commit = host.armed()
    host.hitches["confirm"] = then(host.fire)
    commit.abandon()
    assert commit.state is State.LEFT
    assert host.asked == ["arm", "confirm"]


def test_a_host_that_had_restored_when_it_was_disarmed(host):
    """The store is what it was."""
    commit = host.armed()
    host.stages[commit.id] = "reverted"
    commit.abandon()
    assert commit.state is State.REVERTED


# --- not as wanted --------------------------------------------------------------------------------------------------


def test_what_differs_is_taken_back_at_once(host):
    """By the task's own script, and nothing is left."""
    commit = host.armed()
    before = host.clock.time
    commit.revert()
    assert commit.state is State.REVERTED
    assert host.asked[1] == "revert"
    assert (host.stages, host.tasks) == ({}, set())
    assert host.clock.time < before + 10


def test_a_host_that_restores_within_the_line(host):
    """Where the script is called it has ended when the line has."""
    host.restoring = 0.0
    commit = host.armed()
    host.hitches["revert"] = then(lambda: host.fire() or host.pass_time())
    commit.revert()
    assert host.asked == ["arm", "revert", "remove"]


def test_the_order_to_take_it_back_gets_lost(host):
    """The host answers that it still holds the change, and is told again."""
    host.hitches["revert"] = then("silent", "silent")
    commit = host.armed()
    armed_at = host.clock.time
    commit.revert()
    assert commit.state is State.REVERTED
    assert host.asked.count("revert") == 3
    assert host.clock.time < armed_at + 30


def test_a_task_that_takes_a_while_to_begin(host):
    """It was told and has not begun: it is told again, which does no harm."""
    commit = host.armed()
    host.hitches["revert"] = then(lambda: host._look(commit.id, None))
    commit.revert()
    assert commit.state is State.REVERTED


def test_a_host_that_falls_silent_when_it_is_to_take_it_back(host):
    """Then the timer does it."""
    commit = host.armed()
    host.silent = (host.clock.time, host.fires + 5)
    commit.revert()
    assert (commit.state, host.stages) == (State.REVERTED, {})


def test_a_host_that_comes_back_in_the_last_seconds_is_told_nothing(host):
    """Its timer is about to do it, and nobody races that."""
    commit = host.armed()
    host.silent = (host.clock.time, host.fires - 3)
    commit.revert()
    assert commit.state is State.REVERTED
    assert host.asked.count("revert") == 1


@pytest.mark.parametrize("kind", ["revert", "look"])
def test_somebody_else_ended_it(host, kind):
    """It is not known how."""
    commit = host.armed()
    if kind == "look":
        host.hitches["revert"] = then("silent")
    host.hitches[kind] = deque([*host.hitches.get(kind, ()), lambda: host._remove(commit.id, None) or None])
    unclear(commit, commit.revert)
    assert host.asked.count("revert") == 1


def test_a_host_that_is_never_seen_again(host):
    """Nobody knows."""
    commit = host.armed()
    host.silent = (host.clock.time, 1e9)
    unclear(commit, commit.revert)


def test_cancel_while_it_is_taken_back(host):
    """The host goes on by itself."""
    cancelled = threading.Event()
    commit = host.armed(cancelled)
    cancelled.set()
    unclear(commit, commit.revert)


# --- giving up ------------------------------------------------------------------------------------------------------


def test_a_commit_that_is_left(host):
    """The host takes it back by itself; this process no longer looks after it."""
    commit = host.armed()
    assert host.ours(commit)
    commit.leave()
    assert commit.state is State.LEFT
    assert not host.ours(commit)


def test_a_commit_at_its_end_cannot_be_left(host):
    """Confirmed stays confirmed, and ours: an older look at the host may still show it armed."""
    commit = host.armed()
    commit.confirm()
    commit.leave()
    assert commit.state is State.CONFIRMED
    assert host.ours(commit)


def test_time_left_is_counted_from_before_arming(host):
    """Less the last seconds, which are the host's."""
    host.cost = 3.0
    commit = host.armed()
    assert commit.time_left == pytest.approx(SECONDS - LAST_CALL - 3.0)
    host.clock.time += 1000
    assert commit.time_left < 0


# --- to the second --------------------------------------------------------------------------------------------------


def test_the_times():
    """What `docs/safe-apply.md` promises, and what fits into the shortest delay (spec: winrm 5.7)."""
    assert (LAST_CALL, GRACE, ANSWER, AGAIN) == (5.0, 120.0, 30.0, 1.0)


@pytest.mark.parametrize(("left", "first"), [(0.5, "confirm"), (0.0, "look")])
def test_the_last_moment_to_confirm(host, left, first):
    """While any time is left it is tried."""
    commit = host.armed()
    host.clock.time += commit.time_left - left
    host.silent = (host.clock.time + 2, host.fires + 5)
    if first == "confirm":
        commit.confirm()
    else:
        with pytest.raises(Reverted):
            commit.confirm()
    assert host.asked[1] == first


@pytest.mark.parametrize(("left", "state"), [(0.5, State.ARMED), (0.0, State.REVERTED)])
def test_the_last_moment_to_go_on(host, left, state):
    """A host that still holds the change is asked to confirm it only while that may succeed."""
    commit = host.armed()
    host.clock.time += commit.time_left - left
    if state is State.ARMED:
        commit.meet_silence()
    else:
        with pytest.raises(Reverted):
            commit.meet_silence()
    assert commit.state is state


@pytest.mark.parametrize(("left", "looks"), [(0.5, 1), (0.0, 0)])
def test_the_last_moment_to_wait(host, left, looks):
    """The grace is counted from when the host said that it was armed."""
    commit = host.armed()
    host.clock.time += SECONDS + GRACE - left
    host.scheduler = False
    host.silent = (host.clock.time, 1e9)
    unclear(commit, commit.meet_silence)
    assert host.asked.count("look") == looks
