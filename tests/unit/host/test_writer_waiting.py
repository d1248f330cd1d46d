"""Who waits for whom in the writer, how long, and what they are told (design 2.2, items 6 and 12)."""

import threading
import time

import pytest
from winipsec.errors import HostError, Interrupted, Refused
from winipsec.host import writer
from winipsec.host.snapshot import Snapshot
from writer_desk import Desk, Wants, wait_until

TIMES = {"GATHER": 0.002, "LONGEST_GATHER": 0.02, "LOOK": 0.004, "GRACE": 3.0, "PATIENCE": 9.0}
SHORT = 0.1
"""The grace of tests in which it has to end."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Waiting is short here; called, it sets other times."""
    for name, seconds in TIMES.items():
        monkeypatch.setattr(writer, name, seconds)

    def other(**times):
        for name, seconds in times.items():
            monkeypatch.setattr(writer, name, seconds)

    return other


@pytest.fixture
def desk():
    """A host that takes everything."""
    return Desk()


def timed(action):
    """What an action gives, and the seconds it took."""
    begun = time.monotonic()
    found = action()
    return found, time.monotonic() - begun


# --- waiting for others -------------------------------------------------------------------------------------------


def test_a_change_waits_for_what_it_needs(desk):
    """Whoever makes it may come later, even in the same batch but behind."""
    needing = desk.start(Wants("b", needs="a"))[0]
    making = desk.start(Wants("a"))[0]
    assert isinstance(needing.result(), Snapshot)
    assert isinstance(making.result(), Snapshot)
    assert [run.adds for run in desk.runs] == [["a"], ["b"]]


def test_a_long_chain_that_comes_backwards_settles(desk):
    """Each batch makes the next possible."""
    chain = [Wants(f"p{number}", needs=f"p{number - 1}" if number else "") for number in range(8)]
    started = desk.start(*reversed(chain))
    assert all(isinstance(each.result(), Snapshot) for each in started)


def test_what_nobody_makes_is_refused_after_a_moment(desk, hurry):
    """With the reason why it waited; nothing was written."""
    hurry(GRACE=SHORT)
    change = Wants("b", needs="a")
    error, seconds = timed(desk.start(change)[0].result)
    assert isinstance(error, Refused)
    assert error.code == "reference.missing"
    assert "b needs a" in str(error)
    assert SHORT <= seconds < TIMES["PATIENCE"]
    assert desk.runs == []
    assert set(change.attempts) == {0}


def test_what_somebody_else_has_made_meanwhile_is_found(desk, hurry):
    """Over another connection, or by hand: before it counts as missing the host is looked at anew, once."""
    hurry(GRACE=SHORT)
    desk.apply(Wants("other"))
    desk.policies.append("a")
    assert isinstance(desk.start(Wants("b", needs="a"))[0].result(), Snapshot)
    assert [run.adds for run in desk.runs] == [["other"], ["b"]]


def test_changes_that_wait_for_each_other_are_both_refused(desk, hurry):
    """Nobody is left who could help."""
    hurry(GRACE=SHORT)
    started = desk.start(Wants("a", needs="b"), Wants("b", needs="a"))
    assert [type(each.result()) for each in started] == [Refused, Refused]
    assert desk.waiting == 0


def test_the_moment_begins_anew_with_every_success(desk, hurry):
    """While others still get on, the one that is needed may be among those to come."""
    hurry(GRACE=0.6)
    needing = desk.start(Wants("last", needs="p3"))[0]
    for number in range(4):
        time.sleep(0.2)
        desk.apply(Wants(f"p{number}"))
    assert isinstance(needing.result(), Snapshot)


def test_nobody_is_given_up_while_a_batch_is_under_way(desk, hurry):
    """It may bring what is needed, however long it takes."""
    hurry(GRACE=SHORT)
    go = threading.Event()
    desk.before_run = lambda _: go.wait(10)
    making = desk.start(Wants("a"))[0]
    wait_until(lambda: desk.runs)
    needing = desk.start(Wants("b", needs="a"))[0]
    time.sleep(SHORT * 2)
    assert needing.is_alive()
    hurry(GRACE=TIMES["GRACE"])
    go.set()
    assert isinstance(making.result(), Snapshot)
    assert isinstance(needing.result(), Snapshot)


def test_patience_ends_even_while_others_get_on(desk, hurry):
    """At most that long, then the reason is told."""
    hurry(PATIENCE=0.15)
    error, seconds = timed(desk.start(Wants("b", needs="a"))[0].result)
    assert isinstance(error, Refused)
    assert 0.1 <= seconds < 3.0  # it waits since it came, which is a little longer


def test_the_users_own_limit_ends_waiting_sooner(desk):
    """`customTimeouts` of a resource."""
    error, seconds = timed(desk.start(Wants("b", needs="a"), timeout=0.1)[0].result)
    assert isinstance(error, Refused)
    assert seconds < 1.5


def test_a_change_in_somebodys_turn_is_not_given_up(desk):
    """While it is being made nobody may say that it was refused."""
    ticket = writer.Ticket(Wants("a"), since=time.monotonic() - 100, cancelled=threading.Event())
    ticket.why = Refused("it waited.", host="web1")
    desk.writer._unsettled.add(ticket)
    desk.writer._wait(ticket)
    assert not ticket.settled
    desk.writer._queue.append(ticket)
    desk.writer._wait(ticket)
    assert ticket.error is ticket.why
    assert desk.waiting == 0


def test_what_waits_again_after_its_own_batch_gets_its_turn(desk):
    """A list that could not go because a rule needed a second try (design 2.2, item 6)."""

    class Relapsing(Wants):
        def plan(self, store, snapshot, attempt):
            self.needs = "rule" if attempt else ""
            return super().plan(store, snapshot, attempt)

    desk.refuses = {"list": 1, "rule": 1}
    go = threading.Event()
    desk.before_run = lambda number: go.wait(10) if number == 0 else None
    first = desk.start(Wants("first"))[0]
    wait_until(lambda: desk.runs)
    rest = desk.start(Relapsing("list"), Wants("rule"))
    go.set()
    assert all(isinstance(each.result(), Snapshot) for each in (first, *rest))


def test_an_error_ends_the_waiting_of_those_beside_it(desk):
    """A host that is gone makes nothing possible any more; whoever was told is not written later."""
    desk.before_run = lambda _: fail(HostError("broken.", host="web1"))
    needing = Wants("b", needs="a")
    started = desk.start(needing)[0]
    with pytest.raises(HostError):
        desk.apply(Wants("a"))
    assert isinstance(started.result(), HostError)
    planned = len(needing.attempts)
    desk.before_run = lambda _: None
    desk.apply(Wants("a"))
    assert len(needing.attempts) == planned
    assert desk.policies == ["a"]


def fail(error):
    """Raise inside an expression."""
    raise error


# --- the way in ---------------------------------------------------------------------------------------------------


def test_what_would_cut_the_way_in_is_refused_unwritten(desk, hurry):
    """After waiting for something that would keep it open."""
    hurry(GRACE=SHORT)
    desk.cuts = {"block"}
    error, seconds = timed(desk.start(Wants("block"))[0].result)
    assert isinstance(error, Refused)
    assert error.code == "management.cut"
    assert seconds >= SHORT / 2  # the clock starts once it waits
    assert desk.runs == []


def test_it_goes_behind_what_keeps_the_way_open(desk):
    """In one batch, whoever came first."""
    desk.cuts = {"block"}
    go = threading.Event()
    desk.before_run = lambda number: go.wait(10) if number == 0 else None
    first = desk.start(Wants("first"))[0]
    wait_until(lambda: desk.runs)
    rest = desk.start(Wants("block"), Wants("x"), Wants("open"))
    go.set()
    assert all(isinstance(each.result(), Snapshot) for each in (first, *rest))
    assert desk.runs[1].adds == ["x", "open", "block"]


def test_it_waits_for_what_comes_later(desk):
    """A change that only together with others keeps the way open."""
    desk.cuts = {"block"}
    blocking = desk.start(Wants("block"))[0]
    assert isinstance(desk.apply(Wants("open")), Snapshot)
    assert isinstance(blocking.result(), Snapshot)
    assert desk.policies == ["open", "block"]


def test_others_go_on_without_it(desk, hurry):
    """Only the one that cuts is held back."""
    hurry(GRACE=SHORT * 3)
    desk.cuts = {"block"}
    blocking = desk.start(Wants("block"))[0]
    assert isinstance(desk.apply(Wants("x")), Snapshot)
    assert isinstance(blocking.result(), Refused)
    assert [run.adds for run in desk.runs] == [["x"]]


def test_whoever_is_allowed_to_cut_is_not_asked(desk):
    """`allowManagementCut`."""
    desk.cuts = {"block"}
    assert isinstance(desk.apply(Wants("block", allow_cut=True)), Snapshot)


# --- cancelling ---------------------------------------------------------------------------------------------------


def test_waiting_ends_when_the_run_is_cancelled(desk):
    """At once, and nothing of it is left in the queue."""
    cancelled = threading.Event()
    started = desk.start(Wants("b", needs="a"), Wants("c", needs="a"), cancelled=cancelled)
    wait_until(lambda: desk.waiting == 2)
    cancelled.set()
    (one, other), seconds = timed(lambda: [each.result() for each in started])
    assert isinstance(one, Interrupted)
    assert isinstance(other, Interrupted)
    assert seconds < 3.0
    assert desk.waiting == 0
    assert desk.writer._unsettled == set()


def test_what_is_under_way_is_not_said_to_be_undone(desk):
    """A change in somebody else's batch when the run is cancelled: its outcome is told, whichever it is."""
    go, cancelled = threading.Event(), threading.Event()
    desk.before_run = lambda _: go.wait(10)
    first = desk.start(Wants("first"), cancelled=cancelled)[0]
    wait_until(lambda: desk.runs)
    rest = desk.start(Wants("a"), Wants("b"), cancelled=cancelled)
    desk.before_run = lambda number: None if number == 0 else cancelled.set()
    go.set()
    outcomes = [each.result() for each in (first, *rest)]
    for change, outcome in zip(("first", "a", "b"), outcomes, strict=True):
        assert isinstance(outcome, Snapshot) == (change in desk.policies), change


def test_one_wish_is_written_once_by_many_threads(desk):
    """A storm of changes, some needing others: every one has one outcome, and is written once."""
    changes = [Wants(f"p{number}", needs=f"p{number - 7}" if number >= 7 else "") for number in range(60)]
    started = desk.start(*changes)
    assert all(isinstance(each.result(), Snapshot) for each in started)
    added = [name for run in desk.runs for name in run.adds]
    assert sorted(added) == sorted(change.name for change in changes)
