"""`powershell.exe`: exists, so that nobody takes its absence for success, and says that it is not part of the lab."""

from __future__ import annotations

from winipsec_lab.machine.process import Process


def run(process: Process) -> int:
    """Refuse with exit code 1."""
    process.complain("powershell.absent")
    return 1
