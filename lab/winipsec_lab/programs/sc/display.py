"""How `sc` prints a service."""

from __future__ import annotations

from winipsec_lab.machine.machine import Machine

_STATES = {1: "STOPPED", 2: "START_PENDING", 3: "STOP_PENDING", 4: "RUNNING"}
_FLAGS = {
    1: "(NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)",
    2: "(NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)",
    3: "(NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)",
    4: "(STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)",
}
_TYPES = {0x10: "10  WIN32_OWN_PROCESS", 0x20: "20  WIN32_SHARE_PROCESS"}
_START_TYPES = ("BOOT_START", "SYSTEM_START", "AUTO_START", "DEMAND_START", "DISABLED")


def _kind(machine: Machine, name: str) -> str:
    kind = machine.services.kind(name)
    if kind == 0x20 and machine.guesses["sc.shared_process_type"] == "30":
        return "30  WIN32"
    return _TYPES.get(kind, f"{kind:x}")


def status(machine: Machine, name: str, *, extended: bool = False, title: bool = False, state: int = 0) -> str:
    """The block of `sc query`.

    Args:
        machine: where the service is.
        name: its key name.
        extended: with process number and flags.
        title: with the display name.
        state: the state to print, 0 for the present one.
    """
    services = machine.services
    state = state or services.state(name)
    lines = ["", f"SERVICE_NAME: {name} "]
    if title:
        lines.append(f"DISPLAY_NAME: {services.title(name)}")
    lines += [
        f"        TYPE               : {_kind(machine, name)}  ",
        f"        STATE              : {state}  {_STATES[state]} ",
    ]
    if state != 1 or machine.guesses["sc.stopped_flags"] == "printed":
        lines.append(f"                                {_FLAGS[state]}")
    pending = "0x7d0" if state == 2 else "0x0"
    lines += [
        "        WIN32_EXIT_CODE    : 0  (0x0)",
        "        SERVICE_EXIT_CODE  : 0  (0x0)",
        "        CHECKPOINT         : 0x0",
        f"        WAIT_HINT          : {pending}",
    ]
    if extended:
        lines += [f"        PID                : {services.process(name)}", "        FLAGS              : "]
    return "\n".join(lines) + "\n"


def configuration(machine: Machine, name: str) -> str:
    """The block of `sc qc`."""
    services = machine.services
    start = services.start_type(name)
    needs = services.needs(name)
    image = services.image(name).replace("%SystemRoot%", r"C:\Windows")
    lines = [
        "",
        f"SERVICE_NAME: {name}",
        f"        TYPE               : {_TYPES.get(services.kind(name), '1  KERNEL_DRIVER')} ",
        f"        START_TYPE         : {start}   {_START_TYPES[start] if start < len(_START_TYPES) else ''}",
        "        ERROR_CONTROL      : 1   NORMAL",
        f"        BINARY_PATH_NAME   : {image}",
        "        LOAD_ORDER_GROUP   : ",
        "        TAG                : 0",
        f"        DISPLAY_NAME       : {services.title(name)}",
        f"        DEPENDENCIES       : {needs[0] if needs else ''}",
        *(f"                           : {needed}" for needed in needs[1:]),
        f"        SERVICE_START_NAME : {services.account(name)}",
    ]
    return "\n".join(lines) + "\n"
