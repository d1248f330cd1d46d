"""What becomes of a packet, and how open that is (spec: traffic-engine 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from winipsec.model.methods import SecurityMethod
from winipsec.model.policies import FilterAction
from winipsec.traffic.packet import Direction


class Fate(Enum):
    """What happens to a packet."""

    BLOCKED = "blocked"
    ENCRYPTED = "encrypted"
    AUTHENTICATED = "authenticated"
    CLEAR = "clear"
    EXEMPT = "exempt"


class Fallback(Enum):
    """When a packet that should be protected passes in clear after all; the value is the words of a report."""

    NONE = ""
    REPLY = ", or clear in reply"
    ANY = " or clear"


class Outcome(NamedTuple):
    """The whole answer for one packet: its fate, the way out, and the tunnel end point it goes through, if any."""

    fate: Fate
    fallback: Fallback = Fallback.NONE
    tunnel: str = ""

    @property
    def protected(self) -> bool:
        """Whether IPsec is asked for."""
        return self.fate in {Fate.ENCRYPTED, Fate.AUTHENTICATED}

    @property
    def openness(self) -> int:
        """How much may pass, from 0 (blocked) to 7 (clear, exempt)."""
        return _OPENNESS[self.fate, self.fallback]

    def __str__(self) -> str:
        tunnel = f" (tunnel {self.tunnel})" if self.tunnel else ""
        return f"{self.fate.value}{self.fallback.value}{tunnel}"


BLOCKED = Outcome(Fate.BLOCKED)
CLEAR = Outcome(Fate.CLEAR)
EXEMPT = Outcome(Fate.EXEMPT)

_OPENNESS = {
    (Fate.BLOCKED, Fallback.NONE): 0,
    (Fate.ENCRYPTED, Fallback.NONE): 1,
    (Fate.AUTHENTICATED, Fallback.NONE): 2,
    (Fate.ENCRYPTED, Fallback.REPLY): 3,
    (Fate.AUTHENTICATED, Fallback.REPLY): 4,
    (Fate.ENCRYPTED, Fallback.ANY): 5,
    (Fate.AUTHENTICATED, Fallback.ANY): 6,
    (Fate.CLEAR, Fallback.NONE): 7,
    (Fate.EXEMPT, Fallback.NONE): 7,
}

# (inbound pass-through, soft fall back, direction) -> the way out of protection.
_FALLBACK = {
    (False, False, Direction.IN): Fallback.NONE,
    (False, False, Direction.OUT): Fallback.NONE,
    (True, False, Direction.IN): Fallback.ANY,
    (True, False, Direction.OUT): Fallback.NONE,
    (False, True, Direction.IN): Fallback.REPLY,
    (False, True, Direction.OUT): Fallback.ANY,
    (True, True, Direction.IN): Fallback.ANY,
    (True, True, Direction.OUT): Fallback.ANY,
}
_CIPHERS = frozenset({"des", "3des"})


def outcome(action: FilterAction, direction: Direction, tunnel: str = "") -> Outcome | None:
    """What `action` does in one direction; None where the stored action is none that is known."""
    if action.action == "block":
        return Outcome(Fate.BLOCKED, tunnel=tunnel)
    if action.action == "permit":
        return Outcome(Fate.CLEAR, tunnel=tunnel)
    if action.action != "negotiate":
        return None
    fallback = _FALLBACK[action.inbound_pass_through, action.soft_fallback, direction]
    return Outcome(_protection(action.security_methods), fallback, tunnel)


def _protection(offers: Sequence[SecurityMethod]) -> Fate:
    """What any of `offers` is sure to give: a cipher this module does not know is no promise, nor is no offer."""
    ciphered = bool(offers) and all(offer.esp is not None and offer.esp.encryption in _CIPHERS for offer in offers)
    return Fate.ENCRYPTED if ciphered else Fate.AUTHENTICATED
