"""Running commands on a host that behaves, and on one that does not."""

import threading
import time
import xml.etree.ElementTree as ET

import pytest
from scripted_host import NS, SHELL, TIMED_OUT, UNKNOWN, Trouble
from winipsec.errors import (
    Ambiguous,
    Forbidden,
    HostError,
    Interrupted,
    Quota,
    TimedOut,
    Unauthorized,
    Unreachable,
    UserError,
)

SHELLS = 2150859173
OPERATIONS = 2150859174


class TestPlainRun:
    """Nothing goes wrong."""

    def test_first_command_takes_four_messages(self, host, connect):
        """Create, Command, Receive, Signal; the shell stays."""
        connection = connect()
        done = connection.run("ver", idempotent=True)
        assert (done.exit_code, done.stdout, done.stderr, done.output_lost) == (0, "done\r\n", "", False)
        assert host.log == ["Create", "Command", "Receive", "Signal"]
        assert connection.messages == 4

    def test_next_command_takes_three(self, host, connect):
        """The shell is used again."""
        connection = connect()
        connection.run("ver", idempotent=True)
        connection.run("ver", idempotent=True)
        assert host.log[4:] == ["Command", "Receive", "Signal"]

    def test_client_address_comes_from_the_host(self, connect):
        """Before the first command nobody knows it."""
        connection = connect()
        assert connection.client_address == ""
        connection.run("ver", idempotent=True)
        assert connection.client_address == "192.0.2.1"

    def test_exit_code_is_signed(self, host, connect):
        """0xC000013A arrives as 3221225786 and means -1073741510."""
        host.programs["kill"] = (-1073741510, b"", b"")
        assert connect().run("kill", idempotent=True).exit_code == -1073741510

    def test_output_split_inside_a_character(self, host, connect):
        """Chunks may cut UTF-8 sequences; the text is whole."""
        host.chunk = 3
        text = "Läuft: 漢字 und é"
        host.programs["echo"] = (0, text.encode(), "Fehler ü".encode())
        done = connect().run("echo", idempotent=True)
        assert (done.stdout, done.stderr) == (text, "Fehler ü")

    def test_bytes_that_are_not_utf8_show_as_replacements(self, host, connect):
        """net.exe answers in the OEM page whatever we ask for."""
        host.programs["net"] = (0, b"gr\x81n", b"")
        assert connect().run("net", idempotent=True).stdout == "gr\ufffdn"

    def test_byte_order_mark_is_dropped(self, host, connect):
        """2008 R2 puts one in front."""
        host.programs["ver"] = (0, b"\xef\xbb\xbfWindows", b"")
        assert connect().run("ver", idempotent=True).stdout == "Windows"

    def test_stdin_travels_in_pieces_of_96_kib(self, host, connect):
        """Every piece is small enough for a 150 KiB envelope, only the last says End."""
        data = bytes(range(256)) * 900
        host.programs["sort"] = lambda stdin: (0, str(len(stdin)).encode(), b"")
        done = connect().run("sort", data, idempotent=False)
        assert done.stdout == str(len(data))
        sends = [root for verb, root in host.bodies if verb == "Send"]
        assert [next(root.iter(f"{{{SHELL}}}Stream")).get("End") for root in sends] == ["false", "false", "true"]
        assert all(len(ET.tostring(root)) < 150 * 1024 for root in sends)

    @pytest.mark.parametrize(("size", "sends"), [(0, 1), (1, 1), (96 * 1024, 1), (96 * 1024 + 1, 2)])
    def test_number_of_pieces(self, host, connect, size, sends):
        """Empty stdin is one bare end of input; a full piece needs no second one."""
        host.programs["sort"] = lambda stdin: (len(stdin), b"", b"")
        assert connect().run("sort", b"x" * size, idempotent=False).exit_code == size
        assert host.log.count("Send") == sends

    def test_shell_is_replaced_before_the_host_stops_counting(self, host, connect, monkeypatch):
        """Delete and Create after so many commands, with nothing lost."""
        monkeypatch.setattr("winipsec.host.connection.COMMANDS_PER_SHELL", 3)
        connection = connect()
        for _ in range(7):
            connection.run("ver", idempotent=False)
        assert (host.log.count("Create"), host.log.count("Delete"), len(host.shells)) == (3, 2, 1)

    def test_replies_may_be_large(self, host, connect):
        """MaxEnvelopeSize is 500 KB, an upper bound for the host."""
        connect().run("ver", idempotent=True)
        sizes = {root.findtext("s:Header/w:MaxEnvelopeSize", "", NS) for _, root in host.bodies}
        assert sizes == {"512000"}

    @pytest.mark.parametrize("line", ["a\rb", "a\nb", "a\x00b", "a\tb", "a\ud800b", "x" * 8151])
    def test_line_that_cannot_be_sent(self, host, connect, line):
        """Control characters end a command or break the XML; the host never sees them."""
        with pytest.raises(UserError) as caught:
            connect().run(line, idempotent=True)
        assert caught.value.code == "command.line"
        assert host.log == []


class TestRetries:
    """What is tried again, and what is not."""

    @pytest.mark.parametrize("code", [UNKNOWN, 995, 2147943418, OPERATIONS, SHELLS, 170, 2150858813])
    def test_fault_to_command_is_safe_to_repeat(self, host, connect, code):
        """The host refused the Command, so it did not run: a new shell, and exactly one run."""
        host.troubles = [Trouble("Command", "fault", code=code)]
        assert connect().run("change", idempotent=False).exit_code == 0
        assert host.ran == ["change"]
        assert len(host.shells) == 1

    def test_vanished_shell_is_replaced_without_a_pause(self, host, connect):
        """Idle shells are reaped; nobody should wait for that."""
        connection = connect()
        connection.run("ver", idempotent=True)
        host.shells.clear()
        connection.run("change", idempotent=False)
        assert host.clock.naps == []

    def test_full_host_gets_time(self, host, connect):
        """The quota of shells is waited for, and then the command runs."""
        host.troubles = [Trouble("Create", "fault", times=3, code=SHELLS)]
        started = host.clock.now()
        assert connect().run("ver", idempotent=False).exit_code == 0
        assert host.clock.now() - started == pytest.approx(1 + 2 + 4)

    def test_host_that_stays_full(self, host, connect):
        """In the end the quota is the answer, with its number."""
        host.troubles = [Trouble("Create", "fault", times=99, code=SHELLS)]
        with pytest.raises(Quota) as caught:
            connect().run("ver", idempotent=True)
        assert caught.value.fault == SHELLS
        assert host.ran == []

    def test_quota_in_an_msft_wmi_error(self, host, connect):
        """2012 and later give the number elsewhere and leave out RelatesTo; the retry comes all the same."""
        answers = iter([WMI_QUOTA])
        handle = host.handle
        host.handle = lambda envelope, timeout: next(answers, None) or handle(envelope, timeout)
        assert connect().run("ver", idempotent=False).exit_code == 0

    @pytest.mark.parametrize(
        ("code", "kind"), [(5, Forbidden), (2150858817, HostError), (2150858767, HostError), (87, HostError)]
    )
    def test_refusal_is_final(self, host, connect, code, kind):
        """Asking again would not help."""
        host.troubles = [Trouble("Create", "fault", times=9, code=code)]
        with pytest.raises(kind) as caught:
            connect().run("ver", idempotent=True)
        assert caught.value.fault == code
        assert not caught.value.may_have_run
        assert host.log == ["Create"]

    def test_refused_command_has_not_run(self, host, connect):
        """0x80070002: no such program. The shell is deleted, nothing may have run."""
        host.troubles = [Trouble("Command", "fault", code=2147942402)]
        with pytest.raises(HostError) as caught:
            connect().run("change", idempotent=False)
        assert not caught.value.may_have_run
        assert host.shells == {}

    def test_smaller_replies_on_objection(self, host, connect):
        """A host that objects to 500 KB is asked for what every other client asks for."""
        host.troubles = [Trouble("Create", "fault", code=2150858862)]
        connect().run("ver", idempotent=False)
        sizes = [root.findtext("s:Header/w:MaxEnvelopeSize", "", NS) for _, root in host.bodies]
        assert sizes == ["512000", "153600", "153600", "153600", "153600"]

    def test_service_that_is_starting(self, host, connect):
        """503 means that the message was not processed; it is sent again after a pause."""
        host.troubles = [Trouble("Command", "status", code="http.503")]
        assert connect().run("change", idempotent=False).exit_code == 0
        assert host.ran == ["change"]
        assert sum(host.clock.naps) == pytest.approx(5)


class TestSend:
    """Stdin under load. spec: winrm 1.5"""

    def test_timeout_means_accepted(self, host, connect):
        """Send may report a time-out although the data arrived: the next piece follows, not the same again."""
        host.programs["sort"] = lambda stdin: (len(stdin) & 0xFFFF, b"", b"")
        handle = host.handle

        def slow(envelope, timeout):
            answer = handle(envelope, timeout)
            return TIMEOUT if host.log[-1] == "Send" and host.log.count("Send") == 1 else answer

        host.handle = slow
        data = b"x" * (96 * 1024 + 10)
        assert connect().run("sort", data, idempotent=False).exit_code == len(data) & 0xFFFF

    def test_busy_host_gets_the_piece_again(self, host, connect):
        """170: wait five seconds and send the same piece."""
        host.programs["sort"] = lambda stdin: (len(stdin), b"", b"")
        host.troubles = [Trouble("Send", "fault", times=2, code=170)]
        assert connect().run("sort", b"abc", idempotent=False).exit_code == 3
        assert sum(host.clock.naps) == pytest.approx(10)

    def test_command_that_ended_early(self, host, connect):
        """A command need not read its input; its output counts."""
        host.programs["first"] = (7, b"enough", b"")
        host.troubles = [Trouble("Send", "fault", code=109)]
        done = connect().run("first", b"abc", idempotent=False)
        assert (done.exit_code, done.stdout) == (7, "enough")

    def test_lost_piece_is_never_sent_twice(self, host, connect):
        """Twice the same text in a script would be another script: the shell is killed, the caller must look."""
        host.programs["sort"] = lambda stdin: (0, b"", b"")
        host.troubles = [Trouble("Send", "before")]
        with pytest.raises(Ambiguous) as caught:
            connect().run("sort", b"abc", idempotent=False)
        assert caught.value.may_have_run
        assert host.log.count("Send") == 1
        assert host.shells == {}


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
        host.programs["sort"] = lambda stdin: (0, b"", b"")
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


class TestLogon:
    """One wrong password, one attempt."""

    def test_rejection_is_remembered(self, host, connect):
        """The second call fails without a message."""
        tried = []

        def reject(envelope, timeout):
            tried.append(1)
            raise Unauthorized("rejected.", host="web1")

        host.handle = reject
        connection = connect()
        for _ in range(3):
            with pytest.raises(Unauthorized) as caught:
                connection.run("ver", idempotent=True)
            assert "web1" in str(caught.value)
        connection.cancel()
        connection.close()
        assert tried == [1]

    def test_password_changed_under_a_change(self, host, connect):
        """A 401 while waiting for output: the command may have run, the logon is not tried again."""
        handle = host.handle

        def reject(envelope, timeout):
            if b"/Receive<" in envelope:
                raise Unauthorized("rejected.", host="web1")
            return handle(envelope, timeout)

        host.handle = reject
        connection = connect()
        with pytest.raises(Ambiguous) as caught:
            connection.run("change", idempotent=False)
        assert caught.value.may_have_run
        with pytest.raises(Unauthorized):
            connection.run("ver", idempotent=True)
        assert host.log == ["Create", "Command"]


# Recorded shape of a quota fault on 2012 and later: spec winrm 1.9.
WMI_QUOTA = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><s:Fault><s:Code>'
    b"<s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:QuotaLimit</s:Value></s:Subcode></s:Code><s:Reason>"
    b'<s:Text xml:lang="en-US">x</s:Text></s:Reason><s:Detail>'
    b'<p:MSFT_WmiError xmlns:p="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError">'
    b"<p:MessageID>HRESULT 0x803381a5</p:MessageID><p:error_Code>2150859173</p:error_Code></p:MSFT_WmiError>"
    b"</s:Detail></s:Fault></s:Body></s:Envelope>"
)
TIMEOUT = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><s:Fault><s:Code>'
    b"<s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:TimedOut</s:Value></s:Subcode></s:Code><s:Reason>"
    b'<s:Text xml:lang="en-US">x</s:Text></s:Reason><s:Detail/></s:Fault></s:Body></s:Envelope>'
)
