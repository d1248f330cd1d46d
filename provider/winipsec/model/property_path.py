"""Property paths: how Pulumi names one value inside the properties of a resource (spec: pulumi-provider 2.1).

    root.nested      list[0]      map["key with . or space"]      ["top level key"]      filters[*].description

A path is a tuple of keys (text) and indexes (numbers). The key `*` is the wildcard in `ignoreChanges` and
`replaceOnChanges`: it stands for any one key or index. Like the engine we do not tell a wildcard from a key that
is named `*`, and we accept a dot before a bracket, which older tools write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from winipsec.model.invalid import Invalid

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

WILDCARD = "*"

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_STEP = re.compile(
    r"""
      \[ (?P<index> [0-9]+ | \* ) \]
    | \[ " (?P<quoted> (?: \\" | [^"] )* ) " \]
    | (?P<plain> [^.\[]+ )
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    r"""Read a path; the empty text is the path of the whole object.

    Raises:
        Invalid: the text is not a path; the message shows where reading stopped.
    """
    steps: list[Step] = []
    position = 0
    while position < len(text):
        if text[position] == "." and steps:
            position += 1
        step = _STEP.match(text, position)
        if step is None or (steps and step["plain"] is not None and text[position - 1] != "."):
            raise Invalid(f"{text!r} is not a property path: no key or index can be read at {text[position:]!r}")
        index, quoted, plain = step["index"], step["quoted"], step["plain"]
        if index is not None:
            steps.append(index if index == WILDCARD else int(index))
        else:
            steps.append(quoted.replace('\\"', '"') if quoted is not None else plain)
        position = step.end()
    return tuple(steps)


def render(path: Sequence[Step]) -> str:
    """Write a path so that `parse` reads it back."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step == WILDCARD:
            text += "[*]"
        elif _PLAIN_KEY.match(step):
            text += f".{step}" if text else step
        else:
            text += '["' + step.replace('"', '\\"') + '"]'
    return text


def matches(pattern: Sequence[Step], path: Sequence[Step]) -> bool:
    """Whether `pattern` names exactly `path`."""
    return len(pattern) == len(path) and covers(pattern, path)


def covers(pattern: Sequence[Step], path: Sequence[Step]) -> bool:
    """Whether `pattern` names `path` or something that `path` lies in, as `ignoreChanges` is understood."""
    if len(pattern) > len(path):
        return False
    return all(ours in (WILDCARD, theirs) for ours, theirs in zip(pattern, path, strict=False))


class Absent:
    """The type of `ABSENT`, the answer of `find` where there is nothing."""


ABSENT = Absent()


def find(value: Any, path: Sequence[Step]) -> Any:
    """The value at `path` inside `value`, or `ABSENT`."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return ABSENT
    return value


def expand(pattern: Sequence[Step], value: Any, prefix: Path = ()) -> Iterator[Path]:
    """Every path inside `value` that `pattern` names."""
    if not pattern:
        yield prefix
        return
    step, rest = pattern[0], pattern[1:]
    steps: Sequence[Step] = (step,)
    if step == WILDCARD:
        steps = tuple(value) if isinstance(value, dict) else tuple(range(len(value))) if isinstance(value, list) else ()
    for candidate in steps:
        inner = find(value, (candidate,))
        if inner is not ABSENT:
            yield from expand(rest, inner, (*prefix, candidate))
