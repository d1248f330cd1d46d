"""Reading a command line character by character: quotes, carets, words, lines that go on (spec: winrm 4.3 no. 3)."""

from __future__ import annotations

from collections.abc import Callable

#: Characters that separate words.
DELIMITERS = " \t,;=\x0b\x0c\xa0"
OPERATORS = "&|<>"

Lines = Callable[[], "str | None"]


class SyntaxFaultError(Exception):
    """A line that cannot be parsed.

    Attributes:
        token: what was unexpected; empty when something is missing.
    """

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


class Reader:
    """A place in the text of a command.

    Args:
        lines: gives the next expanded line, None when there is none.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._text = ""
        self._at = 0
        self._depth = 0

    def _begin(self) -> None:
        """Go to the next line; `EOFError` when there is none."""
        self._depth = 0
        if not self._more():
            raise EOFError

    def _peek(self, count: int = 1) -> str:
        return self._text[self._at : self._at + count]

    def _skip(self, characters: str = DELIMITERS) -> None:
        while self._at < len(self._text) and self._text[self._at] in characters:
            self._at += 1

    def _more(self) -> bool:
        """Read the next line at the place where the last one ended."""
        line = self._lines()
        if line is None:
            return False
        self._text, self._at = line + "\n", 0
        return True

    def _next_token(self) -> str:
        for operator in ("&&", "||", ">>"):
            if self._text.startswith(operator, self._at):
                return operator
        char = self._peek()
        if char in "&|<>()":
            return char
        return self._word()

    def _escaped(self) -> str:
        """The plain character that the caret here gives; at a line end that of the next line."""
        self._at += 1
        if self._peek() == "\n":
            if not self._more():
                return ""
            if self._peek() == "\n":
                self._at += 1
                return ""
        char = self._peek()
        self._at += 1
        return char

    def _word(self) -> str:
        """A word up to the next delimiter or operator outside quotes, quotes kept."""
        out: list[str] = []
        quoted = False
        while (char := self._peek()) not in ("\n", ""):
            if char == '"':
                quoted = not quoted
            elif not quoted and char == "^":
                out.append(self._escaped())
                continue
            elif not quoted and (char in DELIMITERS or char in OPERATORS or (char == ")" and self._depth)):
                break
            out.append(char)
            self._at += 1
        return "".join(out)
