"""Between the dynamic protocol and the resources: spelling, the missing context, and one pool of hosts.

The engine starts one process for all dynamic resources of a program, and unpickles a provider object for each class.
These objects hold nothing: what the resources of a run share lives in this module (spec: pulumi-provider 4.1, 4.3).
The protocol tells neither the URN nor the name of a resource, so an object is recognised by its kind and name.

It keeps secret only what bears the name of a secret input. What is worked out from inputs, keys included, therefore
stays out of checked inputs, and is worked out once more where it is needed.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from typing import Any, ClassVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime import rpc

from winipsec.dynamic.spelling import path_to_python, to_python, to_schema
from winipsec.errors import WinipsecError
from winipsec.model.invalid import top
from winipsec.resources import resources
from winipsec.resources.configuration import CONFIGURATION
from winipsec.resources.provider import Provider, configure
from winipsec.resources.resource import Call, Failure, PartialFailure
from winipsec.resources.store_resource import StoreResource

Properties = dict[str, Any]
_LOG = logging.getLogger("winipsec.dynamic")
_IDENTITY = ("name", "filterList", "source", "destination", "protocol", "sourcePort", "destinationPort")


class Failed(Exception):  # noqa: N818 - the word a user reads
    """What went wrong, in one sentence; the protocol shows it below a traceback."""


class _Log:
    """The dynamic protocol has no way to talk to the user; what matters is raised."""

    def debug(self, message: str, *, ephemeral: bool = False) -> None:
        _LOG.debug(message)

    def info(self, message: str, *, ephemeral: bool = False) -> None:
        _LOG.info(message)

    def warning(self, message: str, *, ephemeral: bool = False) -> None:
        _LOG.warning(message)

    def error(self, message: str, *, ephemeral: bool = False) -> None:
        _LOG.error(message)


class _Shared:
    """The one provider of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._provider: Provider | None = None

    def configure(self, arguments: Properties) -> None:
        """Take the stack's configuration, the first time one of the classes brings it."""
        with self._lock:
            if self._provider is None:
                self._provider = configure(arguments)
                atexit.register(self._provider.close)

    @property
    def provider(self) -> Provider:
        """The configured provider."""
        self.configure({})
        assert self._provider is not None  # noqa: S101 - set above
        return self._provider


_SHARED = _Shared()


def _holds_key(value: Any) -> bool:
    """Whether a pre-shared key stands anywhere inside."""
    if isinstance(value, dict):
        return "presharedKey" in value or any(map(_holds_key, value.values()))
    return isinstance(value, list) and any(map(_holds_key, value))


class StoreProvider(ResourceProvider):  # type: ignore[misc]
    """One resource type; subclasses name it."""

    token: ClassVar[str]

    def configure(self, req: ConfigureRequest) -> None:
        """Read `winipsec:*` from the stack's configuration."""
        found = {name: req.config.get(f"winipsec:{name}") for name in CONFIGURATION.properties}
        _SHARED.configure({name: item for name, item in found.items() if item is not None})

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Bring inputs into normal form, or say what is wrong with them."""
        given = _read(news)
        checked = self._resource.check(given, _read(_olds), None, self._call(given))
        return CheckResult(self._told(checked.inputs), [self._failure(item) for item in checked.failures])

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Compare what is with what is wanted."""
        olds = _read(_olds)
        news = self._filled(_news, olds)
        found = self._resource.diff(_id, olds, olds, news, self._call(news))
        paths = {path: kind.replaces for path, kind in found.changes.items()}
        moved = news.get("connection") != olds.get("connection")
        replaces = sorted({_top(path) for path, replaced in paths.items() if replaced})
        # What only the user asks to replace keeps its name, which is free once the old object is gone.
        first = not replaces or found.delete_before_replace
        return DiffResult(changes=bool(paths) or moved, replaces=replaces, delete_before_replace=first)

    def create(self, props: Properties) -> CreateResult:
        """Make it, or nothing: the protocol cannot say that something was made and yet is not as wanted."""
        inputs = self._filled(props, {})
        try:
            created = self._resource.create(inputs, self._call(inputs))
        except PartialFailure as failure:
            return self._taken_back(failure, inputs)
        except WinipsecError as error:
            raise Failed(str(error)) from None
        return CreateResult(created.id, _write(created.outputs))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Find it on the host."""
        state = _read(props)
        inputs = {name: item for name, item in state.items() if name in self._resource.record.properties}
        try:
            found = self._resource.read(id_, state, inputs, self._call(inputs))
        except WinipsecError as error:
            raise Failed(str(error)) from None
        if found is None:
            return ReadResult("", {})
        # What holds keys and was not given is nobody's secret in the state: the outputs, which are, tell of it.
        told = {name: item for name, item in found.inputs.items() if name in inputs or not _holds_key(item)}
        return ReadResult(found.id, _write(found.outputs), self._told(told))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Change it in place."""
        olds = _read(_olds)
        news = self._filled(_news, olds)
        try:
            outputs = self._resource.update(_id, olds, olds, news, self._call(news))
        except PartialFailure as failure:
            raise Failed("; ".join(failure.reasons)) from None
        except WinipsecError as error:
            raise Failed(str(error)) from None
        return UpdateResult(_write(outputs))

    def delete(self, _id: str, _props: Properties) -> None:
        """Remove it."""
        state = _read(_props)
        try:
            self._resource.delete(_id, state, state, self._call(state))
        except WinipsecError as error:
            raise Failed(str(error)) from None

    def _taken_back(self, failure: PartialFailure, inputs: Properties) -> CreateResult:
        """What was made in part is removed, and said; what cannot be removed is recorded, so that it is not lost."""
        try:
            self._resource.delete(failure.id, failure.outputs, inputs, self._call(inputs))
        except WinipsecError:
            return CreateResult(failure.id, _write(failure.outputs))
        raise Failed("; ".join(failure.reasons)) from None

    def _failure(self, failure: Failure) -> CheckFailure:
        """A failure; the engine prints the whole value of a top-level property, so one that may hold a key stays out."""
        path = path_to_python(failure.path)
        secret = path in map(_top, self._resource.secrets)
        return CheckFailure("", f"{path}: {failure.reason}") if secret else CheckFailure(path, failure.reason)

    def _told(self, inputs: Properties) -> Properties:
        """Inputs as the state may hold them."""
        record = self._resource.record.properties
        return _write({name: item for name, item in inputs.items() if not record[name].computed})

    def _filled(self, props: Properties, olds: Properties) -> Properties:
        """Checked inputs with what is worked out from them."""
        inputs = _read(props)
        computed = any(item.computed for item in self._resource.record.properties.values())
        return self._resource.filled(inputs, olds, self._call(inputs)) if computed else inputs

    @property
    def _resource(self) -> StoreResource:
        return resources()[self.token]

    def _call(self, inputs: Properties) -> Call:
        identity = "/".join(str(inputs[name]) for name in _IDENTITY if name in inputs)
        urn = f"dynamic::{os.environ.get('PULUMI_PROJECT', '')}::{self.token}::{identity}"
        return Call(urn, str(inputs.get("name", "")), self.token, _Log(), _SHARED.provider)


def _read(properties: Properties) -> Properties:
    read: Properties = to_schema(properties, rpc.UNKNOWN)
    return read


def _write(properties: Properties) -> Properties:
    written: Properties = to_python(properties, rpc.UNKNOWN)
    return written


def _top(path: str) -> str:
    return path_to_python(top(path))
