"""Keeps a lab's hosts on disk: each is written shortly after it changed, and all of them at the end."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any, Final

from winipsec_lab.service.home import Home, write_private
from winipsec_lab.wire.host import Host
from winipsec_lab.wire.lab import Lab

_LOGGER = logging.getLogger(__name__)
_PAUSE: Final = 1.0
_LAST_MOMENT: Final = 1.0


class Keeper:
    """Writes the hosts of a lab into its home.

    Args:
        lab: Whose hosts.
        home: Where to.
    """

    def __init__(self, lab: Lab, home: Home) -> None:
        self._lab = lab
        self._home = home
        self._lock = threading.Lock()
        self._saved: dict[str, str] = {}
        self._seen: dict[str, tuple[object, ...]] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="keeper", daemon=True)

    def restore(self) -> None:
        """Bring back every kept host, then watch for changes."""
        for document in self._home.saved_hosts():
            host = self._lab.restore(document)
            _LOGGER.info("%s is back at %s", host.name, host.address)
        self.save()
        self._thread.start()

    def save(self) -> None:
        """Write what has changed, and the connection data."""
        with self._lock:
            for host in self._lab.hosts.values():
                self._seen[host.name] = _signs(host)
                text = json.dumps(Lab.save(host), sort_keys=True)
                if self._saved.get(host.name) != text:
                    self._home.save_host(host.name, json.loads(text))
                    self._saved[host.name] = text
            table = [connection_data(host) for host in self._lab.hosts.values()]
            write_private(self._home.hosts_file, json.dumps(table, indent=2) + "\n")

    def forget(self, name: str) -> None:
        """A host was deleted."""
        with self._lock:
            self._saved.pop(name, None)
            self._seen.pop(name, None)
            self._home.forget_host(name)
        self.save()

    def stop(self) -> None:
        """Write everything a last time; what tasks are just doing gets a moment to be done."""
        self._stopped.set()
        self._thread.join()
        for host in self._lab.hosts.values():
            host.machine.tasks.wait_until_idle(_LAST_MOMENT)
        self.save()

    def _loop(self) -> None:
        while not self._stopped.wait(_PAUSE):
            self._save_changed()

    def _save_changed(self) -> None:
        try:
            if any(_signs(host) != self._seen.get(host.name) for host in self._lab.hosts.values()):
                self.save()
        except Exception:
            _LOGGER.exception("the hosts could not be saved")


def _signs(host: Host) -> tuple[object, ...]:
    """What moves whenever a host may have changed: messages, tasks and control calls run programs on it."""
    return host.messages, host.machine.clock.offset, host.machine.boots, host.machine.tasks.version


def connection_data(host: Host) -> dict[str, Any]:
    """How to reach a host, as an entry of `hosts.json`."""
    return {
        "name": host.name,
        "address": host.address,
        "port": host.port,
        "tls_port": host.tls_port,
        "username": host.username,
        "password": host.password,
        "ca_file": str(host.ca_file),
        "virtual_address": host.virtual_address,
    }
