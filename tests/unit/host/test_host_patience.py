"""Deadlines, waiting for a host, cancelling, turns and closing."""

import threading
import time

import pytest
from scripted_host import NS, TIMED_OUT, Trouble
from winipsec.errors import HostError, Interrupted, TimedOut, Unreachable


class TestDeadlines:
    """Time, on a clock that tests turn."""

    def test_command_that_hangs_is_ended(self, host, connect):
        """Signal terminate over a new connection, then TimedOut."""
        host.programs["hang"] = "hang"
        connection = connect(command_timeout=45)
        with pytest.raises(TimedOut) as caught:
            connection.run("hang", idempotent=False)
        assert caught.value.may_have_run
        assert host.clock.now() - 1000 == pytest.approx(45)
        assert host.transports[0].closed == 1
        assert host.log[-2:] == ["Signal", "Delete"]
        assert host.shells == {}

    def test_timeout_of_one_call(self, host, connect):
        """The argument overrides the setting; polls never outlast it."""
        host.programs["hang"] = "hang"
        with pytest.raises(TimedOut):
            connect().run("hang", idempotent=True, timeout=7)
        assert host.clock.now() - 1000 == pytest.approx(7)

    def test_total_timeout_bounds_all(self, host, connect):
        """However long one call may take."""
        host.programs["hang"] = "hang"
        with pytest.raises(TimedOut):
            connect(total_timeout=30).run("hang", idempotent=True, timeout=500)
        assert host.clock.now() - 1000 == pytest.approx(30)

    def test_timed_out_commands_are_not_repeated(self, host, connect):
        """Not even idempotent ones: the second run would take as long."""
        host.programs["hang"] = "hang"
        with pytest.raises(TimedOut):
            connect().run("hang", idempotent=True)
        assert host.ran == ["hang"]

    def test_slow_command_is_polled(self, host, connect):
        """Time-outs of Receive are no errors."""
        host.troubles = [Trouble("Receive", "fault", times=3, code=TIMED_OUT)]
        assert connect().run("slow", idempotent=False).exit_code == 0
        assert host.log.count("Receive") == 4

    def test_replies_are_waited_for_longer_than_the_host_may_take(self, host, connect):
        """The socket's patience must exceed the operation's (spec winrm 1.6)."""
        connect().run("ver", idempotent=True)
        allowed = [float(r.findtext("s:Header/w:OperationTimeout", "", NS)[2:-1]) for _, r in host.bodies]
        assert all(ours > theirs for ours, theirs in zip(host.transports[0].timeouts, allowed, strict=True))


class TestWaitingForAHost:
    """connectRetryFor: a machine that is just being built."""

    def test_default_is_not_to_wait(self, host, connect):
        """One dial, one error."""
        host.troubles = [Trouble("Create", "unreachable", times=99)]
        with pytest.raises(Unreachable):
            connect().run("ver", idempotent=True)
        assert (host.log, host.clock.naps) == (["Create"], [])

    def test_waits_and_says_so(self, host, connect):
        """The user sees what is being waited for, and the total time-out begins afterwards."""
        host.troubles = [Trouble("Create", "unreachable", times=6)]
        told = []
        connection = connect(connect_retry_for=600, total_timeout=20)
        assert connection.run("ver", idempotent=True, progress=told.append).exit_code == 0
        assert len(told) == 6
        assert "web1" in told[0]
        assert "600" in told[0]

    def test_gives_up_in_time(self, host, connect):
        """Not before and not long after."""
        host.troubles = [Trouble("Create", "unreachable", times=999)]
        with pytest.raises(Unreachable):
            connect(connect_retry_for=100).run("ver", idempotent=True)
        assert host.clock.now() - 1000 == pytest.approx(100)

    def test_waits_only_once_for_a_dead_host(self, host, connect):
        """A hundred resources on it do not wait a hundred times."""
        host.troubles = [Trouble("Create", "unreachable", times=999)]
        connection = connect(connect_retry_for=100)
        for _ in range(3):
            with pytest.raises(Unreachable):
                connection.run("ver", idempotent=True)
        assert host.clock.now() - 1000 == pytest.approx(100)

    def test_bad_certificate_is_not_waited_for(self, host, connect):
        """Time does not make it good."""
        host.troubles = [Trouble("Create", "unreachable", times=99, code="tls.certificate")]
        with pytest.raises(Unreachable):
            connect(connect_retry_for=100).run("ver", idempotent=True)
        assert host.log == ["Create"]

    def test_cancelled_while_waiting(self, host, connect):
        """Control-C works there too."""
        cancelled = threading.Event()
        host.troubles = [Trouble("Create", "unreachable", times=99)]
        with pytest.raises(Interrupted) as caught:
            connect(connect_retry_for=100).run(
                "ver", idempotent=True, cancelled=cancelled, progress=lambda _: cancelled.set()
            )
        assert not caught.value.may_have_run


class TestCancellation:
    """Somebody presses Control-C."""

    def test_event_ends_the_command(self, host, connect):
        """The event is looked at between polls of five seconds."""
        cancelled = threading.Event()
        host.programs["hang"] = "hang"
        host.troubles = [Trouble("Receive", "fault", nth=2, code=TIMED_OUT, also=cancelled.set)]
        with pytest.raises(Interrupted) as caught:
            connect().run("hang", idempotent=True, cancelled=cancelled)
        assert caught.value.may_have_run
        assert host.log[-3:] == ["Receive", "Signal", "Delete"]

    def test_event_set_beforehand(self, host, connect):
        """Nothing is sent at all."""
        cancelled = threading.Event()
        cancelled.set()
        with pytest.raises(Interrupted) as caught:
            connect().run("ver", idempotent=True, cancelled=cancelled)
        assert (host.log, caught.value.may_have_run) == ([], False)

    def test_cancel_signals_over_a_connection_of_its_own(self, host, connect):
        """The first connection waits for output and could not carry it."""
        host.programs["hang"] = "hang"
        connection = connect(command_timeout=80000, total_timeout=80000)
        raised = []

        def work():
            try:
                connection.run("hang", idempotent=False)
            except HostError as error:
                raised.append(error)

        worker = threading.Thread(target=work)
        worker.start()
        assert host.hanging.wait(5)
        while connection._current is None or not connection._current.started:
            time.sleep(0.001)
        connection.cancel()
        worker.join(5)
        assert isinstance(raised[0], Interrupted)
        assert raised[0].may_have_run
        assert len(host.transports) == 2
        assert host.transports[1].sent == 1
        assert connection.run("ver", idempotent=True).exit_code == 0

    def test_cancel_without_a_command(self, host, connect):
        """Nothing to do, nothing sent."""
        connect().cancel()
        assert host.log == []


class TestTurns:
    """Many threads, one shell."""

    def test_commands_never_overlap(self, host, connect):
        """Every Command is followed by its own Receive and Signal."""
        connection = connect()
        threads = [threading.Thread(target=lambda: connection.run("ver", idempotent=True)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert host.log == ["Create", *(["Command", "Receive", "Signal"] * 12)]

    def test_turn_that_never_comes(self, connect):
        """Waiting for a turn ends with the total time-out."""
        connection = connect(total_timeout=1)
        with connection._turn("x", lambda: False), pytest.raises(TimedOut) as caught:
            connection.run("ver", idempotent=True)
        assert not caught.value.may_have_run

    def test_cancelled_while_waiting_for_a_turn(self, connect):
        """Whoever waits is interrupted too."""
        connection = connect()
        with connection._turn("x", lambda: False):
            threading.Timer(0.05, connection.cancel).start()
            with pytest.raises(Interrupted):
                connection.run("ver", idempotent=True)


class TestClose:
    """Closing is quick and never raises."""

    def test_deletes_the_shell(self, host, connect):
        """No shell is left on the host."""
        connection = connect()
        connection.run("ver", idempotent=True)
        connection.close()
        assert host.shells == {}
        assert host.transports[0].timeouts[-1] <= 6

    def test_unused_connection_sends_nothing(self, host, connect):
        """There is nothing to delete."""
        connect().close()
        assert host.log == []

    @pytest.mark.parametrize("kind", ["before", "unreachable", "garbage", "fault", "status"])
    def test_errors_stay_inside(self, host, connect, kind):
        """Whatever the host does."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.troubles = [Trouble("Delete", kind, times=9, code=5)]
        connection.close()

    def test_works_again_afterwards(self, host, connect):
        """Closed is not broken."""
        connection = connect()
        connection.run("ver", idempotent=True)
        connection.close()
        assert connection.run("ver", idempotent=True).exit_code == 0

    def test_while_a_command_runs(self, host, connect):
        """The shell goes over a connection of its own."""
        connection = connect()
        connection.run("ver", idempotent=True)
        with connection._turn("x", lambda: False):
            connection.close()
        assert host.shells == {}
