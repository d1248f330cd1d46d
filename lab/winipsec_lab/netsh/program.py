"""The program `netsh`: its switches, script files, standard input (spec: winrm 4.4, ipsec-policy 1.2, 3.1).

    netsh [-a FILE] [-c CONTEXT] [-r MACHINE] [-u USER] [-p PASSWORD] [COMMAND | -f FILE]
    netsh exec FILE

Script files are read in the machine's ANSI code page. All their lines are carried out, whatever fails; the exit code
is 1 when any line failed. Without a command, lines are read from standard input and a prompt is printed before each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.process import Process, codec
from winipsec_lab.netsh.interpreter import Interpreter
from winipsec_lab.netsh.session import Session
from winipsec_lab.netsh.words import split_line

_OPTIONS: Final = ("a", "c", "r", "u", "p", "f")
_DEEPEST: Final = 16  # scripts that call scripts
_HELP: Final = ("?", "/?", "-?", "help")


def run(process: Process) -> int:
    """Run netsh; returns its exit code."""
    session = Session(process)
    interpreter = Interpreter(session)
    try:
        _arguments(session, interpreter, process.argv[1:])
    finally:
        session.close()
    return int(session.switches["netsh.failure_code"]) if session.failed else 0


def _arguments(session: Session, interpreter: Interpreter, words: list[str]) -> None:
    script, words = _options(session, interpreter, words)
    first = words[0].lower() if words else ""
    if session.failed:
        return
    if script or (first == "exec" and len(words) == 2):
        _script(session, interpreter, script or words[1])
    elif first in _HELP:
        session.say(session.texts("program_usage") + "\n")
        interpreter.run(["?"])
        session.failed = session.switches["netsh.help_code"] == "1"
    elif words:
        _line(interpreter, session, words, enter=False)
    else:
        _standard_input(session, interpreter)


def _options(session: Session, interpreter: Interpreter, words: list[str]) -> tuple[str, list[str]]:
    """Heed the switches before the command; returns the script they name and the words of the command."""
    script = ""
    while words and not session.failed and words[0][:1] in "-/" and words[0][1:].lower() in _OPTIONS:
        if len(words) == 1:
            session.complain(session.texts("bad_option") + "\n")
            break
        option, value, words = words[0][1:].lower(), words[1], words[2:]
        if option == "f":
            script = value
        elif option == "c":
            _enter(session, interpreter, value)
        elif option in "ar":
            _foreign(session, option, value)
    return script, words


def _enter(session: Session, interpreter: Interpreter, text: str) -> None:
    interpreter.run(split_line(text))
    if not session.context:
        session.failed = True


def _foreign(session: Session, option: str, value: str) -> None:
    """`-r` reaches only this machine, `-a` needs an alias file; neither belongs to the simulated netsh."""
    own = {".", "localhost", "127.0.0.1", session.machine.name.lower(), session.machine.dns_name.lower()}
    if option == "a" or (value.lstrip("\\").lower() not in own):
        session.complain(session.texts("bad_option") + "\n")


def _line(interpreter: Interpreter, session: Session, words: list[str], *, enter: bool) -> bool:
    """Carry out a line; asking for help counts as failure only where a guess says so."""
    good = interpreter.run(words, enter=enter)
    asked = any(word.lower() in ("?", "/?") for word in words)
    if good and asked and session.switches["netsh.help_code"] == "1":
        session.failed = True
    return good


def _script(session: Session, interpreter: Interpreter, name: str) -> None:
    path = session.machine.files.absolute(name, session.process.directory)
    try:
        data = session.machine.files.read(path)
    except FileError:
        session.complain(session.texts("script_missing") + "\n")
        return
    if session.scripts >= _DEEPEST:
        session.complain(session.texts("script_missing") + "\n")
        return
    session.scripts += 1
    stops = session.switches["netsh.script_failure"] == "stops"
    for raw in data.decode(codec(session.machine.ansi_code_page), "replace").splitlines():
        session.process.check_cancelled()
        if (not _text(session, interpreter, raw) and stops) or session.ended:
            break
    session.scripts -= 1


def _text(session: Session, interpreter: Interpreter, text: str) -> bool:
    """Carry out one line of text; empty lines and comments do nothing."""
    if not text.strip() or text.lstrip().startswith("#"):
        return True
    words = split_line(text)
    if words[0].lower() == "exec" and len(words) == 2:
        failed, session.failed = session.failed, False
        _script(session, interpreter, words[1])
        good = not session.failed
        session.failed = failed or session.failed
        return good
    return _line(interpreter, session, words, enter=True)


def _standard_input(session: Session, interpreter: Interpreter) -> None:
    console = session.switches["netsh.stdin_code_page"] == "console"
    page = session.process.code_page if console else session.machine.ansi_code_page
    for raw in _prompted(session):
        session.process.check_cancelled()
        _text(session, interpreter, raw.decode(codec(page), "replace"))
        if session.ended:
            break
    if session.switches["netsh.stdin_failure"] == "ignored":
        session.failed = False


def _prompted(session: Session) -> Iterator[bytes]:
    """The lines of standard input, a prompt before each."""
    while True:
        session.say(" ".join(("netsh", *session.context)) + ">")
        line = session.process.stdin.readline()
        if not line:
            session.say("\n")
            return
        yield line
