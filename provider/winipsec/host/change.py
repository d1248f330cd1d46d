"""What the writer needs to know of one wanted change: how to get there from any store, and nothing of resources.

A change plans afresh from whatever store it is shown: the commands still missing, and the store they lead to. Planning
again after the batch, from what was read back, is the check: no commands left means that the host took it all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from winipsec.errors import WinipsecError
from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.leftovers import Intent
from winipsec.host.snapshot import Snapshot
from winipsec.model.store import Store

TWICE = "create.twice"
"""Code of the refusal that two resources of one program make the same object."""
CERTAIN = frozenset({TWICE, "create.exists"})
"""Codes of refusals that a preview can be sure of, although the change only waits."""


class Wait(Exception):  # noqa: N818 - raised to say "not yet"
    """Another change of the same run may make this one possible; `reason` is raised if none does."""

    def __init__(self, reason: WinipsecError) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True)
class Plan:
    """Commands, in order, and the store that results. `unmet` names, per property path, what is not as wanted.

    `opening` is the part that only adds, where the commands do more: all that is done at first where the rest could
    close our way in, should the host refuse this part.
    """

    after: Store
    commands: tuple[Command | RegCommand, ...] = ()
    intents: tuple[Intent, ...] = ()
    unmet: Mapping[str, str] = field(default_factory=dict)
    opening: Plan | None = None


@dataclass(frozen=True)
class Transaction:
    """All or nothing: what is not as wanted at the end is taken back.

    `revert_after` is how many seconds the host waits to be confirmed; 0 arms nothing.
    """

    revert_after: int
    assigns: bool = False
    """Whether its policy is the active one at the end, so that no other need come into force with the agent."""


class Log(Protocol):
    """What a person is told while a change is being made."""

    def info(self, message: str, *, ephemeral: bool = False) -> None:
        """Say how far it is."""

    def warning(self, message: str, *, ephemeral: bool = False) -> None:
        """Say what the user should look at."""


class Silence:
    """Nobody is told."""

    def info(self, message: str, *, ephemeral: bool = False) -> None:
        """Say nothing."""

    def warning(self, message: str, *, ephemeral: bool = False) -> None:
        """Say nothing."""


class Change(Protocol):
    """One resource's wish, planned against stores until nothing is left to do."""

    urn: str
    allow_cut: bool

    def plan(self, store: Store, snapshot: Snapshot, attempt: int) -> Plan:
        """What is missing in `store`. `attempt` counts the batches that were tried: later ones may word it otherwise.

        Raises:
            WinipsecError: the change cannot be made; nothing was done.
            Wait: not yet.
        """
