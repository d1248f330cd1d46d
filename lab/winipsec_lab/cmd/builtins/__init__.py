"""The commands that are part of the interpreter, and what they do to the error level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from winipsec_lab.cmd.builtins import console, copying, deleting, environment, flow, folders, listing, typing

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter


class Effect(Enum):
    """When a builtin changes the error level."""

    #: Set to the return code, 0 included.
    ALWAYS = 1
    #: Set when it fails; on success only in `.cmd` files.
    FAILURE = 2
    NEVER = 3


@dataclass(frozen=True)
class Builtin:
    """One builtin.

    Attributes:
        run: takes the interpreter and everything behind the name; gives the return code.
        effect: what becomes of the error level.
    """

    run: Callable[[Interpreter, str], int]
    effect: Effect


BUILTINS: dict[str, Builtin] = {
    "break": Builtin(console.nothing, Effect.NEVER),
    "call": Builtin(flow.call, Effect.ALWAYS),
    "cd": Builtin(folders.change, Effect.ALWAYS),
    "chdir": Builtin(folders.change, Effect.ALWAYS),
    "cls": Builtin(console.clear, Effect.NEVER),
    "color": Builtin(console.nothing, Effect.ALWAYS),
    "copy": Builtin(copying.copy, Effect.ALWAYS),
    "date": Builtin(console.date, Effect.ALWAYS),
    "del": Builtin(deleting.delete, Effect.ALWAYS),
    "dir": Builtin(listing.listing, Effect.ALWAYS),
    "echo": Builtin(console.echo, Effect.NEVER),
    "endlocal": Builtin(environment.end_local, Effect.NEVER),
    "erase": Builtin(deleting.delete, Effect.ALWAYS),
    "exit": Builtin(flow.leave, Effect.NEVER),
    "goto": Builtin(flow.goto, Effect.NEVER),
    "md": Builtin(folders.make, Effect.ALWAYS),
    "mkdir": Builtin(folders.make, Effect.ALWAYS),
    "move": Builtin(copying.move, Effect.ALWAYS),
    "path": Builtin(environment.path, Effect.FAILURE),
    "pause": Builtin(console.pause, Effect.NEVER),
    "popd": Builtin(folders.pop, Effect.NEVER),
    "prompt": Builtin(environment.prompt, Effect.FAILURE),
    "pushd": Builtin(folders.push, Effect.ALWAYS),
    "rd": Builtin(deleting.remove_folder, Effect.NEVER),
    "rem": Builtin(console.nothing, Effect.NEVER),
    "ren": Builtin(copying.rename, Effect.ALWAYS),
    "rename": Builtin(copying.rename, Effect.ALWAYS),
    "rmdir": Builtin(deleting.remove_folder, Effect.NEVER),
    "set": Builtin(environment.assign, Effect.FAILURE),
    "setlocal": Builtin(environment.set_local, Effect.ALWAYS),
    "shift": Builtin(flow.shift, Effect.NEVER),
    "time": Builtin(console.time, Effect.ALWAYS),
    "title": Builtin(console.nothing, Effect.NEVER),
    "type": Builtin(typing.show, Effect.ALWAYS),
    "ver": Builtin(console.version, Effect.ALWAYS),
    "verify": Builtin(console.nothing, Effect.ALWAYS),
    "vol": Builtin(console.volume, Effect.ALWAYS),
}
