r"""Windows services of a simulated host (spec: winrm 4.7, ipsec-policy 8.6).

What a service is stands in the registry under `HKLM\SYSTEM\CurrentControlSet\Services\NAME`; only its state is kept
here. Errors carry the Win32 error number, which is also the exit code of `sc`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from winipsec_lab.machine.clock import Clock
from winipsec_lab.machine.registry import Registry, RegistryValue, fold

SERVICES_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services"

NO_SUCH_SERVICE = 1060
ALREADY_RUNNING = 1056
DISABLED = 1058
NOT_STARTED = 1062
CANNOT_CONTROL = 1061
DEPENDENTS_RUNNING = 1051
INVALID_CONTROL = 1052

STOPPED, START_PENDING, STOP_PENDING, RUNNING = 1, 2, 3, 4

#: First control code a service defines itself.
USER_CONTROL = 128


@dataclass(frozen=True)
class ServiceKind:
    """A service as Windows installs it.

    Attributes:
        name, title: key name and display name.
        start: 2 automatic, 3 on demand, 4 disabled.
        image: command line.
        account: under which it runs.
        needs: services that must run first.
        boots: whether it runs after the machine has started, whatever `start` says (a trigger starts it).
        kind: 0x10 own process, 0x20 shared process, 1 driver.
    """

    name: str
    title: str
    start: int = 2
    image: str = r"%SystemRoot%\System32\svchost.exe -k netsvcs -p"
    account: str = "LocalSystem"
    needs: tuple[str, ...] = ()
    boots: bool = False
    kind: int = 0x20


#: The services a current host has.
KINDS = (
    ServiceKind("BFE", "Base Filtering Engine", account=r"NT AUTHORITY\LocalService", needs=("RpcSs",)),
    ServiceKind("Dhcp", "DHCP Client", account=r"NT Authority\LocalService"),
    ServiceKind("Dnscache", "DNS Client", account=r"NT AUTHORITY\NetworkService"),
    ServiceKind("EventLog", "Windows Event Log", account=r"NT AUTHORITY\LocalService"),
    ServiceKind("IKEEXT", "IKE and AuthIP IPsec Keying Modules", 3, needs=("BFE",), boots=True),
    ServiceKind("LanmanServer", "Server"),
    ServiceKind("LanmanWorkstation", "Workstation", account=r"NT AUTHORITY\NetworkService"),
    ServiceKind("MpsSvc", "Windows Defender Firewall", account=r"NT Authority\LocalService", needs=("BFE",)),
    ServiceKind("Netlogon", "Netlogon", 3, image=r"%SystemRoot%\system32\lsass.exe", needs=("LanmanWorkstation",)),
    ServiceKind(
        "PolicyAgent",
        "IPsec Policy Agent",
        3,
        r"%SystemRoot%\system32\svchost.exe -k NetworkServiceNetworkRestricted -p",
        r"NT Authority\NetworkService",
        needs=("BFE",),
        boots=True,
    ),
    ServiceKind("RemoteRegistry", "Remote Registry", 4, account=r"NT AUTHORITY\LocalService", needs=("RpcSs",)),
    ServiceKind("RpcSs", "Remote Procedure Call (RPC)", account=r"NT AUTHORITY\NetworkService"),
    ServiceKind("Schedule", "Task Scheduler", needs=("RpcSs",)),
    ServiceKind("Spooler", "Print Spooler", image=r"%SystemRoot%\System32\spoolsv.exe", kind=0x10),
    ServiceKind("W32Time", "Windows Time", 3, account=r"NT AUTHORITY\LocalService"),
    ServiceKind(
        "WinRM",
        "Windows Remote Management (WS-Management)",
        image=r"%SystemRoot%\System32\svchost.exe -k NetworkService -p",
        account=r"NT AUTHORITY\NetworkService",
        needs=("RpcSs",),
    ),
)

_LATER = frozenset({"BFE", "IKEEXT", "MpsSvc"})
_OLD_AGENT = ServiceKind("PolicyAgent", "IPSEC Services", 2, r"%SystemRoot%\system32\lsass.exe", needs=("RpcSs",))


def kinds(generation: str) -> tuple[ServiceKind, ...]:
    """The services that hosts of a generation (`current` or `2003`) are installed with."""
    if generation != "2003":
        return KINDS
    kept = (replace(kind, needs=tuple(set(kind.needs) - _LATER)) for kind in KINDS if kind.name not in _LATER)
    return tuple(_OLD_AGENT if kind.name == _OLD_AGENT.name else kind for kind in kept)


#: Types of services that are no drivers.
_PROGRAMS = (0x10, 0x20)

#: Services that refuse to be stopped.
_UNSTOPPABLE = frozenset({"RPCSS", "SCHEDULE", "EVENTLOG"})


class ServiceError(Exception):
    """A service could not be controlled.

    Attributes:
        code: Win32 error number.
    """

    def __init__(self, code: int, name: str) -> None:
        super().__init__(f"{name}: Win32 error {code}")
        self.code = code
        self.name = name


@dataclass
class _Running:
    state: int = STOPPED
    due: float = 0.0
    process: int = 0


class Services:
    """The service control manager of one machine; every method may be called from any thread.

    Attributes:
        on_change: called with key name and state (`STOPPED`, `RUNNING`, ...) after each change of a state.
        on_control: called with key name and code when a service gets a control code of its own (128 to 255).
        pending_seconds: how long a change takes on the machine's clock.
    """

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self.on_change: list[Callable[[str, int], None]] = []
        self.on_control: list[Callable[[str, int], None]] = []
        self.pending_seconds = 0.0
        self._registry = registry
        self._clock = clock
        # States and registry entries are looked at together, from both sides: one lock for both cannot be taken crosswise.
        self._lock = registry.lock
        self._states: dict[str, _Running] = {}
        self._next_process = 700

    # ------------------------------------------------------------------ what there is

    def install(self, kind: ServiceKind) -> None:
        """Write a service into the registry; it is not started."""
        key = f"{SERVICES_KEY}\\{kind.name}"
        put = self._registry.set
        put(key, "DisplayName", RegistryValue("REG_SZ", kind.title))
        put(key, "ErrorControl", RegistryValue("REG_DWORD", 1))
        put(key, "ImagePath", RegistryValue("REG_EXPAND_SZ", kind.image))
        put(key, "Start", RegistryValue("REG_DWORD", kind.start))
        put(key, "Type", RegistryValue("REG_DWORD", kind.kind))
        put(key, "ObjectName", RegistryValue("REG_SZ", kind.account))
        if kind.needs:
            put(key, "DependOnService", RegistryValue("REG_MULTI_SZ", kind.needs))

    def names(self) -> list[str]:
        """Key names of all services that are no drivers."""
        found = self._registry.subkeys(SERVICES_KEY)
        return [name for name in found if self.kind(name) in _PROGRAMS]

    def find(self, name: str) -> str | None:
        """The key name for a key or display name, in its own spelling; None when there is no such service."""
        if name and "\\" not in name and self.kind(name) in _PROGRAMS:
            return self._registry.spelling(f"{SERVICES_KEY}\\{name}").rpartition("\\")[2]
        wanted = fold(name)
        return next((known for known in self.names() if fold(self.title(known)) == wanted), None)

    def _need(self, name: str) -> str:
        found = self.find(name)
        if found is None:
            raise ServiceError(NO_SUCH_SERVICE, name)
        return found

    def _value(self, name: str, value: str) -> Any:
        found = self._registry.get(f"{SERVICES_KEY}\\{name}", value)
        return found.data if found else None

    def kind(self, name: str) -> int:
        """The type number, 0 when the key is no service."""
        number = self._value(name, "Type")
        return number if isinstance(number, int) else 0

    def title(self, name: str) -> str:
        """The display name."""
        title = self._value(name, "DisplayName")
        return title if isinstance(title, str) else name

    def image(self, name: str) -> str:
        """The command line, variables unexpanded."""
        return str(self._value(name, "ImagePath") or "")

    def account(self, name: str) -> str:
        """The account it runs under."""
        return str(self._value(name, "ObjectName") or "LocalSystem")

    def needs(self, name: str) -> tuple[str, ...]:
        """The services it needs."""
        found = self._value(name, "DependOnService")
        return found if isinstance(found, tuple) else ()

    def start_type(self, name: str) -> int:
        """0 boot, 1 system, 2 automatic, 3 on demand, 4 disabled."""
        number = self._value(self._need(name), "Start")
        return number if isinstance(number, int) else 3

    def set_start_type(self, name: str, start: int) -> None:
        """Change the start type; a running service goes on running."""
        key = f"{SERVICES_KEY}\\{self._need(name)}"
        self._registry.set(key, "Start", RegistryValue("REG_DWORD", start))

    # ------------------------------------------------------------------ states

    def state(self, name: str) -> int:
        """`STOPPED`, `START_PENDING`, `STOP_PENDING` or `RUNNING`."""
        return self._settled(self._need(name)).state

    def running(self, name: str) -> bool:
        """Whether a service exists and runs."""
        found = self.find(name)
        return found is not None and self._settled(found).state == RUNNING

    def process(self, name: str) -> int:
        """The process number, 0 when it does not run."""
        return self._settled(self._need(name)).process

    def _settled(self, name: str) -> _Running:
        with self._lock:
            entry = self._states.setdefault(fold(name), _Running())
            if entry.state not in (START_PENDING, STOP_PENDING) or self._clock.timestamp() < entry.due:
                return entry
            entry.state = RUNNING if entry.state == START_PENDING else STOPPED
            entry.process = entry.process if entry.state == RUNNING else 0
        self._tell(name, entry.state)
        return entry

    def _tell(self, name: str, state: int) -> None:
        for listener in tuple(self.on_change):
            listener(name, state)

    def dependents(self, name: str) -> list[str]:
        """Key names of the running services that need this one."""
        wanted = fold(self._need(name))
        return [
            other
            for other in self.names()
            if wanted in [fold(needed) for needed in self.needs(other)] and self._settled(other).state != STOPPED
        ]

    def start(self, name: str) -> None:
        """Start a service and first what it needs.

        Raises:
            ServiceError: it does not exist, is disabled, runs already or is about to stop.
        """
        name = self._need(name)
        with self._lock:
            entry = self._settled(name)
            if entry.state == STOP_PENDING:
                raise ServiceError(CANNOT_CONTROL, name)
            if entry.state != STOPPED:
                raise ServiceError(ALREADY_RUNNING, name)
            if self.start_type(name) == 4:
                raise ServiceError(DISABLED, name)
            for needed in self.needs(name):
                found = self.find(needed)
                if found and self._settled(found).state == STOPPED:
                    self.start(found)
            self._next_process += 4
            entry.process = self._next_process
            self._turn(name, entry, START_PENDING)

    def stop(self, name: str) -> None:
        """Stop a service.

        Raises:
            ServiceError: it does not exist, does not run, cannot be stopped, or running services need it.
        """
        name = self._need(name)
        with self._lock:
            entry = self._settled(name)
            if entry.state == STOPPED:
                raise ServiceError(NOT_STARTED, name)
            if entry.state != RUNNING:
                raise ServiceError(CANNOT_CONTROL, name)
            if fold(name) in _UNSTOPPABLE:
                raise ServiceError(INVALID_CONTROL, name)
            if self.dependents(name):
                raise ServiceError(DEPENDENTS_RUNNING, name)
            self._turn(name, entry, STOP_PENDING)

    def _turn(self, name: str, entry: _Running, state: int) -> None:
        entry.state = state
        entry.due = self._clock.timestamp() + self.pending_seconds
        self._settled(name)

    def switch(self, name: str, *, on: bool) -> None:
        """Make a service automatic and running, or disabled and stopped, past every check."""
        name = self._need(name)
        self.set_start_type(name, 2 if on else 4)
        with self._lock:
            running = self._settled(name).state == RUNNING
            if on and not running:
                self.start(name)
            elif running and not on:
                self._states[fold(name)] = _Running()
        if running and not on:
            self._tell(name, STOPPED)

    def control(self, name: str, code: int) -> None:
        """Send a control code of the service's own (128 to 255)."""
        name = self._need(name)
        if self._settled(name).state != RUNNING:
            raise ServiceError(NOT_STARTED, name)
        if code < USER_CONTROL:
            raise ServiceError(INVALID_CONTROL, name)
        for listener in tuple(self.on_control):
            listener(name, code)

    def wait(self, name: str) -> None:
        """Let the time pass that a pending change still needs."""
        entry = self._settled(self._need(name))
        if entry.state in (START_PENDING, STOP_PENDING):
            self._clock.sleep(max(0.0, entry.due - self._clock.timestamp()))
            self._settled(name)

    def boot(self, running: tuple[str, ...] = ()) -> None:
        """What happens to services when the machine starts: automatic ones and `running` run, all others do not."""
        wanted = {fold(name) for name in running}
        with self._lock:
            pending, self.pending_seconds = self.pending_seconds, 0.0
            for entry in self._states.values():
                entry.state, entry.process = STOPPED, 0
            for name in self.names():
                start = self.start_type(name)
                if (start == 2 or (start == 3 and fold(name) in wanted)) and self._settled(name).state == STOPPED:
                    self.start(name)
            self.pending_seconds = pending
        for name in self.names():
            if self._settled(name).state == STOPPED:
                self._tell(name, STOPPED)

    # ------------------------------------------------------------------ persistence

    def to_json(self) -> dict[str, int]:
        """The process numbers of the running services."""
        return {name: self.process(name) for name in self.names() if self.running(name)}

    def load_json(self, document: dict[str, int]) -> None:
        """Put back what `to_json` described."""
        with self._lock:
            self._states = {fold(name): _Running(RUNNING, process=process) for name, process in document.items()}
            self._next_process = max([self._next_process, *document.values()])
