"""What must be true of a host after a broken run, and after the run that follows; and of every error on the way."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from crash_deeds import KEY, OTHER_KEY, Deed
from crash_runs import DECLARED
from crash_scene import REVERT_AFTER, Look, Scene
from records import StepFailed

SENTENCE: Final = re.compile(r"[^\n]{20,1500}[.:)\"'…]")
MARGIN: Final = 10
"""Seconds that a host may take to restore, once its patience is over."""


@dataclass(frozen=True)
class Aftermath:
    """How a host stands after a broken run: each object as before or as wanted, or the host will take all of it back.

    Attributes:
        pending: Whether a change waits to be confirmed, and is taken back otherwise.
        new: The objects that are as wanted.
    """

    pending: bool
    new: frozenset[str]

    @classmethod
    def of(cls, scene: Scene, deed: Deed, before: Look) -> Aftermath:
        """Look at a host, and see that it is in no other state."""
        pending = scene.pending()
        after = Look.at(scene.host)
        new = set()
        for case in deed.cases:
            found = case.look(after)
            if found == case.wanted(deed.verb):
                new.add(case.name)
            elif not pending:
                assert found in (case.look(before), case.between), f"{case.name} is neither as before nor as wanted"
        return cls(pending, frozenset(new))

    def symbol(self, deed: Deed, *, failed: bool) -> str:
        """One character for the table; see `crash_table.LEGEND`."""
        if not failed:
            assert not self.pending, "called done, and the host is about to take it back"
            assert len(self.new) == len(deed.cases), "called done, and is not"
            return "+"
        if self.pending:
            return "r"
        return "n" if len(self.new) == len(deed.cases) else "o" if not self.new else "s"


def let_time_pass(scene: Scene, deed: Deed, aftermath: Aftermath, before: str) -> None:
    """Nobody comes until the host's patience is over: what was waiting is taken back, and nothing else happens.

    Args:
        scene: The host.
        deed: What was interrupted.
        aftermath: How it stood.
        before: The store before the run that broke, as a dump.
    """
    then = scene.host.dump()
    scene.pass_time(REVERT_AFTER + MARGIN)
    now = scene.host.dump()
    if aftermath.pending:
        assert now == before, "the host did not go back to exactly what it was"
        assert not scene.pending()
    else:
        assert now == then, "the host took something back although nothing was waiting"
    assert deed.commits or not aftermath.pending, "a change of what is not in force waits to be confirmed"


def assert_converged(scene: Scene, deed: Deed) -> None:
    """One object of each name as wanted, everything of others untouched, nothing left behind, no secret in a file."""
    look = Look.at(scene.host)
    for case in deed.cases:
        assert case.look(look) == case.wanted(deed.verb)
    expected = sum((case.objects_after(deed.verb) for case in deed.cases), start=Counter[str]())
    assert scene.made() == expected
    scene.assert_foreign_untouched(
        filters_of=next((case.filters_of for case in deed.cases if case.filters_of), ""),
        active_changes=deed.commits,
    )
    scene.assert_secret_kept(KEY, OTHER_KEY)
    then = scene.host.dump()
    scene.assert_left_nothing()
    assert scene.host.dump() == then, "something was taken back later"


def assert_declared(scene: Scene, failed: StepFailed) -> None:
    """A status of ours with one plain sentence that names the host, and no secret."""
    assert failed.code.name in DECLARED, failed
    assert SENTENCE.fullmatch(failed.text), failed.text
    assert scene.host.address in failed.text
    for word in ("Traceback", "a bug in", "Error(", KEY, OTHER_KEY, scene.host.password):
        assert word not in failed.text
