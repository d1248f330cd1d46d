"""A resource's difference in the engine's words (spec: pulumi-provider 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from winipsec.model.invalid import Invalid
from winipsec.model.property_path import ABSENT, Path, covers, find, parse
from winipsec.plugin import stubs
from winipsec.resources.resource import Change, Diff

pb = stubs.provider_pb2


def answer_of(diff: Diff, state: dict[str, Any], old_inputs: dict[str, Any], ignored: Iterable[str] = ()) -> Any:
    """The response for a difference, less what the user ignores.

    In an update the engine has applied `ignoreChanges` to the new inputs already; in a refresh it has not, and cannot
    be told apart, so it is applied here always.

    What we would not replace may be replaced all the same, by `replaceOnChanges`, of which the engine says nothing. Its
    name on the host stays then, and is free only once the old object is gone.
    """
    changes = _kept(diff.changes, ignored)
    if not changes:
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE, stables=diff.stables, hasDetailedDiff=True)
    replaces = _top_level(path for path, kind in changes.items() if kind.replaces)
    response = pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME,
        diffs=_top_level(changes),
        replaces=replaces,
        deleteBeforeReplace=not replaces or diff.delete_before_replace,
        stables=() if replaces else diff.stables,
        hasDetailedDiff=True,
    )
    for path, kind in changes.items():
        response.detailedDiff[path].kind = int(kind)
        response.detailedDiff[path].inputDiff = _only_input(parse(path), state, old_inputs)
    return response


def top_level_changes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Change]:
    """Every top-level key that differs."""
    changes = {key: Change.DELETE for key in old if key not in new}
    for key, value in new.items():
        if key not in old:
            changes[key] = Change.ADD
        elif old[key] != value:
            changes[key] = Change.UPDATE
    return changes


def _kept(changes: Mapping[str, Change], ignored: Iterable[str]) -> dict[str, Change]:
    patterns = [pattern for pattern in map(_pattern, ignored) if pattern is not None]
    return {
        path: kind for path, kind in changes.items() if not any(covers(pattern, parse(path)) for pattern in patterns)
    }


def _pattern(text: str) -> Path | None:
    """A path of `ignoreChanges`; like the engine we skip what is none."""
    try:
        return parse(text)
    except Invalid:
        return None


def _top_level(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(str(parse(path)[0]) for path in paths))


def _only_input(path: Path, state: dict[str, Any], old_inputs: dict[str, Any]) -> bool:
    """Whether the old value is to be found among the inputs and not among the outputs, as with a password."""
    return find(state, path) is ABSENT and find(old_inputs, path) is not ABSENT
