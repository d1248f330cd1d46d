"""Commands as values: what is to run, before anybody decides how it travels and quotes it.

Quoting belongs to the way a command travels, so both kinds take the function that does it: text in, quoted text out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from winipsec.model.invalid import Invalid

Quote: TypeAlias = Callable[[str], str]

KEY_TAG = "psk"
MASK = "***"


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """One command of `netsh ipsec static`, with its tags in the order in which they are sent.

    `secret` says that a tag holds a pre-shared key: such a command may travel in a script, never on a command line.
    """

    verb: str
    object: str
    tags: tuple[tuple[str, str], ...] = ()
    secret: bool = False

    @property
    def is_ascii(self) -> bool:
        """Whether a script file can carry it: those are read in a code page (spec: winrm 4.4)."""
        return all(value.isascii() for _, value in self.tags)

    def script_line(self, quote: Quote) -> str:
        """The line for a script of `netsh -f`."""
        words = [f"{tag}={quote(value)}" for tag, value in self.tags]
        return " ".join(["ipsec", "static", self.verb, self.object, *words])

    def argument_line(self, quote: Quote) -> str:
        """The line for a command interpreter.

        Raises:
            Invalid: the command holds a key.
        """
        if self.secret:
            raise Invalid("a pre-shared key must not stand on a command line, where every process can read it")
        return f"netsh {self.script_line(quote)}"

    def masked(self) -> Command:
        """The same command with stars for its key; to be shown, not run."""
        tags = tuple((tag, MASK if tag == KEY_TAG else value) for tag, value in self.tags)
        return replace(self, tags=tags, secret=False)

    def __repr__(self) -> str:
        return f"<{self.masked().script_line(repr)}>"


@dataclass(frozen=True, slots=True)
class RegCommand:
    """One value of the registry, set or deleted: for what netsh cannot say. A `type` of "" deletes it."""

    path: str
    value: str
    type: str = ""
    data: str = ""

    def argument_line(self, quote: Quote) -> str:
        """The line for a command interpreter."""
        where = f"{quote(self.path)} /v {self.value}"
        if not self.type:
            return f"reg delete {where} /f"
        return f"reg add {where} /t {self.type} /d {quote(self.data)} /f"
