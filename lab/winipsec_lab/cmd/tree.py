"""The parsed form of a command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Redirection:
    """`2>file`, `<file`, `>>file` or `2>&1`.

    Attributes:
        handle: which handle is turned.
        kind: `<`, `>`, `>>`, or `&` when `target` is the number of another handle.
        target: file name with its quotes, or the number.
    """

    handle: int
    kind: str
    target: str


@dataclass(frozen=True)
class Simple:
    """A command and its arguments.

    Attributes:
        name: the first word with its quotes.
        rest: everything after it as it was written, blanks included, without carets and redirections.
    """

    name: str
    rest: str
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True)
class Block:
    """Commands in parentheses."""

    body: Command
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True)
class Chain:
    """Two commands joined by an operator: `&` (also a line break in a block), `&&`, `||` or `|`."""

    operator: str
    left: Command
    right: Command


@dataclass(frozen=True)
class Condition:
    """What an `if` asks.

    Attributes:
        kind: `errorlevel`, `exist`, `defined`, `cmdextversion`, `==` or one of `equ neq lss leq gtr geq`.
        left: the only or the left word.
        right: the right word of a comparison.
    """

    kind: str
    left: str
    right: str = ""
    negated: bool = False
    ignore_case: bool = False


@dataclass(frozen=True)
class If:
    """`if condition then else otherwise`."""

    condition: Condition
    then: Command
    otherwise: Command | None = None
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True)
class For:
    """A loop.

    Attributes:
        kind: empty, `f`, `l`, `d` or `r`.
        option: the quoted options of `/f` or the folder of `/r`, as written.
        variable: one letter.
        items: the text in parentheses.
        quiet: whether `@` stands before the body.
    """

    kind: str
    option: str
    variable: str
    items: str
    body: Command
    quiet: bool = False
    redirections: tuple[Redirection, ...] = ()


Command = Simple | Block | Chain | If | For


def render(command: Command) -> str:
    """The text of a command as `cmd` prints it before it runs, when echo is on."""
    if isinstance(command, Simple):
        turned = "".join(
            f" {item.handle}{'>&' if item.kind == '&' else item.kind}{item.target} " for item in command.redirections
        )
        return f"{command.name}{command.rest} {turned}".rstrip() + " "
    if isinstance(command, Block):
        return f"({render(command.body)})"
    if isinstance(command, Chain):
        return f"{render(command.left)} {command.operator} {render(command.right)}"
    if isinstance(command, If):
        condition = command.condition
        words = f"{condition.kind} {condition.left}" if not condition.right else ""
        words = words or f"{condition.left} {condition.kind} {condition.right}"
        text = f"if {'not ' if condition.negated else ''}{words} {render(command.then)}"
        return f"{text} else {render(command.otherwise)}" if command.otherwise else text
    return f"for %{command.variable} in ({command.items}) do {render(command.body)}"
