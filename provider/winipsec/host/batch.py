r"""How a batch travels: as few remote commands as its text allows, the last of which also reads the store back.

    mkdir, icacls          once per connection: a folder that only administrators and the system may read
    findstr "^" >b-ID.nsh  the script, over stdin: header, then every ASCII command without a key
    reg query              which objects there are the moment before; not reached if the file could not be written
    netsh -f b-ID.nsh      runs it; the file stays until the engine knows the outcome (`leftovers`)
    netsh ipsec static ... commands with text outside ASCII: scripts are read in a code page, argument lines are not
    s-ID.nsh               scripts that hold a pre-shared key, or come after an argument line; deleted on the same line

Where the host is to take the change back (`commit`), every one of these commands first sees that it still can: a host
that was restarted meanwhile has done so already, and nothing more may be written then.

(spec: winrm 4.3 to 4.6, ipsec-policy 1.2, design 2.2 item 9)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from winipsec.errors import UserError
from winipsec.formats.netsh import Command, RegCommand
from winipsec.formats.policy_store import LOCAL
from winipsec.formats.quoting import MAX_LINE, argument, path, script_value, units
from winipsec.host.leftovers import Intent, header
from winipsec.host.machine import SERVICE

ADMINISTRATORS = "*S-1-5-32-544"
SYSTEM = "*S-1-5-18"


LONGEST_SCRIPT_LINE = 8000
"""Bytes; `findstr`, through which scripts come, leaves out lines of 8191 and more (spec: winrm 4.2)."""
ROOM = 200
"""UTF-16 units of a line that are kept for what may stand around one command."""


class Remote(NamedTuple):
    """One remote command: a line for cmd, and what it reads."""

    line: str
    stdin: bytes | None = None


def secure_folder(folder: str) -> str:
    """Make the folder if need be, and close it to everybody else; fails if it cannot be closed."""
    rights = " ".join(f'/grant:r "{who}:(OI)(CI)F"' for who in (SYSTEM, ADMINISTRATORS))
    return f"mkdir {path(folder)} 2>nul & icacls {path(folder)} /inheritance:r {rights} >nul"


def start_service(*, bare: bool = False) -> str:
    """Start the IPsec Policy Agent and wait until it runs; `bare` with no policy, whichever was assigned."""
    unassign = f'reg delete "{LOCAL}" /v ActivePolicy /f >nul 2>nul & ' if bare else ""
    return f"{unassign}net start {SERVICE}"


def remove_files(folder: str, batches: Sequence[str], keys: Sequence[str] = (), blank: Sequence[str] = ()) -> list[str]:
    """Lines that delete the files of batches.

    Args:
        folder: Where they lie.
        batches: Those whose outcome is known.
        keys: Those of which a script with a key may be left.
        blank: Those whose file was empty; if it is no longer, somebody is just writing it, and it stays.
    """
    opening = [path(rf"{folder}\b-{batch}.nsh") for batch in batches]
    keyed = [path(rf"{folder}\s-{batch}.nsh") for batch in keys]
    empty = [path(rf"{folder}\b-{batch}.nsh") for batch in blank]
    lines = [f"del /f /q {name} 2>nul" for name in (*opening, *keyed)]
    return _packed([*lines, *(f'findstr "^" {name} >nul 2>nul || del /f /q {name} 2>nul' for name in empty)])


def remote_commands(
    batch: str,
    folder: str,
    commands: Sequence[Command | RegCommand],
    intents: Sequence[Intent],
    *,
    prepare: str = "",
    armed: str = "",
    before: str = "",
    ending: str = "",
) -> list[Remote]:
    """Turn commands into remote commands, in order.

    `prepare` must succeed for anything to be written, and the file `armed` be there; `before` runs once the script is
    written, `ending` is appended to the last line.
    """
    check = f"dir /b {path(armed)} >nul 2>nul" if armed else ""
    opening = path(rf"{folder}\b-{batch}.nsh")
    script = header(batch, intents)
    runs = list(_runs(commands))
    if runs and _scripted(runs[0][0]):
        script.extend(_script_lines(runs.pop(0)))
    gate = "".join(f"{line} && " for line in (prepare, check) if line)
    running = f"({before} & netsh -f {opening})" if before else f"netsh -f {opening}"
    remotes = [Remote(f'{gate}findstr "^" >{opening} && {running}', _stdin(script))]
    for run in runs:
        if isinstance(run[0], Command) and (run[0].secret or _scripted(run[0])):
            name = path(rf"{folder}\s-{batch}.nsh")
            line = f'findstr "^" >{name} && netsh -f {name} & del /f /q {name}'
            remotes.append(Remote(_checked(check, line), _stdin(_script_lines(run))))
        else:
            lines = _packed([item.argument_line(argument) for item in run])
            remotes.extend(Remote(_checked(check, line)) for line in lines)
    if ending:
        last = remotes[-1]
        # The ending expands variables: a percent sign of a user on the same line would spoil that.
        if "%" not in last.line and units(last.line) + units(ending) + 3 <= MAX_LINE:
            remotes[-1] = last._replace(line=f"{last.line} & {ending}")
        else:
            remotes.append(Remote(ending))
    return remotes


def _checked(check: str, line: str) -> str:
    return f"{check} && ({line})" if check else line


def require_carriable(commands: Iterable[Command | RegCommand]) -> None:
    """Refuse what cannot travel before anything does, so that one command never stops the others of its batch.

    Raises:
        UserError: a text is too long, or a key stands beside text outside ASCII.
    """
    for command in commands:
        if isinstance(command, Command) and (command.secret or command.is_ascii):
            length, longest = len(command.script_line(script_value)), LONGEST_SCRIPT_LINE
            advice = "Shorten names and descriptions, or give it fewer methods."
        else:
            length, longest = units(command.argument_line(argument)), MAX_LINE - ROOM
            advice = "Shorten names and descriptions, or write them in ASCII: then they travel in a file."
        if length > longest:
            raise UserError(
                f"the texts of one command are together longer than a command line may be ({longest} characters).",
                code="quoting.long",
                advice=advice,
            )


def recorded_line(command: Command | RegCommand) -> str:
    """A command as a leftover records it: without its key, whatever its characters."""
    if isinstance(command, Command):
        return command.masked().script_line(lambda value: f'"{value}"')
    return command.argument_line(lambda value: f'"{value}"')


def opening_length(commands: Sequence[Command | RegCommand]) -> int:
    """How many commands, from the first, lie in the file that stays; what comes after them has to be recorded there."""
    return next((index for index, item in enumerate(commands) if not _scripted(item)), len(commands))


def _scripted(command: Command | RegCommand) -> bool:
    return isinstance(command, Command) and command.is_ascii and not command.secret


def _runs(commands: Iterable[Command | RegCommand]) -> Iterator[list[Command | RegCommand]]:
    """Neighbours that travel alike."""
    run: list[Command | RegCommand] = []
    for command in commands:
        if run and _way(command) != _way(run[-1]):
            yield run
            run = []
        run.append(command)
    if run:
        yield run


def _way(command: Command | RegCommand) -> str:
    if isinstance(command, Command) and command.secret:
        return "secret"
    return "script" if _scripted(command) else "arguments"


def _script_lines(run: Sequence[Command | RegCommand]) -> list[str]:
    return [command.script_line(script_value) for command in run if isinstance(command, Command)]


def _packed(lines: Sequence[str]) -> list[str]:
    """Join argument lines as long as cmd takes them; text with a percent sign stays alone (spec: wine-oracle)."""
    packed: list[str] = []
    for line in lines:
        alone = "%" in line or (packed and "%" in packed[-1])
        if packed and not alone and units(packed[-1]) + units(line) + 3 <= MAX_LINE - ROOM:
            packed[-1] = f"{packed[-1]} & {line}"
        else:
            packed.append(line)
    return packed


def _stdin(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")
