"""The programs of a simulated host by lower-case name.

Each is a function that takes a `Process` and returns the exit code; its module is loaded when it first runs. A
program that is not here does not exist on the host: `cmd` says that it is not recognized.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from winipsec_lab.machine.process import Process

Program = Callable[[Process], int]

_MODULES = {
    "attrib": "winipsec_lab.programs.attrib",
    "certutil": "winipsec_lab.programs.certutil",
    "chcp": "winipsec_lab.programs.chcp",
    "cmd": "winipsec_lab.cmd.program",
    "find": "winipsec_lab.programs.find",
    "findstr": "winipsec_lab.programs.findstr",
    "hostname": "winipsec_lab.programs.hostname",
    "icacls": "winipsec_lab.programs.icacls",
    "ipconfig": "winipsec_lab.programs.ipconfig",
    "more": "winipsec_lab.programs.more",
    "net": "winipsec_lab.programs.net",
    "netsh": "winipsec_lab.netsh.program",
    "ping": "winipsec_lab.programs.ping",
    "powershell": "winipsec_lab.programs.powershell",
    "reg": "winipsec_lab.programs.reg",
    "sc": "winipsec_lab.programs.sc",
    "schtasks": "winipsec_lab.programs.schtasks",
    "shutdown": "winipsec_lab.programs.shutdown",
    "sort": "winipsec_lab.programs.sort",
    "taskkill": "winipsec_lab.programs.taskkill",
    "tasklist": "winipsec_lab.programs.tasklist",
    "timeout": "winipsec_lab.programs.timeout",
    "where": "winipsec_lab.programs.where",
    "whoami": "winipsec_lab.programs.whoami",
}


def _program(module: str) -> Program:
    def run(process: Process) -> int:
        return cast("Program", importlib.import_module(module).run)(process)

    return run


PROGRAMS: dict[str, Program] = {name: _program(module) for name, module in _MODULES.items()}
