"""What a run that died left behind, and what it proves.

Before a batch changes anything, its script lies on the host as a file that also says which resource wants which
object (`# winipsec ...` lines, JSON). netsh reads those lines as comments. When the engine has heard of the outcome
the file goes; a run that died leaves it. The next run may then take an existing object for its own, and only then,
if the file names the same resource and every command that would make the object as it stands was in that file
(design 2.2, 4). Commands that never lie in a file, because they hold a key or travel on an argument line, are
recorded without the key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from winipsec.model.names import folded

_COMMENT = "# winipsec "
_PIECE = 1000
"""Characters of a recorded line that one comment holds: six bytes each at most, far below what `findstr` lets pass."""
_BEGINNING = _COMMENT + '{"batch": "'


@dataclass(frozen=True)
class Intent:
    """One resource is about to make one object. `recorded` are its commands that the script itself does not hold."""

    urn: str
    kind: str
    name: str
    recorded: tuple[str, ...] = ()
    previous: str = ""
    """For an assignment: the GUID of the policy that was active before."""

    def line(self) -> str:
        """This intent as a comment line of a script; ASCII, whatever the name."""
        return _COMMENT + json.dumps({"urn": self.urn, "kind": self.kind, "name": self.name, "previous": self.previous})


@dataclass(frozen=True)
class Leftover:
    """One batch file of a run that never confirmed it."""

    batch: str
    intents: tuple[Intent, ...]
    lines: frozenset[str]

    def intent(self, urn: str, kind: str, name: str = "") -> Intent | None:
        """What the resource wanted in that batch; where it wanted several objects of a kind, the one of that name."""
        mine = [item for item in self.intents if (item.urn, item.kind) == (urn, kind)]
        if len(mine) > 1 and name:
            mine = [item for item in mine if folded(item.name) == folded(name)]
        return mine[0] if mine else None


def header(batch: str, intents: Iterable[Intent]) -> list[str]:
    """The comment lines that open the script of a batch."""
    lines = [_COMMENT + json.dumps({"batch": batch})]
    for intent in intents:
        lines.append(intent.line())
        for line in intent.recorded:
            pieces = [line[at : at + _PIECE] for at in range(0, len(line), _PIECE)]
            lines.extend(
                _COMMENT + json.dumps({"line" if index == 0 else "more": piece}) for index, piece in enumerate(pieces)
            )
    return lines


def read_leftovers(text: str) -> tuple[Leftover, ...]:
    """Read the concatenated batch files of a host; lines that are not ours mean nothing."""
    found: list[tuple[str, list[Intent], set[str]]] = []
    recorded = ""
    # A file that was cut short has no end of line, so the next one may begin in the middle of one.
    for raw in text.replace(_BEGINNING, f"\n{_BEGINNING}").splitlines():
        line = raw.rstrip()
        if not line.startswith(_COMMENT):
            if found and line:
                found[-1][2].add(line)
            continue
        record = _record(line)
        if "batch" in record:
            found.append((record["batch"], [], set()))
        elif found and "line" in record:
            recorded = record["line"]
            found[-1][2].add(recorded)
        elif found and "more" in record:
            found[-1][2].discard(recorded)
            recorded += record["more"]
            found[-1][2].add(recorded)
        elif found and "urn" in record:
            urn, kind, name, previous = (record.get(key, "") for key in ("urn", "kind", "name", "previous"))
            found[-1][1].append(Intent(urn, kind, name, previous=previous))
    return tuple(Leftover(batch, tuple(intents), frozenset(lines)) for batch, intents, lines in found)


def _record(line: str) -> dict[str, str]:
    try:
        value = json.loads(line[len(_COMMENT) :])
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {str(name): item for name, item in value.items() if isinstance(item, str)}
