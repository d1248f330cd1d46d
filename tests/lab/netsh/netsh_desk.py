"""Somebody who types netsh commands on a simulated machine and looks into its store."""

from __future__ import annotations

import io
import json
import re
import threading
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.process import Console, Process, StandardInput
from winipsec_lab.netsh.program import run
from winipsec_lab.store.action_blob import decode_action
from winipsec_lab.store.entries import Entry
from winipsec_lab.store.filter_blob import decode_filter_list
from winipsec_lab.store.policy_blob import decode_main_mode
from winipsec_lab.store.registry_store import LOCAL, Store
from winipsec_lab.store.rule_blob import decode_rule
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE

_VECTORS = Path(__file__).parents[2] / "vectors"
ERROR = re.compile(r"^ERR (IPsec|Win32)\[(\d{5})\] : \S", re.MULTILINE)


def vectors(name: str) -> list[dict[str, Any]]:
    """One of the files of published material."""
    return json.loads((_VECTORS / name).read_text(encoding="utf-8"))


@cache
def _template(**options: Any) -> dict[str, Any]:
    return Machine("web1", **options).to_json()


def machine_like(**options: Any) -> Machine:
    """A new machine; machines of equal options are copies of one template, which is quicker."""
    return Machine.from_json(_template(**options))


class Answer(NamedTuple):
    """What a program gave back."""

    code: int
    out: str
    err: str


class Desk:
    """A machine with a console."""

    def __init__(self, machine: Machine | None = None, **options: Any) -> None:
        self.machine = machine or machine_like(**options)

    def guess(self, **settings: str) -> Desk:
        """Set switches of netsh (or, with `traffic_` in front, of the matcher)."""
        for name, setting in settings.items():
            domain = "" if name.startswith("traffic_") else "netsh."
            self.machine.guesses.set(domain + name.replace("traffic_", "traffic.", 1), setting)
        return self

    def netsh(self, tail: str, stdin: bytes = b"", code_page: int = 65001) -> Answer:
        """Run netsh with the rest of a command line."""
        out, err = io.BytesIO(), io.BytesIO()
        process = Process(
            machine=self.machine,
            command_line=f"netsh {tail}",
            environment={},
            directory="C:\\",
            console=Console(code_page),
            user="Administrator",
            cancelled=threading.Event(),
            stdin=StandardInput(io.BytesIO(stdin)),
            write_out=out.write,
            write_err=err.write,
        )
        code = run(process)
        return Answer(code, out.getvalue().decode("utf-8", "replace"), err.getvalue().decode("utf-8", "replace"))

    def static(self, tail: str) -> Answer:
        """Run one command of the static context."""
        return self.netsh(f"ipsec static {tail}")

    def ok(self, *lines: str) -> Desk:
        """Commands that must succeed silently."""
        for line in lines:
            assert self.static(line) == (0, "", ""), line
        return self

    def refused(self, line: str) -> str:
        """A command that must fail, tell so, and change nothing; returns the error's number."""
        before = self.content()
        answer = self.static(line)
        assert answer.code == 1, line
        found = ERROR.search(answer.out)
        assert found, answer
        assert self.content() == before, line
        return found[2]

    def works(self, line: str) -> bool:
        """Whether a command succeeds."""
        answer = self.static(line)
        assert (answer.code == 0) == (not ERROR.search(answer.out + answer.err)), answer
        return answer.code == 0

    def script(self, text: str, page: str = "cp1252") -> Answer:
        """Run a script file."""
        self.machine.files.write(r"C:\s.nsh", text.encode(page))
        return self.netsh(r"-f C:\s.nsh")

    # ------------------------------------------------------------------ looking

    def content(self) -> dict[str, Any]:
        """Everything below the local store's key."""
        registry = self.machine.registry
        return {path: dict(registry.values(path)) for path, _ in registry.walk(LOCAL)}

    @property
    def store(self) -> Store:
        """The local store."""
        return Store(self.machine.registry, LOCAL, self.machine.guesses, self.machine.clock.timestamp)

    def values(self, entry: Entry) -> dict[str, Any]:
        """The registry values of an object, without their types."""
        return {name: value.data for name, value in self.machine.registry.values(f"{LOCAL}\\{entry.key}").items()}

    def named(self, kind: str, name: str) -> Entry:
        """The only object of a name."""
        (entry,) = [entry for entry in self.store.entries(kind) if entry.name == name]
        return entry

    def policy(self, name: str = "p") -> Entry:
        """A policy."""
        return self.named(POLICY, name)

    def main_mode(self, name: str = "p") -> Any:
        """The main-mode part of a policy, decoded."""
        return decode_main_mode(self.store.find(self.policy(name).main_mode).data)

    def list(self, name: str = "l") -> Entry:
        """A filter list."""
        return self.named(FILTER_LIST, name)

    def filters(self, name: str = "l") -> tuple[Any, ...]:
        """The filters of a list, decoded."""
        return decode_filter_list(self.list(name).data).filters

    def action(self, name: str = "a") -> Entry:
        """A filter action."""
        return self.named(ACTION, name)

    def offers(self, name: str = "a") -> tuple[Any, ...]:
        """The offers of a filter action, decoded."""
        return decode_action(self.action(name).data)

    def rule_entry(self, name: str = "r") -> Entry:
        """A rule as stored."""
        return self.named(RULE, name)

    def rule(self, name: str = "r") -> Any:
        """A rule, decoded."""
        return decode_rule(self.rule_entry(name).data)

    def default(self, name: str = "p") -> Entry | None:
        """The default response rule of a policy."""
        rules = [rule for rule in self.store.rules_of(self.policy(name)) if not rule.filter_lists]
        return rules[0] if rules else None

    def furnish(self) -> Desk:
        """A policy `p` with rule `r`, list `l` with one filter, and actions `a` (negotiate) and `b` (block)."""
        return self.ok(
            "add policy name=p",
            "add filter filterlist=l srcaddr=any dstaddr=me protocol=tcp dstport=80",
            "add filteraction name=a action=negotiate",
            "add filteraction name=b action=block",
            "add rule name=r policy=p filterlist=l filteraction=b",
        )
