"""A host in one object, behind the transport's seam: answers as spec winrm 1.3 to 1.9 says, goes wrong when told to."""

from __future__ import annotations

import base64
import threading
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field

from winipsec.errors import Ambiguous, HostError, Unauthorized, Unreachable

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
FAULTS = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
NS = {"s": ENVELOPE, "w": WSMAN, "rsp": SHELL, "a": ADDRESSING}

UNKNOWN = 2150858843
TIMED_OUT = 2150858793


class FakeClock:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.time = 1000.0
        self.naps = []

    def now(self):
        """The time that tests set."""
        return self.time

    def sleep(self, seconds):
        """Move on at once."""
        self.time += seconds
        self.naps.append(seconds)

    def wait(self, condition, _seconds):
        """Real threads wait here for real, but not for long."""
        condition.wait(0.005)
        self.time += 0.05


@dataclass
class Running:
    """One command on the host."""

    line: str
    stdin: bytearray = field(default_factory=bytearray)
    ended: bool = False
    output: list[tuple[str, bytes]] = field(default_factory=list)
    exit_code: int = 0
    executed: bool = False


@dataclass
class Trouble:
    """What goes wrong, and when: at the `nth` message (from 1) of a verb, `times` times."""

    verb: str
    kind: str  # fault, before, after, unreachable, reject, garbage, status, foreign
    nth: int = 1
    times: int = 1
    code: int | str = 0
    also: Callable[[], None] | None = None


def reply(action, related, body, *, relates=True):
    """An envelope as in spec winrm 1.1."""
    header = f"<a:RelatesTo>uuid:{related}</a:RelatesTo>" if relates else ""
    return (
        f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}" xmlns:rsp="{SHELL}" '
        f'xmlns:x="{TRANSFER}" xmlns:f="{FAULTS}"><s:Header><a:Action>{action}</a:Action>{header}</s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault(code, related, subcode="w:InternalError", reason="Etwas ging schief."):
    """A fault as in spec winrm 1.9, in German: no decision may rest on its words."""
    return reply(
        "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
        related,
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="de-DE">{reason}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault Code="{code}" Machine="web1"><f:Message>x</f:Message></f:WSManFault></s:Detail></s:Fault>',
    )


class ScriptedHost:
    """The host; `programs` maps a line to what it does: stdin to (exit code, stdout, stderr), or "hang"."""

    def __init__(self, *, honours_ids=True, chunk=100 * 1024):
        self.clock = FakeClock()
        self.honours_ids = honours_ids
        self.chunk = chunk
        self.shells: dict[str, dict[str, Running]] = {}
        self.programs = {}
        self.ran: list[str] = []
        self.log: list[str] = []
        self.troubles: list[Trouble] = []
        self.counts: dict[str, int] = {}
        self.transports: list[ScriptedTransport] = []
        self.most_shells = 30
        self.hanging = threading.Event()
        self.bodies: list[tuple[str, ET.Element]] = []

    def transport(self, _settings):
        """For `Connection(transport=host.transport)`."""
        made = ScriptedTransport(self)
        self.transports.append(made)
        return made

    def handle(self, envelope, _timeout):
        """Answer one envelope."""
        root = ET.fromstring(envelope)  # noqa: S314 - our own
        verb = root.findtext("s:Header/a:Action", "", NS).rpartition("/")[2]
        related = root.findtext("s:Header/a:MessageID", "", NS).removeprefix("uuid:")
        self.log.append(verb)
        self.bodies.append((verb, root))
        self.counts[verb] = self.counts.get(verb, 0) + 1
        trouble = self._trouble(verb)
        if trouble is not None and trouble.kind != "after":
            return self._go_wrong(trouble, related)
        answer = getattr(self, f"_{verb.lower()}")(root, related)
        if trouble is not None:
            if trouble.also:
                trouble.also()
            raise Ambiguous("the connection broke.", host="web1")
        return answer

    def _trouble(self, verb):
        count = self.counts[verb]
        return next((t for t in self.troubles if t.verb == verb and t.nth <= count < t.nth + t.times), None)

    def _go_wrong(self, trouble, related):
        if trouble.also:
            trouble.also()
        if trouble.kind == "fault":
            return fault(trouble.code, related)
        if trouble.kind == "garbage":
            return b"<html>It works!</html>"
        if trouble.kind == "foreign":
            return reply("x", str(uuid.uuid4()).upper(), "<rsp:SignalResponse/>")
        if trouble.kind == "status":
            raise HostError("the service is not available.", code=str(trouble.code), host="web1")
        if trouble.kind == "reject":
            raise Unauthorized("the logon was rejected.", host="web1")
        if trouble.kind == "unreachable":
            raise Unreachable("nothing answered.", code=str(trouble.code or "connect.silent"), host="web1")
        raise Ambiguous("the connection broke.", host="web1")

    def _create(self, root, related):
        if len(self.shells) >= self.most_shells:
            return fault(2150859173, related, "w:QuotaLimit")
        shell = str(uuid.uuid4()).upper()
        self.shells[shell] = {}
        return reply(
            f"{TRANSFER}/CreateResponse",
            related,
            "<x:ResourceCreated><a:Address>http://web1:5985/wsman</a:Address><a:ReferenceParameters>"
            f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet>'
            "</a:ReferenceParameters></x:ResourceCreated><rsp:Shell>"
            f"<rsp:ShellId>{shell}</rsp:ShellId><rsp:ClientIP>192.0.2.1</rsp:ClientIP></rsp:Shell>",
        )

    def _shell(self, root):
        return self.shells.get(root.findtext("s:Header/w:SelectorSet/w:Selector", "", NS))

    def _command(self, root, related):
        shell = self._shell(root)
        if shell is None:
            return fault(UNKNOWN, related, "w:InvalidSelectors")
        element = root.find("s:Body/rsp:CommandLine", NS)
        command = element.get("CommandId") if self.honours_ids else str(uuid.uuid4()).upper()
        running = shell[command] = Running(element.findtext("rsp:Command", "", NS))
        if not callable(self.programs.get(running.line)):
            self._execute(running)
        body = f"<rsp:CommandResponse><rsp:CommandId>{command}</rsp:CommandId></rsp:CommandResponse>"
        return reply(f"{SHELL}/CommandResponse", related, body)

    def _execute(self, running):
        program = self.programs.get(running.line, (0, b"done\r\n", b""))
        running.executed = True
        self.ran.append(running.line)
        if program == "hang":
            self.hanging.set()
            return
        running.exit_code, out, err = program(bytes(running.stdin)) if callable(program) else program
        running.output = [("stdout", out[i : i + self.chunk]) for i in range(0, len(out), self.chunk)]
        running.output += [("stderr", err)] if err else []
        running.ended = True

    def _running(self, root, tag):
        shell = self._shell(root)
        element = next(root.iter(f"{{{SHELL}}}{tag}"))
        return None if shell is None else shell.get(element.get("CommandId")), element

    def _send(self, root, related):
        running, stream = self._running(root, "Stream")
        if running is None:
            return fault(UNKNOWN, related, "w:InvalidSelectors")
        running.stdin += base64.b64decode(stream.text or "")
        if stream.get("End") == "true" and not running.executed:
            self._execute(running)
        return reply(f"{SHELL}/SendResponse", related, "<rsp:SendResponse/>")

    def _receive(self, root, related):
        running, _ = self._running(root, "DesiredStream")
        if running is None:
            return fault(UNKNOWN, related, "w:InvalidSelectors")
        if not running.ended and not running.output:
            seconds = root.findtext("s:Header/w:OperationTimeout", "", NS)
            self.clock.time += float(seconds.removeprefix("PT").removesuffix("S"))
            return fault(TIMED_OUT, related, "w:TimedOut")
        streams = ""
        if running.output:
            name, data = running.output.pop(0)
            streams = f'<rsp:Stream Name="{name}" CommandId="x">{base64.b64encode(data).decode()}</rsp:Stream>'
        if running.output:
            state = f'<rsp:CommandState State="{SHELL}/CommandState/Running"/>'
        else:
            code = running.exit_code & 0xFFFFFFFF
            state = f'<rsp:CommandState State="{SHELL}/CommandState/Done"><rsp:ExitCode>{code}</rsp:ExitCode></rsp:CommandState>'
        body = f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>"
        return reply(f"{SHELL}/ReceiveResponse", related, body)

    def _signal(self, root, related):
        shell = self._shell(root)
        signal = next(root.iter(f"{{{SHELL}}}Signal"))
        running = (shell or {}).pop(signal.get("CommandId"), None)
        if running is None:
            return fault(UNKNOWN, related, "w:InvalidSelectors")
        running.ended = True
        return reply(f"{SHELL}/SignalResponse", related, "<rsp:SignalResponse/>")

    def _delete(self, root, related):
        shell = root.findtext("s:Header/w:SelectorSet/w:Selector", "", NS)
        if self.shells.pop(shell, None) is None:
            return fault(UNKNOWN, related, "w:InvalidSelectors")
        return reply(f"{TRANSFER}/DeleteResponse", related, "")


class ScriptedTransport:
    """One connection to a scripted host."""

    def __init__(self, host):
        self.host = host
        self.sent = 0
        self.closed = 0
        self.timeouts = []

    def send(self, envelope, timeout):
        """See `Transport.send`."""
        self.sent += 1
        self.timeouts.append(timeout)
        return self.host.handle(envelope, timeout)

    def close(self):
        """See `Transport.close`."""
        self.closed += 1
