"""Arguments of `schtasks`: a table of switches for each operation, task names, questions (spec: winrm 5.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from winipsec_lab.machine.process import Process, codec
from winipsec_lab.machine.tasks.scheduler import Task

#: Operation -> (switches without a value, switches with one). `s`, `u`, `p` and `hresult` belong to all of them.
OPERATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "create": (
        ("f", "z", "k", "it", "np", "v1"),
        ("ru", "rp", "sc", "mo", "tn", "tr", "st", "et", "du", "sd", "ed", "xml", "rl", "delay"),
    ),
    "query": (("nh", "v", "xml"), ("fo", "tn")),
    "delete": (("f",), ("tn",)),
    "run": (("i",), ("tn",)),
    "end": ((), ("tn",)),
    "change": (("enable", "disable"), ("tn",)),
}
#: Switches that Windows Server 2003 does not have.
_NEWER = ("xml", "rl", "delay", "np", "v1", "hresult")
_FORBIDDEN = re.compile(r'[<>:"/|?*\x00-\x1f]')
_LONGEST_NAME = 238

BAD_ARGUMENT = 0x80070057
FILE_NOT_FOUND = 0x80070002
_BAD_NAME = 0x8007007B
_NETWORK_PATH = 0x80070035


class RefusedError(Exception):
    """`schtasks` ends with a message on standard error.

    Attributes:
        key: key of the message.
        code: HRESULT, for `/hresult`.
        detail: a second line, where in the XML the mistake is.
    """

    def __init__(self, key: str, *inserts: object, code: int = BAD_ARGUMENT, detail: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.inserts = inserts
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Request:
    """What a call asks for.

    Attributes:
        operation: lower case.
        values: switches in lower case with their values, empty for those without one.
    """

    operation: str
    values: dict[str, str]

    def __contains__(self, switch: str) -> bool:
        return switch in self.values

    def get(self, switch: str) -> str:
        """The value of a switch, empty without it."""
        return self.values.get(switch, "")

    def need(self, switch: str) -> str:
        """The value of a switch that must be there."""
        if switch not in self.values:
            raise RefusedError("tasks.missing_switch", switch, self.usage)
        return self.values[switch]

    @property
    def usage(self) -> str:
        """The operation as the usage hints quote it."""
        return f"SCHTASKS /{self.operation.upper()}"


def parse(operation: str, words: list[str], generation: str) -> Request:
    """The arguments of an operation.

    Raises:
        RefusedError: an unknown or repeated switch, or a missing value.
    """
    bare, valued = OPERATIONS[operation]
    bare, valued = (*bare, "hresult"), (*valued, "s", "u", "p")
    request = Request(operation, {})
    rest = list(words)
    while rest:
        word = rest.pop(0)
        switch = word[1:].lower() if word[:1] in ("/", "-") else ""
        old = generation == "2003" and switch in _NEWER
        if old or switch not in (*bare, *valued):
            raise RefusedError("tasks.bad_option", word, request.usage)
        if switch in request.values:
            raise RefusedError("tasks.repeated_switch", word, request.usage)
        value = ""
        if switch in valued and (switch not in ("rp", "p") or (rest and rest[0][:1] != "/")):
            if not rest:
                raise RefusedError("tasks.no_value", word, request.usage)
            value = rest.pop(0)
        elif operation == "query" and switch == "xml" and rest and rest[0].lower() == "one":
            rest.pop(0)
        request.values[switch] = value
    return request


def check_target(process: Process, request: Request) -> None:
    """Refuse other machines: nothing else is simulated."""
    own = {"", ".", "localhost", "127.0.0.1", process.machine.name.lower(), process.machine.dns_name.lower()}
    if request.get("s").lstrip("\\").lower() not in own:
        raise RefusedError("win32.53", code=_NETWORK_PATH)


def task_name(process: Process, text: str) -> str:
    r"""A name with its folders, `\App\name`."""
    path = "\\" + text.strip().strip("\\")
    parts = path[1:].split("\\")
    flat = process.machine.generation == "2003" and len(parts) > 1
    if flat or len(path) > _LONGEST_NAME or not all(part.strip(" .") for part in parts) or _FORBIDDEN.search(path):
        raise RefusedError("win32.123", code=_BAD_NAME)
    return path


def existing(process: Process, request: Request) -> Task:
    """The task that `/tn` names."""
    task = process.machine.tasks.find(task_name(process, request.need("tn")))
    if task is None:
        raise RefusedError("win32.2", code=FILE_NOT_FOUND)
    return task


def shown(task: Task, request: Request) -> str:
    """A task's name as messages quote it: as it was given."""
    return request.get("tn") or task.path


def confirm(process: Process, key: str, *inserts: object) -> bool:
    """Ask a question until the answer is yes or no. It waits for input; the end of the input is a refusal."""
    while True:
        process.say(key, *inserts)
        line = process.stdin.readline()
        if not line:
            process.out("\n")
            raise RefusedError("tasks.no_answer")
        answer = line.decode(codec(process.code_page), "replace").strip().upper()
        if answer[:1] in ("Y", "J", "N") and answer:
            return answer[0] != "N"
