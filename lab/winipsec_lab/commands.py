"""What the commands of `winipsec-lab` do; each gives a `Result` for people and for programs."""

from __future__ import annotations

import argparse
import codecs
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from winipsec_lab.cli import DEFAULT_HOSTS
from winipsec_lab.service import client
from winipsec_lab.service import lab_pb2 as pb
from winipsec_lab.service.client import LabClient, LabError
from winipsec_lab.service.home import Home

_PROTOCOLS: Final = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}


@dataclass(frozen=True)
class Result:
    """What a command has to say."""

    text: str
    data: Any = field(default_factory=dict)
    errors: str = ""
    exit_code: int = 0


def run(home: Home, options: argparse.Namespace) -> Result:
    """Carry out a command.

    Raises:
        LabError: It could not be done; the text says why and what to do.
    """
    if options.command == "up":
        return _up(home, options)
    if options.command == "down":
        return _down(home)
    with client.connect(home) as lab:
        return _COMMANDS[options.command](lab, options)


# The lab


def _up(home: Home, options: argparse.Namespace) -> Result:
    names = _host_names(options.hosts)
    started = client.start(home)
    with client.connect(home) as lab:
        status = lab.call("GetStatus", pb.GetStatusRequest())
        present = {host.name.lower() for host in status.hosts}
        created = [name for name in names if name.lower() not in present]
        for name in created:
            request = _creation(name, options)
            lab.call("CreateHost", request)
        status = lab.call("GetStatus", pb.GetStatusRequest())
    text = _table(
        ("name", "address", "port", "tls port", "user", "locale"),
        [(h.name, h.address, h.http_port, h.https_port, h.username, h.locale) for h in status.hosts],
    )
    text += f"\nThe password and all connection data are in {home.hosts_file}\n"
    data = {"started": started, "created": created, "hostsFile": str(home.hosts_file), **_plain(status)}
    return Result(text, data)


def _down(home: Home) -> Result:
    try:
        with client.connect(home) as lab:
            lab.call("Shutdown", pb.ShutdownRequest())
    except client.NotRunningError:
        return Result("The lab was not running.\n", {"stopped": False})
    client.wait_until_stopped(home)
    return Result("The lab is down; `winipsec-lab up` brings its hosts back.\n", {"stopped": True})


def _status(lab: LabClient, options: argparse.Namespace) -> Result:
    del options
    status = lab.call("GetStatus", pb.GetStatusRequest())
    rows = [
        (
            host.name,
            host.address,
            host.http_port,
            host.https_port,
            host.locale,
            host.generation,
            host.counters.messages,
            host.counters.open_connections,
            host.counters.open_shells,
        )
        for host in status.hosts
    ]
    head = ("name", "address", "port", "tls port", "locale", "generation", "messages", "connections", "shells")
    text = f"Lab {status.version}, process {status.pid}, state in {status.home}\n\n{_table(head, rows)}"
    return Result(text, _plain(status))


def _create(lab: LabClient, options: argparse.Namespace) -> Result:
    host = lab.call("CreateHost", _creation(options.host, options)).host
    return Result(
        f"{host.name} listens on {host.address}, ports {host.http_port} and {host.https_port}.\n", _plain(host)
    )


def _delete(lab: LabClient, options: argparse.Namespace) -> Result:
    lab.call("DeleteHost", pb.DeleteHostRequest(host=options.host))
    return Result(f"{options.host} is gone.\n", {"deleted": options.host})


def _reset(lab: LabClient, options: argparse.Namespace) -> Result:
    names = (
        [options.host] if options.host else [host.name for host in lab.call("ListHosts", pb.ListHostsRequest()).hosts]
    )
    for name in names:
        lab.call("ResetHost", pb.ResetHostRequest(host=name))
    return Result("".join(f"{name} is as it was born.\n" for name in names), {"reset": names})


# The machine


def _execute(lab: LabClient, options: argparse.Namespace) -> Result:
    response = lab.call("Execute", pb.ExecuteRequest(host=options.host, command_line=" ".join(options.line)))
    code = response.exit_code
    return Result(
        response.output.replace("\r\n", "\n"),
        {"exitCode": code, "output": response.output, "errorOutput": response.error_output},
        errors=response.error_output.replace("\r\n", "\n"),
        # a shell sees eight bits only, and must not take a failure for success
        exit_code=code & 0xFF or int(code != 0),
    )


def _packet(lab: LabClient, options: argparse.Namespace) -> Result:
    response = lab.call(
        "TestPacket",
        pb.TestPacketRequest(
            host=options.host,
            direction=pb.DIRECTION_IN if options.inbound else pb.DIRECTION_OUT,
            local=options.local,
            remote=options.remote,
            protocol=_protocol(options.protocol),
            local_port=options.local_port,
            remote_port=options.remote_port,
            connection=options.connection,
        ),
    )
    lines = [response.result]
    lines += [
        f"{title:<12}{value}"
        for title, value in (
            ("policy", response.policy),
            ("rule", response.rule),
            ("filter list", response.filter_list),
            ("filter", response.filter),
            ("action", response.action),
            ("protection", response.protection),
            ("fallback", response.fallback),
            ("tunnel", response.tunnel),
            ("reason", response.reason),
        )
        if value
    ]
    return Result("\n".join(lines) + "\n", _plain(response))


def _load(lab: LabClient, options: argparse.Namespace) -> Result:
    lab.call("Load", pb.LoadRequest(host=options.host, text=registry_text(options.file.read_bytes())))
    return Result(f"{options.host} has the policy store of {options.file}.\n", {"loaded": str(options.file)})


def _dump(lab: LabClient, options: argparse.Namespace) -> Result:
    text = lab.call("Dump", pb.DumpRequest(host=options.host, key=options.key)).text
    return Result(text.replace("\r\n", "\n"), {"text": text})


def _clock(lab: LabClient, options: argparse.Namespace) -> Result:
    now = lab.call("AdvanceClock", pb.AdvanceClockRequest(host=options.host, seconds=options.advance)).now
    text = _moment(now)
    return Result(f"{text}\n", {"now": text})


def _tasks(lab: LabClient, options: argparse.Namespace) -> Result:
    tasks = lab.call("ListTasks", pb.ListTasksRequest(host=options.host, wait=options.wait)).tasks
    rows = [
        (task.name, task.state, _moment(task.next_run), _moment(task.last_run), task.last_result, task.user)
        for task in tasks
    ]
    text = _table(("name", "state", "next run", "last run", "last result", "user"), rows)
    for task in tasks:
        text += f"\n{task.name}\n" + "".join(f"    {line}\n" for line in (*task.triggers, *task.commands))
    return Result(text, [_plain(task) for task in tasks])


def _guesses(lab: LabClient, options: argparse.Namespace) -> Result:
    guesses = lab.call("ListGuesses", pb.ListGuessesRequest(host=options.host)).guesses
    text = "".join(
        f"{guess.name} = {guess.setting}    ({' | '.join(guess.settings)})\n    {guess.text} [{guess.spec}]\n"
        for guess in guesses
    )
    return Result(text, [_plain(guess) for guess in guesses])


def _guess(lab: LabClient, options: argparse.Namespace) -> Result:
    lab.call("SetGuess", pb.SetGuessRequest(host=options.host, name=options.name, setting=options.setting))
    return Result(f"{options.name} = {options.setting}\n", {options.name: options.setting})


# The wire


def _transcript(lab: LabClient, options: argparse.Namespace) -> Result:
    response = lab.call("GetTranscript", pb.GetTranscriptRequest(host=options.host, after=options.after))
    rows = [
        (entry.number, entry.action, entry.shell[:8], entry.size, entry.status, entry.command_line)
        for entry in response.entries
    ]
    counters = response.counters
    text = _table(("number", "action", "shell", "bytes", "status", "command line"), rows)
    text += f"\n{counters.messages} messages, {counters.requests} HTTP requests, {counters.connections} connections\n"
    return Result(text, _plain(response))


def _latency(lab: LabClient, options: argparse.Namespace) -> Result:
    request = pb.SetLatencyRequest(host=options.host)
    if options.round_trip is not None:
        request.round_trip = options.round_trip
    if options.process is not None:
        request.process = options.process
    lab.call("SetLatency", request)
    return Result(f"{options.host} is as slow as asked for.\n", _plain(request))


def _restart(lab: LabClient, options: argparse.Namespace) -> Result:
    lab.call("RestartService", pb.RestartServiceRequest(host=options.host, service=options.service))
    return Result(f"{options.service} was restarted.\n", {"restarted": options.service})


def _reboot(lab: LabClient, options: argparse.Namespace) -> Result:
    lab.call("Reboot", pb.RebootRequest(host=options.host, down=options.down))
    return Result(f"{options.host} has restarted.\n", {"rebooted": options.host})


def _fault(lab: LabClient, options: argparse.Namespace) -> Result:
    from winipsec_lab.wire.injection import KINDS

    if options.clear:
        lab.call("ClearFaults", pb.ClearFaultsRequest(host=options.host))
        return Result("All waiting faults are forgotten.\n", {"cleared": options.host})
    if options.list:
        waiting = lab.call("ListFaults", pb.ListFaultsRequest(host=options.host)).faults
        rows = [(each.kind, each.action or f"message {each.message}", each.times, each.seconds) for each in waiting]
        return Result(_table(("kind", "at", "times", "seconds"), rows), [_plain(each) for each in waiting])
    if not options.kind:
        width = max(map(len, KINDS))
        return Result("".join(f"{kind:<{width}}  {text}\n" for kind, text in KINDS.items()), KINDS)
    request = pb.AddFaultRequest(
        host=options.host, kind=options.kind, times=options.times, seconds=options.seconds, message=options.message
    )
    if options.action:
        request.action = options.action
    lab.call("AddFault", request)
    return Result(f"{options.kind} is waiting.\n", _plain(request))


_COMMANDS: Final[dict[str, Callable[[LabClient, argparse.Namespace], Result]]] = {
    "status": _status,
    "create": _create,
    "delete": _delete,
    "reset": _reset,
    "exec": _execute,
    "packet": _packet,
    "load": _load,
    "dump": _dump,
    "tasks": _tasks,
    "clock": _clock,
    "guesses": _guesses,
    "guess": _guess,
    "transcript": _transcript,
    "latency": _latency,
    "restart": _restart,
    "reboot": _reboot,
    "fault": _fault,
}


# Arguments and output


def registry_text(data: bytes) -> str:
    """The text of a `.reg` file: UTF-16 with or without byte order mark, UTF-8, or an ANSI page (REGEDIT4)."""
    for mark, name in (
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF8, "utf-8"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(name)
    if data[1:2] == b"\0":
        return data.decode("utf-16-le")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _host_names(text: str) -> list[str]:
    if not text:
        return list(DEFAULT_HOSTS)
    if text.isdigit():
        names = [*DEFAULT_HOSTS, *(f"host{number}" for number in range(len(DEFAULT_HOSTS) + 1, int(text) + 1))]
        return names[: int(text)]
    return [name.strip() for name in text.split(",") if name.strip()]


def _creation(name: str, options: argparse.Namespace) -> pb.CreateHostRequest:
    guesses: dict[str, str] = {}
    for pair in getattr(options, "guess", ()):
        guess, equals, setting = pair.partition("=")
        if not equals:
            raise LabError(f"--guess takes NAME=SETTING, not {pair!r}; `winipsec-lab guesses HOST` lists them")
        guesses[guess] = setting
    return pb.CreateHostRequest(
        name=name,
        locale=options.locale,
        generation=options.generation,
        scars=not options.no_scars,
        guesses=guesses,
        dns_name=getattr(options, "dns_name", ""),
        machine_guid=getattr(options, "machine_guid", ""),
        addresses=getattr(options, "address", ()),
    )


def _protocol(text: str) -> int:
    number = _PROTOCOLS.get(text.lower())
    if number is None and text.isdigit() and int(text) < 256:
        number = int(text)
    if number is None:
        raise LabError(f"no such protocol: {text}; known: {', '.join(_PROTOCOLS)}, or a number up to 255")
    return number


def _moment(seconds: float) -> str:
    """A moment in UTC; empty for 0, which means never."""
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).isoformat(timespec="seconds") if seconds else ""


def _plain(message: Any) -> dict[str, Any]:
    """A message as JSON data, numbers as numbers."""
    plain = MessageToDict(message, always_print_fields_with_no_presence=True)
    return json.loads(json.dumps(plain), object_hook=_numbers)  # type: ignore[no-any-return]


def _numbers(pairs: dict[str, Any]) -> dict[str, Any]:
    """64-bit integers come as texts from protobuf."""
    counted = {"messages", "requests", "connections", "number", "size"}
    return {name: int(value) if name in counted and isinstance(value, str) else value for name, value in pairs.items()}


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    cells = [head, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join(lines) + "\n"
