"""How one `set` command is worded, try after try, where nobody knows what netsh takes (spec: ipsec-policy 1.3, 1.5).

1st     everything that differs, in the words of the documents: `newname=` where the name is another one,
        `description=` with an empty value where the description is to go
later   lifetimes of 0 are said as such, for netsh may put its own where none is said;
        `newname=` only where the name is another one without its case: netsh may take the rest for a clash with itself;
        an empty description goes in the registry, for netsh may keep it, or refuse the whole command for it
3rd     any description goes in the registry

A name and a description that are as wanted already are not said: netsh leaves alone what it is not told.
"""

from __future__ import annotations

from dataclasses import replace

from winipsec.formats import netsh
from winipsec.formats.netsh import Command
from winipsec.model.names import folded
from winipsec.model.store import Named
from winipsec.resources.wish import Commands

_REFERENCES = {"guid", "name", "policy"}


def worded(command: Command, kind: str, current: Named, wanted: Named, attempt: int) -> tuple[Commands, str]:
    """The commands for one try, and the name that the object has after them. `kind` is its class in the registry."""
    renames = current.name != wanted.name
    if renames and attempt and folded(current.name) == folded(wanted.name):
        renames = False
    described = current.description != wanted.description
    in_registry = described and attempt > (0 if not wanted.description else 1)
    unsaid = {
        tag for tag, dropped in (("newname", not renames), ("description", in_registry or not described)) if dropped
    }
    shorter = said_again(without(command, unsaid), attempt)
    commands: Commands = []
    if {tag for tag, _ in shorter.tags} - _REFERENCES:
        commands.append(shorter)
    if in_registry:
        commands.append(netsh.set_description(kind, current.guid, wanted.description))
    return commands, wanted.name if renames else current.name


def said_again(command: Command, attempt: int) -> Command:
    """The same command for a later try: nothing in it is left to a default of netsh."""
    if not attempt:
        return command
    tags = ((tag, with_lifetimes(value) if tag == "qmsecmethods" else value) for tag, value in command.tags)
    return replace(command, tags=tuple(tags))


def with_lifetimes(offers: str) -> str:
    """Quick-mode offers that all say their lifetimes, 0 where they are the system's (spec: ipsec-policy 1.6)."""
    return " ".join(offer if ":" in offer else f"{offer}:0k/0s" for offer in offers.split(" "))


def without(command: Command, tags: frozenset[str] | set[str]) -> Command:
    """The same command with less said."""
    return replace(command, tags=tuple((tag, value) for tag, value in command.tags if tag not in tags))
