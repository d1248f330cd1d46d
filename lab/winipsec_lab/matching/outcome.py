"""What happens to a packet (spec: traffic-engine 4.1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from winipsec_lab.store.values import Offer


class Action(NamedTuple):
    """A filter action: `block`, `permit` or `negotiate` with its two ways back to clear traffic and its offers."""

    word: str
    inpass: bool = False
    soft: bool = False
    offers: tuple[Offer, ...] = ()

    def text(self) -> str:
        """The action in words, e.g. `negotiate inpass soft`."""
        return " ".join([self.word, *["inpass"] * self.inpass, *["soft"] * self.soft])


class Outcome(NamedTuple):
    """What happens to a packet in one direction.

    `kind` is `blocked`, `encrypted`, `authenticated` or `clear`. `fallback` says which clear packets pass although
    protection is wanted: none, only replies to what this host started (`reply`), or `any`.
    """

    kind: str
    fallback: str = ""


CLEAR: Final = Outcome("clear")
_OPENNESS: Final = (
    Outcome("blocked"),
    Outcome("encrypted"),
    Outcome("authenticated"),
    Outcome("encrypted", "reply"),
    Outcome("authenticated", "reply"),
    Outcome("encrypted", "any"),
    Outcome("authenticated", "any"),
    CLEAR,
)


def openness(outcome: Outcome) -> int:
    """How much an outcome lets through, for comparing."""
    return _OPENNESS.index(outcome)


def outcome_of(action: Action, direction: str, soft_inbound: str) -> Outcome:
    """What an action does to a packet; `soft_inbound` is the fallback that `soft` gives inbound packets."""
    if action.word != "negotiate":
        return Outcome("blocked") if action.word == "block" else CLEAR
    real = [offer for offer in action.offers if offer.algorithms]
    ciphers = [any(each.protocol == "ESP" and each.encryption != "none" for each in offer.algorithms) for offer in real]
    kind = "encrypted" if ciphers and all(ciphers) else "authenticated"
    if direction == "out":
        return Outcome(kind, "any" if action.soft else "")
    if action.inpass:
        return Outcome(kind, "any")
    return Outcome(kind, soft_inbound if action.soft else "")
