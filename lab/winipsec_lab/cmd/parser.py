"""From text to a tree: quotes, carets, operators, redirections, `if`, `for` (spec: winrm 4.3, wine-oracle 3).

The rules, in the order in which they bind: `"` toggles quoting, inside of which only the end of the line is special;
`^` makes the next character plain and joins lines at a line end; `|` binds tighter than `&&`, that tighter than `||`,
that tighter than `&`; redirections may stand anywhere in a command and are cut out of its text; a digit directly
before `<` or `>` that starts a word is a handle number. Commands read their lines through `Lines`, which has already
expanded percent signs: a block in parentheses is expanded as it is read, line by line.
"""

from __future__ import annotations

import re
from dataclasses import replace

from winipsec_lab.cmd.reader import DELIMITERS, OPERATORS, Lines, Reader, SyntaxFaultError
from winipsec_lab.cmd.tree import Block, Chain, Command, Condition, For, If, Redirection, Simple

_KEYWORD = re.compile(r"(?:if|for|rem)(?=[\s,;=/()&|<>])", re.IGNORECASE)
_ELSE = re.compile(r"else(?=[\s,;=()&|<>])", re.IGNORECASE)
_COMPARISONS = ("equ", "neq", "lss", "leq", "gtr", "geq")


class Parser(Reader):
    """Parses one line, and the lines it goes on in.

    Args:
        lines: gives the next expanded line, None when there is none.
        handle_after_equals: whether the digit of `name=2>x` is a handle number.
    """

    def __init__(self, lines: Lines, *, handle_after_equals: bool = True) -> None:
        super().__init__(lines)
        self._before_handle = DELIMITERS if handle_after_equals else DELIMITERS.replace("=", "")

    def parse(self) -> Command | None:
        """The next command, None for an empty line or a label.

        Raises:
            EOFError: there are no more lines.
            SyntaxFaultError: the line cannot be parsed.
        """
        self._begin()
        command = self._sequence()
        self._skip()
        if self._peek() not in ("\n", ""):
            raise SyntaxFaultError(self._next_token())
        return command

    # ------------------------------------------------------------------ operators

    def _sequence(self) -> Command | None:
        left = self._chain(0)
        while self._peek() == "&" and self._peek(2) != "&&":
            if left is None:
                raise SyntaxFaultError("&")
            self._at += 1
            self._skip()
            if self._peek() in ("\n", "") or (self._peek() == ")" and self._depth):
                return left
            right = self._chain(0)
            if right is None:
                return left
            left = Chain("&", left, right)
        return left

    def _chain(self, level: int) -> Command | None:
        operators = ("||", "&&", "|")
        if level == len(operators):
            return self._command()
        operator = operators[level]
        left = self._chain(level + 1)
        while self._text.startswith(operator, self._at) and not (operator == "|" and self._peek(2) == "||"):
            if left is None:
                raise SyntaxFaultError(operator)
            self._at += len(operator)
            right = self._chain(level + 1)
            if right is None:
                raise SyntaxFaultError("" if self._peek() in ("\n", "") else self._next_token())
            left = Chain(operator, left, right)
        return left

    # ------------------------------------------------------------------ commands

    def _command(self) -> Command | None:
        redirections: list[Redirection] = []
        while True:
            self._skip(DELIMITERS + "@")
            handle = self._redirection_here()
            if handle is None:
                break
            redirections.append(self._redirection(handle))
        char = self._peek()
        if char == "(":
            return self._with(self._block(), redirections)
        if char in (":", ")") and not (char == ")" and self._depth):
            self._rest_of_line()
            return None
        keyword = _KEYWORD.match(self._text, self._at)
        if keyword is None:
            return self._simple(redirections)
        self._at = keyword.end()
        word = keyword.group().lower()
        if word == "rem":
            return self._remark(redirections)
        return self._with(self._if() if word == "if" else self._for(), redirections)

    def _with(self, command: Command, before: list[Redirection]) -> Command:
        after: list[Redirection] = []
        while True:
            here = self._at
            self._skip(" \t")
            handle = self._redirection_here()
            if handle is None:
                if not after:
                    self._at = here
                self._skip()
                break
            after.append(self._redirection(handle))
        if isinstance(command, Chain):
            return command
        return replace(command, redirections=command.redirections + tuple(before) + tuple(after))

    def _rest_of_line(self) -> None:
        while self._peek() not in ("\n", ""):
            self._at += 1

    def _remark(self, redirections: list[Redirection]) -> Command:
        """`rem` takes one word; operators count only directly after `rem` or that word's end."""
        start = self._at
        self._skip()
        if self._peek() not in ("\n", "", "&", "|", "<", ">"):
            self._rest_of_line()
        return Simple("rem", self._text[start : self._at], tuple(redirections))

    def _simple(self, redirections: list[Redirection]) -> Command | None:
        name: list[str] = []
        rest: list[str] = []
        out, quoted, plain = name, False, ""
        while (char := self._peek()) not in ("\n", ""):
            if char == '"':
                quoted = not quoted
            elif quoted:
                pass
            elif char == "^":
                plain = self._escaped()
                out.append(plain)
                continue
            elif char in "&|" or (char == ")" and self._depth):
                break
            elif char in "<>":
                redirections.append(self._redirection(self._handle_in(out, name, escaped=plain)))
                plain = ""
                continue
            elif char in DELIMITERS and out is name:
                out = rest
            plain = ""
            out.append(char)
            self._at += 1
        if not name and not rest and not redirections:
            return None
        return Simple("".join(name), "".join(rest), tuple(redirections))

    # ------------------------------------------------------------------ redirections

    def _handle_in(self, out: list[str], name: list[str], *, escaped: str) -> int | None:
        """Take a handle number off the text in front of `<` or `>`."""
        if not escaped and out and out[-1].isdigit() and out[-1].isascii():
            before = out[-2] if len(out) > 1 else ""
            if (before and before in self._before_handle) or (not before and out is name):
                return int(out.pop())
        return -1

    def _redirection_here(self) -> int | None:
        """The handle number when a redirection starts here (-1 for its default), else None."""
        if self._peek() and self._peek() in "<>":
            return -1
        two = self._peek(2)
        if len(two) == 2 and two[0].isdigit() and two[1] in "<>":
            self._at += 1
            return int(two[0])
        return None

    def _redirection(self, handle: int | None) -> Redirection:
        kind = ">>" if self._peek(2) == ">>" else self._peek()
        self._at += len(kind)
        number = handle if handle is not None and handle >= 0 else 0 if kind == "<" else 1
        self._skip()
        if self._peek() == "&" and self._peek(2)[1:].isdigit():
            target = self._peek(2)[1:]
            self._at += 2
            return Redirection(number, "&", target)
        target = self._word()
        if not target:
            raise SyntaxFaultError("" if self._peek() in ("\n", "") else self._next_token())
        return Redirection(number, kind, target)

    # ------------------------------------------------------------------ blocks

    def _block(self) -> Command:
        self._at += 1
        self._depth += 1
        body: Command | None = None
        while True:
            self._skip()
            if self._peek() == ")":
                break
            if self._peek() in ("\n", ""):
                if not self._more():
                    raise SyntaxFaultError("")
                continue
            part = self._sequence()
            if part is not None:
                body = part if body is None else Chain("&", body, part)
            if self._peek() not in ("\n", "", ")"):
                raise SyntaxFaultError(self._next_token())
        if body is None:
            raise SyntaxFaultError(")")
        self._at += 1
        self._depth -= 1
        return Block(body)

    # ------------------------------------------------------------------ if

    def _if(self) -> Command:
        negated = ignore_case = False
        while True:
            self._skip()
            word = self._word()
            if word.lower() == "not":
                negated = True
            elif word.lower() == "/i":
                ignore_case = True
            else:
                break
        condition = replace(self._condition(word), negated=negated, ignore_case=ignore_case)
        self._skip()
        then = self._sequence()
        if then is None:
            raise SyntaxFaultError("" if self._peek() in ("\n", "") else self._next_token())
        self._skip()
        otherwise = None
        if keyword := _ELSE.match(self._text, self._at):
            self._at = keyword.end()
            otherwise = self._sequence()
            if otherwise is None:
                raise SyntaxFaultError("")
        return If(condition, then, otherwise)

    def _condition(self, word: str) -> Condition:
        kind = word.lower()
        if kind in ("errorlevel", "exist", "defined", "cmdextversion"):
            self._skip()
            return Condition(kind, self._word())
        self._skip(" \t")
        if self._peek(2) == "==":
            self._at += 2
            self._skip()
            right = self._word()
            if not word or not right:
                raise SyntaxFaultError(right or ("" if self._peek() in ("\n", "") else self._next_token()))
            return Condition("==", word, right)
        self._skip()
        comparison = self._word()
        self._skip()
        if comparison.lower() not in _COMPARISONS:
            raise SyntaxFaultError(comparison)
        return Condition(comparison.lower(), word, self._word())

    # ------------------------------------------------------------------ for

    def _for(self) -> Command:
        kind = option = ""
        self._skip()
        word = self._word()
        while word.startswith("/"):
            kind = word[1:].lower()
            self._skip()
            word = self._word()
            if kind in ("f", "r") and not word.startswith(("%", "/")):
                option = word
                self._skip()
                word = self._word()
        if len(word) != 2 or word[0] != "%" or kind not in ("", "f", "l", "d", "r"):
            raise SyntaxFaultError(word)
        self._skip()
        keyword = self._word()
        self._skip()
        if keyword.lower() != "in" or self._peek() != "(":
            raise SyntaxFaultError(keyword if keyword.lower() != "in" else self._next_token())
        items = self._items()
        self._skip()
        keyword = self._word()
        if keyword.lower() != "do":
            raise SyntaxFaultError(keyword)
        self._skip()
        quiet = self._peek() == "@"
        body = self._sequence()
        if body is None:
            raise SyntaxFaultError("" if self._peek() in ("\n", "") else self._next_token())
        return For(kind, option, word[1], items, body, quiet)

    def _items(self) -> str:
        """The text between the parentheses of `in (...)`; line breaks are blanks."""
        self._at += 1
        out: list[str] = []
        quoted = False
        while True:
            char = self._peek()
            if char in ("\n", ""):
                if not self._more():
                    raise SyntaxFaultError("")
                out.append(" ")
                quoted = False
                continue
            if char == '"':
                quoted = not quoted
            elif not quoted and char == "^":
                out.append(self._escaped())
                continue
            elif not quoted and char == ")":
                self._at += 1
                return "".join(out)
            elif not quoted and char in OPERATORS:
                raise SyntaxFaultError(self._next_token())
            out.append(char)
            self._at += 1
