"""Environment variables of an interpreter: names compare without case, some are computed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from winipsec_lab.cmd.shell import Shell


class Variables:
    """The environment.

    Args:
        values: variables by name.
    """

    def __init__(self, values: dict[str, str]) -> None:
        self._values = {name.upper(): (name, value) for name, value in values.items()}

    def copy(self) -> Variables:
        """An independent copy."""
        return Variables(self.all())

    def all(self) -> dict[str, str]:
        """All variables in their own spelling, sorted by name."""
        return dict(entry for _, entry in sorted(self._values.items()))

    def for_programs(self) -> dict[str, str]:
        """All variables by upper-case name."""
        return {name: value for name, (_, value) in self._values.items()}

    def get(self, name: str) -> str | None:
        """The value, None when it is not defined."""
        entry = self._values.get(name.upper())
        return entry[1] if entry else None

    def set(self, name: str, value: str) -> None:
        """Define a variable; an empty value removes it."""
        if value:
            old = self._values.get(name.upper())
            self._values[name.upper()] = (old[0] if old else name, value)
        else:
            self._values.pop(name.upper(), None)

    @staticmethod
    def computed(name: str, shell: Shell) -> str | None:
        """The value of a variable that the interpreter computes, None when there is no such one."""
        name = name.upper()
        if name == "CD":
            return shell.directory
        if name == "ERRORLEVEL":
            return str(shell.error_level)
        if name == "DATE":
            return date_text(shell)
        if name == "TIME":
            return time_text(shell)
        if name == "RANDOM":
            return str(random.randrange(32768))  # noqa: S311 as random as the original
        return {"CMDCMDLINE": shell.line, "CMDEXTVERSION": "2", "HIGHESTNUMANODENUMBER": "0"}.get(name)


def date_text(shell: Shell) -> str:
    """The date as `%DATE%` gives it: with the day of the week in American English only."""
    language, now = shell.machine.language, shell.machine.clock.local()
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[now.weekday()]
    return (f"{day} " if language.name == "en-US" else "") + now.strftime(language.date)


def time_text(shell: Shell) -> str:
    """The time as `%TIME%` gives it, with hundredths of a second."""
    now = shell.machine.clock.local()
    point = "," if shell.machine.language.name in ("de-DE", "ru-RU") else "."
    return f"{now.hour:2}:{now:%M:%S}{point}{now.microsecond // 10000:02}"
