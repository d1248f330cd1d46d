"""`shutdown.exe /r`: restarts the machine after a while. Switching off is not possible (spec: winrm 5.6)."""

from __future__ import annotations

from winipsec_lab.machine.process import Process

_VALUED = ("t", "c", "d", "m")
_DEFAULT_SECONDS = 30
_MOST_SECONDS = 315_360_000
_NO_SHUTDOWN, _ALREADY_SCHEDULED = 1116, 1190


def run(process: Process) -> int:
    """`shutdown /r [/f] [/t seconds]` lets the machine restart, after 30 seconds by default; `/a` takes it back."""
    switches = _switches(process.argv[1:])
    machine = process.machine
    if switches is not None and "a" in switches:
        if not machine.reboot_requested.is_set():
            process.complain("shutdown.none")
            return _NO_SHUTDOWN
        machine.cancel_reboot()
        return 0
    delay = (switches or {}).get("t") or str(_DEFAULT_SECONDS)
    if switches is None or "r" not in switches or not delay.isdigit() or int(delay) > _MOST_SECONDS:
        process.complain("shutdown.usage")
        return 1
    if machine.reboot_requested.is_set():
        process.complain("shutdown.scheduled")
        return _ALREADY_SCHEDULED
    machine.request_reboot(float(delay))
    return 0


def _switches(words: list[str]) -> dict[str, str] | None:
    """The switches with their values; None when there is one that does not exist."""
    switches: dict[str, str] = {}
    words = list(words)
    while words:
        word = words.pop(0).lower()
        letter = word[1:]
        if word[:1] not in ("/", "-") or letter not in ("r", "a", "f", *_VALUED):
            return None
        valued = letter in _VALUED and words and words[0][:1] not in ("/", "-")
        switches[letter] = words.pop(0) if valued else ""
    return switches
