"""`ipconfig.exe`: addresses of the host, read-only."""

from __future__ import annotations

from winipsec_lab.machine.process import Process


def run(process: Process) -> int:
    """`ipconfig [/all]`; `/flushdns` and the like do not exist here."""
    words = [word.lower() for word in process.argv[1:]]
    if words not in ([], ["/all"]):
        process.say("ipconfig.bad_option")
        return 1
    machine = process.machine
    text = machine.text
    process.say("ipconfig.header")
    if words:
        process.out(f"{text('ipconfig.host')}{machine.name.lower()}\n")
    process.say("ipconfig.adapter")
    preferred = "(Preferred)" if words else ""
    for address in machine.addresses:
        if ":" in address:
            process.out(f"{text('ipconfig.v6')}{address}{preferred}\n")
    for address in machine.addresses:
        if ":" not in address:
            process.out(f"{text('ipconfig.v4')}{address}{preferred}\n")
            process.out(f"{text('ipconfig.mask')}{machine.network.mask}\n")
    process.out(f"{text('ipconfig.gateway')}{machine.gateway}\n")
    if words and machine.dns_servers:
        process.out(text("ipconfig.dns") + ("\n" + " " * 39).join(machine.dns_servers) + "\n")
    return 0
