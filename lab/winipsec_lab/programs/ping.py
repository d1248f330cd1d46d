"""`ping.exe`: only the host itself answers; the pauses pass on the machine's clock. Used as a timer."""

from __future__ import annotations

import ipaddress

from winipsec_lab.machine.process import Process

_VALUED = ("n", "w", "l", "i", "v", "r", "s", "f_", "c", "k", "j")
_BARE = ("4", "6", "a", "f", "t")


def run(process: Process) -> int:
    """`ping [-n count] [-w milliseconds] [-t] [-4] [-6] target`; exit code 1 when nobody answers."""
    words = process.argv[1:]
    values: dict[str, str] = {}
    target = ""
    while words:
        word = words.pop(0)
        letter = word[1:].lower()
        if word[:1] not in ("-", "/"):
            target = word
        elif letter in _VALUED and words:
            values[letter] = words.pop(0)
            if not values[letter].isdigit() or (letter == "n" and values[letter] == "0"):
                process.say("ping.bad_value", word)
                return 1
        elif letter in _BARE:
            values[letter] = ""
        else:
            process.say("ping.bad_option", word)
            return 1
    address = _address(process, target)
    if address is None:
        process.say("ping.unknown", target)
        return 1
    return _ping(process, target, address, values)


def _address(process: Process, target: str) -> str | None:
    machine = process.machine
    own = {"localhost": "127.0.0.1", machine.name.lower(): next(iter(machine.addresses), "127.0.0.1")}
    own[machine.dns_name.lower()] = own[machine.name.lower()]
    try:
        return str(ipaddress.ip_address(target))
    except ValueError:
        return own.get(target.lower())


def _ping(process: Process, target: str, address: str, values: dict[str, str]) -> int:
    machine = process.machine
    answers = ipaddress.ip_address(address).is_loopback or address in machine.addresses
    shown = address if target == address else f"{target} [{address}]"
    process.say("ping.header", shown)
    count, sent = int(values.get("n", "4")), 0
    wait = int(values.get("w", "4000")) / 1000
    while sent < count or "t" in values:
        if sent:
            process.sleep(1.0)
        if not answers:
            process.sleep(wait)
        process.say("ping.reply" if answers else "ping.timed_out", address)
        sent += 1
    received = sent if answers else 0
    process.say("ping.statistics", address, sent, received, sent - received, 0 if answers else 100)
    if answers:
        process.say("ping.times")
    return int(not answers)
