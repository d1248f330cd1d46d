"""One simulated Windows host without any network: registry, disk, services, clock, language and programs."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from typing import Any

from winipsec_lab.machine import languages
from winipsec_lab.machine.alarms import Alarms
from winipsec_lab.machine.birth import furnish, install_programs, program_of
from winipsec_lab.machine.clock import Clock
from winipsec_lab.machine.environment import environment
from winipsec_lab.machine.files import FileSystem
from winipsec_lab.machine.guesses import Guesses
from winipsec_lab.machine.languages import LANGUAGE, Language
from winipsec_lab.machine.network import Network
from winipsec_lab.machine.process import (
    CONTROL_C_EXIT,
    CancelledError,
    Console,
    Process,
    Readable,
    StandardInput,
    codec,
)
from winipsec_lab.machine.registry import Registry
from winipsec_lab.machine.security import ADMINISTRATOR, Accounts
from winipsec_lab.machine.services import Services, kinds
from winipsec_lab.machine.tasks.scheduler import SERVICE as TASK_SCHEDULER
from winipsec_lab.machine.tasks.scheduler import Scheduler
from winipsec_lab.programs import PROGRAMS

_REBOOT = "reboot"
_SHORTEST_SHUTDOWN = 0.2  # seconds between `shutdown /t 0` and the end
_ZONES = {"en-US": -300, "de-DE": 60, "ru-RU": 180, "ja-JP": 540, "zh-CN": 480}


class Machine:
    """One simulated host.

    Args:
        name: NetBIOS name.
        locale: one of `languages.LANGUAGES`.
        generation: `current` or `2003`.
        addresses: own addresses, IPv4 and IPv6.
        dns_name: full DNS name; the NetBIOS name in `example.test` by default.
        machine_guid: what `MachineGuid` says; random by default.
        users: account names; the first is the built-in administrator.

    Attributes:
        alarms: what is to happen at a moment of the machine's clock.
        tasks: the Task Scheduler.
        boot_listeners: called after each start of the machine.
        reboot_listeners: called when a requested reboot is due; whoever runs the machine then calls `reboot`.
        reboot_requested: whether a reboot was asked for that has not come yet.
        boots: counts starts.
    """

    def __init__(
        self,
        name: str,
        *,
        locale: str = "en-US",
        generation: str = "current",
        addresses: tuple[str, ...] = ("10.77.0.1",),
        dns_name: str = "",
        machine_guid: str = "",
        users: tuple[str, ...] = (),
    ) -> None:
        if generation not in ("current", "2003"):
            raise ValueError(f"no such generation: {generation}")
        if locale not in LANGUAGE:
            raise ValueError(f"no such locale: {locale}; known: {', '.join(languages.LANGUAGES)}")
        self._prepare(
            {
                "name": name.upper()[:15],
                "dns_name": dns_name or f"{name.lower()}.example.test",
                "locale": locale,
                "generation": generation,
                "machine_guid": machine_guid or str(uuid.uuid4()),
                "users": users or (ADMINISTRATOR[languages.LANGUAGES.index(locale)],),
                "domain_id": "S-1-5-21-" + "-".join(str(uuid.uuid4().int % 10**10) for _ in range(3)),
                "interface": f"{{{uuid.uuid4()}}}".upper(),
            },
            Registry(),
            Clock(_ZONES[locale]),
            Guesses(),
        )
        furnish(self, tuple(PROGRAMS))
        self.network.configure(addresses, gateway=_gateway(addresses), dns_servers=(_gateway(addresses),))
        self.services.boot(self._triggered())

    def _prepare(self, facts: dict[str, Any], registry: Registry, clock: Clock, guesses: Guesses) -> None:
        self.name: str = facts["name"]
        self.dns_name: str = facts["dns_name"]
        self.locale: str = facts["locale"]
        self.generation: str = facts["generation"]
        self.machine_guid: str = facts["machine_guid"]
        self.users: tuple[str, ...] = tuple(facts["users"])
        self.domain_id: str = facts["domain_id"]
        self.registry = registry
        self.clock = clock
        self.guesses = guesses
        self.files = FileSystem(clock.timestamp)
        self.services = Services(registry, clock)
        self.network = Network(registry, facts["interface"])
        self.accounts = Accounts(self.locale, self.name, self.users, self.domain_id)
        self.alarms = Alarms(clock)
        self.tasks = Scheduler(self, self.alarms)
        self.boot_listeners: list[Callable[[], None]] = []
        self.reboot_listeners: list[Callable[[], None]] = []
        self.reboot_requested = threading.Event()
        self.boots = 1
        guesses.on_change.extend((self._heed_guess, self._heed_new_guess))
        for guess in guesses.all():
            self._heed_guess(guess.name)

    def _heed_guess(self, name: str) -> None:
        setting = self.guesses[name]
        if name == "registry.key_order":
            self.registry.sort_keys = setting == "sorted"
        elif name == "registry.value_order":
            self.registry.sort_values = setting == "sorted"
        elif name == "services.pending_time":
            self.services.pending_seconds = 0.0 if setting == "none" else 1.0

    def _heed_new_guess(self, name: str) -> None:
        """A guess about what is there, heeded once when it is set: people may change it afterwards."""
        if name == "tasks.service":
            self.services.switch(TASK_SCHEDULER, on=self.guesses[name] == "running")

    def _triggered(self) -> tuple[str, ...]:
        """Services on demand that a trigger starts with the machine."""
        agent = self.guesses["services.policy_agent_at_boot"] == "running"
        return tuple(
            kind.name for kind in kinds(self.generation) if kind.boots and (agent or kind.name != "PolicyAgent")
        )

    # ------------------------------------------------------------------ facts

    @property
    def language(self) -> Language:
        """Code pages and date forms of the machine's language."""
        return LANGUAGE[self.locale]

    @property
    def ansi_code_page(self) -> int:
        """Number of the ANSI code page, in which script files are read."""
        return self.language.ansi

    @property
    def oem_code_page(self) -> int:
        """Number of the OEM code page, the console's at the start."""
        return self.language.oem

    @property
    def addresses(self) -> tuple[str, ...]:
        """Own addresses, IPv4 first."""
        return self.network.addresses

    @property
    def gateway(self) -> str:
        """The default gateway, empty when there is none."""
        return self.network.gateway

    @property
    def dns_servers(self) -> tuple[str, ...]:
        """The name servers."""
        return self.network.dns_servers

    @property
    def dhcp_server(self) -> str:
        """The DHCP server, empty without DHCP."""
        return self.network.dhcp_server

    @property
    def wins_servers(self) -> tuple[str, ...]:
        """The WINS servers."""
        return self.network.wins_servers

    def text(self, key: str, *inserts: object) -> str:
        """A program's text in the machine's language, see `languages.text`."""
        return languages.text(self.locale, key, *inserts)

    def environment(self, user: str) -> dict[str, str]:
        """The variables a new logon of a user starts with, by upper-case name."""
        return environment(self.name, user)

    def is_administrator(self, user: str) -> bool:
        """Whether an account has the rights of an administrator: all but the machine's own ordinary users have."""
        return user.lower() not in (other.lower() for other in self.users[1:])

    # ------------------------------------------------------------------ running things

    def start_process(
        self,
        line: str,
        *,
        stdin: Readable,
        stdout: Callable[[bytes], object],
        stderr: Callable[[bytes], object],
        environment: dict[str, str],
        directory: str,
        code_page: int,
        user: str,
        cancelled: threading.Event,
        shell: bool = True,
        redirected: bool = True,
    ) -> int:
        r"""Run a command line to its end in the calling thread.

        Args:
            line: the command line.
            stdin: where its standard input comes from.
            stdout: takes what it writes; may be called from several threads.
            stderr: the same for standard error.
            environment: variables on top of the user's own.
            directory: where to start; the user's home when empty.
            code_page: the console's output code page, 0 for the OEM page.
            user: whose process it is.
            cancelled: set it to end the process.
            shell: True runs `cmd.exe /C line`, False starts the program that the line names by its full path.
            redirected: whether standard input is a pipe and not a console (`timeout` wants to know).

        Returns:
            The exit code, `CONTROL_C_EXIT` after `cancelled` was set.

        Raises:
            FileNotFoundError: `shell` is False and there is no such program.
        """
        variables = self.environment(user)
        place = directory or variables["USERPROFILE"]
        process = Process(
            machine=self,
            command_line=f"{variables['COMSPEC']} /C {line}" if shell else line,
            environment=variables | {name.upper(): value for name, value in environment.items()},
            directory=self.files.spelling(place) if self.files.is_folder(place) else "C:\\",
            console=Console(code_page or self.oem_code_page),
            user=user,
            cancelled=cancelled,
            stdin=StandardInput(stdin, redirected=redirected),
            write_out=stdout,
            write_err=stderr,
        )
        name = "cmd" if shell else self.program_at(process.argv[0])
        if name is None:
            raise FileNotFoundError(process.argv[0])
        try:
            return PROGRAMS[name](process)
        except CancelledError:
            return CONTROL_C_EXIT

    def program_at(self, path: str) -> str | None:
        """The simulated program that the file at an absolute path holds, None when there is none."""
        for candidate in (path, path + ".exe"):
            if self.files.is_file(candidate):
                return program_of(self.files.read(candidate))
        return None

    def console(self, line: str, *, user: str = "", timeout: float = 20.0) -> tuple[int, str, str]:
        """What somebody at the console gets for a command: exit code, standard output, standard error.

        A command that would wait for an answer for ever is ended after `timeout` real seconds.
        """
        out, err, cancelled = io.BytesIO(), io.BytesIO(), threading.Event()
        timer = threading.Timer(timeout, cancelled.set)
        timer.daemon = True
        timer.start()
        try:
            code = self.start_process(
                line,
                stdin=io.BytesIO(),
                stdout=out.write,
                stderr=err.write,
                environment={},
                directory="",
                code_page=65001,
                user=user or self.users[0],
                cancelled=cancelled,
            )
        finally:
            timer.cancel()
        # `net` and `chcp` keep to the OEM page whatever the console's page is.
        return code, self._decoded(out.getvalue()), self._decoded(err.getvalue())

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode(codec(self.oem_code_page), "replace")

    def request_reboot(self, delay: float) -> None:
        """Let a reboot be due in some seconds; in a moment at the least, so that whoever asked can still say so."""
        self.reboot_requested.set()
        self.alarms.set(_REBOOT, self.clock.timestamp() + max(delay, _SHORTEST_SHUTDOWN), self._reboot_due)

    def cancel_reboot(self) -> None:
        """Take the request back."""
        self.alarms.cancel(_REBOOT)
        self.reboot_requested.clear()

    def _reboot_due(self) -> None:
        for listener in tuple(self.reboot_listeners):
            listener()

    def reboot(self) -> None:
        """Start the machine anew.

        The runs of tasks end, services stop and start by their start types, tasks that wait for a start of the machine
        begin, and the boot listeners run.
        """
        self.cancel_reboot()
        self.tasks.shut_down()
        self.boots += 1
        self.services.boot(self._triggered())
        self.tasks.boot()
        for listener in tuple(self.boot_listeners):
            listener()

    def close(self) -> None:
        """The machine is taken away: nothing runs or happens on it any more."""
        self.tasks.close()
        self.alarms.close()

    # ------------------------------------------------------------------ persistence

    def to_json(self) -> dict[str, Any]:
        """The whole machine as JSON data."""
        return {
            "name": self.name,
            "dns_name": self.dns_name,
            "locale": self.locale,
            "generation": self.generation,
            "machine_guid": self.machine_guid,
            "users": list(self.users),
            "domain_id": self.domain_id,
            "interface": self.network.interface,
            "boots": self.boots,
            "registry": self.registry.to_json(),
            "files": self.files.to_json(),
            "services": self.services.to_json(),
            "clock": self.clock.to_json(),
            "guesses": self.guesses.to_json(),
            "tasks": self.tasks.to_json(),
            "reboot_due": self.alarms.due(_REBOOT),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Machine:
        """The machine that `to_json` described."""
        machine = cls.__new__(cls)
        machine._prepare(  # noqa: SLF001 its own
            document,
            Registry.from_json(document["registry"]),
            Clock.from_json(document["clock"]),
            Guesses.from_json(document["guesses"]),
        )
        machine.boots = document["boots"]
        machine.files.load_json(document["files"])
        machine.services.load_json(document["services"])
        if "tasks" in document:
            machine.tasks.load_json(document["tasks"])
        else:  # stored before there was a Task Scheduler
            install_programs(machine, tuple(PROGRAMS))
        if document.get("reboot_due"):
            machine.request_reboot(document["reboot_due"] - machine.clock.timestamp())
        return machine


def _gateway(addresses: tuple[str, ...]) -> str:
    """The gateway of the first IPv4 address: `.254` in its network."""
    first = next((address for address in addresses if ":" not in address), "10.77.0.1")
    return first.rpartition(".")[0] + ".254"
