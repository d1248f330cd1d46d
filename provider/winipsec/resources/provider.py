"""What the resources of one run share: configuration, hosts, and who said what about which object."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from winipsec.host.host import Host
from winipsec.host.pool import Pool
from winipsec.host.settings import HTTP_PORT, HTTPS_PORT
from winipsec.model.names import folded
from winipsec.resources.configuration import Configuration, read
from winipsec.resources.values import UNKNOWN, Unknown


class Claims:
    """What the resources checked so far in this run say about shared things; safe for any number of threads.

    Two resources may contradict each other without either being wrong alone: two assignments for one host, a `Filter`
    in a list that a `FilterList` owns. Whoever comes second is told.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: dict[tuple[str, str, str], dict[str, str]] = {}

    def make(self, what: str, host: str, name: str, urn: str, value: str = "") -> list[str]:
        """Claim something for a resource and return the other resources that claim it too."""
        with self._lock:
            claims = self._claims.setdefault((what, host, folded(name)), {})
            claims[urn] = value
            return [other for other in claims if other != urn]

    def drop(self, what: str, host: str, name: str, urn: str) -> None:
        """Take a claim back."""
        with self._lock:
            self._claims.get((what, host, folded(name)), {}).pop(urn, None)

    def others(self, what: str, host: str, name: str, urn: str = "") -> list[str]:
        """The other resources that claim something."""
        with self._lock:
            return [other for other in self._claims.get((what, host, folded(name)), {}) if other != urn]

    def values(self, what: str, host: str, name: str) -> list[str]:
        """What the resources that claim something say with it."""
        with self._lock:
            return list(self._claims.get((what, host, folded(name)), {}).values())


class Provider:
    """One configured provider: a pool of hosts, for all resources of a run."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        self.configuration = configuration or Configuration()
        self.claims = Claims()
        self.cancelled = threading.Event()
        self._lock = threading.Lock()
        self._pool = Pool()
        self._hosts: dict[str, Host] = {}

    def host(self, connection: Mapping[str, Any] | None) -> Host:
        """The host that a resource's `connection`, on top of the configuration, leads to. Does not connect.

        Raises:
            UserError: no host is named, or the settings contradict each other.
        """
        settings = self.configuration.settings(connection)
        with self._lock:
            host = self._hosts.get(settings.key())
            if host is None:
                host = self._hosts[settings.key()] = Host(self._pool.get(settings), self.configuration.revert_after)
            return host

    def address(self, connection: Mapping[str, Any] | Unknown | None) -> str:
        """The host as a key for claims, empty where it is not known yet.

        WinRM's own ports lead to the same machine; others may be forwarded, so they count.
        """
        if isinstance(connection, Unknown):
            return ""
        values = {**self.configuration.values, **(connection or {})}
        host, port = values.get("host"), values.get("port")
        if not isinstance(host, str) or port is UNKNOWN:
            return ""
        return folded(f"{host}:{'' if port in {None, HTTP_PORT, HTTPS_PORT} else port}")

    def cancel(self) -> None:
        """Abort what is under way."""
        self.cancelled.set()
        self._pool.cancel_all()

    def close(self, seconds: float = 4.0) -> None:
        """Leave every host as if we had never been there, in `seconds` at most; never raises."""
        with self._lock:
            hosts, self._hosts = list(self._hosts.values()), {}
        threads = [threading.Thread(target=host.close, daemon=True) for host in hosts]
        deadline = time.monotonic() + seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))


def configure(arguments: Mapping[str, Any]) -> Provider:
    """A provider with this configuration.

    Raises:
        UserError: the configuration is not usable.
    """
    return Provider(read(arguments))
