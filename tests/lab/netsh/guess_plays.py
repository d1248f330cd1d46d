"""Plays that show what a guess about netsh or the store decides: the same commands, other results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsh_desk import Desk

PAIR = "srcaddr=any dstaddr=me"
FILTER = "add filter filterlist=l"
ACTION = "add filteraction name=c"
RULE = "add rule name=s policy=p filterlist=l filteraction=a"
CASES: dict[str, tuple[Callable[[Desk], Any], dict[str, Any]]] = {}


def case(name: str, /, **expected: Any) -> Callable[[Callable[[Desk], Any]], Callable[[Desk], Any]]:
    """Register what a play ends with under each setting; a leading underscore stands before digits."""

    def register(play: Callable[[Desk], Any]) -> Callable[[Desk], Any]:
        CASES["netsh." + name] = (play, {setting.lstrip("_"): value for setting, value in expected.items()})
        return play

    return register


def accepts(name: str, line: str, accepted: str, refused: str, **more: Any) -> None:
    """A guess about one line that is either accepted or refused."""
    case(name, **{accepted: True, refused: False}, **more)(lambda desk: desk.works(line))


def texts(desk: Desk, name: str = "l") -> list[str]:
    """The filters of a list in words."""
    return [each.text() for each in desk.filters(name)]
