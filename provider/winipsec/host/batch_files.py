"""The files of batches on one host: whose they are, and which of them may go when a run ends.

    b-ID.nsh   stays until the engine knows the outcome for every resource it names (`leftovers`)
    s-ID.nsh   holds a key, and is deleted on the line that runs it; a host that went down meanwhile keeps it

A run removes its own files, those of dead runs that speak of its resources only, and what proves nothing: a file
without a line (its run died before the host got the text) and a script with a key whose batch is gone. A file that
speaks of somebody else's resources stays: it is what they prove their objects with.
"""

from __future__ import annotations

from collections.abc import Iterable
from secrets import token_hex

from winipsec.host.batch import remove_files
from winipsec.host.pending import stack_of
from winipsec.host.snapshot import Snapshot


class BatchFiles:
    """What one run put on a host; the caller takes care that one thread at a time asks."""

    def __init__(self) -> None:
        self.last = ""
        """The number of the last batch."""
        self._urns: dict[str, set[str]] = {}
        self._interrupted: set[str] = set()

    def begin(self, urns: Iterable[str], number: str = "") -> str:
        """A new batch for these resources; returns its number, if need be a new one."""
        self.last = number or token_hex(6)
        self._urns[self.last] = set(urns)
        return self.last

    def interrupted(self, number: str) -> None:
        """A line of this batch may not have come to its end, so that its script with a key may still be there."""
        self._interrupted.add(number)

    def removal(self, snapshot: Snapshot, settled: set[str]) -> list[str]:
        """The lines that remove what may go, given the last look and the resources whose outcome the engine knows."""
        if not settled:
            return []
        leftovers = {item.batch: {intent.urn for intent in item.intents} for item in snapshot.leftovers}
        done = [batch for batch, urns in {**leftovers, **self._urns}.items() if urns <= settled]
        stacks = {stack_of(urn) for urn in settled}
        dead = [
            batch
            for batch, urns in leftovers.items()
            if batch not in self._urns and (batch in done or stacks & set(map(stack_of, urns)))
        ]
        numbered = {kind: {name[2:-4] for name in snapshot.files if name.startswith(kind)} for kind in ("b-", "s-")}
        blank = sorted(numbered["b-"] - leftovers.keys() - self._urns.keys())
        orphaned = sorted(numbered["s-"] - numbered["b-"] - self._urns.keys())
        return remove_files(snapshot.folder, done, [*dead, *sorted(self._interrupted), *orphaned], blank)

    def removed(self, settled: set[str]) -> None:
        """The files of these resources are gone."""
        self._urns = {batch: urns for batch, urns in self._urns.items() if not urns <= settled}
