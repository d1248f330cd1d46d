"""Transactions of the writer: all of a change or nothing, under a commit (design 2.1, HostPolicy; 5)."""

import json
import threading
from collections import deque

import pytest
from armed_desk import ARMED, Both, armed_desk
from winipsec.errors import Ambiguous, HostError, InternalError, Interrupted, Refused, UserError
from winipsec.host.change import Transaction, Wait
from winipsec.host.commit import Reverted
from winipsec.host.writer import MAX_ATTEMPTS
from winipsec.model.invalid import Invalid
from writer_desk import Wants, wait_until

RIVAL = "0123456789ab"


@pytest.fixture
def desk(monkeypatch):
    """A host with a policy `old` that can be armed."""
    return armed_desk(monkeypatch)


def idle(desk):
    """Nothing waits in the writer, nothing is left of a commit."""
    return desk.waiting == 0 and not desk.writer._unsettled and desk.armed.stages == {}


def test_the_folder_that_arming_closed_is_not_closed_again(desk):
    """Two programs less for each batch (spec: winrm 4.6)."""
    desk.whole(Wants("a"), transaction=Transaction(0))
    assert ["icacls" in run.line for run in desk.runs] == [True]
    desk.writer._dispatch.prepared = False
    desk.whole(Wants("c"))
    assert ["icacls" in run.line for run in desk.runs] == [True, False]


def test_a_transaction_is_armed_applied_and_confirmed(desk):
    """And the host as read afterwards is the answer."""
    after = desk.whole(Both("a"))
    assert {policy.name for policy in after.store.policies.values()} == {"old", "a", "b"}
    assert desk.armed.asked == ["arm", "confirm"]
    assert idle(desk)


def test_what_is_there_already_arms_nothing(desk):
    """There is nothing to do, and nothing to take back."""
    desk.whole(Wants("old"))
    assert (desk.armed.asked, desk.runs) == ([], [])


def test_a_transaction_goes_alone(desk):
    """What comes with it is made afterwards, and is no part of what would be taken back."""
    whole = threading.Thread(target=desk.whole, args=(Both("a"),))
    go = threading.Event()
    desk.before_run = lambda at: go.wait(10) if at == 0 else None
    (first,) = desk.start(Wants("first"))
    wait_until(lambda: len(desk.runs) == 1)
    whole.start()
    wait_until(lambda: desk.waiting == 1)
    (other,) = desk.start(Wants("other"))
    wait_until(lambda: desk.waiting == 2)
    go.set()
    whole.join()
    assert first.result().store
    assert other.result().store
    assert [run.adds for run in desk.runs] == [["first"], ["a", "b"], ["other"]]
    assert idle(desk)


def test_a_second_try_that_succeeds(desk):
    """One commit around both batches."""
    desk.refuses = {"b": 1}
    desk.whole(Both("a"))
    assert [run.adds for run in desk.runs] == [["a", "b"], ["b"]]
    assert desk.armed.asked == ["arm", "confirm"]
    assert idle(desk)


def test_what_is_not_as_wanted_at_the_end_is_taken_back(desk):
    """All of it: what the host took of it is gone again."""
    desk.refuses = {"b": 99}
    with pytest.raises(HostError, match="'b'"):
        desk.whole(Both("a"))
    assert len(desk.runs) == MAX_ATTEMPTS
    assert desk.policies == ["old"]
    assert "confirm" not in desk.armed.asked
    assert idle(desk)


def test_the_next_change_begins_with_the_old_store(desk):
    """What was read before the revert counts no more."""
    desk.refuses = {"b": MAX_ATTEMPTS}
    with pytest.raises(HostError):
        desk.whole(Both("a"))
    after = desk.whole(Both("a"))
    assert {policy.name for policy in after.store.policies.values()} == {"old", "a", "b"}


def test_a_refusal_before_anything_was_done(desk):
    """Nothing is armed for it."""
    desk.cuts = {"a"}
    with pytest.raises(Refused) as caught:
        desk.whole(Both("a"))
    assert caught.value.code == "management.cut"
    assert (desk.armed.asked, desk.runs) == ([], [])
    assert idle(desk)


def test_a_change_that_may_close_the_way_in(desk):
    """The guard is not asked: the commit takes its place."""
    desk.cuts = {"a"}
    desk.whole(Both("a", allow_cut=True))
    assert desk.armed.asked == ["arm", "confirm"]


class Fickle(Both):
    """Says something else once its first batch was tried."""

    def __init__(self, *says):
        super().__init__("a")
        self.later = deque(says)

    def plan(self, store, snapshot, attempt):
        """Say it."""
        if attempt and self.later:
            error = self.later.popleft()
            if error is not None:
                raise error
            return Wants(f"more {attempt}").plan(store, snapshot, attempt)
        return super().plan(store, snapshot, attempt)


def missing():
    """A reason to wait."""
    return Refused("c is missing.", code="reference.missing", host="web1")


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ([UserError("no.", code="quoting.long")], "quoting.long"),
        ([Invalid("protocol", "no")], ""),
        ([Wait(missing()), Wait(missing())], "reference.missing"),
        ([None, UserError("no.", code="quoting.long")], "quoting.long"),
        ([None, Wait(missing()), Wait(missing())], "reference.missing"),
        ([Wait(missing()), None, UserError("no.", code="quoting.long")], "quoting.long"),
    ],
)
def test_what_cannot_be_finished_is_taken_back(desk, says, code):
    """The error is that of the change, the host is as it was, and nobody waits for ever."""
    with pytest.raises(Exception) as caught:
        desk.whole(Fickle(*says))
    assert not isinstance(caught.value, (Reverted, InternalError))
    assert getattr(caught.value, "code", "") == code or not code
    assert desk.policies == ["old"]
    assert desk.armed.asked[:2] == ["arm", "revert"]
    assert idle(desk)


def test_a_change_that_has_to_wait_arms_nothing(desk):
    """It gives up as every other change does."""
    with pytest.raises(Refused) as caught:
        desk.whole(Wants("a", needs="c"))
    assert caught.value.code == "reference.missing"
    assert (desk.armed.asked, desk.runs) == ([], [])


def test_a_host_that_cannot_be_armed(desk):
    """Nothing is changed."""
    desk.armed.exports = False
    with pytest.raises(Refused) as caught:
        desk.whole(Both("a"))
    assert caught.value.code == "commit.unarmed"
    assert (desk.policies, desk.runs) == (["old"], [])
    assert idle(desk)


def test_a_batch_that_was_not_sent(desk):
    """The host is disarmed, and unchanged."""

    def fail(_number):
        raise HostError("no room.", code="quota", host="web1")

    desk.before_run = fail
    with pytest.raises(HostError) as caught:
        desk.whole(Both("a"))
    assert caught.value.code == "quota"
    assert desk.armed.asked == ["arm", "confirm"]
    assert idle(desk)


def test_a_second_batch_that_was_not_sent(desk):
    """What the first one did is taken back."""
    desk.refuses = {"b": 1}

    def fail(number):
        if number:
            raise HostError("no room.", code="quota", host="web1")

    desk.before_run = fail
    with pytest.raises(HostError) as caught:
        desk.whole(Both("a"))
    assert caught.value.code == "quota"
    assert desk.policies == ["old"]
    assert "confirm" not in desk.armed.asked
    assert idle(desk)


def test_nobody_comes_in_afterwards(desk):
    """The host takes it back, and the resource is told."""
    desk.after_run = lambda _: setattr(desk.armed, "silent", (desk.armed.clock.time, desk.armed.fires + 5))
    with pytest.raises(Reverted):
        desk.whole(Both("a"))
    assert desk.policies == ["old"]
    assert idle(desk)


def test_a_host_that_never_comes_back(desk):
    """Nobody knows; those who wait for the same host are told that it cannot be read."""
    desk.after_run = lambda _: setattr(desk.armed, "silent", (desk.armed.clock.time, 1e9))
    with pytest.raises(Ambiguous) as caught:
        desk.whole(Both("a"))
    assert caught.value.code == "commit.left"
    assert desk.waiting == 0


def test_a_revert_of_which_nobody_knows(desk):
    """That is worse news than what was not as wanted, so it is what the resource is told."""
    desk.refuses = {"b": 99}
    desk.armed.hitches["revert"] = deque([lambda: desk.armed._remove(*desk.armed.stages, None) or None])
    with pytest.raises(Ambiguous) as caught:
        desk.whole(Both("a"))
    assert caught.value.code == "commit.left"


def test_what_was_left_is_ended_by_the_next_change_of_the_same_run(desk):
    """Its timer would take that one back, otherwise."""

    def cancel(number):
        if number == 0:
            raise Interrupted("cancelled.", host="web1", may_have_run=True)

    desk.after_run = cancel
    with pytest.raises(Interrupted):
        desk.whole(Both("a"))
    after = desk.apply(Wants("c"))
    assert {policy.name for policy in after.store.policies.values()} == {"old", "c"}
    assert idle(desk)


class Broken(Both):
    """A mistake of ours, once its batch was tried."""

    def plan(self, store, snapshot, attempt):
        """Fail."""
        if attempt:
            raise ZeroDivisionError
        return super().plan(store, snapshot, attempt)


def test_a_mistake_of_ours(desk):
    """Whoever has the turn hears of it; the resource too, and waits for nothing."""
    with pytest.raises(ZeroDivisionError):
        desk.whole(Broken("a"))
    assert list(desk.armed.stages.values()) == ["armed"]
    assert desk.waiting == 0


def test_a_mistake_in_somebody_elses_turn(desk):
    """A resource that another one's thread was at work for is told that it was our mistake."""
    go, outcome = threading.Event(), []

    def whole():
        try:
            desk.whole(Broken("a"))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcome.append(error)

    desk.before_run = lambda at: go.wait(10) if at == 0 else None
    desk.start(Wants("first"))
    wait_until(lambda: len(desk.runs) == 1)
    threads = [threading.Thread(target=whole)]
    (other,) = desk.start(Wants("other"))
    threads[0].start()
    wait_until(lambda: desk.waiting == 2)
    go.set()
    threads[0].join(10)
    assert not threads[0].is_alive()
    assert isinstance(outcome[0], (InternalError, ZeroDivisionError))
    other.result()


@pytest.mark.parametrize("transaction", [ARMED, Transaction(0)])
def test_a_transaction_is_refused_while_another_change_waits(desk, transaction):
    """Whether it has a timer of its own or not."""
    desk.armed.left_by(RIVAL, "armed", controller="elsewhere:77", urn="urn:pulumi:prod::shop::t::r")
    with pytest.raises(Refused) as caught:
        desk.whole(Both("a"), transaction)
    assert caught.value.code == "commit.pending"
    assert "urn:pulumi:prod::shop::t::r" in caught.value.problem
    assert desk.armed.stages == {RIVAL: "armed"}
    assert desk.runs == []


def test_a_transaction_without_a_timer(desk):
    """It is made, or not; nothing is taken back."""
    desk.refuses = {"b": 99}
    with pytest.raises(HostError):
        desk.whole(Both("a"), Transaction(0))
    assert desk.policies == ["old", "a"]
    assert desk.armed.asked == []


def test_the_record_names_the_resource(desk):
    """That is what the next run goes by."""
    desk.whole(Both("a"))
    line = next(line for line in desk.armed.given[0].decode("ascii").splitlines() if line.startswith(":: winipsec "))
    assert json.loads(line.removeprefix(":: winipsec "))["urn"] == Both("a").urn
