"""Remote shells: what Create makes, how long it lives, and what it counts against (spec: winrm 1.3, 1.8, 4.1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

from winipsec_lab.wire.faults import SoapFault
from winipsec_lab.wire.names import SHELL_RESOURCE
from winipsec_lab.wire.processes import Command
from winipsec_lab.wire.settings import Quotas

RECOVERY_SECONDS: Final = 30.0
"""After which a command stops counting, where the budget recovers at all (spec: winrm 4.1, measurement on 2008 R2)."""


@dataclass(frozen=True)
class Caller:
    """Who sends a message, as authentication found out."""

    owner: str
    """Account as `rsp:Owner` prints it: without a domain for local accounts."""
    name: str
    administrator: bool = True


@dataclass
class Shell:
    """One remote shell."""

    id: str
    caller: Caller
    client_ip: str
    directory: str
    environment: dict[str, str]
    code_page: int
    idle_timeout: float
    created: float
    used: float
    name: str = ""
    input_streams: str = "stdin"
    output_streams: str = "stdout stderr"
    commands: dict[str, Command] = field(default_factory=dict)
    operations: list[float] = field(default_factory=list)
    """When each command was started."""
    waiting: int = 0
    """Receives under way: a shell somebody listens to is not idle."""

    def command(self, command_id: str) -> Command:
        """A command by id.

        Raises:
            SoapFault: No such command.
        """
        found = self.commands.get(command_id.upper())
        if found is None:
            raise SoapFault("command_not_found")
        return found

    def close(self) -> None:
        """Kill everything that runs in it."""
        commands, self.commands = list(self.commands.values()), {}
        for command in commands:
            command.terminate()

    def describe(self, now: float, *, state: bool = False) -> str:
        """The `rsp:Shell` element of Create, or with `state` that of Get (spec: winrm 1.3, 1.8)."""
        fields: dict[str, object] = {"ShellId": self.id}
        if self.name:
            fields["Name"] = self.name
        fields |= {
            "ResourceUri": SHELL_RESOURCE,
            "Owner": self.caller.owner,
            "ClientIP": self.client_ip,
        }
        if state:
            fields |= {"ProcessId": 4000 + self.created.__hash__() % 1000 * 4, "MaxIdleTimeOut": "PT2147483.647S"}
        fields |= {
            "WorkingDirectory": self.directory,
            "IdleTimeOut": f"PT{self.idle_timeout:.3f}S",
            "InputStreams": self.input_streams,
            "OutputStreams": self.output_streams,
        }
        if state:
            fields |= {
                "ProfileLoaded": "Yes",
                "BufferMode": "Block",
                "State": "Connected",
                "MemoryUsed": "3MB",
                "ChildProcesses": sum(command.running for command in self.commands.values()),
            }
        fields |= {"ShellRunTime": _duration(now - self.created), "ShellInactivity": _duration(now - self.used)}
        inside = "".join(f"<rsp:{name}>{escape(str(value))}</rsp:{name}>" for name, value in fields.items())
        return f"<rsp:Shell>{inside}</rsp:Shell>"


def _duration(span: float) -> str:
    days, rest = divmod(int(span), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, whole = divmod(rest, 60)
    return f"P{days}DT{hours}H{minutes}M{whole}S"


class Shells:
    """All shells of a host and the quotas on them.

    Args:
        quotas: Limits.
        now: Seconds on the host's clock, which decides when a shell has been idle for too long.
        recovers: Whether commands stop counting after a while, instead of with their shell.
    """

    def __init__(self, quotas: Callable[[], Quotas], now: Callable[[], float], recovers: Callable[[], bool]) -> None:
        self.lock = threading.RLock()
        self.now = now
        self._quotas = quotas
        self._recovers = recovers
        self._shells: dict[str, Shell] = {}

    def __len__(self) -> int:
        with self.lock:
            self._reap()
            return len(self._shells)

    def add(self, shell: Shell) -> None:
        """Admit a new shell.

        Raises:
            SoapFault: A quota is exhausted.
        """
        quotas = self._quotas()
        with self.lock:
            self._reap()
            owners = {other.caller.owner.lower() for other in self._shells.values()}
            owner = shell.caller.owner.lower()
            if owner not in owners and len(owners) >= quotas.concurrent_users:
                raise SoapFault("quota_users", limit=quotas.concurrent_users)
            if sum(other.caller.owner.lower() == owner for other in self._shells.values()) >= quotas.shells_per_user:
                raise SoapFault("quota_shells", limit=quotas.shells_per_user)
            self._shells[shell.id.upper()] = shell

    def find(self, shell_id: str, caller: Caller) -> Shell:
        """A living shell of this caller; looking at it counts as use.

        Raises:
            SoapFault: No such shell.
        """
        with self.lock:
            self._reap()
            shell = self._shells.get(shell_id.upper())
            if shell is None or shell.caller.owner.lower() != caller.owner.lower():
                raise SoapFault("shell_not_found", shell=shell_id)
            shell.used = self.now()
            return shell

    def admit_command(self, shell: Shell) -> None:
        """Count a command that is about to start.

        Raises:
            SoapFault: A quota is exhausted.
        """
        quotas = self._quotas()
        with self.lock:
            mine = [other for other in self._shells.values() if other.caller.owner == shell.caller.owner]
            since = time.monotonic() - RECOVERY_SECONDS if self._recovers() else float("-inf")
            counted = sum(started >= since for other in mine for started in other.operations)
            if counted >= quotas.operations_per_user:
                raise SoapFault("quota_operations")
            if sum(command.running for command in shell.commands.values()) >= quotas.processes_per_shell:
                raise SoapFault("quota_processes", limit=quotas.processes_per_shell)
            shell.operations.append(time.monotonic())

    def remove(self, shell_id: str) -> None:
        """Delete a shell with its processes; unknown ids are ignored."""
        with self.lock:
            shell = self._shells.pop(shell_id.upper(), None)
        if shell is not None:
            shell.close()

    def clear(self) -> None:
        """Delete every shell: the service or the host restarts."""
        with self.lock:
            gone, self._shells = list(self._shells.values()), {}
        for shell in gone:
            shell.close()

    def _reap(self) -> None:
        """Delete shells that idled or lived for too long."""
        now = self.now()
        lifetime = self._quotas().shell_run_time_ms / 1000
        gone = [
            shell
            for shell in self._shells.values()
            if (now - shell.used > shell.idle_timeout and not shell.waiting) or now - shell.created > lifetime
        ]
        for shell in gone:
            del self._shells[shell.id.upper()]
            threading.Thread(target=shell.close, daemon=True).start()
