"""Filling a command's arguments from words (spec: ipsec-policy 1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.grammar import Command, beginnings
from winipsec_lab.netsh.words import close_up
from winipsec_lab.store.framing import Switches

_MOST: Final = 0xFFFFFFFF
_YES_NO: Final = {"yes": True, "y": True, "no": False, "n": False}


@dataclass(frozen=True)
class Arguments:
    """The arguments of one command: tags with their values in the order given, and a word that stood alone."""

    pairs: tuple[tuple[str, str], ...] = ()
    word: str = ""

    def __contains__(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.pairs)

    def get(self, tag: str, default: str = "") -> str:
        """The value of a tag."""
        return next((value for name, value in self.pairs if name == tag), default)

    def flag(self, tag: str, default: bool) -> bool:
        """A yes/no value."""
        return yes_no(tag, self.get(tag)) if tag in self else default

    def number(self, tag: str, default: int, *, scale: int = 1) -> int:
        """A whole number, multiplied by `scale`; it has to fit into 32 bits then."""
        return whole(tag, self.get(tag), _MOST // scale) * scale if tag in self else default

    def choice(self, tag: str, values: tuple[str, ...], default: str) -> str:
        """One of some keywords, in any case."""
        return keyword(tag, self.get(tag), values) if tag in self else default


def yes_no(tag: str, value: str) -> bool:
    """A yes/no value; anything but `yes`, `no`, `y`, `n` is refused."""
    if value.lower() not in _YES_NO:
        raise Refusal("bad_value", tag=tag)
    return _YES_NO[value.lower()]


def whole(tag: str, value: str, most: int, least: int = 0) -> int:
    """A decimal number between two bounds."""
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise Refusal("bad_value", tag=tag)
    return int(value)


def keyword(tag: str, value: str, values: tuple[str, ...]) -> str:
    """One of some keywords, in any case."""
    if value.lower() not in values:
        raise Refusal("bad_value", tag=tag)
    return value.lower()


class Binder:
    """Fills the slots of one command, word by word."""

    def __init__(self, command: Command, switches: Switches) -> None:
        self.command = command
        self.switches = switches
        self.pairs: list[tuple[str, str]] = []
        self.word = ""
        self.position = 0
        self.tagged = False

    def bind(self, words: list[str]) -> Arguments:
        """The arguments that words make.

        Raises:
            Refusal: a tag is unknown, ambiguous, repeated or missing, or a bare word has no place.
        """
        tags = self.command.tags
        for word in close_up(words, lambda text: bool(beginnings(text, tags))):
            name, equals, value = word.partition("=")
            if equals:
                self._tag(name.strip(), value)
            else:
                self._bare(word)
        filled = {tag for tag, _ in self.pairs}
        for slot in self.command.slots:
            if slot.required and not filled.intersection(slot.tags) and self.word not in slot.words:
                raise Refusal("missing_tag", tag=slot.tags[0])
        return Arguments(tuple(self.pairs), self.word)

    def _tag(self, name: str, value: str) -> None:
        self.tagged = True
        found = beginnings(name, self.command.tags)
        if not found:
            if self.switches["netsh.unknown_tag"] == "ignored":
                return
            raise Refusal("unknown_tag", tag=name)
        if len(found) > 1 and self.switches["netsh.ambiguous_tag"] == "refused":
            raise Refusal("ambiguous_tag", tag=name)
        self._put(found[0], value)

    def _put(self, tag: str, value: str) -> None:
        place = next(place for place, slot in enumerate(self.command.slots) if tag in slot.tags)
        slot = self.command.slots[place]
        self.position = place + 1
        if tag == "name" and value.lower() in slot.words and self.switches["netsh.name_is_all"] == "word":
            self.word = value.lower()
            return
        if not slot.repeatable and any(name == tag for name, _ in self.pairs):
            policy = self.switches["netsh.repeated_tag"]
            if policy == "refused":
                raise Refusal("repeated_tag", tag=tag)
            if policy == "first":
                return
            self.pairs = [pair for pair in self.pairs if pair[0] != tag]
        self.pairs.append((tag, value))

    def _bare(self, word: str) -> None:
        for place, slot in enumerate(self.command.slots):
            free = not self.word and not any(tag in slot.tags for tag, _ in self.pairs)
            if word.lower() in slot.words and free:
                self.word = word.lower()
                self.position = max(self.position, place + 1)
                return
        if self.tagged and self.switches["netsh.bare_word"] != "positional":
            if self.switches["netsh.bare_word"] == "ignored":
                return
            raise Refusal("stray_word")
        if self.position >= len(self.command.slots) or not self.command.slots[self.position].tags:
            raise Refusal("stray_word")
        self._put(self.command.slots[self.position].tags[0], word)
