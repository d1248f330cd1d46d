"""Arguments of `reg`: a table of switches for each operation, and key names."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from winipsec_lab.machine.process import CancelledError, Process, codec
from winipsec_lab.machine.registry import full_path

#: Operation -> (number of plain arguments, switches without a value, switches with one).
SWITCHES: dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]] = {
    "query": (1, ("ve", "s", "k", "d", "c", "e", "z", "reg:32", "reg:64"), ("v", "f", "t", "se")),
    "add": (1, ("ve", "f", "reg:32", "reg:64"), ("v", "t", "s", "d")),
    "delete": (1, ("ve", "va", "f", "reg:32", "reg:64"), ("v",)),
    "export": (2, ("y", "reg:32", "reg:64"), ()),
    "import": (1, ("reg:32", "reg:64"), ()),
    "copy": (2, ("s", "f", "reg:32", "reg:64"), ()),
    "compare": (2, ("ve", "oa", "od", "os", "on", "s", "reg:32", "reg:64"), ("v",)),
}


class RefusedError(Exception):
    """`reg` ends with a message on standard error and exit code 1.

    Attributes:
        key: key of the message.
    """

    def __init__(self, key: str, *inserts: object) -> None:
        super().__init__(key)
        self.key = key
        self.inserts = inserts


@dataclass(frozen=True)
class Request:
    """What a call asks for.

    Attributes:
        operation: upper case, followed by a blank, as the usage texts quote it.
        plain: arguments that are no switches.
        switches: lower case with their values, empty for those without one.
    """

    operation: str
    plain: list[str]
    switches: dict[str, str]

    def path(self, index: int = 0) -> str:
        """A plain argument as the full path of a key; `RefusedError` when it is none."""
        text = self.plain[index]
        if text.startswith("\\\\"):
            raise RefusedError("reg.network")
        try:
            path = full_path(text)
        except ValueError:
            raise RefusedError("reg.bad_key", self.operation) from None
        root = "HKEY_LOCAL_MACHINE\\SOFTWARE"
        inside = path.upper() == root or path.upper().startswith(root + "\\")
        if "reg:32" in self.switches and inside and "WOW6432NODE" not in path.upper():
            return path[: len(root)] + "\\WOW6432Node" + path[len(root) :]
        return path

    def value_name(self) -> str | None:
        """The value that `/v` or `/ve` means, None without them."""
        return "" if "ve" in self.switches else self.switches.get("v")


def parse(operation: str, arguments: list[str]) -> Request:
    """The arguments of an operation.

    Raises:
        RefusedError: an unknown or repeated switch, or too few or too many names.
    """
    name = operation.upper() + " "
    if operation not in SWITCHES:
        raise RefusedError("reg.syntax", "")
    count, bare, valued = SWITCHES[operation]
    plain: list[str] = []
    switches: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("/") or (len(plain) < count and "\\" in word):
            plain.append(word)
            continue
        switch = word[1:].lower()
        if switch in switches or switch not in (*bare, *valued):
            raise RefusedError("reg.syntax", name)
        value = ""
        if switch in valued:
            lone_name = operation == "query" and switch == "v" and (not rest or rest[0].startswith("/"))
            if not rest and not lone_name:
                raise RefusedError("reg.syntax", name)
            value = "" if lone_name else rest.pop(0)
            if lone_name:
                switch = "v*"
        switches[switch] = value
    if len(plain) != count or ("v" in switches and "ve" in switches):
        raise RefusedError("reg.syntax", name)
    return Request(name, plain, switches)


def confirm(process: Process, key: str, *inserts: object) -> bool:
    """Ask a question until the answer is yes or no; with no more input it waits until the process is ended."""
    while True:
        process.say(key, *inserts)
        line = process.stdin.readline()
        if not line:
            threading.Event.wait(process.cancelled)
            raise CancelledError
        answer = line.decode(codec(process.code_page), "replace").strip().upper()
        if answer[:1] in ("Y", "J", "N") and answer:
            return answer[0] != "N"
