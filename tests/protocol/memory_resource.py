"""A resource that lives in memory, for tests of the protocol: small, but with everything that makes resources hard.

`Note` has an automatic name, a set that is sorted in its normal form, a list whose order counts, a property that
replaces, declared secrets (one of them an input only), and computed outputs. The word in `mood` makes it misbehave.
"""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field, replace
from typing import Any

from winipsec.errors import UserError
from winipsec.plugin.session import Catalogue
from winipsec.resources.resource import (
    Autonaming,
    Call,
    Change,
    Checked,
    Diff,
    Failure,
    Found,
    Identified,
    PartialFailure,
)
from winipsec.resources.values import UNKNOWN

NOTE = "winipsec:index:Note"
LOOK_UP = "winipsec:index:lookUp"

PROPERTIES = ("name", "text", "tags", "keys", "color", "connection", "data", "mood")


class MemoryProvider:
    """A configured provider without hosts."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration
        self.cancelled = threading.Event()
        self.closed = threading.Event()

    def cancel(self) -> None:
        """Abort what is under way."""
        self.cancelled.set()

    def close(self) -> None:
        """Close what is open."""
        self.closed.set()


@dataclass
class Note:
    """The resource type, and the shelf its objects lie on."""

    token: str = NOTE
    secrets: tuple[str, ...] = ("keys[*].value", "connection.password")
    derived: tuple[str, ...] = ()
    shelf: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, Call]] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)
    autonaming: list[Autonaming | None] = field(default_factory=list)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def check(self, news: dict[str, Any], olds: dict[str, Any], autonaming: Autonaming | None, call: Call) -> Checked:
        """Sort tags, fill in the name and the color."""
        self.calls.append(("check", call))
        self.autonaming.append(autonaming)
        inputs = copy.deepcopy(news)
        failures = [Failure(key, f"{key} is not a property of a note") for key in news if key not in PROPERTIES]
        tags = inputs.get("tags")
        if tags is not None and tags is not UNKNOWN:
            if not isinstance(tags, list):
                failures.append(Failure("tags", f"must be a list, not {tags!r}"))
            else:
                inputs["tags"] = sorted(tags, key=str)
        port = (news.get("connection") or {}).get("port") if isinstance(news.get("connection"), dict) else None
        if isinstance(port, int) and not 0 < port < 65_536:
            failures.append(Failure("connection.port", "must be between 1 and 65535"))
        if not isinstance(news.get("connection", {}), dict) and news.get("connection") is not UNKNOWN:
            failures.append(Failure("connection", "must be an object"))
        if "name" not in inputs:
            inputs["name"] = self._name(olds, autonaming, call, failures)
        inputs.setdefault("color", "yellow")
        return Checked(inputs, failures)

    @staticmethod
    def _name(olds: dict[str, Any], autonaming: Autonaming | None, call: Call, failures: list[Failure]) -> str:
        if "name" in olds:
            return str(olds["name"])
        if autonaming is None:
            return call.name
        if autonaming.mode == "disable":
            failures.append(Failure("name", "automatic names are switched off; give one"))
        return autonaming.proposed

    def diff(
        self, id: str, state: dict[str, Any], old_inputs: dict[str, Any], news: dict[str, Any], call: Call
    ) -> Diff:
        """Compare property by property; the password, which is no output, with the old inputs."""
        self.calls.append(("diff", call))
        if news.get("mood") == "chatty":
            message = f"note {id} will be rewritten"
            call.log.info(message)
        changes: dict[str, Change] = {}
        for key in PROPERTIES:
            old = old_inputs.get(key) if key == "connection" else state.get(key)
            _compare(key, old, news.get(key), changes)
        for path, kind in changes.items():
            if path.startswith("color"):
                changes[path] = kind.replacing()
        return Diff(changes, delete_before_replace=news.get("mood") == "unique", stables=("serial",))

    def create(self, inputs: dict[str, Any], call: Call) -> Identified:
        """Put a note on the shelf."""
        self.calls.append(("create", call))
        if call.preview:
            return Identified("", {**_outputs(inputs), "serial": UNKNOWN})
        self._misbehave(inputs, call)
        number = f"note-{len(self.shelf) + 1}"
        self.shelf[number] = copy.deepcopy(inputs)
        outputs = {**_outputs(inputs), "serial": number}
        mood = inputs.get("mood")
        if mood == "half":
            raise PartialFailure(number, outputs, inputs, ["the ink ran out", f"while writing {inputs.get('text')}"])
        if mood == "vague":
            outputs["serial"] = UNKNOWN
        return Identified("" if mood == "nameless" else number, outputs)

    def read(self, id: str, _state: dict[str, Any] | None, inputs: dict[str, Any] | None, call: Call) -> Found | None:
        """Find a note; its password comes from the inputs of before."""
        self.calls.append(("read", call))
        if id in self.errors:
            raise self.errors[id]
        note = self.shelf.get(id)
        if note is None:
            return None
        found = copy.deepcopy(note)
        if inputs is None:
            found.pop("connection", None)
        return Found(id, {**_outputs(found), "serial": id}, found)

    def update(
        self, id: str, state: dict[str, Any], old_inputs: dict[str, Any], news: dict[str, Any], call: Call
    ) -> dict[str, Any]:
        """Rewrite a note."""
        self.calls.append(("update", call))
        outputs = {**_outputs(news), "serial": state["serial"]}
        if call.preview:
            return outputs
        if news.get("mood") == "half":
            raise PartialFailure(id, {**state, "text": news["text"]}, old_inputs, ["the ink ran out"])
        self._misbehave(news, call)
        self.shelf[id] = copy.deepcopy(news)
        return outputs

    def delete(self, id: str, state: dict[str, Any], old_inputs: dict[str, Any], call: Call) -> None:
        """Take a note off the shelf; the password to it is an input only."""
        assert set(state) - {"serial"} <= set(old_inputs)
        self.calls.append(("delete", call))
        self.shelf.pop(id, None)

    def _misbehave(self, inputs: dict[str, Any], call: Call) -> None:
        mood = str(inputs.get("mood"))
        if mood in self.errors:
            raise self.errors[mood]
        if mood == "slow":
            self.entered.release()
            if call.provider.cancelled.wait(30):
                raise TimeoutError("cancelled")
        if mood == "chatty":
            call.log.info("looking for a pencil", ephemeral=True)
            call.log.info("looking for a pencil", ephemeral=True)
            message = f"writing {inputs.get('text')} with {inputs.get('connection')}"
            call.log.warning(message)


def _outputs(inputs: dict[str, Any]) -> dict[str, Any]:
    outputs = copy.deepcopy(inputs)
    if isinstance(outputs.get("connection"), dict):
        outputs["connection"].pop("password", None)
    return outputs


def _compare(path: str, old: Any, new: Any, changes: dict[str, Change]) -> None:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            _compare(f"{path}.{key}", old.get(key), new.get(key), changes)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else None for items in (old, new))
            _compare(f"{path}[{index}]", before, after, changes)
    else:
        changes[path] = Change.ADD if old is None else Change.DELETE if new is None else Change.UPDATE


class LookUp:
    """A function: returns what it was asked for, and a key, which it declares secret."""

    secrets = ("key",)

    def __call__(self, arguments: dict[str, Any], call: Call) -> dict[str, Any]:
        """Echo `word`; complain about the rest."""
        if "word" not in arguments:
            raise UserError("must be given.", path="word", advice="Any word will do.")
        if arguments["word"] == "nothing":
            raise UserError("there is no such word.")
        return {"word": arguments["word"], "key": "k-4711-k", "preview": call.preview}


def check_configuration(news: dict[str, Any]) -> Checked:
    """Ports may be text; `realm` is missing where the host wants one."""
    inputs, failures = dict(news), []
    port = news.get("port")
    if isinstance(port, str):
        inputs["port"] = int(port) if port.isdigit() else port
    if not isinstance(inputs.get("port", 1), int) and port is not UNKNOWN:
        failures.append(Failure("port", f"must be a number, not {port}"))
    if news.get("host") == "kerberos" and "realm" not in news:
        failures.append(Failure("realm", "the Kerberos realm of the host"))
    return Checked(inputs, failures)


def catalogue(note: Note | None = None) -> Catalogue:
    """A provider that offers notes."""
    note = note or Note()
    return Catalogue(
        resources={note.token: note},
        functions={LOOK_UP: LookUp()},
        check_configuration=check_configuration,
        configuration_secrets=("password", "connection.password"),
        configure=MemoryProvider,  # type: ignore[arg-type]
    )


def twin(note: Note, token: str) -> Note:
    """The same kind of resource under another name."""
    return replace(note, token=token)
