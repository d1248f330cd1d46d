"""Whose an object is that has the name we want (design 2.2, item 4).

    a batch file of a dead run   names the same resource and holds every command that makes the object as it stands:
                                 ours, from a run that died
    the list of objects          taken on the host after our file was written and before it ran: what stands in it was
                                 there before us, and is somebody else's
    a batch file of this run     as the first, where that list got lost with the connection

What appeared while our batch ran, and another program announced in the same words at the same time, is nobody's: both
are refused, and an import decides. Nothing is ever concluded from what netsh printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from winipsec.formats.netsh import Command, RegCommand
from winipsec.host.batch import recorded_line
from winipsec.host.leftovers import Leftover
from winipsec.host.snapshot import Snapshot
from winipsec.model.names import folded

Proof = Sequence[Command | RegCommand] | None
"""The commands that make an object as it stands; None where none of ours could."""


class Provenance:
    """What one wish remembers between two looks at the host."""

    def __init__(self, urn: str, kind: str, name: str) -> None:
        self._urn = urn
        self._kind = kind
        self._name = name
        self._batches_tried = 0
        self._present: frozenset[str] = frozenset()
        self._known_files: frozenset[str] = frozenset()

    def batch_ran(self, attempt: int) -> bool:
        """Whether a batch of ours ran since the last look; `attempt` counts them."""
        ran = attempt > self._batches_tried
        self._batches_tried = attempt
        return ran

    def note(self, guids: Iterable[str], snapshot: Snapshot) -> None:
        """What is there before the next batch: objects, and files that earlier runs left."""
        self._present = frozenset(guids)
        self._known_files = frozenset(item.batch for item in snapshot.leftovers)

    def is_new(self, guid: str) -> bool:
        """Whether an object was not there at the look before."""
        return guid not in self._present

    def is_left(self, proof: Proof, snapshot: Snapshot) -> bool:
        """Whether a run of ours that died made the object."""
        return self._proven(proof, snapshot.leftovers)

    def is_made(self, guid: str, proof: Proof, snapshot: Snapshot) -> bool:
        """Whether the batch that just ran made the object, and nobody else can say the same."""
        before = [item for item in snapshot.leftovers if item.batch in self._known_files]
        if snapshot.held is not None and guid in snapshot.held:
            return self._proven(proof, before)
        if self._contested(proof, snapshot):
            return False
        return snapshot.held is not None or self._proven(proof, snapshot.leftovers)

    def _proven(self, proof: Proof, leftovers: Iterable[Leftover]) -> bool:
        if proof is None:
            return False
        lines = {recorded_line(command) for command in proof}
        return any(
            item.intent(self._urn, self._kind, self._name) is not None and lines <= item.lines for item in leftovers
        )

    def _contested(self, proof: Proof, snapshot: Snapshot) -> bool:
        """Whether another program announced the same object after our last look."""
        if proof is None:
            return False
        lines = {recorded_line(command) for command in proof}
        return any(
            lines <= item.lines
            and any(self._same_object(intent.urn, intent.kind, intent.name) for intent in item.intents)
            for item in snapshot.leftovers
            if item.batch not in self._known_files
        )

    def _same_object(self, urn: str, kind: str, name: str) -> bool:
        return urn != self._urn and kind == self._kind and folded(name) == folded(self._name)
