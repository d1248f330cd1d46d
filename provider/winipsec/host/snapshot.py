"""Reading a host: one remote command returns the whole policy store and what else matters about the machine.

The parts of the answer are told apart by marker lines of our own, never by what tools print, which is localised
(design 3). Each part is one program that exists on every Windows since 2003.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from winipsec.errors import HostError
from winipsec.formats.policy_store import LOCAL, read_store
from winipsec.formats.registry import folded, tree
from winipsec.formats.registry_text import RegistryTextError, parse_query
from winipsec.host.leftovers import Leftover, read_leftovers
from winipsec.host.machine import (
    CRYPTOGRAPHY,
    EXEMPTIONS,
    INTERFACES,
    LISTENERS,
    POLICY_AGENT,
    SERVICE,
    VERSION,
    Machine,
    read_machine,
)
from winipsec.host.pending import Pending, read_pending
from winipsec.model.filters import FilterList
from winipsec.model.names import as_guid
from winipsec.model.store import Store

IPSEC = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec"
FOLDER = r"%SystemRoot%\winipsec"
"""Not below `%ProgramData%` or a `Temp`: there every user may make the folder first, and keep his rights to it."""
_MARK = "#winipsec:"

_PARTS: Mapping[str, str] = {
    "listing": f'reg query "{LOCAL}" 2>nul',
    "store": f'reg query "{IPSEC}" /s 2>nul',
    "agent": f'reg query "{POLICY_AGENT}" /v Start 2>nul',
    "exempt": f'reg query "{EXEMPTIONS}" /v NoDefaultExempt 2>nul',
    "machine": f'reg query "{CRYPTOGRAPHY}" /v MachineGuid 2>nul',
    "version": f'reg query "{VERSION}" /v CurrentBuild 2>nul',
    "interfaces": f'reg query "{INTERFACES}" /s 2>nul',
    "listeners": f'reg query "{LISTENERS}" /s 2>nul',
    "service": f"sc query {SERVICE}",
    "name": "hostname",
    "folder": f"echo {FOLDER}",
    "leftovers": rf'type "{FOLDER}\b-*.nsh" 2>nul & echo.',  # a file cut short has no end of line
    "commits": rf'dir /b "{FOLDER}\c-*.*" 2>nul',
    "scripts": rf'type "{FOLDER}\c-*.cmd" 2>nul & echo.',
    "files": rf'dir /b "{FOLDER}\*.nsh" 2>nul',
}
_END, _HELD, _SAID = "end", "held", "said"
_REGISTRY = [name for name, line in _PARTS.items() if line.startswith("reg ") and name != "listing"]
READ_LINE = "".join(f"echo {_MARK}{name}& {line} & " for name, line in _PARTS.items()) + f"echo {_MARK}{_END}"
"""The one command that reads a host; it changes nothing and may follow another command on the same line."""
HELD_LINE = f'echo {_MARK}{_HELD}& reg query "{LOCAL}" 2>nul & echo {_MARK}{_SAID}'
"""Lists the objects of the store just before a batch; what the batch then says is told apart from the list."""
HELD_CONTENT_LINE = HELD_LINE.replace(f'"{LOCAL}"', f'"{LOCAL}" /s')
"""The same with all that is in them, for batches that could put something into an object of somebody else."""


@dataclass(frozen=True)
class Snapshot:
    """A host at one moment. `taken` is the reader's monotonic clock, in seconds."""

    host: str
    store: Store
    machine: Machine
    client_address: str = ""
    folder: str = ""
    leftovers: tuple[Leftover, ...] = ()
    files: frozenset[str] = frozenset()
    """Names of the batch files in the folder, of those without a line too."""
    exists: bool = True
    """Whether there is a local store at all; without one there is nothing to export either."""
    pending: tuple[Pending, ...] = ()
    """Changes that wait to be confirmed, and what dead ones left."""
    taken: float = 0.0
    held: frozenset[str] | None = None
    """GUIDs of the objects that were there just before the batch that this snapshot follows; None if not known."""
    held_lists: Mapping[str, FilterList] = field(default_factory=dict)
    """The filter lists that were there just before the batch, if it was about filters."""
    before: str = field(default="", repr=False)
    """What the line printed before the reading began: the tools' own words, for error messages only."""


def read_snapshot(host: str, output: str, *, client_address: str, taken: float) -> Snapshot:
    """Take the answer of `READ_LINE` apart.

    Raises:
        HostError: the answer is incomplete or not what the programs print; nothing is concluded from it.
    """
    before, parts = _split(output)
    missing = [name for name in (*_PARTS, _END) if name not in parts]
    if missing:
        raise HostError(
            f"the answer to a read of the policy store was cut short before its part {missing[0]!r}.",
            code="read.cut",
            host=host,
            advice="Run it again; if it persists, check that the account may run cmd, reg and sc on the host.",
        )
    try:
        read = [parse_query(parts[name]) for name in _REGISTRY]
    except RegistryTextError as error:
        raise HostError(f"the registry's answer could not be read: {error}.", code="read.text", host=host) from error
    registry = tree(key for part in read for key in part.keys.values())
    if not registry.children(LOCAL) and _lists_objects(parts["listing"]):
        raise HostError(
            "the policy store exists but could not be read.",
            code="read.denied",
            host=host,
            advice="The account needs to read HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\IPSec.",
        )
    return Snapshot(
        host=host,
        store=read_store(registry, LOCAL),
        machine=read_machine(registry, parts["service"], parts["name"].strip()),
        client_address=client_address,
        folder=parts["folder"].strip(),
        leftovers=read_leftovers(parts["leftovers"]),
        files=frozenset(line.strip() for line in parts["files"].splitlines() if line.strip()),
        exists=bool(parts["listing"].strip()) or bool(registry.children(LOCAL)),
        pending=read_pending(map(str.strip, parts["commits"].splitlines()), parts["scripts"]),
        taken=taken,
        held=_guids(parts[_HELD]) if _HELD in parts else None,
        held_lists=_lists(parts.get(_HELD, "")),
        before=before + parts.get(_SAID, ""),
    )


def reached(output: str) -> bool:
    """Whether a batch got as far as `HELD_LINE`: its script is on the disk, and netsh runs it."""
    return _HELD in _split(output)[1]


def _guids(listing: str) -> frozenset[str]:
    """The GUIDs at the ends of the key names."""
    keys = (line for line in listing.splitlines() if line[:1].strip() and "{" in line)
    found = (as_guid(line[line.rfind("{") :]) for line in keys)
    return frozenset(guid for guid in found if guid)


def _lists(listing: str) -> Mapping[str, FilterList]:
    """The filter lists in a listing; none where it names the keys only, or cannot be read."""
    try:
        return read_store(tree(parse_query(listing).keys.values()), LOCAL).filter_lists
    except RegistryTextError:
        return {}


def _lists_objects(listing: str) -> bool:
    """Whether the store has keys, though perhaps none that we may read."""
    return any(folded(line).startswith(folded(LOCAL) + "\\") for line in listing.splitlines())


def _split(output: str) -> tuple[str, dict[str, str]]:
    before: list[str] = []
    parts: dict[str, list[str]] = {}
    current = before
    for line in output.splitlines(keepends=True):
        if line.startswith(_MARK):
            current = parts.setdefault(line[len(_MARK) :].strip(), [])
        else:
            current.append(line)
    return "".join(before), {name: "".join(lines) for name, lines in parts.items()}
