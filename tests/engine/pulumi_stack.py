"""One Pulumi stack in a folder of its own, driven through the real command line.

Programs are given as data and written as YAML programs (JSON is YAML), so a test says in one place what it wants. What
the engine did is read from its event log, what it says from its output.
"""

from __future__ import annotations

import json
import subprocess
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pulumi_environment import VENV, environment
from winipsec_lab.testing import Host

PROJECT = "engine"
STACK = "dev"
PACKAGE = "winipsec:index:"
PATIENCE = 100
"""Seconds after which a command counts as hanging."""


class Step(NamedTuple):
    """What the engine did, or would do, to one resource."""

    op: str
    name: str
    kind: str
    paths: Mapping[str, str]
    """The changed property paths with their kinds."""


class Saying(NamedTuple):
    """A message of the engine or the provider, and the resource at whose row it stands; empty for none."""

    name: str
    severity: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What came of one command."""

    arguments: tuple[str, ...]
    code: int
    output: str
    seconds: float
    steps: tuple[Step, ...] = ()
    sayings: tuple[Saying, ...] = field(default=(), repr=False)

    @property
    def changes(self) -> dict[str, str]:
        """What happened to each resource that did not stay as it was. Of several steps the names are joined."""
        found: dict[str, str] = {}
        for step in self.steps:
            if step.op not in {"same", "refresh"}:
                found[step.name] = f"{found[step.name]}, {step.op}" if step.name in found else step.op
        return found

    @property
    def paths(self) -> dict[str, dict[str, str]]:
        """The changed paths of each resource that is to be updated or replaced."""
        return {step.name: dict(step.paths) for step in self.steps if step.paths and step.op != "refresh"}

    def expected(self, *, fails: bool) -> Outcome:
        """This outcome, if it is a failure or not as it should; else the test ends with what was said."""
        if bool(self.code) is not fails:
            reasons = [f"{item.name}: {item.text}" for item in self.sayings if item.severity == "error"]
            pytest.fail(f"pulumi {self.arguments[0]} gave {self.code}:\n" + "\n".join(reasons or [self.output[-5000:]]))
        return self

    def said(self, name: str, severity: str = "error") -> str:
        """Everything that was said at the row of one resource."""
        return "\n".join(item.text for item in self.sayings if (item.name, item.severity) == (name, severity))


class Stack:
    """A stack of the project `engine`.

    Args:
        folder: Where program, state and settings lie.
        variables: Environment variables on top of those that every engine runs with.
        checkpoints: Whether the engine writes its state after each step.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str] | None = None, *, checkpoints: bool = False) -> None:
        self.folder = folder
        self.variables = environment(folder / "home", checkpoints=checkpoints)
        self.variables["PULUMI_DEBUG_COMMANDS"] = "true"  # shows the flag for the event log
        self.variables.update(variables or {})

    # The program

    def program(
        self,
        resources: Mapping[str, Any],
        *,
        outputs: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        **project: Any,
    ) -> None:
        """Write a YAML program; resource types may leave out the package."""
        document = {
            **self._project("yaml"),
            **project,
            "variables": dict(variables or {}),
            "resources": {name: _resource(item) for name, item in resources.items()},
            "outputs": dict(outputs or {}),
        }
        self._write("Pulumi.yaml", json.dumps(document, ensure_ascii=False, indent=2))

    def python_program(self, text: str) -> None:
        """Write a Python program."""
        runtime = {"name": "python", "options": {"virtualenv": str(VENV)}}
        self._write("Pulumi.yaml", json.dumps(self._project(runtime)))
        self._write("__main__.py", textwrap.dedent(text))

    @staticmethod
    def _project(runtime: Any) -> dict[str, Any]:
        plugins = {"providers": [{"name": "winipsec", "path": str(VENV / "bin")}]}
        return {"name": PROJECT, "runtime": runtime, "plugins": plugins}

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def set_secret(self, key: str, value: str) -> None:
        """Set a secret of the stack's configuration."""
        self.pulumi("config", "set", "--secret", key, stdin=value)

    # The commands

    def up(self, *flags: str, fails: bool = False) -> Outcome:
        """Make it so."""
        return self._engine("up", "--yes", "--skip-preview", *flags, fails=fails)

    def preview(self, *flags: str, fails: bool = False) -> Outcome:
        """What an update would do."""
        return self._engine("preview", *flags, fails=fails)

    def refresh(self, *flags: str, fails: bool = False) -> Outcome:
        """Take over into the state what the hosts have."""
        return self._engine("refresh", "--yes", "--skip-preview", *flags, fails=fails)

    def destroy(self, *flags: str, fails: bool = False) -> Outcome:
        """Remove everything."""
        return self._engine("destroy", "--yes", "--skip-preview", *flags, fails=fails)

    def bring_in(self, *what: str, fails: bool = False) -> Outcome:
        """`pulumi import`; the generated code is the end of the output."""
        return self._engine("import", *what, "--yes", "--skip-preview", fails=fails)

    def _engine(self, *arguments: str, fails: bool) -> Outcome:
        log = self.folder / "events.json"
        log.unlink(missing_ok=True)
        outcome = self._run(*arguments, "--event-log", str(log))
        events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
        outcome = replace(outcome, steps=tuple(_steps(events)), sayings=tuple(_sayings(events)))
        return outcome.expected(fails=fails)

    def pulumi(self, *arguments: str, stdin: str = "", fails: bool = False) -> Outcome:
        """Run any other command."""
        return self._run(*arguments, stdin=stdin).expected(fails=fails)

    def _run(self, *arguments: str, stdin: str = "") -> Outcome:
        begun = time.monotonic()
        with self.start(*arguments) as process:
            try:
                output, _ = process.communicate(stdin, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Outcome(arguments, process.returncode, output, time.monotonic() - begun)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and do not wait for it."""
        chosen = [] if arguments[:2] == ("stack", "init") else ["--stack", STACK]
        return subprocess.Popen(
            ["pulumi", *arguments, *chosen, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    # The state

    def state(self) -> dict[str, dict[str, Any]]:
        """Every resource of the stack by name, secrets still encrypted."""
        resources = json.loads(self.pulumi("stack", "export").output)["deployment"].get("resources", [])
        return {item["urn"].rpartition("::")[2]: item for item in resources if not item["type"].startswith("pulumi:")}

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in clear."""
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").output)
        return found


def reached(host: Host) -> dict[str, str]:
    """The variables that lead the provider to a host."""
    return {
        "WINIPSEC_HOST": host.address,
        "WINIPSEC_PORT": str(host.port),
        "WINIPSEC_USERNAME": host.username,
        "WINIPSEC_PASSWORD": host.password,
    }


def _resource(item: Mapping[str, Any]) -> dict[str, Any]:
    kind = item["type"]
    return {**item, "type": kind if ":" in kind else f"winipsec:{kind}"}


def _steps(events: list[dict[str, Any]]) -> Iterator[Step]:
    for event in events:
        step = event.get("resourcePreEvent", {}).get("metadata")
        if step is None or step["type"].startswith("pulumi:"):  # the stack itself, and providers
            continue
        paths = {path: change["diffKind"] for path, change in (step.get("detailedDiff") or {}).items()}
        yield Step(step["op"], step["urn"].rpartition("::")[2], step["type"].rpartition(":")[2], paths)


def _sayings(events: list[dict[str, Any]]) -> Iterator[Saying]:
    for event in events:
        said = event.get("diagnosticEvent")
        if said is not None:
            yield Saying(said.get("urn", "").rpartition("::")[2], said["severity"], said["message"].strip())
