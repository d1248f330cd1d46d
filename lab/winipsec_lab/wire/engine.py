"""The WS-Management service of one host: messages in, messages out, no HTTP (spec: winrm 1.2 to 1.9).

`HANDLERS` is the whole protocol: an action names the method that answers it. A handler gives the XML inside `s:Body` or
raises `SoapFault`; `Engine.handle` makes an envelope of either.
"""

from __future__ import annotations

import base64
import binascii
import functools
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from winipsec_lab.machine.process import codec
from winipsec_lab.wire import envelope
from winipsec_lab.wire.envelope import Request
from winipsec_lab.wire.faults import SoapFault
from winipsec_lab.wire.names import (
    ANONYMOUS,
    COMMAND_STATE,
    CONFIG_RESOURCE,
    SHELL_RESOURCE,
    SHELL_STATE_RESOURCE,
    SIGNAL,
    qualified,
)
from winipsec_lab.wire.processes import AbortedError, Command, Output, StandardInput
from winipsec_lab.wire.settings import Service
from winipsec_lab.wire.shells import Caller, Shell, Shells

if TYPE_CHECKING:
    from winipsec_lab.machine.machine import Machine

_LEAST_WAIT: Final = 0.5  # a shorter OperationTimeout is raised to this (spec: winrm 1.6)


class Engine:
    """The service of one machine.

    Args:
        machine: Where commands run.
        service: Configuration; may be replaced while the service runs.
        controller: Virtual address of the clients, reported as `ClientIP`.
        address: Virtual address of the host itself, named in faults.
    """

    def __init__(
        self,
        machine: Machine,
        service: Service,
        *,
        controller: str,
        address: str,
    ) -> None:
        self.machine = machine
        self.service = service
        self.controller = controller
        self.address = address
        self.process_delay = 0.0
        self.shells = Shells(
            quotas=lambda: self.service.quotas,
            now=self._now,
            recovers=lambda: self.machine.guesses["wire.operation_budget"] == "recovers",
        )

    def handle(self, request: Request, caller: Caller) -> tuple[int, bytes]:
        """Answer a message: (HTTP status, SOAP envelope)."""
        try:
            body = self._dispatch(request, caller)
        except SoapFault as fault:
            return 500, self.fault(request, fault)
        return 200, envelope.reply(request, body)

    def fault(self, request: Request, fault: SoapFault) -> bytes:
        """The envelope of a fault, in the language of this host's faults."""
        foreign = self.machine.guesses["wire.fault_language"] == "host"
        return envelope.fault_reply(request, fault, self.address, self.machine.locale if foreign else "en-US")

    def identify(self, *, authenticated: bool) -> bytes:
        """The answer to Identify; only an authenticated client learns the build (spec: winrm 1.2)."""
        old = self.machine.generation == "2003"
        stack = "2.0" if old else "3.0"
        build, pack = ("5.2.3790", "2.0") if old else ("10.0.20348", "0.0")
        system = f"OS: {build} SP: {pack}" if authenticated else "OS: 0.0.0 SP: 0.0"
        return envelope.identify_reply(f"{system} Stack: {stack}")

    def _now(self) -> float:
        """The host's time; asked of the machine of the moment, which a reset replaces."""
        return self.machine.clock.timestamp()

    def _dispatch(self, request: Request, caller: Caller) -> str:
        if request.not_understood:
            names = "".join(
                f'<s:NotUnderstood qname="n:{tag.rpartition("}")[2]}" xmlns:n={quoteattr(tag[1:].rpartition("}")[0])}/>'
                for tag in request.not_understood
            )
            raise SoapFault("must_understand", more_headers=names)
        if request.size > self.service.quotas.envelope_kb * 1024:
            raise SoapFault("envelope_size", limit=self.service.quotas.envelope_kb * 1024)
        if request.timeout is not None and request.timeout < 0:
            raise SoapFault("invalid_header", header="OperationTimeout")
        if not caller.administrator:
            raise SoapFault("access_denied")
        handler = HANDLERS.get(request.action)
        if handler is None:
            raise SoapFault("action_not_supported", action=request.action_uri)
        expected = {CONFIG_RESOURCE, SHELL_STATE_RESOURCE} if request.action == "Get" else {SHELL_RESOURCE}
        if request.resource_uri not in expected:
            raise SoapFault("resource_not_found")
        return handler(self, request, caller)

    # Create and Delete (spec: winrm 1.3, 1.8)

    def create(self, request: Request, caller: Caller) -> str:
        """Make a shell."""
        element = request.payload
        if element is None or element.tag != qualified("rsp", "Shell"):
            raise SoapFault("schema")
        now = self.shells.now()
        machine = self.machine
        shell = Shell(
            id=element.get("ShellId") or envelope.new_id(),
            caller=caller,
            client_ip=self.controller,
            directory=_child(element, "WorkingDirectory") or machine.environment(caller.name)["USERPROFILE"],
            environment={
                variable.get("Name", ""): variable.text or ""
                for variable in element.iterfind(f"{qualified('rsp', 'Environment')}/{qualified('rsp', 'Variable')}")
            },
            code_page=_code_page(request.options.get("WINRS_CODEPAGE"), machine.oem_code_page),
            idle_timeout=self._idle_timeout(_child(element, "IdleTimeOut")),
            created=now,
            used=now,
            name=_child(element, "Name"),
            input_streams=_child(element, "InputStreams") or "stdin",
            output_streams=_child(element, "OutputStreams") or "stdout stderr",
        )
        self.shells.add(shell)
        return (
            f"<x:ResourceCreated><a:Address>{ANONYMOUS}</a:Address><a:ReferenceParameters>"
            f'<w:ResourceURI>{SHELL_RESOURCE}</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">{escape(shell.id)}'
            f"</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>{shell.describe(now)}"
        )

    def _idle_timeout(self, text: str) -> float:
        quotas = self.service.quotas
        if not text:
            return quotas.idle_timeout_ms / 1000
        try:
            wanted = envelope.seconds(text)
        except ValueError:
            raise SoapFault("schema") from None
        return max(wanted, quotas.minimum_idle_timeout_ms / 1000)

    def delete(self, request: Request, caller: Caller) -> str:
        """Delete a shell with everything that runs in it."""
        self.shells.remove(self.shells.find(request.shell_id, caller).id)
        return ""

    # Command, Send, Receive, Signal (spec: winrm 1.4 to 1.7)

    def command(self, request: Request, caller: Caller) -> str:
        """Start a command."""
        shell = self.shells.find(request.shell_id, caller)
        element = request.payload
        line = command_line(request)
        if element is None or not line:
            raise SoapFault("schema")
        machine = self.machine
        direct = request.option_is_true("WINRS_SKIP_CMD_SHELL", default=False) and machine.generation == "2003"
        if direct and machine.program_at(line.split(" ")[0]) is None:
            raise SoapFault("program_not_found")
        by_default = machine.guesses["wire.stdin_default"] == "console"
        console = request.option_is_true("WINRS_CONSOLEMODE_STDIN", default=by_default)
        stdin = StandardInput(
            console=console,
            ansi=codec(machine.ansi_code_page),
            console_page=codec(shell.code_page),
        )
        start = functools.partial(
            machine.start_process,
            line,
            environment=dict(shell.environment),
            directory=shell.directory,
            code_page=shell.code_page,
            user=caller.name,
            shell=not direct,
            redirected=not console,
        )
        with self.shells.lock:
            self.shells.admit_command(shell)
            command = Command(start, stdin, command_id=element.get("CommandId", ""), delay=self.process_delay)
            shell.commands[command.id.upper()] = command
        return f"<rsp:CommandResponse><rsp:CommandId>{escape(command.id)}</rsp:CommandId></rsp:CommandResponse>"

    def send(self, request: Request, caller: Caller) -> str:
        """Pass input to a command."""
        shell = self.shells.find(request.shell_id, caller)
        streams = [] if request.payload is None else request.payload.findall(qualified("rsp", "Stream"))
        if not streams:
            raise SoapFault("schema")
        command = None
        for stream in streams:
            command = shell.command(stream.get("CommandId", ""))
            try:
                data = base64.b64decode(stream.text or "")
            except binascii.Error:
                raise SoapFault("schema") from None
            command.stdin.feed(data, end=stream.get("End", "").lower() == "true")
            command.sends += 1
        if command and command.sends % 2 == 0 and self.machine.guesses["wire.send_under_load"] == "timeout":
            raise SoapFault("operation_timeout")
        return "<rsp:SendResponse/>"

    def receive(self, request: Request, caller: Caller) -> str:
        """Wait for output."""
        shell = self.shells.find(request.shell_id, caller)
        element = request.payload
        stream = None if element is None else element.find(qualified("rsp", "DesiredStream"))
        if stream is None or not stream.get("CommandId"):
            raise SoapFault("invalid_parameter")
        command = shell.command(stream.get("CommandId", ""))
        shell.waiting += 1
        try:
            output = self._output(command, request)
        finally:
            shell.used = self.shells.now()
            shell.waiting -= 1
        return _receive_response(command.id, output)

    def _output(self, command: Command, request: Request) -> Output:
        if command.last_receive is not None:
            message_id, last = command.last_receive
            repeated = message_id == request.message_id
            if repeated and self.machine.guesses["wire.repeated_receive"] == "redelivered":
                return last
            if last.exit_code is not None and self.machine.guesses["wire.finished_receive"] == "fault":
                raise SoapFault("command_not_found")
        longest = self.service.quotas.timeout_ms / 1000
        wait = longest if request.timeout is None else min(max(request.timeout, _LEAST_WAIT), longest)
        try:
            # two thirds of the envelope: base64 makes four bytes of three, and the markup needs its share
            output = command.receive(wait, request.max_envelope_size * 2 // 3)
        except AbortedError:
            raise SoapFault("aborted") from None
        if output is None:
            raise SoapFault("operation_timeout")
        command.last_receive = (request.message_id, output)
        return output

    def signal(self, request: Request, caller: Caller) -> str:
        """End a command (`terminate`) or interrupt it (`ctrl_c`, `ctrl_break`)."""
        shell = self.shells.find(request.shell_id, caller)
        element = request.payload
        if element is None:
            raise SoapFault("schema")
        command = shell.command(element.get("CommandId", ""))
        code = _child(element, "Code").lower()
        if code == SIGNAL + "terminate":
            with self.shells.lock:
                shell.commands.pop(command.id.upper(), None)
            command.terminate()
        elif code in {SIGNAL + "ctrl_c", SIGNAL + "ctrl_break"}:
            command.interrupt()
        else:
            raise SoapFault("invalid_parameter")
        return "<rsp:SignalResponse/>"

    # Get (spec: winrm 1.8)

    def get(self, request: Request, caller: Caller) -> str:
        """The service's configuration, or a shell's state."""
        if request.resource_uri == SHELL_STATE_RESOURCE:
            return self.shells.find(request.shell_id, caller).describe(self.shells.now(), state=True)
        quotas = self.service.quotas
        flag = {True: "true", False: "false"}
        groups: dict[str, dict[str, object]] = {
            "": {
                "MaxEnvelopeSizekb": quotas.envelope_kb,
                "MaxTimeoutms": quotas.timeout_ms,
                "MaxBatchItems": 32000,
            },
            "Service": {
                "MaxConcurrentOperationsPerUser": quotas.operations_per_user,
                "EnumerationTimeoutms": quotas.enumeration_timeout_ms,
                "MaxConnections": quotas.connections,
                "MaxPacketRetrievalTimeSeconds": quotas.packet_retrieval_seconds,
                "AllowUnencrypted": flag[self.service.allow_unencrypted],
            },
            "Winrs": {
                "AllowRemoteShellAccess": "true",
                "IdleTimeout": quotas.idle_timeout_ms,
                "MaxConcurrentUsers": quotas.concurrent_users,
                "MaxShellRunTime": quotas.shell_run_time_ms,
                "MaxProcessesPerShell": quotas.processes_per_shell,
                "MaxMemoryPerShellMB": quotas.memory_per_shell_mb,
                "MaxShellsPerUser": quotas.shells_per_user,
            },
        }
        inside = ""
        for group, fields in groups.items():
            text = "".join(f"<cfg:{name}>{value}</cfg:{name}>" for name, value in fields.items())
            inside += f"<cfg:{group}>{text}</cfg:{group}>" if group else text
        return f"<cfg:Config>{inside}</cfg:Config>"


HANDLERS: Final[dict[str, Callable[[Engine, Request, Caller], str]]] = {
    "Create": Engine.create,
    "Delete": Engine.delete,
    "Command": Engine.command,
    "Send": Engine.send,
    "Receive": Engine.receive,
    "Signal": Engine.signal,
    "Get": Engine.get,
}


def command_line(request: Request) -> str:
    """What a Command message starts: command and arguments joined by single spaces, nothing quoted (spec: winrm 1.4)."""
    if request.action != "Command" or request.payload is None:
        return ""
    parts = [_child(request.payload, "Command")]
    parts += [argument.text or "" for argument in request.payload.iterfind(qualified("rsp", "Arguments"))]
    return " ".join(parts).strip(" ")


def _child(element: ET.Element, name: str) -> str:
    return element.findtext(qualified("rsp", name)) or ""


def _code_page(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def _receive_response(command_id: str, output: Output) -> str:
    identity = quoteattr(command_id)
    body = "".join(
        f'<rsp:Stream Name="{name}" CommandId={identity}>{base64.b64encode(data).decode()}</rsp:Stream>'
        for name, data in output.pieces
    )
    if output.exit_code is None:
        state = f'<rsp:CommandState CommandId={identity} State="{COMMAND_STATE}Running"/>'
    else:
        body += "".join(
            f'<rsp:Stream Name="{name}" CommandId={identity} End="true"></rsp:Stream>' for name in ("stdout", "stderr")
        )
        state = (
            f'<rsp:CommandState CommandId={identity} State="{COMMAND_STATE}Done">'
            f"<rsp:ExitCode>{output.exit_code}</rsp:ExitCode></rsp:CommandState>"
        )
    return f"<rsp:ReceiveResponse>{body}{state}</rsp:ReceiveResponse>"
