"""Switches for behaviour that rests on a guess.

The spec marks what is documented or observed and what is not. Wherever the lab had to choose, a switch exists: a
client that works only with one setting relies on something nobody knows. Every domain declares its own table beside
the code that it changes; `Guesses` collects them all.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

_TABLES = ("winipsec_lab.machine.guesses", "winipsec_lab.netsh.guesses", "winipsec_lab.wire.guesses")


@dataclass(frozen=True)
class Guess:
    """One switch.

    Attributes:
        name: `domain.what`.
        settings: what is possible; the first is the default.
        spec: the paragraph that leaves it open.
        text: one sentence that says what the switch decides.
    """

    name: str
    settings: tuple[str, ...]
    spec: str
    text: str


GUESSES = (
    Guess(
        "cmd.batch_code_page",
        ("console", "oem"),
        "winrm 4.5, wine-oracle 3",
        "The code page in which a batch file is read: that of the console (`chcp`) or always the OEM page.",
    ),
    Guess(
        "cmd.file_code_page",
        ("console", "ansi"),
        "wine-oracle 3",
        "The code page of what `echo` and other builtins write when their output goes to a file.",
    ),
    Guess(
        "cmd.percent_rescan",
        ("rescan", "skip"),
        "wine-oracle, Added later",
        "Whether the closing percent of an undefined name may open the next name on the same command line.",
    ),
    Guess(
        "cmd.redirect_digit",
        ("handle", "text"),
        "wine-oracle 3",
        "Whether the digit of an unquoted `name=2>x` is a handle number or text.",
    ),
    Guess(
        "cmd.syntax_code",
        ("255", "1"),
        "wine-oracle 4",
        "The exit code of a line that cannot be parsed.",
    ),
    Guess(
        "cmd.type_header",
        ("stderr", "stdout"),
        "winrm 4.3",
        "Where `type` writes the file names when it shows several files.",
    ),
    Guess(
        "cmd.unknown_program_in_batch",
        ("9009", "1"),
        "winrm 1.4",
        "The exit code of a batch file whose last command was an unknown program.",
    ),
    Guess(
        "certutil.coding",
        ("works", "blocked"),
        "winrm 5.3",
        "Whether security software keeps `certutil` from being used to encode and decode files.",
    ),
    Guess(
        "net.code_page",
        ("oem", "console"),
        "winrm 4.5",
        "Whether `net` and `chcp` write in the OEM page or in that of the console.",
    ),
    Guess(
        "findstr.last_line",
        ("append", "keep"),
        "winrm 4.6",
        "Whether `findstr` closes a last line that has no line end.",
    ),
    Guess(
        "reg.code_page",
        ("console", "oem"),
        "winrm 4.5, wine-oracle 3",
        "Whether `reg` writes in the page of the console or in the OEM page.",
    ),
    Guess(
        "reg.empty_key",
        ("omitted", "printed"),
        "wine-oracle 5",
        "Whether `reg query /s` prints a key that has no values.",
    ),
    Guess(
        "reg.import_stream",
        ("stderr", "stdout"),
        "winrm 4.7",
        "Where `reg import` reports success.",
    ),
    Guess(
        "reg.utf8_import",
        ("refused", "accepted"),
        "wine-oracle 5",
        "Whether `reg import` takes a UTF-8 file that starts with a byte order mark.",
    ),
    Guess(
        "registry.key_order",
        ("sorted", "created"),
        "wine-oracle 5",
        "The order in which subkeys are listed.",
    ),
    Guess(
        "registry.value_order",
        ("created", "sorted"),
        "wine-oracle 5",
        "The order in which values are listed.",
    ),
    Guess(
        "registry.long_name",
        ("no_byte", "one_byte"),
        "wine-oracle 5",
        "How many bytes `reg export` puts on the line of a value name that leaves no room.",
    ),
    Guess(
        "sc.shared_process_type",
        ("30", "20"),
        "winrm 4.7",
        "The type number that `sc query` shows for a service in a shared process.",
    ),
    Guess(
        "sc.stopped_flags",
        ("absent", "printed"),
        "winrm 4.7",
        "Whether `sc query` prints the line of flags for a stopped service.",
    ),
    Guess(
        "services.pending_time",
        ("none", "one_second"),
        "winrm 4.7",
        "How long a service stays in START_PENDING or STOP_PENDING after `sc start` and `sc stop`.",
    ),
    Guess(
        "services.policy_agent_at_boot",
        ("running", "stopped"),
        "ipsec-policy 8.6",
        "Whether the policy agent, whose start type is manual with a trigger, runs after the machine has started.",
    ),
    Guess(
        "tasks.ascii_xml",
        ("accepted", "refused"),
        "winrm 5.3",
        "Whether `schtasks /xml` takes an ASCII file without an XML declaration.",
    ),
    Guess(
        "tasks.utf8_xml",
        ("refused", "accepted"),
        "winrm 5.3",
        "Whether `schtasks /xml` takes a file that says or marks that it is UTF-8.",
    ),
    Guess(
        "tasks.service",
        ("running", "stopped"),
        "winrm 5.7",
        "Whether the Task Scheduler service runs, or was switched off by somebody.",
    ),
    Guess(
        "tasks.delay_after_reboot",
        ("lost", "kept"),
        "winrm 5.3",
        "Whether the delay of a registration trigger is forgotten with a reboot.",
    ),
    Guess(
        "tasks.current_minute",
        ("never", "at_once"),
        "winrm 5.3",
        "Whether a task whose `/st` is the current minute never starts or starts at once.",
    ),
    Guess(
        "tasks.power",
        ("mains", "battery"),
        "winrm 5.3",
        "Whether the host runs on battery power, on which tasks do not start unless they say so.",
    ),
)


class Guesses:
    """The settings of one machine.

    Attributes:
        on_change: called with the name of a switch that was set.
    """

    def __init__(self) -> None:
        tables = (importlib.import_module(name).GUESSES for name in _TABLES)
        self._table: dict[str, Guess] = {guess.name: guess for table in tables for guess in table}
        self._settings: dict[str, str] = {}
        self._lock = threading.Lock()
        self.on_change: list[Callable[[str], None]] = []

    def __getitem__(self, name: str) -> str:
        """The setting of a switch; `KeyError` when there is no such switch."""
        return self._settings.get(name) or self._table[name].settings[0]

    def set(self, name: str, setting: str) -> None:
        """Choose a setting.

        Raises:
            ValueError: there is no such switch or it has no such setting; the message lists what exists.
        """
        guess = self._table.get(name)
        if guess is None:
            raise ValueError(f"no such guess: {name}; known: {', '.join(sorted(self._table))}")
        if setting not in guess.settings:
            raise ValueError(f"{name} cannot be {setting!r}; possible: {', '.join(guess.settings)}")
        with self._lock:
            self._settings[name] = setting
        for listener in tuple(self.on_change):
            listener(name)

    def all(self) -> dict[Guess, str]:
        """Every switch with its setting, by name."""
        return {guess: self[name] for name, guess in sorted(self._table.items())}

    def to_json(self) -> dict[str, str]:
        """The settings that are not the default."""
        return {guess.name: setting for guess, setting in self.all().items() if setting != guess.settings[0]}

    @classmethod
    def from_json(cls, document: dict[str, str]) -> Guesses:
        """The settings that `to_json` described; switches that no longer exist are an error."""
        guesses = cls()
        for name, setting in document.items():
            guesses.set(name, setting)
        return guesses
