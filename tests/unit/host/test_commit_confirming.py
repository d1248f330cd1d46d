"""A host that is asked to let a change hold (design 5; spec: winrm 5)."""

import threading

import pytest
from commit_desk import SECONDS, CommitHost
from commit_words import then, unclear
from winipsec.errors import HostError, Interrupted
from winipsec.host.commit import AGAIN, GRACE, LAST_CALL, Reverted
from winipsec.host.commit_table import State


@pytest.fixture
def host():
    """A host that does everything."""
    return CommitHost()


# --- confirming -----------------------------------------------------------------------------------------------------


def test_a_change_is_confirmed_over_a_new_connection(host):
    """One line; afterwards nothing of it is left on the host."""
    commit = host.armed()
    assert host.renewals == 0
    commit.confirm()
    assert commit.state is State.CONFIRMED
    assert host.renewals == 1
    assert (host.stages, host.tasks, host.scripts) == ({}, set(), {})
    assert host.asked == ["arm", "confirm"]
    assert commit.told == []


def test_a_slow_first_connection(host):
    """It is tried again, each time over a connection of its own (spec: winrm 5.7)."""
    host.hitches["confirm"] = then("silent", "silent")
    commit = host.armed()
    before = host.clock.time
    commit.confirm()
    assert commit.state is State.CONFIRMED
    assert host.renewals == 3
    assert host.clock.time == pytest.approx(before + 3 * host.cost + 2 * AGAIN)


def test_the_answer_of_the_host_that_confirmed_gets_lost(host):
    """Asking again finds nothing left, and that is the confirmation."""
    host.hitches["confirm"] = then("lost")
    commit = host.armed()
    commit.confirm()
    assert (commit.state, host.stages) == (State.CONFIRMED, {})


def test_every_answer_after_the_confirmation_gets_lost(host):
    """The host comes back after its time and has nothing of it: it was confirmed."""
    commit = host.armed()
    host.hitches["confirm"] = then("lost")
    host.silent = (host.clock.time + 1, host.clock.time + SECONDS + 30)
    commit.confirm()
    assert commit.state is State.CONFIRMED
    assert "look" in host.asked


def test_a_file_that_cannot_be_renamed_at_that_moment(host):
    """The host answers that it still holds the change: it is asked again."""
    commit = host.armed()
    host.hitches["confirm"] = then(lambda: host._look(commit.id, None))
    commit.confirm()
    assert host.asked == ["arm", "confirm", "confirm"]


def test_a_host_that_restores_is_asked_once_a_second(host):
    """And not without a pause."""
    host.restoring = 15.0
    commit = host.armed()
    host.hitches["confirm"] = then(host.fire)
    with pytest.raises(Reverted):
        commit.confirm()
    assert 8 <= host.asked.count("look") <= 12


def test_a_task_that_cannot_be_deleted(host):
    """The change holds, for the file was renamed: the task finds that, and does nothing."""
    host.task_goes = False
    commit = host.armed()
    commit.confirm()
    assert (commit.state, host.at(commit)) == (State.CONFIRMED, "disarmed")
    host.clock.time += SECONDS
    host.pass_time()
    assert host.at(commit) == "disarmed"


def test_nobody_can_come_in_any_more(host):
    """We stop before its time, wait until the host has taken it back, and say so; nothing is left."""
    commit = host.armed()
    armed_at = host.clock.time
    host.silent = (armed_at, host.fires + 10)
    with pytest.raises(Reverted, match="taken back") as caught:
        commit.confirm()
    assert commit.state is State.REVERTED
    assert caught.value.code == "commit.reverted"
    assert "300 seconds" in caught.value.problem
    assert "Permit the way" in caught.value.advice
    assert (host.stages, host.tasks) == ({}, set())
    assert host.asked[-2:] == ["look", "remove"]
    assert [word for word in commit.told if "cannot be reached" in word] == commit.told
    assert len(commit.told) == 1


def test_no_confirmation_is_sent_in_the_last_seconds(host):
    """They belong to the host, counted from before it was armed."""
    host.cost = 7.0
    began = host.clock.time
    commit = host.armed()
    host.silent = (host.clock.time, host.fires + 1)
    seen = []
    run = host.run

    def watched(line, *args, **kwargs):
        if 'disarmed" 2>nul &' in line:
            seen.append(host.clock.time)
        return run(line, *args, **kwargs)

    host.run = watched
    with pytest.raises(Reverted):
        commit.confirm()
    assert max(seen) < began + SECONDS - LAST_CALL
    assert max(seen) > began + SECONDS - LAST_CALL - 10


def test_a_host_that_answers_again_in_the_last_seconds(host):
    """It still holds the change; nobody confirms it any more, and nobody gives up either: it is taken back."""
    commit = host.armed()
    host.silent = (host.clock.time, host.fires - 3)
    with pytest.raises(Reverted):
        commit.confirm()
    assert host.asked.count("look") > 2


def test_arming_that_took_long_shortens_the_time(host):
    """The last look before its time, though the task was made later, is no reason to end the wait."""
    host.cost = 4.0
    commit = host.armed()
    host.cost = 0.1
    host.silent = (host.clock.time, host.clock.time + SECONDS - 4.0 - LAST_CALL + 0.5)
    with pytest.raises(Reverted):
        commit.confirm()
    assert commit.state is State.REVERTED


def test_the_timer_fires_exactly_while_confirming(host):
    """Whoever renames first has won: the script did, so the change is taken back, and we wait for that."""
    commit = host.armed()
    host.hitches["confirm"] = then(host.fire)
    with pytest.raises(Reverted):
        commit.confirm()
    assert host.asked[:3] == ["arm", "confirm", "look"]
    assert host.stages == {}


def test_the_host_was_restarted_before_anybody_confirmed(host):
    """Its boot has taken the change back already."""
    commit = host.armed()
    host.stages[commit.id] = "reverted"
    with pytest.raises(Reverted, match="restarted"):
        commit.confirm()
    assert host.asked == ["arm", "confirm", "remove"]


def test_a_reverted_host_that_cannot_be_tidied(host):
    """The next run removes the files; the news is the same."""
    commit = host.armed()
    host.stages[commit.id] = "reverted"
    host.hitches["remove"] = then("silent")
    with pytest.raises(Reverted):
        commit.confirm()
    assert host.at(commit) == "reverted"


def test_a_host_that_never_comes_back(host):
    """After a grace nobody knows, and the process looks after it no longer."""
    commit = host.armed()
    armed_at = host.clock.time
    host.silent = (armed_at, 1e9)
    unclear(commit, commit.confirm)
    assert armed_at + SECONDS + GRACE <= host.clock.time < armed_at + SECONDS + GRACE + 2
    assert not host.ours(commit)


def test_a_script_that_does_not_end(host):
    """A store that cannot be imported: the host says so for as long as we ask, and nobody knows."""
    host.restoring = 1e9
    commit = host.armed()
    host.hitches["confirm"] = then(host.fire)
    unclear(commit, commit.confirm)


def test_an_answer_that_was_cut_off(host):
    """Without the mark of the end nothing is concluded from it: not even that the change is confirmed."""
    host.hitches["confirm"] = then(lambda: "", lambda: "#winipsec:reverted\r\n")
    commit = host.armed()
    commit.confirm()
    assert host.asked == ["arm", "confirm", "confirm", "confirm"]


def test_cancel_before_confirming(host):
    """The host stays armed and is asked nothing more."""
    cancelled = threading.Event()
    commit = host.armed(cancelled)
    cancelled.set()
    unclear(commit, commit.confirm)
    assert (host.asked, host.at(commit)) == (["arm"], "armed")
    assert host.renewals == 0


def test_cancel_while_confirming(host):
    """What a cancelled line came to is not known; the host takes the change back if need be."""
    cancelled = threading.Event()

    def cancel():
        cancelled.set()
        raise Interrupted("cancelled.", host="web1")

    host.hitches["confirm"] = then(cancel)
    commit = host.armed(cancelled)
    before = host.clock.time
    unclear(commit, commit.confirm)
    assert host.at(commit) == "armed"
    assert host.clock.time == before + host.cost


def test_cancel_while_waiting(host):
    """The wait ends at once."""
    cancelled = threading.Event()
    commit = host.armed(cancelled)
    host.silent = (host.clock.time, 1e9)
    commit._tell = lambda _: cancelled.set()
    unclear(commit, commit.confirm)
    assert host.asked.count("look") == 0


def test_other_errors_of_the_host_are_silence_too(host):
    """A host without room, or one that rejects the logon, has confirmed nothing."""

    def refuse():
        raise HostError("no room.", host="web1")

    host.hitches["confirm"] = then(refuse)
    commit = host.armed()
    commit.confirm()
    assert commit.state is State.CONFIRMED
