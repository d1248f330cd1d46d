"""Running commands on a host that behaves, and on one that says no."""

import xml.etree.ElementTree as ET

import pytest
from scripted_host import NS, SHELL, UNKNOWN, Trouble
from winipsec.errors import Ambiguous, Forbidden, HostError, Quota, UserError

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
    """Stdin under load (spec: winrm 1.5)."""

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
        host.programs["sort"] = lambda _: (0, b"", b"")
        host.troubles = [Trouble("Send", "before")]
        with pytest.raises(Ambiguous) as caught:
            connect().run("sort", b"abc", idempotent=False)
        assert caught.value.may_have_run
        assert host.log.count("Send") == 1
        assert host.shells == {}


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
