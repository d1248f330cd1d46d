"""`netsh ipsec dynamic set|show config` (spec: ipsec-policy 2, table of properties).

Two registry values are known: `NoDefaultExempt` for the exemptions and `OperationMode` for the start-up mode, the
latter without its numbers. Everything else is kept where the lab thinks best.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.netsh import volatile
from winipsec_lab.netsh.arguments import Arguments, keyword, whole
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.session import Session

DRIVER: Final = r"HKLM\SYSTEM\CurrentControlSet\Services\IPSEC"
_AGENT: Final = r"HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent"
_BOOT_MODES: Final = ("permit", "block", "stateful")
_EXEMPTION: Final = re.compile(r"\w+:\d{1,5}:\d{1,5}:(inbound|outbound)", re.IGNORECASE)


@dataclass(frozen=True)
class Property:
    """A number that `set config` writes, with its home and its bounds."""

    key: str
    value: str
    least: int
    most: int


PROPERTIES: Final = {
    "ipsecexempt": Property(DRIVER, "NoDefaultExempt", 0, 3),
    "ikelogging": Property(_AGENT + r"\Oakley", "EnableLogging", 0, 1),
    "strongcrlcheck": Property(_AGENT + r"\Oakley", "StrongCRLCheck", 0, 2),
    "ipsecdiagnostics": Property(DRIVER, "EnableDiagnostics", 0, 7),
    "ipsecloginterval": Property(DRIVER, "LogInterval", 60, 86400),
}


def number_of(value: RegistryValue | None) -> int | None:
    """A REG_DWORD's number, or None when there is none."""
    if value is None or not isinstance(value.data, int):
        return None
    return value.data


def set_config(session: Session, args: Arguments) -> None:
    """`set config`."""
    name, text = args.get("property").lower(), args.get("value")
    registry = session.machine.registry
    if name in PROPERTIES:
        home = PROPERTIES[name]
        number = whole("value", text, home.most, home.least)
        volatile.exemption_at_boot(session.machine, number_of(registry.get(DRIVER, "NoDefaultExempt")))
        registry.set(home.key, home.value, RegistryValue("REG_DWORD", number))
    elif name == "bootmode":
        number = _BOOT_MODES.index(keyword("value", text, _BOOT_MODES))
        registry.set(DRIVER, "OperationMode", RegistryValue("REG_DWORD", number))
    elif name == "bootexemptions":
        words = () if text.lower() == "none" else tuple(text.split())
        if not all(map(_EXEMPTION.fullmatch, words)) or (not words and text.lower() != "none"):
            raise Refusal("bad_value", tag="value")
        registry.set(DRIVER, "BootExemptions", RegistryValue("REG_MULTI_SZ", words))
    else:
        raise Refusal("bad_value", tag="property")


def show_config(session: Session, _: Arguments) -> None:
    """`show config`."""
    registry = session.machine.registry
    session.say(f"\n{session.texts('layout')}\n")
    for name, home in PROPERTIES.items():
        number = number_of(registry.get(home.key, home.value))
        session.say(f"{name:<20} : {session.texts('none') if number is None else number}\n")
    mode = number_of(registry.get(DRIVER, "OperationMode"))
    known = mode is not None and mode < len(_BOOT_MODES)
    session.say(f"{'bootmode':<20} : {_BOOT_MODES[mode] if mode is not None and known else session.texts('none')}\n\n")
