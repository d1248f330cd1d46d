"""Carrying out one line of netsh: contexts, commands, help (spec: winrm 4.4, ipsec-policy 1.2).

A line is looked up in the present context first, then in the contexts around it, so that inside `ipsec static` both
`add policy x` and `ipsec dynamic show all` work. A line that names only a context enters it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from winipsec_lab.netsh import volatile
from winipsec_lab.netsh.arguments import Binder
from winipsec_lab.netsh.dump import dump
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.grammar import COMMANDS, Command, beginnings
from winipsec_lab.netsh.handlers import CHANGING, HANDLERS
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.values import BlobError

Context = tuple[str, ...]

CONTEXTS: Final[dict[Context, tuple[str, ...]]] = {
    (): ("ipsec",),
    ("ipsec",): ("static", "dynamic"),
    ("ipsec", "static"): (),
    ("ipsec", "dynamic"): (),
}
_HELP: Final = ("?", "/?", "help", "-?")
_LEAVE: Final = ("quit", "bye", "exit")
_QUIET: Final = ("commit", "flush", "online", "offline", "abort")


class Interpreter:
    """Carries out lines in a session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def run(self, words: list[str], *, enter: bool = True) -> bool:
        """Carry out the words of one line; returns whether it worked.

        Args:
            words: the words of the line, without comments.
            enter: whether a line that names only a context enters it; a command line shows its help instead.
        """
        if not words:
            return True
        own = self._own(words, enter=enter)
        if own is not None:
            return own
        for depth in range(len(self.session.context), -1, -1):
            outcome = self._within(self.session.context[:depth], words, enter=enter)
            if outcome is not None:
                return outcome
        self._unknown(words)
        return False

    def _unknown(self, words: list[str]) -> None:
        self.session.complain(self.session.texts("unknown_command", words=" ".join(words)) + "\n")

    def _own(self, words: list[str], *, enter: bool) -> bool | None:
        """Words that belong to netsh itself, in every context; None when the line has no such word."""
        session, word = self.session, words[0].lower()
        if word in _LEAVE and len(words) == 1:
            session.ended = True
        elif word == "..":
            session.context = session.context[:-1]
        elif word == "pushd":
            session.stack.append(session.context)
            if len(words) > 1 and self._within((), words[1:], enter=True) is None:
                self._unknown(words[1:])
                return False
        elif word == "popd":
            session.context = session.stack.pop() if session.stack else session.context
        elif word in _HELP and len(words) == 1:
            self._context_help(session.context)
        elif word not in _QUIET or len(words) > 1 or not enter:
            return None
        return True

    def _within(self, context: Context, words: list[str], *, enter: bool) -> bool | None:
        """Try a line in one context; None when it means nothing there."""
        rest = list(words)
        while rest and (inner := beginnings(rest[0], CONTEXTS[context])):
            if len(inner) > 1:
                return None
            context, rest = (*context, inner[0]), rest[1:]
        if not rest:
            if enter:
                self.session.context = context
            else:
                self._context_help(context)
            return True
        if rest[0].lower() in _HELP and len(rest) == 1 and context:
            self._context_help(context)
            return True
        if context == ("ipsec",) and beginnings(rest[0], ("dump",)) and len(rest) == 1:
            return self._guarded(self._dump)
        if len(context) < 2:
            return None
        return self._command(context[1], rest)

    def _dump(self) -> None:
        self.session.check_service()
        dump(self.session)

    def _context_help(self, context: Context) -> None:
        say, texts = self.session.say, self.session.texts
        say(f"\n{texts('commands')}\n\n")
        for name in CONTEXTS[context]:
            say(f"{name}\n")
        if context == ("ipsec",):
            say("dump\n")
        for command in COMMANDS:
            if context[1:] == (command.context,):
                say(f"{command.usage()}\n")
        say("\n")

    # ------------------------------------------------------------------ commands

    def _command(self, context: str, words: list[str]) -> bool | None:
        known = [command for command in COMMANDS if command.context == context]
        verbs = beginnings(words[0], tuple(command.verb for command in known))
        if not verbs:
            return None
        if len(verbs) > 1:
            return self._refused(Refusal("bad_syntax"), None)
        group = [command for command in known if command.verb == verbs[0]]
        if not group[0].noun:
            return self._carry_out(group[0], words[1:])
        if len(words) < 2 or words[1].lower() in _HELP:
            for command in group:
                self.session.say(f"{command.usage()}\n")
            return len(words) > 1 or self._refused(Refusal("bad_syntax"), None)
        nouns = beginnings(words[1], tuple(command.noun for command in group))
        if len(nouns) != 1:
            return None if not nouns else self._refused(Refusal("bad_syntax"), None)
        command = next(command for command in group if command.noun == nouns[0])
        return self._carry_out(command, words[2:])

    def _carry_out(self, command: Command, words: list[str]) -> bool:
        session = self.session
        if any(word.lower() in ("?", "/?") for word in words):
            session.say(f"\n{session.texts('usage')}\n  {command.usage()}\n\n")
            return True

        def act() -> None:
            session.check_service()
            args = Binder(command, session.switches).bind(words)
            volatile.in_force(session.machine)
            handler = HANDLERS[command.context, command.verb, command.noun]
            if command.verb not in CHANGING:
                handler(session, args)  # without the lock: whoever reads the output may be slow
                return
            with session.machine.registry.lock:
                handler(session, args)
                if command.context == "static":
                    session.changed(assigned="assign" in args)

        return self._guarded(act, command)

    def _guarded(self, act: Callable[[], None], command: Command | None = None) -> bool:
        try:
            act()
        except Refusal as refusal:
            return self._refused(refusal, command)
        except BlobError:
            return self._refused(Refusal("store_damaged"), command)
        return True

    def _refused(self, refusal: Refusal, command: Command | None) -> bool:
        self.session.refuse(refusal)
        if command and refusal.key in ("missing_tag", "unknown_tag", "ambiguous_tag", "stray_word"):
            self.session.complain(f"{self.session.texts('usage')}\n  {command.usage()}\n\n")
        return False
