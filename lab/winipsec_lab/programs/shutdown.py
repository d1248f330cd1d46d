"""`shutdown.exe /r`: asks for a reboot, which whoever runs the machine carries out. Switching off is not possible."""

from __future__ import annotations

from winipsec_lab.machine.process import Process

_VALUED = ("t", "c", "d", "m")
_NO_SHUTDOWN = 1116


def run(process: Process) -> int:
    """`shutdown /r [/f] [/t seconds]` sets the machine's reboot request, `/a` takes it back."""
    words = process.argv[1:]
    switches: set[str] = set()
    while words:
        word = words.pop(0).lower()
        letter = word[1:]
        if word[:1] not in ("/", "-") or letter not in ("r", "a", "f", *_VALUED):
            process.complain("shutdown.usage")
            return 1
        if letter in _VALUED and words and words[0][:1] not in ("/", "-"):
            words.pop(0)
        switches.add(letter)
    requested = process.machine.reboot_requested
    if "a" in switches:
        if not requested.is_set():
            process.complain("shutdown.none")
            return _NO_SHUTDOWN
        requested.clear()
        return 0
    if "r" not in switches:
        process.complain("shutdown.usage")
        return 1
    requested.set()
    return 0
