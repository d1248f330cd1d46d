"""`sc query` without a name: `sc query [type= service] [state= all|inactive|active]`."""

from __future__ import annotations

from winipsec_lab.machine.process import Process
from winipsec_lab.programs.sc import display

_CHOICES = {"state=": ("active", "inactive", "all"), "type=": ("service", "all", "driver"), "bufsize=": (), "ri=": ()}


def enumerate_services(process: Process, arguments: list[str], *, extended: bool) -> int:
    """Print all services in the states that were asked for; running ones without a wish."""
    services = process.machine.services
    chosen = dict(zip(arguments[::2], arguments[1::2], strict=False))
    for option, setting in chosen.items():
        choices = _CHOICES.get(option.lower())
        if choices is None or (choices and setting.lower() not in choices):
            process.say("sc.syntax")
            return 1639
    if len(arguments) % 2:
        process.say("sc.syntax")
        return 1639
    state = next((setting.lower() for option, setting in chosen.items() if option.lower() == "state="), "active")
    kind = next((setting.lower() for option, setting in chosen.items() if option.lower() == "type="), "service")
    for name in services.names() if kind != "driver" else ():
        active = services.state(name) != 1
        if state == "all" or active == (state == "active"):
            process.out(display.status(process.machine, name, extended=extended, title=True))
    return 0
