"""Messages as the spec shows them, and replies as hosts send them."""

import base64
import contextlib
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_host import fault, reply
from winipsec.host.envelopes import (
    LARGEST_PIECE,
    NAMESPACES,
    Envelopes,
    Reply,
    Request,
    UnreadableReplyError,
    Verb,
    read,
    signed,
)
from winipsec.host.faults import SoapFault

TO = "http://web1:5985/wsman"
SHELL = NAMESPACES["rsp"]
TRANSFER = NAMESPACES["x"]
WRITER = Envelopes(TO)


def sent(request):
    """The envelope as XML."""
    return ET.fromstring(request.envelope)  # noqa: S314 - our own


def header(request, name):
    """The text of one header."""
    return sent(request).findtext(f"s:Header/{name}", None, NAMESPACES)


def body(request):
    """The body."""
    return sent(request).find("s:Body", NAMESPACES)


def options(request):
    """The options by name."""
    found = sent(request).findall("s:Header/w:OptionSet/w:Option", NAMESPACES)
    return {option.get("Name"): option.text for option in found}


class TestWriting:
    """As in spec winrm 1.1 and 1.3 to 1.8."""

    @pytest.mark.parametrize(
        ("request_", "action"),
        [
            (WRITER.create(20), f"{TRANSFER}/Create"),
            (WRITER.command(20, "S", "C", "ver"), f"{SHELL}/Command"),
            (WRITER.send(20, "S", "C", b"", end=True), f"{SHELL}/Send"),
            (WRITER.receive(20, "S", "C"), f"{SHELL}/Receive"),
            (WRITER.signal(20, "S", "C"), f"{SHELL}/Signal"),
            (WRITER.delete(20, "S"), f"{TRANSFER}/Delete"),
        ],
    )
    def test_header(self, request_, action):
        """The header block that every client sends."""
        assert header(request_, "a:To") == TO
        assert header(request_, "a:Action") == action
        assert header(request_, "w:ResourceURI") == f"{SHELL}/cmd"
        assert header(request_, "w:OperationTimeout") == "PT20S"
        assert header(request_, "a:MessageID") == f"uuid:{request_.id}"
        assert header(request_, "a:ReplyTo/a:Address").endswith("/role/anonymous")
        shell = header(request_, "w:SelectorSet/w:Selector")
        assert shell == (None if request_.verb is Verb.CREATE else "S")

    def test_every_message_has_an_id_of_its_own(self):
        """Replies are matched by it."""
        assert WRITER.delete(1, "S").id != WRITER.delete(1, "S").id

    @pytest.mark.parametrize(("seconds", "text"), [(0.2, "PT1S"), (1, "PT1S"), (1.2, "PT2S"), (20, "PT20S")])
    def test_operation_timeout_is_whole_seconds(self, seconds, text):
        """At least one: less would be raised by the host anyhow, and `PT-1S` is a fault."""
        assert header(WRITER.receive(seconds, "S", "C"), "w:OperationTimeout") == text

    def test_create(self):
        """UTF-8 output, and an idle time-out as a duration."""
        request = WRITER.create(20)
        assert options(request) == {"WINRS_NOPROFILE": "FALSE", "WINRS_CODEPAGE": "65001"}
        assert body(request).findtext("rsp:Shell/rsp:InputStreams", None, NAMESPACES) == "stdin"
        assert body(request).findtext("rsp:Shell/rsp:OutputStreams", None, NAMESPACES) == "stdout stderr"
        assert body(request).findtext("rsp:Shell/rsp:IdleTimeOut", None, NAMESPACES) == "PT900S"

    def test_command(self):
        """Stdin is a pipe, so that its end is a real end; markup in the line is escaped."""
        line = 'a & b <c> "d" \u6f22'
        request = WRITER.command(20, "S", "C", line)
        assert options(request) == {"WINRS_CONSOLEMODE_STDIN": "FALSE", "WINRS_SKIP_CMD_SHELL": "FALSE"}
        element = body(request).find("rsp:CommandLine", NAMESPACES)
        assert element.get("CommandId") == "C"
        assert element.findtext("rsp:Command", None, NAMESPACES) == line

    @pytest.mark.parametrize(("end", "text"), [(True, "true"), (False, "false")])
    def test_send(self, end, text):
        """Any bytes, base64."""
        stream = body(WRITER.send(20, "S", "C", b"\x00\xff&", end=end)).find("rsp:Send/rsp:Stream", NAMESPACES)
        assert (stream.get("Name"), stream.get("CommandId"), stream.get("End")) == ("stdin", "C", text)
        assert base64.b64decode(stream.text) == b"\x00\xff&"

    def test_largest_send_fits(self):
        """Under 150 KiB: what 2008 R2 accepts."""
        assert len(WRITER.send(20, "S" * 36, "C" * 36, b"x" * LARGEST_PIECE, end=True).envelope) < 150 * 1024

    def test_receive_and_signal(self):
        """Both streams; terminate."""
        desired = body(WRITER.receive(20, "S", "C")).find("rsp:Receive/rsp:DesiredStream", NAMESPACES)
        assert (desired.get("CommandId"), desired.text) == ("C", "stdout stderr")
        signal = body(WRITER.signal(20, "S", "C")).find("rsp:Signal", NAMESPACES)
        assert signal.get("CommandId") == "C"
        assert signal.findtext("rsp:Code", None, NAMESPACES) == f"{SHELL}/signal/terminate"


def received(inner):
    """What a Receive with this content says."""
    request = Request(Verb.RECEIVE, "ID", b"")
    return read(reply("x", "ID", f"<rsp:ReceiveResponse>{inner}</rsp:ReceiveResponse>"), request)


class TestReading:
    """As in spec winrm 1.3 to 1.6."""

    def test_create_reply_without_shell_element(self):
        """Old hosts answer with ResourceCreated alone."""
        body = (
            "<x:ResourceCreated><a:ReferenceParameters><w:SelectorSet>"
            '<w:Selector Name="Other">no</w:Selector><w:Selector Name="ShellId">uuid:11</w:Selector>'
            "</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
        )
        assert read(reply("x", "ID", body), Request(Verb.CREATE, "ID", b"")).shell == "uuid:11"

    def test_create_reply_of_2012(self):
        """The shell's id and our own address."""
        body = "<rsp:Shell><rsp:ShellId>22</rsp:ShellId><rsp:ClientIP>2001:db8::7</rsp:ClientIP></rsp:Shell>"
        got = read(reply("x", "ID", body), Request(Verb.CREATE, "ID", b""))
        assert (got.shell, got.client_address) == ("22", "2001:db8::7")

    @pytest.mark.parametrize("verb", [Verb.CREATE, Verb.COMMAND, Verb.RECEIVE])
    def test_reply_without_its_content(self, verb):
        """An answer that lacks what it is for is no answer."""
        with pytest.raises(UnreadableReplyError):
            read(reply("x", "ID", ""), Request(verb, "ID", b""))

    def test_finished_receive(self):
        """Output in any order, both ends, Done."""
        got = received(
            '<rsp:Stream Name="stderr" CommandId="I">RQ==</rsp:Stream><rsp:Stream Name="stdout">aGkNCg==</rsp:Stream>'
            '<rsp:Stream Name="stdout" End="true"></rsp:Stream><rsp:Stream Name="stderr" End="true"/>'
            f'<rsp:CommandState State="{SHELL}/CommandState/Done"><rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState>'
        )
        assert got == Reply(stdout=b"hi\r\n", stderr=b"E", done=True, exit_code=0)

    @pytest.mark.parametrize("state", ["Running", "Pending"])
    def test_unfinished_receive(self, state):
        """More will come."""
        assert not received(f'<rsp:CommandState State="{SHELL}/CommandState/{state}"/>').done

    @pytest.mark.parametrize(
        ("text", "code"),
        [("0", 0), ("1", 1), ("2147942402", -2147024894), ("4294967295", -1), ("3221225786", -1073741510), ("-1", -1)],
    )
    def test_exit_codes(self, text, code):
        """Printed unsigned, meant signed."""
        state = f'<rsp:CommandState State="x/CommandState/Done"><rsp:ExitCode>{text}</rsp:ExitCode></rsp:CommandState>'
        assert received(state).exit_code == code

    def test_killed_command_without_exit_code(self):
        """Such a command did not succeed."""
        assert received('<rsp:CommandState State="x/CommandState/Done"/>').exit_code == -1

    def test_output_that_is_not_base64(self):
        """Unreadable, not half read."""
        with pytest.raises(UnreadableReplyError):
            received('<rsp:Stream Name="stdout">a</rsp:Stream>')

    def test_numbers_wrap_at_32_bits(self):
        """The border cases of signedness."""
        assert [signed(n) for n in (0, 2**31 - 1, 2**31, 2**32 - 1)] == [0, 2**31 - 1, -(2**31), -1]


class TestFaults:
    """As in spec winrm 1.9."""

    def test_fault_with_number(self):
        """Number, subcode and words."""
        got = read(fault(2150858843, "ID", "w:InvalidSelectors", "weg"), Request(Verb.RECEIVE, "ID", b""))
        assert got == SoapFault(2150858843, "s:Sender", "w:InvalidSelectors", "weg")

    def test_must_understand_has_no_detail(self):
        """Neither number nor subcode."""
        text = "<s:Fault><s:Code><s:Value>s:MustUnderstand</s:Value></s:Code><s:Reason><s:Text>x</s:Text></s:Reason></s:Fault>"
        assert read(reply("x", "ID", text), Request(Verb.CREATE, "ID", b"")) == SoapFault(
            None, "s:MustUnderstand", "", "x"
        )

    def test_number_that_is_none(self):
        """Nonsense in the attribute is no number."""
        got = read(fault("0x5", "ID"), Request(Verb.CREATE, "ID", b""))
        assert got.number is None


class TestHostileReplies:
    """Whatever comes back, it is a reply, a fault or unreadable; nothing else."""

    def test_answer_to_another_message(self):
        """A connection out of step is noticed."""
        with pytest.raises(UnreadableReplyError):
            read(reply("x", "OTHER", ""), Request(Verb.SIGNAL, "ID", b""))

    def test_message_id_in_other_case(self):
        """Ids compare without case."""
        assert read(reply("x", "abc-def", ""), Request(Verb.SIGNAL, "ABC-DEF", b"")) == Reply()

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_document_type(self, encoding):
        """Entities could grow to gigabytes; SOAP has none."""
        text = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
        with pytest.raises(UnreadableReplyError, match="document type"):
            read(text.encode(encoding), Request(Verb.SIGNAL, "ID", b""))

    @pytest.mark.parametrize("text", [b"", b"<", b"<a/>", b"\xff\xfe", b'<?xml version="1.0" encoding="nope"?><a/>'])
    def test_not_soap(self, text):
        """Each has its sentence."""
        with pytest.raises(UnreadableReplyError):
            read(text, Request(Verb.SIGNAL, "ID", b""))

    @given(st.binary(max_size=300), st.sampled_from(list(Verb)))
    def test_any_bytes(self, data, verb):
        """One error class for all that cannot be read."""
        with contextlib.suppress(UnreadableReplyError):
            read(data, Request(verb, "ID", b""))

    @given(st.data(), st.sampled_from(list(Verb)))
    def test_damaged_replies(self, data, verb):
        """The same for real replies with bytes changed or cut."""
        good = data.draw(
            st.sampled_from(
                [
                    fault(2150858843, "ID"),
                    reply(
                        "x",
                        "ID",
                        '<rsp:ReceiveResponse><rsp:Stream Name="stdout">aGk=</rsp:Stream></rsp:ReceiveResponse>',
                    ),
                    reply("x", "ID", "<rsp:CommandResponse><rsp:CommandId>1</rsp:CommandId></rsp:CommandResponse>"),
                ]
            )
        )
        at = data.draw(st.integers(0, len(good) - 1))
        bad = good[:at] + data.draw(st.binary(max_size=4)) + good[at + data.draw(st.integers(0, 4)) :]
        try:
            got = read(bad, Request(verb, "ID", b""))
        except UnreadableReplyError:
            return
        assert isinstance(got, Reply | SoapFault)
