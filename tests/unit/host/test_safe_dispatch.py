"""Batches that cannot lock anybody out: which of them arm a host, and what comes of those (design 5)."""

from collections import deque
from types import SimpleNamespace

import pytest
from commit_desk import SECONDS, CommitHost, silence
from safe_dispatch_desk import ASSIGNED, IDLE, Desk
from snapshot_text import FOLDER
from winipsec.errors import Ambiguous, HostError, Interrupted, Refused, TimedOut, Unreachable, UserError
from winipsec.host.commit import LAST_CALL, Reverted
from winipsec.host.commit_table import State
from winipsec.host.machine import Service
from winipsec.model.store import Store


@pytest.fixture
def host():
    """A host that does everything."""
    return CommitHost()


@pytest.fixture
def desk(host, monkeypatch):
    """A dispatch to it."""
    return Desk(host, monkeypatch)


def lost(*, may_have_run=True):
    """Nobody knows how far a batch got."""
    return Ambiguous("the connection broke.", host="web1", may_have_run=may_have_run)


# --- which batches need it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "service", "armed"),
    [
        (IDLE, ASSIGNED, Service.RUNNING, True),
        (ASSIGNED, IDLE, Service.RUNNING, True),
        (ASSIGNED, ASSIGNED, Service.RUNNING, False),
        (IDLE, Store(), Service.RUNNING, False),
        (ASSIGNED, ASSIGNED, Service.STOPPED, True),
        (ASSIGNED, ASSIGNED, Service.STARTING, True),
        (IDLE, IDLE, Service.STOPPED, False),
    ],
)
def test_what_changes_the_policy_in_force_is_armed(desk, before, after, service, armed):
    """A rest of the agent that a write ends brings its policy into force as well."""
    assert desk.put(before, after, service) is desk.after
    assert desk.gates == [rf"{FOLDER}\c-{number}.armed" if number else "" for number, _ in desk.sent]
    assert desk.host.asked == (["arm", "confirm"] if armed else [])
    assert len(desk.sent) == 1
    assert desk.host.stages == {}


def test_nothing_is_armed_where_the_user_wants_no_timer(host, monkeypatch):
    """`revertAfter: 0`."""
    desk = Desk(host, monkeypatch, revert_after=0)
    assert desk.put() is desk.after
    assert (host.asked, desk.sent) == ([], [("", float("inf"))])


def test_nothing_is_armed_where_the_way_in_may_close(desk):
    """`allowManagementCut` says that nobody needs to come in afterwards; one such change is enough."""
    batch = desk.batch()
    batch.planned.append((desk.ticket(allow_cut=True), None))
    desk.safe.send(batch, desk.before())
    assert desk.host.asked == []


def test_the_batch_goes_out_between_arming_and_confirming(desk):
    """It has the commit's number, and only the time in which the host could be confirmed."""
    seen = []
    desk.comes.append(lambda: seen.append(dict(desk.host.stages)))
    began = desk.host.clock.time
    desk.put()
    ((number, within),) = desk.sent
    assert seen == [{number: "armed"}]
    assert within == pytest.approx(began + SECONDS - LAST_CALL - (began + desk.host.cost))
    assert desk.book.warnings == []
    assert desk.forgets == 0


# --- hosts that cannot be armed -------------------------------------------------------------------------------------


def test_a_host_that_cannot_be_armed_gets_it_all_the_same(desk):
    """That the way in stays open was computed; the user hears why, once, and the host is not tried again."""
    desk.host.exports = False
    assert desk.put() is desk.after
    assert desk.put() is desk.after
    assert desk.host.asked == ["arm", "remove"]
    assert [number for number, _ in desk.sent] == ["", ""]
    (warning,) = desk.book.warnings
    assert warning.startswith("web1: the host cannot take the change back by itself")
    assert "Zugriff verweigert" in warning
    assert "the way in stays open" in warning


def test_a_host_that_another_change_waits_on_gets_nothing(desk):
    """A revert of the other would take ours along."""
    desk.host.left_by("0123456789ab", "armed", controller="ci:12")
    with pytest.raises(Refused) as caught:
        desk.put()
    assert caught.value.code == "commit.pending"
    assert desk.sent == []
    assert desk.forgets == 1


def test_a_host_that_falls_silent_while_it_is_armed_gets_nothing(desk):
    """And is read anew before anything else, since its task may be there."""
    desk.host.hitches["arm"] = deque(["lost"])
    with pytest.raises(Unreachable):
        desk.put()
    assert (desk.sent, desk.forgets) == ([], 1)


# --- batches that go wrong ------------------------------------------------------------------------------------------


def test_a_batch_that_was_not_sent(desk):
    """The host is disarmed, and the error is that of the batch."""
    desk.comes.append(HostError("disabled.", code="service.disabled", host="web1"))
    with pytest.raises(HostError) as caught:
        desk.put()
    assert caught.value.code == "service.disabled"
    assert desk.host.asked == ["arm", "confirm"]
    assert desk.host.stages == {}


def test_a_batch_of_which_nobody_knows(desk):
    """Once the host answers it is read, and what it took is confirmed."""
    desk.comes.append(lost())
    desk.host.hitches["look"] = deque(["silent", "silent"])
    assert desk.put() is desk.after
    assert desk.host.asked == ["arm", "look", "look", "look", "confirm"]
    assert desk.looks == 1
    assert any("fell silent" in text for text in desk.book.infos)


def test_a_batch_that_closes_the_way_in(desk):
    """The host takes it back, the user hears of it, and an earlier look at the host counts no more."""

    def close():
        desk.host.silent = (desk.host.clock.time, desk.host.fires + 5)
        return lost()

    desk.comes.append(close)
    with pytest.raises(Reverted):
        desk.put()
    assert desk.host.stages == {}
    assert desk.forgets == 1


def test_a_batch_after_which_nobody_comes_in(desk):
    """Though its answer came, over the old connection."""

    def close():
        desk.host.silent = (desk.host.clock.time, desk.host.fires + 5)

    desk.comes.append(close)
    with pytest.raises(Reverted):
        desk.put()
    assert desk.forgets == 1


@pytest.mark.parametrize("stage", ["fired", "reverted"])
def test_a_host_that_was_restarted_on_the_way(desk, stage):
    """It answers, and what it answers is that it has taken the change back: nothing is confirmed then."""

    def restart():
        desk.host.fire()
        desk.host.stages = dict.fromkeys(desk.host.stages, stage)

    desk.comes.append(restart)
    with pytest.raises(Reverted):
        desk.put()
    assert "confirm" not in desk.host.asked
    assert desk.host.stages == {}


def test_somebody_ended_it_on_the_way(desk):
    """Nothing is left of it, so nobody knows."""
    desk.comes.append(lambda: desk.host._remove(next(iter(desk.host.stages)), None) or None)
    with pytest.raises(Ambiguous) as caught:
        desk.put()
    assert caught.value.code == "commit.left"


def test_a_host_that_cannot_be_read_after_the_silence(desk, monkeypatch):
    """The host takes it back by itself, or the next look at it does: this process no longer holds on to it."""
    desk.comes.append(lost())
    monkeypatch.setattr(desk, "snapshot", lambda **_: (_ for _ in ()).throw(silence()))
    with pytest.raises(Unreachable):
        desk.put()
    (number,) = desk.host.stages
    assert desk.host.stages[number] == "armed"
    assert not desk.host.ours(SimpleNamespace(id=number))


def test_a_cancelled_batch(desk):
    """Nothing more is asked of the host, and it stays armed."""
    desk.comes.append(Interrupted("cancelled.", host="web1", may_have_run=True))
    with pytest.raises(Interrupted):
        desk.put()
    assert desk.host.asked == ["arm"]
    assert list(desk.host.stages.values()) == ["armed"]


def test_a_mistake_of_ours(desk):
    """The host stays armed, and takes back what came of it."""
    desk.comes.append(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        desk.put()
    (number,) = desk.host.stages
    assert not desk.host.ours(SimpleNamespace(id=number))
    assert desk.forgets == 1


def test_a_line_that_cannot_be_sent(desk):
    """How far the batch got is not known, so nothing is disarmed."""
    desk.comes.append(UserError("too long.", host="web1"))
    with pytest.raises(UserError):
        desk.put()
    assert desk.host.asked == ["arm"]


# --- transactions ---------------------------------------------------------------------------------------------------


def begun(desk, cancelled=None):
    """A transaction whose host is armed."""
    return desk.safe.begin(desk.ticket(seconds=SECONDS, cancelled=cancelled), desk.before())


def test_a_transaction_is_always_armed(desk):
    """Whatever it changes, and for as long as its own resource says."""
    commit = desk.safe.begin(desk.ticket(seconds=120), desk.before(ASSIGNED))
    assert commit.state is State.ARMED
    assert b'"seconds": 120' in desk.host.given[0]


@pytest.mark.parametrize("seconds", [0, None])
def test_a_transaction_without_a_timer(desk, seconds):
    """Its batches go as they are."""
    commit = desk.safe.begin(desk.ticket(seconds=seconds), desk.before())
    assert commit is None
    assert desk.safe.apply(commit, desk.batch(), desk.before()) is desk.after
    assert (desk.host.asked, desk.sent) == ([], [("", float("inf"))])


def test_a_transaction_on_a_host_that_cannot_be_armed(desk):
    """It is refused: all or nothing cannot be had there."""
    desk.host.exports = False
    with pytest.raises(Refused) as caught:
        begun(desk)
    assert caught.value.code == "commit.unarmed"


def test_an_unknown_end_of_a_batch_without_a_timer(desk):
    """There is nothing that could be waited for."""
    desk.comes.append(lost())
    with pytest.raises(Ambiguous):
        desk.safe.apply(None, desk.batch(), desk.before())
    assert desk.host.asked == []


def test_only_the_first_batch_has_the_commits_number(desk):
    """Its script proves that the commit has begun; the others are new."""
    commit = begun(desk)
    assert not commit.touched
    desk.safe.apply(commit, desk.batch(), desk.before())
    assert commit.touched
    desk.safe.apply(commit, desk.batch(), desk.before())
    assert [number for number, _ in desk.sent] == [commit.id, ""]


def test_a_second_batch_that_was_not_sent(desk):
    """What the first one did is taken back: disarming would let it hold."""
    commit = begun(desk)
    desk.safe.apply(commit, desk.batch(), desk.before())
    desk.comes.append(lost(may_have_run=False))
    with pytest.raises(Ambiguous, match="broke"):
        desk.safe.apply(commit, desk.batch(), desk.before())
    assert commit.state is State.REVERTED
    assert "confirm" not in desk.host.asked


def test_a_second_batch_after_a_first_of_which_nobody_knew(desk):
    """The first may have done something, so the same holds."""
    commit = begun(desk)
    desk.comes += [lost(), lost(may_have_run=False)]
    assert desk.safe.apply(commit, desk.batch(), desk.before()) is desk.after
    with pytest.raises(Ambiguous):
        desk.safe.apply(commit, desk.batch(), desk.before())
    assert commit.state is State.REVERTED


def test_no_batch_begins_when_its_time_is_up(desk):
    """It would race the host's own script."""
    commit = begun(desk)
    desk.safe.apply(commit, desk.batch(), desk.before())
    desk.host.clock.time += SECONDS - LAST_CALL
    with pytest.raises(TimedOut, match="no time is left before web1"):
        desk.safe.apply(commit, desk.batch(), desk.before())
    assert len(desk.sent) == 1
    assert commit.state is State.REVERTED


def test_a_transaction_is_left_to_its_host(desk):
    """And a commit that never was, or is at its end, is not."""
    commit = begun(desk)
    desk.safe.leave(commit)
    assert commit.state is State.LEFT
    desk.safe.leave(None)
    desk.safe.leave(commit)
    assert (commit.state, desk.forgets) == (State.LEFT, 3)
