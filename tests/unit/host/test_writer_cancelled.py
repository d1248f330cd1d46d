"""What a cancelled run still sends to a host: nothing that it could not be stopped at (field 4; design 5)."""

import threading

import pytest
from armed_desk import Both, armed_desk
from winipsec.errors import Ambiguous, HostError, Interrupted
from winipsec.host.snapshot import READ_LINE
from winipsec.host.writer import MAX_ATTEMPTS
from writer_desk import Wants, wait_until


@pytest.fixture
def desk(monkeypatch):
    """A host with a policy `old` that can be armed."""
    return armed_desk(monkeypatch)


def test_cancel_during_a_transaction(desk):
    """The host stays armed, and the next run takes it back."""
    cancelled = threading.Event()
    desk.after_run = lambda _: cancelled.set()
    with pytest.raises(Ambiguous):
        desk.whole(Both("a"), cancelled=cancelled)
    assert list(desk.armed.stages.values()) == ["armed"]
    assert desk.waiting == 0


def test_a_cancelled_batch(desk, monkeypatch):
    """The host stays armed, and hears no more: the process is about to end, and could not delete another shell."""
    sent = spied(desk, monkeypatch)

    def cancel(_number):
        raise Interrupted("cancelled.", host="web1", may_have_run=True)

    desk.after_run = cancel
    with pytest.raises(Interrupted):
        desk.whole(Both("a"))
    assert list(desk.armed.stages.values()) == ["armed"]
    assert "netsh" in sent[-1][0]


def test_whatever_is_sent_can_be_cancelled(desk, monkeypatch):
    """A new look after a failure, for those who wait for the host as well, is no exception."""
    sent = spied(desk, monkeypatch)
    cancelled = threading.Event()
    go = threading.Event()
    desk.before_run = lambda at: go.wait(10) if at == 0 else None
    desk.refuses = {"b": MAX_ATTEMPTS}
    (first,) = desk.start(Wants("first"), cancelled=cancelled)
    wait_until(lambda: len(desk.runs) == 1)

    def fail():
        with pytest.raises(HostError):
            desk.whole(Both("a"), cancelled=cancelled)

    whole = threading.Thread(target=fail)
    whole.start()
    wait_until(lambda: desk.waiting == 1)
    (other,) = desk.start(Wants("other"), cancelled=cancelled)
    wait_until(lambda: desk.waiting == 2)
    go.set()
    whole.join()
    assert first.result().store
    assert other.result().store
    asked = [line for line, _ in sent]
    assert asked.index(READ_LINE, 1) > 0, "after the whole one failed, the other one got a new look"
    assert {by for line, by in sent if line == READ_LINE or "netsh" in line} == {cancelled}


def spied(desk, monkeypatch):
    """What is sent from now on: lines, each with what cancels it."""
    sent, run = [], desk.run

    def spy(line, *more, **options):
        sent.append((line, options.get("cancelled")))
        return run(line, *more, **options)

    monkeypatch.setattr(desk, "run", spy)
    return sent
