"""What a host can find out about DNS names without a network: itself, and its hosts file.

The spec says that names are resolved when a filter is added (ipsec-policy 1.5); it is up to the lab who answers.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.machine import Machine

HOSTS: Final = r"C:\Windows\System32\drivers\etc\hosts"


def addresses_of(machine: Machine, name: str) -> tuple[str, ...]:
    """The addresses of a name; empty when nobody knows it."""
    wanted = name.rstrip(".").lower()
    listed = tuple(address for address, names in _hosts(machine) if wanted in names)
    if listed:
        return listed
    if wanted == "localhost":
        return ("127.0.0.1",)
    return tuple(machine.addresses) if wanted in (machine.name.lower(), machine.dns_name.lower()) else ()


def _hosts(machine: Machine) -> list[tuple[str, list[str]]]:
    try:
        text = machine.files.read(HOSTS).decode("utf-8", "replace")
    except FileError:
        return []
    entries = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) > 1 and _is_address(words[0]):
            entries.append((words[0], [word.lower() for word in words[1:]]))
    return entries


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
