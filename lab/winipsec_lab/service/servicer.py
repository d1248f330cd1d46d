"""The control interface: `lab.proto` on top of `Lab`.

Each method is one call of the lab. Every error becomes a status in one place, `_guarded`: unknown names are NOT_FOUND,
taken ones ALREADY_EXISTS, impossible values INVALID_ARGUMENT, and anything else is a bug that the log tells about.
"""

# ruff: noqa: N802 - lab.proto names the methods

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

import grpc

from winipsec_lab import __version__
from winipsec_lab.matcher import Packet
from winipsec_lab.service import lab_pb2 as pb
from winipsec_lab.service.home import Home
from winipsec_lab.service.keeper import Keeper
from winipsec_lab.service.messages import (
    counters_message,
    edit_registry,
    fault_message,
    host_message,
    task_message,
    value_message,
)
from winipsec_lab.wire.host import POLICY_KEY
from winipsec_lab.wire.injection import Fault
from winipsec_lab.wire.lab import Lab

_LOGGER = logging.getLogger(__name__)
_DIRECTIONS: Final = {pb.DIRECTION_IN: "in", pb.DIRECTION_OUT: "out"}

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _guarded(method: _Method) -> _Method:
    """Answer a failed call with a status that says what to do."""

    @functools.wraps(method)
    def call(self: LabServicer, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except KeyError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error.args[0]) if error.args else "not found")
        except ValueError as error:
            taken = "already" in str(error)
            code = grpc.StatusCode.ALREADY_EXISTS if taken else grpc.StatusCode.INVALID_ARGUMENT
            context.abort(code, str(error))
        except Exception as error:
            _LOGGER.exception("a call failed")
            context.abort(grpc.StatusCode.INTERNAL, f"{type(error).__name__}: {error}; the daemon's log says more")

    return call  # type: ignore[return-value]


def _saving(method: _Method) -> _Method:
    """Guarded, and the hosts are on disk before the caller has its answer."""

    @functools.wraps(method)
    def call(self: LabServicer, request: Any, context: Any) -> Any:
        response = method(self, request, context)
        self.keeper.save()
        return response

    return _guarded(call)  # type: ignore[return-value]


class LabServicer:
    """Implements `winipsec.lab.v1.Lab`.

    Args:
        lab: The running lab.
        keeper: Writes hosts to disk.
        home: The lab's state directory.
        shutdown: Ends the daemon.
    """

    def __init__(self, lab: Lab, keeper: Keeper, home: Home, shutdown: Callable[[], None]) -> None:
        self.lab = lab
        self.keeper = keeper
        self._home = home
        self._shutdown = shutdown

    # The lab

    @_guarded
    def GetStatus(self, request: pb.GetStatusRequest, context: Any) -> pb.GetStatusResponse:
        """The running lab and its hosts."""
        del request, context
        return pb.GetStatusResponse(
            pid=os.getpid(), version=__version__, home=str(self._home.directory), hosts=self._hosts()
        )

    @_guarded
    def Shutdown(self, request: pb.ShutdownRequest, context: Any) -> pb.ShutdownResponse:
        """End the daemon."""
        del request, context
        self._shutdown()
        return pb.ShutdownResponse()

    @_saving
    def CreateHost(self, request: pb.CreateHostRequest, context: Any) -> pb.CreateHostResponse:
        """Make a host."""
        del context
        host = self.lab.create(
            request.name,
            locale=request.locale or "en-US",
            generation=request.generation or "current",
            scars=request.scars,
            guesses=dict(request.guesses),
            machine_guid=request.machine_guid,
            dns_name=request.dns_name,
            addresses=tuple(request.addresses),
        )
        return pb.CreateHostResponse(host=host_message(host))

    @_guarded
    def ListHosts(self, request: pb.ListHostsRequest, context: Any) -> pb.ListHostsResponse:
        """All hosts."""
        del request, context
        return pb.ListHostsResponse(hosts=self._hosts())

    @_saving
    def ResetHost(self, request: pb.ResetHostRequest, context: Any) -> pb.ResetHostResponse:
        """Back to birth."""
        del context
        self.lab[request.host].reset()
        return pb.ResetHostResponse()

    @_guarded
    def DeleteHost(self, request: pb.DeleteHostRequest, context: Any) -> pb.DeleteHostResponse:
        """Take a host away for good."""
        del context
        name = self.lab[request.host].name
        self.lab.delete(name)
        self.keeper.forget(name)
        return pb.DeleteHostResponse()

    # The machine

    @_guarded
    def ReadKey(self, request: pb.ReadKeyRequest, context: Any) -> pb.ReadKeyResponse:
        """One registry key."""
        del context
        registry = self.lab[request.host].registry
        with registry.lock:
            if not registry.has_key(request.key):
                raise KeyError(f"there is no key {request.key}")
            values = [value_message(name, value) for name, value in registry.values(request.key).items()]
            return pb.ReadKeyResponse(values=values, subkeys=registry.subkeys(request.key))

    @_saving
    def EditRegistry(self, request: pb.EditRegistryRequest, context: Any) -> pb.EditRegistryResponse:
        """Change the registry past every check."""
        del context
        registry = self.lab[request.host].registry
        with registry.lock:
            for edit in request.edits:
                edit_registry(registry, edit)
        return pb.EditRegistryResponse()

    @_guarded
    def Dump(self, request: pb.DumpRequest, context: Any) -> pb.DumpResponse:
        """A key as `.reg` text."""
        del context
        registry = self.lab[request.host].registry
        key = request.key or POLICY_KEY
        if not registry.has_key(key):
            raise KeyError(f"there is no key {key}")
        return pb.DumpResponse(text=registry.export_text(key))

    @_saving
    def Load(self, request: pb.LoadRequest, context: Any) -> pb.LoadResponse:
        """Replace the policy store."""
        del context
        self.lab[request.host].load(request.text)
        return pb.LoadResponse()

    @_saving
    def Execute(self, request: pb.ExecuteRequest, context: Any) -> pb.ExecuteResponse:
        """A command line at the console."""
        del context
        code, output, errors = self.lab[request.host].run(request.command_line)
        return pb.ExecuteResponse(exit_code=code & 0xFFFFFFFF, output=output, error_output=errors)

    @_guarded
    def TestPacket(self, request: pb.TestPacketRequest, context: Any) -> pb.TestPacketResponse:
        """What happens to a packet."""
        del context
        host = self.lab[request.host]
        direction = _DIRECTIONS.get(request.direction)
        if direction is None:
            raise ValueError("a packet goes in or out")
        packet = Packet(
            direction,
            request.local or host.virtual_address,
            request.remote,
            request.protocol,
            request.local_port,
            request.remote_port,
            request.connection or "lan",
        )
        return pb.TestPacketResponse(**host.packet(packet)._asdict())

    # The wire

    @_guarded
    def GetTranscript(self, request: pb.GetTranscriptRequest, context: Any) -> pb.GetTranscriptResponse:
        """Messages so far."""
        del context
        host = self.lab[request.host]
        entries = [pb.TranscriptEntry(**entry._asdict()) for entry in host.transcript() if entry.number > request.after]
        return pb.GetTranscriptResponse(entries=entries, counters=counters_message(host))

    @_guarded
    def Watch(self, request: pb.WatchRequest, context: Any) -> pb.WatchResponse:
        """Look for a text from now on."""
        del context
        if not request.text:
            raise ValueError("an empty text is everywhere")
        self.lab[request.host].watch(request.text)
        return pb.WatchResponse()

    @_guarded
    def SetLatency(self, request: pb.SetLatencyRequest, context: Any) -> pb.SetLatencyResponse:
        """Slow a host down."""
        del context
        if request.round_trip < 0 or request.process < 0:
            raise ValueError("a delay cannot be negative")
        self.lab[request.host].latency(
            round_trip=request.round_trip if request.HasField("round_trip") else None,
            process=request.process if request.HasField("process") else None,
        )
        return pb.SetLatencyResponse()

    @_guarded
    def AddFault(self, request: pb.AddFaultRequest, context: Any) -> pb.AddFaultResponse:
        """Let something go wrong."""
        del context
        when: int | str = request.action if request.WhichOneof("when") == "action" else max(request.message, 1)
        fault = Fault(request.kind, when, request.times or 1, request.seconds or 1.0)
        self.lab[request.host].faults.add(fault)
        return pb.AddFaultResponse()

    @_guarded
    def ListFaults(self, request: pb.ListFaultsRequest, context: Any) -> pb.ListFaultsResponse:
        """Faults that have not happened."""
        del context
        waiting = self.lab[request.host].faults.waiting()
        return pb.ListFaultsResponse(faults=[fault_message(fault) for fault in waiting])

    @_guarded
    def ClearFaults(self, request: pb.ClearFaultsRequest, context: Any) -> pb.ClearFaultsResponse:
        """Forget faults that have not happened."""
        del context
        self.lab[request.host].faults.clear()
        return pb.ClearFaultsResponse()

    @_saving
    def RestartService(self, request: pb.RestartServiceRequest, context: Any) -> pb.RestartServiceResponse:
        """Stop and start a service."""
        del context
        self.lab[request.host].restart_service(request.service)
        return pb.RestartServiceResponse()

    @_saving
    def Reboot(self, request: pb.RebootRequest, context: Any) -> pb.RebootResponse:
        """Restart the host."""
        del context
        self.lab[request.host].reboot(down=request.down)
        return pb.RebootResponse()

    @_saving
    def AdvanceClock(self, request: pb.AdvanceClockRequest, context: Any) -> pb.AdvanceClockResponse:
        """Move the clock forward."""
        del context
        clock = self.lab[request.host].machine.clock
        clock.advance(request.seconds)
        return pb.AdvanceClockResponse(now=clock.timestamp())

    @_guarded
    def ListTasks(self, request: pb.ListTasksRequest, context: Any) -> pb.ListTasksResponse:
        """Scheduled tasks."""
        del context
        machine = self.lab[request.host].machine
        if request.wait > 0 and not machine.tasks.wait_until_idle(request.wait):
            raise ValueError(f"a task still runs or is due after {request.wait:g} seconds")
        return pb.ListTasksResponse(tasks=[task_message(machine, task) for task in machine.tasks.tasks()])

    # Guesses

    @_guarded
    def ListGuesses(self, request: pb.ListGuessesRequest, context: Any) -> pb.ListGuessesResponse:
        """All switches of a host."""
        del context
        return pb.ListGuessesResponse(
            guesses=[
                pb.Guess(name=guess.name, setting=setting, settings=guess.settings, spec=guess.spec, text=guess.text)
                for guess, setting in self.lab[request.host].machine.guesses.all().items()
            ]
        )

    @_saving
    def SetGuess(self, request: pb.SetGuessRequest, context: Any) -> pb.SetGuessResponse:
        """Set a switch."""
        del context
        self.lab[request.host].machine.guesses.set(request.name, request.setting)
        return pb.SetGuessResponse()

    def _hosts(self) -> list[pb.Host]:
        return [host_message(host) for host in self.lab.hosts.values()]
