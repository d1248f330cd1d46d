"""What all requests of one plugin process share: the catalogue of resources, configuration, log and known secrets.

A process usually serves one provider resource in one run. Attached for debugging it serves any number of both: a
later `Configure` replaces the configuration, `Cancel` ends a run but not the process, and `Attach` begins the next.
So every `Configure` makes a new `Provider`; requests hold the one they began with, and `Cancel` reaches them all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from winipsec.model.property_path import Path, parse
from winipsec.plugin.engine_log import EngineLog
from winipsec.plugin.secrets import Scrubber
from winipsec.resources.resource import Call

if TYPE_CHECKING:
    from winipsec.resources.provider import Provider
    from winipsec.resources.resource import Checked, Resource

Function = Callable[[dict[str, Any], Call], dict[str, Any]]


class Catalogue(NamedTuple):
    """Everything the provider offers."""

    resources: Mapping[str, Resource]
    functions: Mapping[str, Function]
    check_configuration: Callable[[dict[str, Any]], Checked]
    configuration_secrets: tuple[str, ...]
    configure: Callable[[dict[str, Any]], Provider]


def built_in() -> Catalogue:
    """The resources and functions of this package. Imports all of them, which takes a while."""
    from winipsec.resources import configuration, functions, resources
    from winipsec.resources.provider import configure

    return Catalogue(
        resources=resources(),
        functions=functions(),
        check_configuration=configuration.check,
        configuration_secrets=configuration.SECRETS,
        configure=configure,
    )


class _Loading:
    """A catalogue being loaded beside the start of the server. Whoever needs it waits for that thread to end.

    Waiting matters: two threads that import the same modules in different order may see half-made ones.
    """

    def __init__(self, load: Callable[[], Catalogue]) -> None:
        self._load = load
        self._lock = Lock()
        self._catalogue: Catalogue | None = None

    def start(self) -> None:
        Thread(target=self._try, name="load", daemon=True).start()

    def get(self) -> Catalogue:
        with self._lock:
            if self._catalogue is None:
                self._catalogue = self._load()
            return self._catalogue

    def _try(self) -> None:
        try:
            self.get()
        except Exception as error:  # noqa: BLE001 - the first request meets it again and reports it
            print(f"loading the resources failed: {type(error).__name__}", file=sys.stderr)  # noqa: T201


class Session:
    """The state of the process. Safe to use from any thread."""

    def __init__(self, load: Callable[[], Catalogue] = built_in) -> None:
        self.scrubber = Scrubber()
        self.log = EngineLog(self.scrubber)
        self._loading = _Loading(load)
        self._lock = Lock()
        self._declared: dict[str, tuple[Path, ...]] = {}
        self._provider: Provider | None = None
        self._earlier: list[Provider] = []

    def load_in_background(self) -> None:
        """Begin to load the catalogue, so that the first request finds it ready."""
        self._loading.start()

    @property
    def catalogue(self) -> Catalogue:
        """What the provider offers; waits until it is loaded."""
        return self._loading.get()

    def declared(self, resource: Resource) -> tuple[Path, ...]:
        """What is always secret in a resource, as paths; read once, for every Check needs it."""
        paths = self._declared.get(resource.token)
        if paths is None:
            paths = self._declared[resource.token] = tuple(parse(path) for path in resource.secrets)
        return paths

    @property
    def provider(self) -> Provider:
        """The configured provider; one with nothing configured if `Configure` has not been called."""
        configure = self.catalogue.configure
        with self._lock:
            if self._provider is None:
                self._provider = configure({})
            return self._provider

    @contextmanager
    def attend(self, request: Any, *, preview: bool = False) -> Iterator[Call]:
        """What a request brings along for a resource; at the end what was said about it has arrived.

        Older engines and SDKs leave some fields out.
        """
        urn = request.urn
        kind, name = names_of(urn)
        log = self.log.bind(urn)
        try:
            yield Call(
                urn=urn,
                name=getattr(request, "name", "") or name,
                type=getattr(request, "type", "") or kind,
                log=log,
                provider=self.provider,
                preview=preview,
                timeout=getattr(request, "timeout", 0) or None,
                ignore_changes=tuple(getattr(request, "ignoreChanges", ())),
            )
        finally:
            log.settle()

    @contextmanager
    def attend_function(self, token: str, *, preview: bool) -> Iterator[Call]:
        """As `attend`, for an invoke, which belongs to no resource."""
        log = self.log.bind("")
        try:
            yield Call(urn="", name="", type=token, log=log, provider=self.provider, preview=preview)
        finally:
            log.settle()

    def attach(self, address: str) -> None:
        """A run begins: talk to its engine, and leave the one before behind if it was cancelled."""
        self.log.connect(address)
        self._replace(None)

    def configure(self, arguments: dict[str, Any]) -> None:
        """Serve with this configuration from now on."""
        self._replace(self.catalogue.configure(arguments))

    def _replace(self, provider: Provider | None) -> None:
        """Put `provider` in the place of the current one; without one, only a cancelled one goes."""
        with self._lock:
            known = self._known()
            finished = [earlier for earlier in known if earlier.cancelled.is_set()]
            self._earlier = [earlier for earlier in known if not earlier.cancelled.is_set()]
            self._provider = provider
            if provider is None and self._earlier:
                self._provider = self._earlier.pop()
        for earlier in finished:
            Thread(target=earlier.close, name="close", daemon=True).start()

    def cancel(self) -> None:
        """Abort everything under way; without anything, and a second time, this does nothing."""
        with self._lock:
            providers = self._known()
        for provider in providers:
            provider.cancel()
        self.log.settle()

    def close(self) -> None:
        """Cancel, and leave the hosts as if we had never been there, as far as they still answer."""
        self.cancel()
        with self._lock:
            providers = self._known()
        for provider in providers:
            provider.close()

    def _known(self) -> list[Provider]:
        return [*self._earlier, *([self._provider] if self._provider else [])]


def names_of(urn: str) -> tuple[str, str]:
    """The type token and the name inside a URN (spec: pulumi-provider 2.2); empty if it is none.

    `urn:pulumi:STACK::PROJECT::[PARENTTYPE$...]TYPE::NAME`; the name may hold anything, `::` too.
    """
    parts = urn.split("::", 3)
    if len(parts) < 4:
        return "", ""
    return parts[2].rpartition("$")[2], parts[3]
