"""`icacls.exe`: access lists of files (spec: winrm 4.6). The exit code is the Win32 error number.

Accounts are given by name in the host's language or as `*S-1-...`; a name of another language is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from winipsec_lab.machine.process import Process
from winipsec_lab.machine.security import AccessList, Entry

_GRANT = re.compile(r"(.+?):((?:\((?:OI|CI|IO|NP)\))*)(\(?[A-Z,]+\)?)", re.IGNORECASE)
_SIMPLE = ("F", "M", "RX", "R", "W", "D", "N")
_SPECIFIC = (
    "DE",
    "RC",
    "WDAC",
    "WO",
    "S",
    "AS",
    "MA",
    "GR",
    "GW",
    "GE",
    "GA",
    "RD",
    "WD",
    "AD",
    "REA",
    "WEA",
    "X",
    "DC",
)
_INVALID_PARAMETER = 87
_NO_ACCOUNT = 1332


@dataclass
class _Request:
    name: str = ""
    switches: set[str] = field(default_factory=set)
    inheritance: str = ""
    reset: bool = False
    changes: list[tuple[str, Entry]] = field(default_factory=list)


class _RefusedError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def run(process: Process) -> int:
    """Show or change the access list of a file or folder."""
    try:
        request = _parse(process, process.argv[1:])
    except _RefusedError as refused:
        return refused.code
    files = process.machine.files
    path = files.absolute(request.name, process.directory)
    found = [info.path for info in files.match(path)]
    if not found:
        code = files.missing(path)
        process.complain("icacls.failed", request.name, process.machine.text(f"win32.{code}"))
        process.say("icacls.summary", 0, 1)
        return code
    if "t" in request.switches:
        found += [info.path for top in list(found) if files.is_folder(top) for info in files.walk(top)]
    changes = bool(request.inheritance or request.changes or request.reset)
    for item in found:
        shown = request.name if len(found) == 1 else item
        if changes:
            _change(process, item, request)
            if "q" not in request.switches:
                process.say("icacls.processed", shown)
        else:
            _show(process, item, shown)
    process.say("icacls.summary", len(found), 0)
    return 0


def _parse(process: Process, words: list[str]) -> _Request:
    if not words or words[0].startswith("/"):
        process.complain("icacls.invalid", words[0] if words else "")
        raise _RefusedError(_INVALID_PARAMETER)
    request = _Request(words[0])
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        verb, _, mode = word.lower().partition(":")
        if verb == "/inheritance" and mode in ("e", "d", "r"):
            request.inheritance = mode
        elif verb in ("/t", "/c", "/q", "/l") and not mode:
            request.switches.add(verb[1:])
        elif verb == "/reset" and not mode:
            request.reset = True
        elif verb in ("/grant", "/deny", "/remove") and rest and not rest[0].startswith("/"):
            kind = f"{verb}:{mode}" if mode else verb
            while rest and not rest[0].startswith("/"):
                request.changes.append((kind, _entry(process, verb, rest.pop(0))))
        else:
            process.complain("icacls.invalid", word)
            raise _RefusedError(_INVALID_PARAMETER)
    return request


def _entry(process: Process, verb: str, text: str) -> Entry:
    account, flags, rights = text, "", "F"
    if verb != "/remove":
        found = _GRANT.fullmatch(text)
        rights = found.group(3).upper().strip("()") if found else ""
        valid = rights in _SIMPLE or all(part in (*_SPECIFIC, *_SIMPLE) for part in rights.split(","))
        if found is None or not valid:
            process.complain("icacls.invalid", text)
            raise _RefusedError(_INVALID_PARAMETER)
        account, flags = found.group(1), found.group(2).upper()
    sid = process.machine.accounts.identify(account)
    if sid is None:
        process.complain("icacls.failed", account, process.machine.text("win32.1332"))
        process.say("icacls.summary", 0, 1)
        raise _RefusedError(_NO_ACCOUNT)
    return Entry(sid, rights, flags, deny=verb == "/deny")


def _change(process: Process, path: str, request: _Request) -> None:
    files = process.machine.files
    access = files.access(path)
    entries, protected = list(access.entries), access.protected
    if request.reset:
        entries, protected = [], False
    if request.inheritance == "r":
        entries, protected = [entry for entry in entries if not entry.inherited], True
    elif request.inheritance == "d":
        entries, protected = [replace(entry, inherited=False) for entry in entries], True
    elif request.inheritance == "e":
        protected = False
    folder = files.is_folder(path)
    for kind, entry in request.changes:
        verb, _, mode = kind.partition(":")
        own = replace(entry, inheritance=entry.inheritance if folder else "")
        if verb == "/remove":
            wanted = {"": (True, False), "g": (False,), "d": (True,)}.get(mode, (True, False))
            entries = [old for old in entries if old.inherited or old.sid != own.sid or old.deny not in wanted]
            continue
        if mode == "r":
            entries = [old for old in entries if old.inherited or old.sid != own.sid or old.deny]
        entries.insert(0 if own.deny else len([old for old in entries if old.deny or not old.inherited]), own)
    files.set_access(path, AccessList(tuple(entries), protected))


def _show(process: Process, path: str, shown: str) -> None:
    lines = []
    for entry in process.machine.files.access(path).entries:
        rights = entry.rights if entry.rights.startswith("(") else f"({entry.rights})"
        flags = ("(I)" if entry.inherited else "") + entry.inheritance + ("(DENY)" if entry.deny else "")
        lines.append(f"{process.machine.accounts.name(entry.sid)}:{flags}{rights}")
    gap = "\n" + " " * (len(shown) + 1)
    process.out(f"{shown} {gap.join(lines)}\n\n")
