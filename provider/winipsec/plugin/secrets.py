"""What is secret, and where it may still show.

**Marking.** A provider that accepts secrets must keep them secret itself (spec: pulumi-provider 2.1). Resources hand
back plain values, so secretness is carried over here, from what came in to what goes out:

1. What a resource declares secret is marked wherever it stands.
2. A secret property path of the input keeps its place in the output, while only keys lead to it.
3. A path through a list holds only while the list keeps its length and the element its value; normal forms sort and
   rewrite. Where that is not sure, the whole top-level property becomes secret: too much, never too little.
4. A key that the output left out on purpose (a password is never an output) is left alone.
5. What a resource derives from other inputs becomes secret as a whole where one of these is, unless the secret is a
   declared one, which rule 1 finds there too.

**Scrubbing.** Texts leave us through messages, failures and errors. Every secret value that was ever decoded is
replaced there, in the spellings that quoting and `repr` give it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from winipsec.model.property_path import ABSENT, Path, expand, find, matches

if TYPE_CHECKING:
    from winipsec.plugin.codec import Decoded

PLACEHOLDER = "[secret]"

_SHORT = 4
"""Below this length a secret is replaced only where it stands alone: `a` may be a password, but not in `Kandahar`."""

_TELLING = 6
"""Inside a container that was marked as a whole, shorter texts (`any`, `udp`) are words, not secrets."""


def tells(path: Path) -> bool:
    """Whether what users see may follow from a secret at this path: how a host is reached shows nowhere else."""
    return "connection" not in path


def carried(
    target: dict[str, Any], sources: Sequence[Decoded], declared: Sequence[Path] = (), derived: Sequence[str] = ()
) -> set[Path]:
    """The paths to mark in `target`.

    Args:
        target: Properties about to be sent.
        sources: What they were made from, the decisive one first; a later one counts only where the earlier have no
            value, so that removing a secret mark from the program removes it from the state.
        declared: Patterns that are always secret.
        derived: Keys of what follows from the other properties.
    """
    marks = set(declared)
    tainted = False
    for position, source in enumerate(sources):
        for path in source.secrets:
            if path[0] in derived or any(matches(pattern, path) for pattern in declared):
                continue
            if any(find(earlier.value, path) is not ABSENT for earlier in sources[:position]):
                continue
            place = _place(path, source.value, target)
            if place is not None:
                marks.add(place)
                tainted = tainted or tells(path)
    return marks | {(key,) for key in derived if tainted and key in target}


def _place(path: Path, source: Any, target: Any) -> Path | None:
    """Where the secret at `path` of `source` stands in `target`; None if it was left out."""
    for depth, step in enumerate(path):
        if isinstance(step, int):
            rest = path[depth:]
            kept = isinstance(target, list) and isinstance(source, list) and len(target) == len(source)
            value = find(target, rest)
            return path if kept and value is not ABSENT and value == find(source, rest) else path[:1]
        if not isinstance(target, dict):
            return path[:1]
        if step not in target:
            return None
        source, target = find(source, (step,)), target[step]
    return path


def touches(path: Path, secrets: Iterable[Path]) -> bool:
    """Whether one of `secrets` is `path`, lies in it, or holds it."""
    return any(_overlap(secret, path) for secret in secrets)


def _overlap(pattern: Path, path: Path) -> bool:
    length = min(len(pattern), len(path))
    return matches(pattern[:length], path[:length])


class Scrubber:
    """Replaces every secret it has learnt in texts that leave the process. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"<Scrubber of {len(self._known)} secrets>"

    def learn(self, decoded: Decoded, declared: Sequence[Path] = ()) -> None:
        """Remember the secrets of a request."""
        new = {text for text in _texts_of(decoded, declared) if text and text not in self._known}
        if new:
            with self._lock:
                self._known |= new
                self._pattern = None

    def scrub(self, text: str) -> str:
        """The text without any secret learnt so far."""
        if not self._known:
            return text
        with self._lock:
            if self._pattern is None:
                self._pattern = _pattern_of(self._known)
            pattern = self._pattern
        return pattern.sub(PLACEHOLDER, text)


def _texts_of(decoded: Decoded, declared: Sequence[Path]) -> Iterator[str]:
    for pattern in declared:
        for path in expand(pattern, decoded.value):
            yield from _leaves(find(decoded.value, path))
    for path in decoded.secrets:
        value = find(decoded.value, path)
        if isinstance(value, str):
            yield value
        elif not any(len(pattern) > len(path) and _overlap(pattern, path) for pattern in declared):
            yield from (leaf for leaf in _leaves(value) if len(leaf) >= _TELLING)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def _spellings(text: str) -> set[str]:
    """The text as it may appear in a message: plain, in a Python or JSON literal, in XML."""
    xml = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {text, repr(text)[1:-1], text.replace("\\", "\\\\").replace('"', '\\"'), xml, xml.replace('"', "&quot;")}


def _pattern_of(secrets: set[str]) -> re.Pattern[str]:
    """One expression for all of them, the longest first, so that a secret inside a longer one does not split it."""
    spellings = sorted({spelling for secret in secrets for spelling in _spellings(secret)}, key=len, reverse=True)
    return re.compile("|".join(_alternative(spelling) for spelling in spellings))


def _alternative(spelling: str) -> str:
    literal = re.escape(spelling)
    return literal if len(spelling) >= _SHORT else rf"(?<!\w){literal}(?!\w)"
