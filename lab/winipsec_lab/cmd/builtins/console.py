"""Builtins that talk to the console: `echo`, `ver`, `vol`, `date`, `time`, `pause`, `cls`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from winipsec_lab.cmd.variables import date_text, time_text
from winipsec_lab.cmd.words import options

if TYPE_CHECKING:
    from winipsec_lab.cmd.interpreter import Interpreter

#: What `ver` says, by generation.
VERSIONS = {"current": "10.0.20348.587", "2003": "5.2.3790"}
VOLUME = "77AB-1E5C"


def nothing(_interpreter: Interpreter, _rest: str) -> int:
    """`rem`, `title`, `break`, ...: no effect that anybody sees."""
    return 0


def clear(interpreter: Interpreter, _rest: str) -> int:
    """`cls`: a form feed when output is no console."""
    interpreter.shell.out("\x0c")
    return 0


def echo(interpreter: Interpreter, rest: str) -> int:
    """`echo text`: the character behind `echo` is a separator; without text the state of echo."""
    shell = interpreter.shell
    word = rest.strip().lower()
    if not rest.strip(" \t,;="):
        shell.say("cmd.echo_on" if shell.echo else "cmd.echo_off")
    elif word in ("on", "off"):
        shell.echo = word == "on"
    else:
        shell.out(rest[1:] + "\n")
    return 0


def version(interpreter: Interpreter, _rest: str) -> int:
    """`ver`."""
    machine = interpreter.shell.machine
    interpreter.shell.say("cmd.version", VERSIONS[machine.generation])
    return 0


def volume(interpreter: Interpreter, rest: str) -> int:
    """`vol [C:]`."""
    names = options(rest).names
    if names and names[0].upper() != "C:":
        interpreter.shell.system_error(15)
        return 1
    interpreter.shell.say("cmd.volume", VOLUME)
    return 0


def date(interpreter: Interpreter, rest: str) -> int:
    """`date /t` shows the date; without `/t` it asks for a new one, and an empty answer keeps the old."""
    shell = interpreter.shell
    text = date_text(shell)
    if "t" in options(rest).switches:
        shell.out(text + (" \n" if shell.machine.locale == "en-US" else "\n"))
        return 0
    shell.say("cmd.date", text, shell.machine.language.date_letters)
    shell.streams.stdin.readline()
    shell.out("\n")
    return 0


def time(interpreter: Interpreter, rest: str) -> int:
    """`time /t` shows hours and minutes; without `/t` it asks for a new time, and an empty answer keeps the old."""
    shell = interpreter.shell
    if "t" in options(rest).switches:
        now = shell.machine.clock.local()
        shell.out(now.strftime("%I:%M %p\n" if shell.machine.locale == "en-US" else "%H:%M\n"))
        return 0
    shell.say("cmd.time", time_text(shell))
    shell.streams.stdin.readline()
    shell.out("\n")
    return 0


def pause(interpreter: Interpreter, _rest: str) -> int:
    """`pause`: goes on after a key, or when there is no more input."""
    interpreter.shell.say("cmd.pause")
    interpreter.shell.streams.stdin.read(1)
    interpreter.shell.out("\n")
    return 0
