"""The connection breaks, at any message, before the host acted or after; and the logon is rejected."""

import pytest
from scripted_host import UNKNOWN, Trouble
from winipsec.errors import Ambiguous, Unauthorized, Unreachable


class TestBrokenConnection:
    """The connection breaks: before the host acted, or after."""

    @pytest.mark.parametrize("kind", ["before", "after", "garbage", "foreign"])
    @pytest.mark.parametrize("verb", ["Create", "Command", "Receive", "Signal"])
    def test_reading_survives_one_break_anywhere(self, host, connect, verb, kind):
        """An idempotent command comes to its result."""
        host.programs["show"] = (0, b"all of it", b"")
        connection = connect()
        connection.run("ver", idempotent=True)
        host.counts.clear()
        host.troubles = [Trouble(verb, kind)]
        done = connection.run("show", idempotent=True)
        assert (done.stdout, done.output_lost) == ("all of it", False)

    @pytest.mark.parametrize("verb", ["Create", "Command", "Receive", "Signal"])
    @pytest.mark.parametrize("kind", ["before", "after"])
    def test_change_runs_exactly_once(self, host, connect, verb, kind):
        """On a host that takes our ids every break but one inside stdin is resolved without running twice."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.counts.clear()
        host.ran.clear()
        host.troubles = [Trouble(verb, kind)]
        assert connection.run("change", idempotent=False).exit_code == 0
        assert host.ran == ["change"]

    def test_lost_command_is_fenced_before_it_is_repeated(self, host, connect):
        """The old shell is gone before the new Command leaves, so that a late one finds no shell."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.log.clear()
        host.troubles = [Trouble("Command", "before", nth=2)]
        connection.run("change", idempotent=False)
        assert host.log == ["Command", "Receive", "Delete", "Create", "Command", "Receive", "Signal"]

    def test_reboot_after_a_lost_command(self, host, connect):
        """The host knows neither command nor shell: it may have run before it was forgotten."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.troubles = [Trouble("Command", "after", nth=2, also=host.shells.clear)]
        with pytest.raises(Ambiguous) as caught:
            connection.run("change", idempotent=False)
        assert caught.value.may_have_run
        assert host.ran == ["ver", "change"]

    def test_fence_that_does_not_hold(self, host, connect):
        """If the Delete is lost too, nobody knows: an error, and no second Command."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.troubles = [Trouble("Command", "before", nth=2), Trouble("Delete", "before", times=9)]
        with pytest.raises(Ambiguous) as caught:
            connection.run("change", idempotent=False)
        assert caught.value.may_have_run
        assert host.log.count("Command") == 2

    @pytest.mark.parametrize("kind", ["before", "after"])
    def test_host_with_ids_of_its_own(self, host, connect, kind):
        """Without our ids nobody can ask: ambiguous, and the shell is deleted so that nothing runs on."""
        host.honours_ids = False
        connection = connect()
        connection.run("ver", idempotent=True)
        host.troubles = [Trouble("Command", kind, nth=2)]
        with pytest.raises(Ambiguous) as caught:
            connection.run("change", idempotent=False)
        assert caught.value.may_have_run
        assert "refresh" in caught.value.advice
        assert host.shells == {}

    def test_torn_output_is_marked(self, host, connect):
        """A change goes on to its exit code; that the output has a hole is said."""
        host.chunk = 4
        host.programs["change"] = (3, b"abcdefgh", b"")
        host.troubles = [Trouble("Receive", "after")]
        done = connect().run("change", idempotent=False)
        assert (done.exit_code, done.stdout, done.output_lost) == (3, "efgh", True)
        assert host.ran == ["change"]

    def test_shell_that_vanishes_under_a_change(self, host, connect):
        """The host restarted WinRM: the fate of the command is unknown."""
        host.troubles = [Trouble("Receive", "fault", code=UNKNOWN)]
        with pytest.raises(Ambiguous) as caught:
            connect().run("change", idempotent=False)
        assert (caught.value.fault, caught.value.may_have_run) == (UNKNOWN, True)

    def test_shell_that_vanishes_under_a_read(self, host, connect):
        """Reading again does no harm."""
        host.troubles = [Trouble("Receive", "fault", code=UNKNOWN)]
        assert connect().run("show", idempotent=True).exit_code == 0
        assert host.ran == ["show", "show"]

    def test_host_that_only_hangs_up(self, host, connect):
        """After two tries to open a shell the host is unreachable; nothing is ambiguous about that."""
        host.troubles = [Trouble("Create", "before", times=99)]
        with pytest.raises(Unreachable):
            connect().run("change", idempotent=False)
        assert host.log == ["Create", "Create"]

    def test_something_else_on_the_port(self, host, connect):
        """HTML is named as what it is."""
        host.troubles = [Trouble("Create", "garbage", times=99)]
        with pytest.raises(Unreachable) as caught:
            connect().run("ver", idempotent=True)
        assert caught.value.code == "protocol.reply"

    def test_host_that_disappears_under_a_change(self, host, connect):
        """A policy that blocks us looks like this: receive lost, then silence."""
        host.troubles = [
            Trouble("Receive", "after"),
            *(Trouble(verb, "unreachable", nth=2, times=99) for verb in ("Receive", "Signal", "Delete", "Create")),
        ]
        with pytest.raises(Ambiguous) as caught:
            connect().run("change", idempotent=False)
        assert (caught.value.code, caught.value.may_have_run) == ("connect.silent", True)
        assert "web1" in str(caught.value)

    def test_orphans_are_deleted_once_the_host_is_back(self, host, connect):
        """A shell that could not be deleted is not forgotten."""
        connection = connect()
        host.troubles = [Trouble("Send", "before"), Trouble("Delete", "unreachable")]
        host.programs["sort"] = lambda _: (0, b"", b"")
        with pytest.raises(Ambiguous):
            connection.run("sort", b"abc", idempotent=False)
        assert len(host.shells) == 1
        connection.run("ver", idempotent=True)
        assert len(host.shells) == 1
        assert host.log.count("Delete") == 2

    def test_unreachable_before_the_command_keeps_the_shell(self, host, connect):
        """Nothing was sent, so the shell is as good as before."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.troubles = [Trouble("Command", "unreachable", nth=2)]
        with pytest.raises(Unreachable) as caught:
            connection.run("change", idempotent=False)
        assert not caught.value.may_have_run
        connection.run("change", idempotent=False)
        assert host.log.count("Create") == 1


class TestLogon:
    """One wrong password, one attempt."""

    def test_rejection_is_remembered(self, host, connect):
        """The second call fails without a message."""
        host.troubles = [Trouble("Create", "reject", times=99)]
        connection = connect()
        for _ in range(3):
            with pytest.raises(Unauthorized) as caught:
                connection.run("ver", idempotent=True)
            assert "web1" in str(caught.value)
        connection.cancel()
        connection.close()
        assert host.log == ["Create"]

    def test_password_changed_under_a_change(self, host, connect):
        """A 401 while waiting for output: the command may have run, the logon is not tried again."""
        host.troubles = [Trouble("Receive", "reject", times=99)]
        connection = connect()
        with pytest.raises(Ambiguous) as caught:
            connection.run("change", idempotent=False)
        assert caught.value.may_have_run
        with pytest.raises(Unauthorized):
            connection.run("ver", idempotent=True)
        assert host.log == ["Create", "Command", "Receive"]
