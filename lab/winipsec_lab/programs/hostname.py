"""`hostname.exe`."""

from __future__ import annotations

from winipsec_lab.machine.process import Process


def run(process: Process) -> int:
    """Print the host's name; it cannot be set here."""
    if len(process.argv) > 1:
        process.complain("hostname.set")
        return 1
    process.out(process.machine.name + "\n")
    return 0
