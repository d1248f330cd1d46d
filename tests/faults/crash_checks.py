"""What must be true of a host after the run that follows a broken one, and of every error on the way there."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from crash_deeds import KEY, OTHER_KEY, Deed
from crash_runs import DECLARED
from crash_scene import Look, Scene
from records import StepFailed

SENTENCE: Final = re.compile(r"[^\n]{20,1500}[.:)\"'…]")


def assert_converged(scene: Scene, deed: Deed) -> None:
    """One object of each name as wanted, everything of others untouched, nothing left behind, no secret in a file."""
    look = Look.at(scene.host)
    for case in deed.cases:
        assert case.look(look) == case.wanted(deed.verb)
    expected = sum((case.objects for case in deed.cases), start=Counter[str]())
    assert scene.made() == (expected if deed.verb != "delete" else {})
    scene.assert_foreign_untouched(
        filters_of=next((case.filters_of for case in deed.cases if case.filters_of), ""),
        active_changes=any(case.assigns for case in deed.cases),
    )
    scene.assert_left_nothing()
    scene.assert_secret_kept(KEY, OTHER_KEY)


def assert_declared(scene: Scene, failed: StepFailed) -> None:
    """A status of ours with one plain sentence that names the host, and no secret."""
    assert failed.code.name in DECLARED, failed
    assert SENTENCE.fullmatch(failed.text), failed.text
    assert scene.host.address in failed.text
    for word in ("Traceback", "a bug in", "Error(", KEY, OTHER_KEY, scene.host.password):
        assert word not in failed.text
