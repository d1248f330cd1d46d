"""A plan of several steps under way: each is planned on the store to which those before it lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.change import Change, Plan
from winipsec.host.leftovers import Intent
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import joined
from winipsec.model.store import Store
from winipsec.resources.wish import Commands


class Step(NamedTuple):
    """Commands, and the stores before and after them."""

    before: Store
    commands: Sequence[Command | RegCommand]
    after: Store


@dataclass
class Course:
    """The steps so far. `attempt` counts the batches that were tried."""

    store: Store
    snapshot: Snapshot
    attempt: int
    steps: list[Step] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    unmet: dict[str, str] = field(default_factory=dict)

    @property
    def commands(self) -> Commands:
        """All commands, in order."""
        return [command for step in self.steps for command in step.commands]

    def take(self, plan: Plan, path: str = "", announced: bool = True) -> None:
        """Add what one wish plans; its properties stand below `path`."""
        if plan.commands:
            self.steps.append(Step(self.store, plan.commands, plan.after))
            self.unmet.update({joined(path, inner): why for inner, why in plan.unmet.items()})
        if announced:
            self.intents.extend(plan.intents)
        self.store = plan.after

    def make(self, wish: Change, path: str = "", announced: bool = True) -> Plan:
        """Plan a wish from here, and add that."""
        plan = wish.plan(self.store, self.snapshot, self.attempt)
        self.take(plan, path, announced)
        return plan

    def do(self, commands: Iterable[Command | RegCommand], after: Store, why: str, path: str = "") -> None:
        """Add commands that no wish of its own stands for."""
        self.take(Plan(after, tuple(commands), (), {"": why}), path)

    def onward(self) -> Course:
        """An empty course that begins where this one ends."""
        return Course(self.store, self.snapshot, self.attempt)

    def join(self, other: Course) -> None:
        """Add the steps of another course that was planned from where this one ends."""
        self.steps.extend(other.steps)
        self.intents.extend(other.intents)
        self.unmet.update(other.unmet)
        self.store = other.store

    def plan(self) -> Plan:
        """All of it as one plan."""
        return Plan(self.store, tuple(self.commands), tuple(self.intents), self.unmet)
