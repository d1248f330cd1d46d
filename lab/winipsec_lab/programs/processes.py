"""The processes of a host as `tasklist` and `taskkill` see them: the system's own and those of running services."""

from __future__ import annotations

from typing import NamedTuple

from winipsec_lab.machine.machine import Machine


class Running(NamedTuple):
    """One process.

    Attributes:
        image: name of its program file.
        number: process number.
        service: key name of its service, empty for the system's own.
    """

    image: str
    number: int
    service: str


_SYSTEM = (
    Running("System Idle Process", 0, ""),
    Running("System", 4, ""),
    Running("smss.exe", 288, ""),
    Running("csrss.exe", 392, ""),
    Running("wininit.exe", 468, ""),
    Running("services.exe", 612, ""),
    Running("lsass.exe", 628, ""),
)


def processes(machine: Machine) -> list[Running]:
    """All processes by number."""
    services = machine.services
    found = list(_SYSTEM)
    for name in services.names():
        if services.running(name):
            image = services.image(name).split(" ")[0].rpartition("\\")[2]
            found.append(Running(image, services.process(name), name))
    return sorted(found, key=lambda running: running.number)
