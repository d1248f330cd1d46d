"""What a resource is to the front ends: seven functions over plain values, in the order the engine calls them.

Front ends (`plugin`, `dynamic`) speak a wire protocol and know nothing of IPsec; resources know IPsec and nothing of
a wire. This module is all that both sides share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from winipsec.resources.provider import Provider


class Failure(NamedTuple):
    """One mistake in the inputs: the property path it stands at, and what to write instead."""

    path: str
    reason: str


class Checked(NamedTuple):
    """Inputs in normal form, or the mistakes found in them."""

    inputs: dict[str, Any]
    failures: list[Failure]


class Change(IntEnum):
    """How one property differs; the numbers are those of `pulumirpc.PropertyDiff.Kind`."""

    ADD = 0
    ADD_REPLACE = 1
    DELETE = 2
    DELETE_REPLACE = 3
    UPDATE = 4
    UPDATE_REPLACE = 5

    @property
    def replaces(self) -> bool:
        """Whether this change cannot be made in place."""
        return self in {Change.ADD_REPLACE, Change.DELETE_REPLACE, Change.UPDATE_REPLACE}

    def replacing(self) -> Change:
        """The same change, made by replacement."""
        return self if self.replaces else Change(self + 1)


class Diff(NamedTuple):
    """Every changed property path with its kind; no paths, no change."""

    changes: Mapping[str, Change]
    delete_before_replace: bool = False
    stables: tuple[str, ...] = ()


class Identified(NamedTuple):
    """A resource that now exists (or, in a preview, would): its id and its outputs."""

    id: str
    outputs: dict[str, Any]


class Found(NamedTuple):
    """A resource as the host has it: outputs, and the inputs that would make it so."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any]


class PartialFailure(Exception):  # noqa: N818 - the protocol's own word
    """Something exists on the host, but not all that was asked for.

    The engine records the resource with these outputs and the reasons; the next update tries again
    (spec: pulumi-provider 2.7).
    """

    def __init__(self, id: str, outputs: dict[str, Any], inputs: dict[str, Any], reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.id = id
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = reasons


class Autonaming(NamedTuple):
    """The engine's wish for automatic names: `mode` is `propose`, `enforce` or `disable`."""

    mode: str
    proposed: str


def chosen_name(old: str | None, autonaming: Autonaming | None, own: str) -> str | None:
    """The name of an object that the program does not name; None where the engine wants none to be chosen.

    An object that was imported without a name keeps none until it is given one.
    """
    if old == "" or (old and autonaming is not None):
        return old
    if autonaming is None:
        return own
    return None if autonaming.mode == "disable" else autonaming.proposed


class Log(Protocol):
    """Messages for the user, shown at one resource's row."""

    def debug(self, message: str, *, ephemeral: bool = False) -> None:
        """Say something that only `--debug` shows."""

    def info(self, message: str, *, ephemeral: bool = False) -> None:
        """Say something worth knowing; `ephemeral` for progress."""

    def warning(self, message: str, *, ephemeral: bool = False) -> None:
        """Say what the user should look at."""

    def error(self, message: str, *, ephemeral: bool = False) -> None:
        """Say what went wrong, beside failing."""


@dataclass(frozen=True)
class Call:
    """What one request of the engine brings along."""

    urn: str
    name: str
    type: str
    log: Log
    provider: Provider
    preview: bool = False
    timeout: float | None = None
    ignore_changes: tuple[str, ...] = field(default=())


class Resource(Protocol):
    """One resource type. Stateless: all that varies arrives in the arguments."""

    token: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """The paths of properties that are always secret."""

    @property
    def derived(self) -> tuple[str, ...]:
        """Properties that follow from others, and are as secret as these."""

    def check(self, news: dict[str, Any], olds: dict[str, Any], autonaming: Autonaming | None, call: Call) -> Checked:
        """Bring inputs into normal form, or say what is wrong with them. No network."""

    def diff(
        self, id: str, state: dict[str, Any], old_inputs: dict[str, Any], news: dict[str, Any], call: Call
    ) -> Diff:
        """Compare the recorded state with checked inputs. No network."""

    def create(self, inputs: dict[str, Any], call: Call) -> Identified:
        """Make it; in a preview, foretell the outputs without touching the host."""

    def read(self, id: str, state: dict[str, Any] | None, inputs: dict[str, Any] | None, call: Call) -> Found | None:
        """Find it on the host: a refresh has state, an import has none. None means it is not there."""

    def update(
        self,
        id: str,
        state: dict[str, Any],
        old_inputs: dict[str, Any],
        news: dict[str, Any],
        call: Call,
    ) -> dict[str, Any]:
        """Change it in place and return its new outputs."""

    def delete(self, id: str, state: dict[str, Any], old_inputs: dict[str, Any], call: Call) -> None:
        """Remove it; what is not there counts as removed."""
