"""`chcp.com`: shows and changes the console's code page for everything that was started together."""

from __future__ import annotations

from winipsec_lab.machine.process import Process, codec


def run(process: Process) -> int:
    """`chcp [number]`, in the OEM code page whatever the console's is (spec: winrm 4.5)."""
    if process.machine.guesses["net.code_page"] == "oem":
        process.encoding = process.machine.oem_code_page
    if len(process.argv) > 2:
        process.complain("cmd.bad_parameter", process.argv[2])
        return 1
    if len(process.argv) == 2:
        text = process.argv[1]
        if not text.isdigit():
            process.complain("cmd.bad_parameter", text)
            return 1
        try:
            "".encode(codec(int(text)))
        except LookupError:
            process.complain("cmd.bad_code_page")
            return 1
        process.console.code_page = int(text)
    process.say("cmd.code_page", process.console.code_page)
    return 0
