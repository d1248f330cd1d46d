"""One confirmed commit against a host that arms, fires, restores and falls silent (design 5; spec: winrm 5)."""

import threading
from collections import deque

import pytest
from commit_desk import SECONDS, URN, CommitHost, snapshot
from snapshot_text import FOLDER
from winipsec.errors import Ambiguous, HostError, Interrupted, Refused, Unreachable, UserError
from winipsec.host import pending
from winipsec.host.commit import AGAIN, ANSWER, GRACE, LAST_CALL, Reverted
from winipsec.host.commit_table import State
from winipsec.host.machine import Service
from winipsec.host.revert_script import records
from winipsec.host.shell import Completed

RIVAL = "0123456789ab"


@pytest.fixture
def host():
    """A host that does everything."""
    return CommitHost()


def then(*hitches):
    """What happens to the next lines of a kind."""
    return deque(hitches)


def unclear(commit, call):
    """The call ends without anybody knowing; what it said."""
    with pytest.raises(Ambiguous) as caught:
        call()
    assert caught.value.code == "commit.left"
    assert caught.value.may_have_run
    assert str(SECONDS) in caught.value.advice
    assert commit.state is State.LEFT
    return caught.value


# --- arming ---------------------------------------------------------------------------------------------------------


def test_arming_is_one_line_that_brings_the_script_along(host):
    """Afterwards the host would take back whatever comes, and it knows whose change it is."""
    commit = host.armed()
    assert commit.state is State.ARMED
    assert (host.asked, host.at(commit)) == (["arm"], "armed")
    (record,) = records(host.given[0].decode("ascii"))
    assert (record.commit, record.urn, record.seconds) == (commit.id, URN, SECONDS)
    assert record.controller == pending.controller()
    assert host.timeouts == [ANSWER]
    assert host.patience == [False]  # a host that is just being built has nothing to be confirmed


def test_the_folder_is_closed_before_anything_is_put_there(host):
    """The exported store may hold keys (spec: winrm 4.6, files)."""
    host.armed()
    line = host.lines[0]
    assert line.index("icacls") < line.index('findstr "^" >')
    assert "/inheritance:r" in line


@pytest.mark.parametrize(
    ("service", "starts"),
    [
        (Service.RUNNING, True),
        (Service.STARTING, True),
        (Service.STOPPING, False),
        (Service.STOPPED, False),
        (Service.DISABLED, False),
    ],
)
def test_the_agent_is_started_again_where_it_ran(host, service, starts):
    """A host whose agent rested before gets it back resting."""
    host.commit(snapshot(service)).arm()
    script = host.given[0].decode("ascii")
    assert ('net.exe" start PolicyAgent' in script) is starts
    assert 'net.exe" stop PolicyAgent' in script


def test_a_host_without_a_store_gets_none_back(host):
    """Then nothing has to be exported, and its absence stops no script."""
    host.commit(snapshot(exists=False)).arm()
    script = host.given[0].decode("ascii")
    assert "reg query" in host.lines[0]
    assert '.reg" exit /b 1' not in script
    assert 'reg.exe" delete' in script


def test_a_host_that_takes_no_ascii_gets_the_task_in_base64(host):
    """UTF-16 in base64 for certutil (spec: winrm 5.3)."""
    host.takes_ascii = False
    commit = host.armed()
    assert host.asked == ["arm", "decode"]
    assert host.given[1].startswith(b"-----BEGIN CERTIFICATE-----\r\n")
    assert (commit.state, host.at(commit)) == (State.ARMED, "armed")


def test_a_host_that_takes_neither_is_not_changed(host):
    """The refusal has the host's own words, and nothing stays there."""
    host.takes_ascii = host.takes_utf16 = False
    commit = host.commit()
    with pytest.raises(Refused, match="task") as caught:
        commit.arm()
    assert caught.value.code == "commit.unarmed"
    assert "FEHLER: Zugriff verweigert" in caught.value.problem
    assert "Task Scheduler" in caught.value.advice
    assert host.asked == ["arm", "decode", "remove"]
    assert commit.state is State.UNARMED
    assert (host.tasks, host.stages, host.scripts) == (set(), {}, {})


def test_a_store_that_cannot_be_exported_is_not_changed(host):
    """Nor a folder that cannot be written: no task is even tried."""
    host.exports = False
    commit = host.commit()
    with pytest.raises(Refused, match="exported: Zugriff verweigert") as caught:
        commit.arm()
    assert caught.value.code == "commit.unarmed"
    assert host.asked == ["arm", "remove"]
    assert host.stages == {}


def test_a_host_that_says_nothing_is_quoted_with_nothing(host):
    """An answer that got lost on the host's side arms nobody."""
    host.hitches["arm"] = then(lambda: "")
    with pytest.raises(Refused, match=r"the store could not be exported\.") as caught:
        host.commit().arm()
    assert caught.value.code == "commit.unarmed"


def test_marks_are_not_the_hosts_words(host):
    """Blank lines and our own marks are left out of what the user reads."""
    host.hitches["arm"] = then(lambda: Completed(1, "#winipsec:exported\r\n\r\n", "Nein.\r\n\r\n"))
    host.hitches["decode"] = then(lambda: Completed(1, "\r\n", "  Nein: 7x.  \r\n \r\n#winipsec:x\r\n"))
    with pytest.raises(Refused) as caught:
        host.commit().arm()
    assert caught.value.problem.endswith("could not be made: Nein: 7x.")


@pytest.mark.parametrize("hitch", ["silent", "lost"])
def test_a_host_that_falls_silent_while_it_is_armed(host, hitch):
    """Nothing was changed; what may have been made is removed as soon as the host answers."""
    host.hitches["arm"] = then(hitch)
    commit = host.commit()
    with pytest.raises(Unreachable):
        commit.arm()
    assert commit.state is State.UNARMED
    assert host.asked == ["arm", "remove"]
    assert (host.tasks, host.stages) == (set(), {})


def test_a_host_that_stays_silent_while_it_is_armed(host):
    """Its task is no longer looked after by this process: recovery finds it like that of a dead run."""
    host.hitches = {"arm": then("lost"), "remove": then("silent")}
    commit = host.commit()
    assert host.ours(commit)
    with pytest.raises(Unreachable):
        commit.arm()
    assert host.at(commit) == "armed"
    assert not host.ours(commit)


def test_the_second_half_of_arming_gets_lost(host):
    """The task made from base64 is removed as well."""
    host.takes_ascii = False
    host.hitches["decode"] = then("lost")
    commit = host.commit()
    with pytest.raises(Unreachable):
        commit.arm()
    assert (commit.state, host.tasks, host.stages) == (State.UNARMED, set(), {})


def test_what_is_lost_while_arming_has_changed_nothing(host):
    """Whatever came of the line, no policy was touched: the caller need not look."""

    def break_off():
        raise Ambiguous("the connection broke.", host="web1", may_have_run=True)

    host.hitches["arm"] = then(break_off)
    with pytest.raises(Ambiguous) as caught:
        host.commit().arm()
    assert caught.value.may_have_run is False


def test_a_line_that_cannot_be_sent(host):
    """It is an error of its own, and nothing is armed."""

    def refuse():
        raise UserError("too long.", host="web1")

    host.hitches["arm"] = then(refuse)
    commit = host.commit()
    with pytest.raises(UserError):
        commit.arm()
    assert (commit.state, host.stages) == (State.UNARMED, {})


def test_cancel_while_the_host_is_armed(host):
    """The way is still open, so what was made goes, although the run is cancelled; that takes seconds at most."""
    cancelled = threading.Event()

    def cancel():
        cancelled.set()
        host.left_by(commit.id, "armed")
        raise Interrupted("cancelled.", host="web1")

    host.hitches["arm"] = then(cancel)
    commit = host.commit(cancelled=cancelled)
    with pytest.raises(Interrupted):
        commit.arm()
    assert (commit.state, host.stages, host.tasks) == (State.UNARMED, {}, set())
    assert host.timeouts[-1] == LAST_CALL


def test_two_runs_that_arm_at_once(host):
    """Neither goes on, and each is told of the other."""
    host.left_by(RIVAL, "armed", controller="ci:12")
    commit = host.commit()
    with pytest.raises(Refused, match="another change waits to be confirmed") as caught:
        commit.arm()
    assert caught.value.code == "commit.pending"
    assert caught.value.problem == f"another change waits to be confirmed: {URN} of ci:12, for at most 300 s."
    assert host.lines[-1] == rf'type "{FOLDER}\c-{RIVAL}.cmd" 2>nul'
    assert commit.state is State.UNARMED
    assert host.stages == {RIVAL: "armed"}
    assert host.asked == ["arm", "remove", "owner"]


def test_a_rival_that_is_just_being_taken_back(host):
    """It counts: its script would restore an older store over our change."""
    host.left_by(RIVAL, "fired")
    with pytest.raises(Refused) as caught:
        host.commit().arm()
    assert caught.value.code == "commit.pending"


@pytest.mark.parametrize("hitch", ["silent", lambda: "nothing of ours\r\n"])
def test_a_rival_that_cannot_be_named(host, hitch):
    """Then the refusal goes without."""
    host.left_by(RIVAL, "armed")
    host.hitches["owner"] = then(hitch)
    with pytest.raises(Refused) as caught:
        host.commit().arm()
    assert caught.value.problem == "another change waits to be confirmed."
    assert caught.value.code == "commit.pending"


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
