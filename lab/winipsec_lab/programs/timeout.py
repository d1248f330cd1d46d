"""`timeout.exe`: a pause that insists on a console (spec: winrm 4.3 no. 7)."""

from __future__ import annotations

import re

from winipsec_lab.machine.process import Process

_LONGEST = 99999


def run(process: Process) -> int:
    """`timeout [/t] seconds [/nobreak]`; refuses redirected standard input with exit code 1."""
    words = process.argv[1:]
    numbers = [word for word in words if re.fullmatch(r"-?\d+", word)]
    others = [word for word in words if word not in numbers and word.lower() not in ("/t", "/nobreak")]
    if others or len(numbers) != 1:
        process.complain("invalid_option", others[0] if others else " ".join(numbers), "TIMEOUT")
        return 1
    seconds = int(numbers[0])
    if not -1 <= seconds <= _LONGEST:
        process.complain("timeout.range")
        return 1
    if process.stdin.redirected:
        process.complain("timeout.redirected")
        return 1
    process.say("timeout.waiting", seconds)
    process.sleep(seconds if seconds >= 0 else _LONGEST)
    process.out("\n")
    return 0
