"""One confirmed commit against a host that arms, fires, restores and falls silent (design 5; spec: winrm 5)."""

import threading

import pytest
from commit_desk import SECONDS, URN, CommitHost, snapshot
from commit_words import then
from snapshot_text import FOLDER
from winipsec.errors import Ambiguous, Interrupted, Refused, Unreachable, UserError
from winipsec.host import pending
from winipsec.host.commit import ANSWER, LAST_CALL
from winipsec.host.commit_table import State
from winipsec.host.machine import Service
from winipsec.host.revert_script import records
from winipsec.host.shell import Completed

RIVAL = "0123456789ab"


@pytest.fixture
def host():
    """A host that does everything."""
    return CommitHost()


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
