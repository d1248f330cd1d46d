"""The WS-Man messages of a text shell, as templates; and the reader of their replies. spec: winrm 1.1 and 1.3 to 1.9.

Every message is one envelope: the header of 1.1 around a body of its own. Templates instead of an XML library because
the messages never vary in shape, and because rendering them costs a fifth of building them (spec: winrm 3.2).
"""

from __future__ import annotations

import base64
import html
import math
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from winipsec.host.faults import SoapFault

LARGEST_REPLY = 512000
"""Bytes a reply may have: MaxEnvelopeSizekb of 2012 and later (spec: winrm 4.1). An upper bound, so that a host with a
smaller limit keeps it just as well."""

SAFE_REPLY = 153600
"""What every other client asks for; used once a host objects to `LARGEST_REPLY`."""

LARGEST_PIECE = 96 * 1024
"""Bytes of stdin in one Send, so that the envelope stays under 150 KiB (spec: winrm 1.5)."""

_IDLE_TIMEOUT = "PT900S"
# A shell that we lose sight of is reaped after 15 minutes instead of the default 2 hours (spec: winrm 4.1).

_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "x": _TRANSFER,
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": _SHELL,
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "e": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError",
}
"""Prefixes of spec winrm 1.1; `e` is the error detail of 1.9."""

_DECLARED = " ".join(f'xmlns:{p}="{NAMESPACES[p]}"' for p in ("s", "a", "w", "p", "rsp"))

_ENVELOPE = (
    f"<s:Envelope {_DECLARED}><s:Header>"
    "<a:To>{to}</a:To>"
    '<a:ReplyTo><a:Address s:mustUnderstand="true">'
    "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
    '<w:MaxEnvelopeSize s:mustUnderstand="true">{largest_reply}</w:MaxEnvelopeSize>'
    "<a:MessageID>uuid:{id}</a:MessageID>"
    '<w:Locale xml:lang="en-US" s:mustUnderstand="false"/>'
    '<p:DataLocale xml:lang="en-US" s:mustUnderstand="false"/>'
    "<w:OperationTimeout>PT{seconds}S</w:OperationTimeout>"
    f'<w:ResourceURI s:mustUnderstand="true">{_SHELL}/cmd</w:ResourceURI>'
    '<a:Action s:mustUnderstand="true">{action}</a:Action>'
    "{options}{selectors}"
    "</s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
_SELECTORS = '<w:SelectorSet><w:Selector Name="ShellId">{}</w:Selector></w:SelectorSet>'
_OPTION = '<w:Option Name="{}">{}</w:Option>'


class Verb(Enum):
    """The messages of a text shell, by the URI of their action."""

    CREATE = f"{_TRANSFER}/Create"
    COMMAND = f"{_SHELL}/Command"
    SEND = f"{_SHELL}/Send"
    RECEIVE = f"{_SHELL}/Receive"
    SIGNAL = f"{_SHELL}/Signal"
    DELETE = f"{_TRANSFER}/Delete"


# Options of 1.3 and 1.4. Code page 65001 gives UTF-8 output; without console mode stdin is a pipe with a real end.
_OPTIONS: dict[Verb, tuple[tuple[str, str], ...]] = {
    Verb.CREATE: (("WINRS_NOPROFILE", "FALSE"), ("WINRS_CODEPAGE", "65001")),
    Verb.COMMAND: (("WINRS_CONSOLEMODE_STDIN", "FALSE"), ("WINRS_SKIP_CMD_SHELL", "FALSE")),
}

_BODIES: dict[Verb, str] = {
    Verb.CREATE: (
        "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>"
        f"<rsp:IdleTimeOut>{_IDLE_TIMEOUT}</rsp:IdleTimeOut></rsp:Shell>"
    ),
    Verb.COMMAND: '<rsp:CommandLine CommandId="{command}"><rsp:Command>{line}</rsp:Command></rsp:CommandLine>',
    Verb.SEND: '<rsp:Send><rsp:Stream Name="stdin" CommandId="{command}" End="{end}">{data}</rsp:Stream></rsp:Send>',
    Verb.RECEIVE: (
        '<rsp:Receive><rsp:DesiredStream CommandId="{command}">stdout stderr</rsp:DesiredStream></rsp:Receive>'
    ),
    Verb.SIGNAL: (f'<rsp:Signal CommandId="{{command}}"><rsp:Code>{_SHELL}/signal/terminate</rsp:Code></rsp:Signal>'),
    Verb.DELETE: "",
}


class Request(NamedTuple):
    """One message ready to send."""

    verb: Verb
    id: str
    envelope: bytes


@dataclass(frozen=True)
class Envelopes:
    """Writes messages to one host.

    Attributes:
        to: The URL that goes into `a:To`.
        largest_reply: Bytes that a reply may have.
    """

    to: str
    largest_reply: int = LARGEST_REPLY

    def create(self, seconds: float) -> Request:
        """Open a shell (1.3)."""
        return self._write(Verb.CREATE, seconds)

    def command(self, seconds: float, shell: str, command: str, line: str) -> Request:
        """Start `cmd /C line` under an id of our own choosing (1.4)."""
        return self._write(Verb.COMMAND, seconds, shell, command=command, line=_escape(line))

    def send(self, seconds: float, shell: str, command: str, data: bytes, *, end: bool) -> Request:
        """Give the command a piece of stdin (1.5)."""
        text = base64.b64encode(data).decode("ascii")
        return self._write(Verb.SEND, seconds, shell, command=command, data=text, end="true" if end else "false")

    def receive(self, seconds: float, shell: str, command: str) -> Request:
        """Ask for output, and wait for it up to `seconds` (1.6)."""
        return self._write(Verb.RECEIVE, seconds, shell, command=command)

    def signal(self, seconds: float, shell: str, command: str) -> Request:
        """End the command if it still runs, and free its id (1.7)."""
        return self._write(Verb.SIGNAL, seconds, shell, command=command)

    def delete(self, seconds: float, shell: str) -> Request:
        """Close the shell and kill what runs in it (1.8)."""
        return self._write(Verb.DELETE, seconds, shell)

    def _write(self, verb: Verb, seconds: float, shell: str = "", **body: str) -> Request:
        identity = str(uuid.uuid4()).upper()
        options = "".join(_OPTION.format(name, value) for name, value in _OPTIONS.get(verb, ()))
        text = _ENVELOPE.format(
            to=_escape(self.to),
            largest_reply=self.largest_reply,
            id=identity,
            seconds=max(1, math.ceil(seconds)),
            action=verb.value,
            options=f"<w:OptionSet>{options}</w:OptionSet>" if options else "",
            selectors=_SELECTORS.format(_escape(shell)) if shell else "",
            body=_BODIES[verb].format(**body),
        )
        return Request(verb, identity, text.encode("utf-8"))


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


class UnreadableReplyError(ValueError):
    """What came back is not the answer to the message: not XML, not SOAP, or the answer to another one."""


class _Builder(ET.TreeBuilder):
    """Refuses a document type: SOAP forbids it, and entities are a way to exhaust our memory."""

    def doctype(self, *_: str | None) -> None:
        raise UnreadableReplyError("the reply holds a document type")


@dataclass(frozen=True)
class Reply:
    """What an answer said; only the fields of its own verb are filled."""

    shell: str = ""
    client_address: str = ""
    command: str = ""
    stdout: bytes = b""
    stderr: bytes = b""
    done: bool = False
    exit_code: int = 0


def read(reply: bytes, request: Request) -> Reply | SoapFault:
    """Read the answer to `request`.

    Raises:
        UnreadableReplyError: It is no answer to that message.
    """
    try:
        root = ET.fromstring(reply, ET.XMLParser(target=_Builder()))  # noqa: S314 - no document type, no entities
    except UnreadableReplyError:
        raise
    except (ET.ParseError, ValueError, LookupError) as error:
        raise UnreadableReplyError("the reply is not XML") from error
    body = root.find("s:Body", NAMESPACES)
    if body is None:
        raise UnreadableReplyError("the reply is not SOAP")
    relates = root.findtext("s:Header/a:RelatesTo", None, NAMESPACES)
    # Recorded quota faults come without RelatesTo (1.9); where it stands it must be ours.
    if relates is not None and relates.strip().rpartition(":")[2].upper() != request.id:
        raise UnreadableReplyError("the reply answers another message")
    fault = body.find("s:Fault", NAMESPACES)
    return _read_body(body, request.verb) if fault is None else _read_fault(fault)


def _read_fault(fault: ET.Element) -> SoapFault:
    marked = fault.find("s:Detail/f:WSManFault", NAMESPACES)
    texts = (
        marked.get("Code") if marked is not None else None,
        fault.findtext("s:Detail/e:MSFT_WmiError/e:error_Code", None, NAMESPACES),
    )
    numbers = [int(text) for text in texts if text is not None and text.strip().lstrip("-").isdecimal()]
    return SoapFault(
        number=numbers[0] if numbers else None,
        value=fault.findtext("s:Code/s:Value", "", NAMESPACES).strip(),
        subcode=fault.findtext("s:Code/s:Subcode/s:Value", "", NAMESPACES).strip(),
        reason=fault.findtext("s:Reason/s:Text", "", NAMESPACES),
    )


def _read_body(body: ET.Element, verb: Verb) -> Reply:
    if verb is Verb.CREATE:
        selectors = body.findall(".//w:Selector", NAMESPACES)
        shell = next((s.text for s in selectors if s.get("Name") == "ShellId" and s.text), None)
        shell = shell or body.findtext("rsp:Shell/rsp:ShellId", None, NAMESPACES)
        if not shell:
            raise UnreadableReplyError("the reply names no shell")
        address = body.findtext("rsp:Shell/rsp:ClientIP", "", NAMESPACES)
        return Reply(shell=shell.strip(), client_address=address.strip())
    if verb is Verb.COMMAND:
        command = body.findtext("rsp:CommandResponse/rsp:CommandId", "", NAMESPACES).strip()
        if not command:
            raise UnreadableReplyError("the reply names no command")
        return Reply(command=command)
    if verb is Verb.RECEIVE:
        return _read_output(body)
    return Reply()


def _read_output(body: ET.Element) -> Reply:
    response = body.find("rsp:ReceiveResponse", NAMESPACES)
    if response is None:
        raise UnreadableReplyError("the reply holds no output")
    output: dict[str | None, list[bytes]] = {"stdout": [], "stderr": []}
    for stream in response.findall("rsp:Stream", NAMESPACES):
        try:
            data = base64.b64decode(stream.text or "", validate=False)
        except ValueError as error:
            raise UnreadableReplyError("the output is not base64") from error
        output.setdefault(stream.get("Name"), []).append(data)
    state = response.find("rsp:CommandState", NAMESPACES)
    done = state is not None and state.get("State", "").endswith("CommandState/Done")
    code = (state.findtext("rsp:ExitCode", "", NAMESPACES) if state is not None else "").strip()
    return Reply(
        stdout=b"".join(output["stdout"]),
        stderr=b"".join(output["stderr"]),
        done=done,
        # A command that was killed may have no exit code at all; pywinrm says -1 then.
        exit_code=signed(int(code)) if code.lstrip("-").isdecimal() else -1 if done else 0,
    )


def signed(number: int) -> int:
    """An exit code as programs mean it: hosts print negative ones as unsigned 32-bit numbers (1.6)."""
    number &= 0xFFFFFFFF
    return number - (1 << 32) if number >= 1 << 31 else number
