"""`set /a`: signed 32-bit arithmetic.

Operators from weak to strong: `,`, assignments, `|`, `^`, `&`, `<< >>`, `+ -`, `* / %`, then the signs `! ~ + -`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from winipsec_lab.cmd.words import whole_number

_TOKEN = re.compile(r"\s*(<<=|>>=|<<|>>|[-+*/%&|^]=|[-+*/%&|^~!()=,]|0[xX][0-9A-Fa-f]+|\d+|[^\s\-+*/%&|^~!()=,<>]+)")
_ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=")
_LEVELS = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))


class ArithmeticFault(Exception):  # noqa: N818 a fault of the expression
    """An expression that cannot be evaluated.

    Attributes:
        key: key of the message.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def evaluate(text: str, get: Callable[[str], str], put: Callable[[str, str], None]) -> int:
    """The value of an expression; assignments in it are carried out."""
    tokens: list[str] = []
    index = 0
    while text[index:].strip():
        found = _TOKEN.match(text, index)
        if found is None:
            raise ArithmeticFault("cmd.no_number")
        tokens.append(found.group(1))
        index = found.end()
    return _Expression(tokens, get, put).whole()


def _wrapped(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def _divided(left: int, right: int) -> int:
    if right == 0:
        raise ArithmeticFault("cmd.divide_by_zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
    "<<": lambda left, right: left << (right & 63),
    ">>": lambda left, right: left >> (right & 63),
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": lambda left, right: left - right * _divided(left, right),
}


class _Expression:
    def __init__(self, tokens: list[str], get: Callable[[str], str], put: Callable[[str, str], None]) -> None:
        self._tokens = tokens
        self._at = 0
        self._get = get
        self._put = put

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def whole(self) -> int:
        value = self._assignment()
        while self._peek() == ",":
            self._take()
            value = self._assignment()
        if self._peek():
            raise ArithmeticFault("cmd.no_number")
        return value

    def _assignment(self) -> int:
        sign = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ""
        if sign not in _ASSIGNMENTS:
            return self._binary(0)
        name = self._take()
        self._take()
        value = self._assignment()
        if sign != "=":
            value = _wrapped(_OPERATIONS[sign[:-1]](self._number(self._get(name)), value))
        self._put(name, str(value))
        return value

    def _binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self._signed()
        value = self._binary(level + 1)
        while self._peek() in _LEVELS[level]:
            sign = self._take()
            value = _wrapped(_OPERATIONS[sign](value, self._binary(level + 1)))
        return value

    def _signed(self) -> int:
        token = self._take()
        if token == "(":  # noqa: S105 a parenthesis
            value = self._assignment()
            if self._take() != ")":
                raise ArithmeticFault("cmd.no_number")
            return value
        if token in ("-", "+", "~", "!"):
            value = self._signed()
            return {"-": -value, "+": value, "~": ~value, "!": int(not value)}[token]
        if not token or token in _OPERATIONS or token in (")", ",", *_ASSIGNMENTS):
            raise ArithmeticFault("cmd.no_number")
        return self._number(token if token[0].isdigit() else self._get(token))

    @staticmethod
    def _number(text: str) -> int:
        return _wrapped(whole_number(text.strip()) or 0)
