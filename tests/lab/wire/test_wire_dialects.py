"""The dialects of other clients: masterzen/winrm (Go) and WinRb (spec: winrm 1.1 to 1.5, 2.4)."""

from __future__ import annotations

import base64
import http.client
import re
import ssl

import pytest
from winipsec_lab.wire import sealing
from winipsec_lab.wire.envelope import BadXmlError, parse, seconds

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"

# As Go writes it: other prefixes, other order, CDATA, unprefixed mustUnderstand.
GO_COMMAND = """<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:rsp="{shell}"
 xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">
<env:Header><a:Action mustUnderstand="true">{shell}/Command</a:Action>
<w:SelectorSet><w:Selector Name="ShellId">{id}</w:Selector></w:SelectorSet>
<w:OptionSet><w:Option Name="WINRS_CONSOLEMODE_STDIN">FALSE</w:Option></w:OptionSet>
<w:ResourceURI mustUnderstand="true">{shell}/cmd</w:ResourceURI><a:MessageID>uuid:abc-DEF</a:MessageID></env:Header>
<env:Body><rsp:CommandLine{attributes}><rsp:Command><![CDATA[{command}]]></rsp:Command>
<rsp:Arguments><![CDATA[two]]></rsp:Arguments><rsp:Arguments><![CDATA[three]]></rsp:Arguments>
</rsp:CommandLine></env:Body></env:Envelope>"""

MESSAGE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:rsp="{shell}"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">
<s:Header><a:Action s:mustUnderstand="true">{action}</a:Action><w:ResourceURI>{shell}/cmd</w:ResourceURI>
<w:SelectorSet><w:Selector Name="ShellId">{id}</w:Selector></w:SelectorSet><a:MessageID>uuid:1</a:MessageID></s:Header>
<s:Body>{body}</s:Body></s:Envelope>"""


@pytest.fixture
def send(host):
    """Posts an envelope over HTTPS with Basic and gives the answer's text."""
    context = ssl.create_default_context(cafile=str(host.ca_file))
    connection = http.client.HTTPSConnection(host.address, host.tls_port, timeout=5, context=context)
    authorization = "Basic " + base64.b64encode(f"{host.username}:{host.password}".encode()).decode()

    def post(text):
        headers = {"Content-Type": "application/soap+xml;charset=UTF-8", "Authorization": authorization}
        connection.request("POST", "/wsman", text.encode(), headers)
        return connection.getresponse().read().decode()

    yield post
    connection.close()


@pytest.fixture
def shell(send):
    """An open shell whose id the client has chosen."""
    action = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"
    body = '<rsp:Shell ShellId="MY-SHELL"><rsp:InputStreams>stdin</rsp:InputStreams></rsp:Shell>'
    assert 'Name="ShellId">MY-SHELL<' in send(MESSAGE.format(shell=SHELL, action=action, id="", body=body))
    return "MY-SHELL"


def receive(send, shell, command):
    """Everything a command writes, and its exit code."""
    out = b""
    while True:
        body = f'<rsp:Receive><rsp:DesiredStream CommandId="{command}">stdout stderr</rsp:DesiredStream></rsp:Receive>'
        answer = send(MESSAGE.format(shell=SHELL, action=f"{SHELL}/Receive", id=shell, body=body))
        out += b"".join(base64.b64decode(text) for text in re.findall(r"<rsp:Stream [^>]*>([^<]*)<", answer))
        if done := re.search(r"<rsp:ExitCode>(\d+)<", answer):
            return out, int(done.group(1))


def test_go_command(send, shell):
    """CDATA and one element per argument; the answer's action and relation are exact."""
    answer = send(GO_COMMAND.format(shell=SHELL, id=shell.lower(), attributes="", command="echo one"))
    assert f"<a:Action>{SHELL}/CommandResponse</a:Action>" in answer
    assert "<a:RelatesTo>uuid:abc-DEF</a:RelatesTo>" in answer
    command = re.search(r"<rsp:CommandId>([^<]+)<", answer).group(1)
    assert receive(send, shell, command) == (b"one two three\r\n", 0)


def test_ruby_command(send, shell):
    """Ruby quotes the whole command and chooses its id; cmd drops the quotes."""
    attributes = ' CommandId="MINE-1"'
    answer = send(GO_COMMAND.format(shell=SHELL, id=shell, attributes=attributes, command='"echo hi"'))
    assert "<rsp:CommandId>MINE-1</rsp:CommandId>" in answer
    assert receive(send, shell, "MINE-1")[0].split() == [b"hi", b"two", b"three"]


def test_send_dialects(send, shell):
    """`End` may be absent, base64 may hold line ends, and an empty text with End is a pure end of file."""
    answer = send(GO_COMMAND.format(shell=SHELL, id=shell, attributes="", command='findstr "^" & rem'))
    command = re.search(r"<rsp:CommandId>([^<]+)<", answer).group(1)
    data = base64.encodebytes(b"long line of input " * 8 + b"\r\n").decode()
    for stream in (
        f'<rsp:Stream Name="stdin" CommandId="{command}">{data}</rsp:Stream>',
        f'<rsp:Stream Name="stdin" CommandId="{command}" End="True"></rsp:Stream>',
    ):
        body = f"<rsp:Send>{stream}</rsp:Send>"
        assert "SendResponse" in send(MESSAGE.format(shell=SHELL, action=f"{SHELL}/Send", id=shell, body=body))
    assert receive(send, shell, command) == (b"long line of input " * 8 + b"\r\n", 0)


@pytest.mark.parametrize("code", ["terminate", "Terminate", "ctrl_c", "ctrl_break"])
def test_signal_case(send, shell, code):
    """Signal URIs compare without case."""
    answer = send(GO_COMMAND.format(shell=SHELL, id=shell, attributes="", command="echo one"))
    command = re.search(r"<rsp:CommandId>([^<]+)<", answer).group(1)
    body = f'<rsp:Signal CommandId="{command}"><rsp:Code>{SHELL}/signal/{code}</rsp:Code></rsp:Signal>'
    assert "SignalResponse" in send(MESSAGE.format(shell=SHELL, action=f"{SHELL}/Signal", id=shell, body=body))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("PT20S", 20),
        ("PT60.000S", 60),
        ("PT1H", 3600),
        ("P0DT0H0M0S", 0),
        ("P1DT2H3M4.5S", 93784.5),
        ("PT2147483.647S", 2147483.647),
    ],
)
def test_durations(text, value):
    """ISO durations of every client and every reply."""
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "P", "PT", "60", "PT-1S", "-PT1S", "P1Y", "PT1", "tomorrow"])
def test_no_durations(text):
    """What is no duration, or a negative one, is refused."""
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


def test_options_in_any_case():
    """TRUE, True and 1 are true; anything else is false, absence is the default."""
    for text, expected in (("TRUE", True), ("True", True), ("1", True), ("FALSE", False), ("no", False)):
        message = GO_COMMAND.replace("FALSE", text).format(shell=SHELL, id="X", attributes="", command="x")
        assert parse(message.encode()).option_is_true("winrs_consolemode_stdin", default=not expected) is expected
    assert parse(message.encode()).option_is_true("ABSENT", default=True)


@pytest.mark.parametrize("body", [b"", b"<a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_no_xml(body):
    """Broken XML and document types never reach the engine."""
    with pytest.raises(BadXmlError):
        parse(body)


# A part whose signature claims to be longer than the part.
OVERLONG = (
    b"--Encrypted Boundary\r\nLength=1\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n"
    b"\xff\xff\xff\x7fHEADx--Encrypted Boundary--\r\n"
)


class Plain:
    """A security context that only reverses bytes."""

    class Wrapped:
        """What wrapping gives."""

        padding_length = 0

        def __init__(self, data):
            self.header = b"HEAD"
            self.data = data[::-1]

    def wrap_winrm(self, data):
        """Reverse."""
        return self.Wrapped(data)

    def unwrap_winrm(self, header, data):
        """Reverse again."""
        assert header == b"HEAD"
        return data[::-1]


class TestSealing:
    """The multipart form that no MIME library can read."""

    def test_bytes(self):
        """The form of spec winrm 2.4, byte for byte."""
        content_type, body = sealing.seal(Plain(), "HTTP-SPNEGO-session-encrypted", b"abc")
        assert content_type == (
            'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
        )
        assert body == (
            b"--Encrypted Boundary\r\n"
            b"\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
            b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=3\r\n"
            b"--Encrypted Boundary\r\n"
            b"\tContent-Type: application/octet-stream\r\n"
            b"\x04\x00\x00\x00HEADcba--Encrypted Boundary--\r\n"
        )
        assert sealing.unseal(Plain(), body) == b"abc"
        assert sealing.unseal(Plain(), body.replace(b"\t", b"")) == b"abc"
        assert sealing.sealed_protocol(content_type) == "HTTP-SPNEGO-session-encrypted"

    def test_pieces(self):
        """Only CredSSP is cut, into 16 KiB."""
        plain = bytes(50_000)
        assert sealing.seal(Plain(), "HTTP-SPNEGO-session-encrypted", plain)[1].count(b"HEAD") == 1
        content_type, body = sealing.seal(Plain(), sealing.CREDSSP, plain)
        assert (body.count(b"HEAD"), content_type.partition(";")[0]) == (4, "multipart/x-multi-encrypted")
        assert sealing.unseal(Plain(), body) == plain

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"--Encrypted Boundary--\r\n",
            b"--Encrypted Boundary\r\nLength=3\r\n--Encrypted Boundary--\r\n",
            b"--Encrypted Boundary\r\n--Encrypted Boundary\r\nx--Encrypted Boundary--\r\n",
            OVERLONG,
        ],
    )
    def test_damaged(self, body):
        """Anything malformed is one error."""
        with pytest.raises(sealing.SealError):
            sealing.unseal(Plain(), body)
