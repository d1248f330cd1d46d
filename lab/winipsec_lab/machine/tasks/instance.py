"""One run of a task: its programs one after the other, on a thread of their own, with no client anywhere (spec: winrm 5.3).

Command, arguments and folder may hold variables. A command is a program, by its full path or found in the system's
folders, or a batch file, which `cmd /c` runs. Nobody reads what the programs write, and there is nothing they could read.
"""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from winipsec_lab.machine.security import SERVICE_ACCOUNTS, SYSTEM
from winipsec_lab.machine.tasks.definition import Action, Definition, Principal

if TYPE_CHECKING:
    from winipsec_lab.machine.machine import Machine

_LOGGER = logging.getLogger(__name__)

FILE_NOT_FOUND: Final = 0x80070002
CRASHED: Final = 0xC0000005
_SYSTEM_FOLDER: Final = r"C:\Windows\System32"
_FOLDERS: Final = (_SYSTEM_FOLDER, r"C:\Windows", rf"{_SYSTEM_FOLDER}\Wbem")
_SUFFIXES: Final = ("", ".com", ".exe", ".bat", ".cmd")
_BATCH: Final = (".bat", ".cmd")
_VARIABLE: Final = re.compile("%([^%]+)%")


class Instance:
    """A run of a task.

    Args:
        machine: where.
        definition: the task as it was when the run began: a later change does not touch it.
        started, deadline: seconds since 1970 UTC on the machine's clock; a deadline of 0 is none.
        trigger: number of the trigger that started it, -1 for a start by hand.
        on_end: called with the run and its exit code.
    """

    def __init__(
        self,
        machine: Machine,
        definition: Definition,
        *,
        started: float,
        deadline: float,
        trigger: int,
        on_end: Callable[[Instance, int], None],
    ) -> None:
        self.started = started
        self.deadline = deadline
        self.trigger = trigger
        self.cancelled = threading.Event()
        self._machine = machine
        self._definition = definition
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name="task", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Tell its program to end; `on_end` is called once it has."""
        self.cancelled.set()

    def _run(self) -> None:
        code = CRASHED
        try:
            for action in self._definition.actions:
                if not self.cancelled.is_set():
                    code = self._carry_out(action)
        except Exception:
            _LOGGER.exception("a task's program crashed")
        finally:
            self._on_end(self, code & 0xFFFFFFFF)

    def _carry_out(self, action: Action) -> int:
        machine, user = self._machine, user_of(self._machine, self._definition.principal)
        variables = machine.environment(user)

        def expand(text: str) -> str:
            return _VARIABLE.sub(lambda found: variables.get(found.group(1).upper(), found.group()), text)

        path = _locate(machine, expand(action.command).strip().strip('"'))
        if path is None:
            return FILE_NOT_FOUND
        line = f'"{path}" {expand(action.arguments)}'.rstrip()
        if path.lower().endswith(_BATCH):
            line = f'{_SYSTEM_FOLDER}\\cmd.exe /c "{line}"'
        try:
            return machine.start_process(
                line,
                stdin=io.BytesIO(),
                stdout=_nowhere,
                stderr=_nowhere,
                environment={},
                directory=expand(action.directory).strip('"') or _SYSTEM_FOLDER,
                code_page=0,
                user=user,
                cancelled=self.cancelled,
                shell=False,
            )
        except FileNotFoundError:
            return FILE_NOT_FOUND


def _nowhere(data: bytes) -> None:
    """Takes what nobody reads."""


def _locate(machine: Machine, command: str) -> str | None:
    """The file that a command means, None when there is none."""
    absolute = command[1:2] == ":"
    for folder in ("",) if absolute else _FOLDERS:
        for suffix in _SUFFIXES:
            path = command + suffix if absolute else f"{folder}\\{command}{suffix}"
            if machine.files.is_file(machine.files.absolute(path)):
                return machine.files.spelling(machine.files.absolute(path))
    return None


def user_of(machine: Machine, principal: Principal) -> str:
    """The account that a principal means: `SYSTEM`, or an account's name without its authority."""
    sid = service_account(machine, principal.user)
    return SERVICE_ACCOUNTS[sid] if sid else principal.user.rpartition("\\")[2] or SYSTEM


def service_account(machine: Machine, name: str) -> str:
    r"""The identifier of a service account given as `SYSTEM`, `NT AUTHORITY\SYSTEM` or `S-1-5-18`; empty for others.

    The English names work on hosts of every language.
    """
    short = name.upper().removeprefix("NT AUTHORITY\\")
    for sid, account in SERVICE_ACCOUNTS.items():
        if short in (sid, account, account.replace(" ", "")):
            return sid
    found = machine.accounts.identify(name) or ""
    return found if found in SERVICE_ACCOUNTS else ""


def runs_unattended(machine: Machine, principal: Principal) -> bool:
    """Whether a task runs although nobody is logged on at the console, which on simulated hosts nobody ever is."""
    return bool(service_account(machine, principal.user)) or principal.logon in ("S4U", "Password")
