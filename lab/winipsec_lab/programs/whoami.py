"""`whoami.exe`: who runs this, `/user`, `/groups`."""

from __future__ import annotations

from winipsec_lab.machine.process import Process
from winipsec_lab.machine.security import SERVICE_ACCOUNTS

#: Groups of an administrator who came over the network: identifier and index of its type.
_GROUPS = (
    ("S-1-1-0", 0),
    ("S-1-5-32-544", 1),
    ("S-1-5-32-545", 1),
    ("S-1-5-2", 0),
    ("S-1-5-11", 0),
    ("S-1-5-15", 0),
    ("S-1-16-12288", 2),
)


def run(process: Process) -> int:
    """`whoami`, or `/user` and `/groups` as a table, list or CSV (`/fo`), without headings (`/nh`)."""
    words = [word.lower() for word in process.argv[1:]]
    account = _account(process).lower()
    if not words:
        process.out(account + "\n")
        return 0
    form = "table"
    if "/fo" in words[:-1]:
        index = words.index("/fo")
        form = words[index + 1]
        del words[index : index + 2]
    unknown = [word for word in words if word not in ("/user", "/groups", "/nh")]
    if unknown or form not in ("table", "list", "csv") or not {"/user", "/groups"} & set(words):
        process.complain("invalid_option", unknown[0] if unknown else form, "WHOAMI")
        return 1
    text = process.machine.text
    user, sid, group, kind, attributes = text("whoami.columns").split("|")
    if "/user" in words:
        number = _service_id(process) or process.machine.accounts.identify(process.user) or ""
        _table(process, text("whoami.user"), [user, sid], [[account, number]], form, headings="/nh" not in words)
    if "/groups" in words:
        kinds = text("whoami.types").split("|")
        rows = [
            [
                process.machine.accounts.name(number),
                kinds[index],
                number,
                text("whoami.attributes") if index < 2 else "",
            ]
            for number, index in _GROUPS
        ]
        columns = [group, kind, sid, attributes]
        _table(process, text("whoami.groups"), columns, rows, form, headings="/nh" not in words)
    return 0


def _service_id(process: Process) -> str:
    """The identifier of a service account, empty for others."""
    return next((sid for sid, name in SERVICE_ACCOUNTS.items() if name == process.user), "")


def _account(process: Process) -> str:
    r"""`AUTHORITY\name` in the host's language."""
    sid = _service_id(process)
    return process.machine.accounts.name(sid) if sid else f"{process.machine.name}\\{process.user}"


def _table(
    process: Process, title: str, columns: list[str], rows: list[list[str]], form: str, *, headings: bool
) -> None:
    if form == "csv":
        for row in [columns, *rows] if headings else rows:
            process.out(",".join(f'"{cell}"' for cell in row) + "\n")
        return
    process.out(f"\n{title}\n{'-' * len(title)}\n\n")
    if form == "list":
        width = max(map(len, columns)) + 1
        for row in rows:
            pairs = zip(columns, row, strict=True)
            process.out("".join(f"{name + ':':<{width}} {cell}\n" for name, cell in pairs) + "\n")
        return
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    lines = [columns, ["=" * width for width in widths], *rows] if headings else rows
    for line in lines:
        process.out(" ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() + "\n")
