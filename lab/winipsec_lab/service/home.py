"""Where a lab keeps its state, and what lies there.

password        of `Administrator` on every host (mode 0600)
hosts.json      how to reach the hosts, for people and programs (mode 0600: it holds the password)
hosts/NAME.json the hosts themselves
pki/            certification authority and certificates
control.sock    the control interface of the running daemon (`lab.proto`)
daemon.log      what the daemon has to say
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HOME_VARIABLE: Final = "WINIPSEC_LAB_HOME"
PASSWORD_VARIABLE: Final = "WINIPSEC_LAB_PASSWORD"  # noqa: S105 - the name of a variable
_CHECKOUT_MARKS: Final = (".git", "Pulumi.yaml")
_LONGEST_SOCKET_PATH: Final = 100


def default_home() -> Path:
    """`$WINIPSEC_LAB_HOME`, else `.state/lab` at the root of the checkout around the current directory."""
    configured = os.environ.get(HOME_VARIABLE)
    if configured:
        return Path(configured).expanduser().resolve()
    here = Path.cwd()
    for directory in (here, *here.parents):
        if any((directory / mark).exists() for mark in _CHECKOUT_MARKS):
            return directory / ".state" / "lab"
    return here / ".state" / "lab"


@dataclass(frozen=True)
class Home:
    """The state directory of one lab."""

    directory: Path

    @property
    def log_file(self) -> Path:
        """The daemon's log."""
        return self.directory / "daemon.log"

    @property
    def lock_file(self) -> Path:
        """Locked while a daemon runs."""
        return self.directory / "daemon.lock"

    @property
    def hosts_file(self) -> Path:
        """Connection data of all hosts."""
        return self.directory / "hosts.json"

    @property
    def socket(self) -> Path:
        """The control socket; elsewhere when the directory's path is too long for a socket address."""
        path = self.directory / "control.sock"
        if len(str(path)) <= _LONGEST_SOCKET_PATH:
            return path
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"winipsec-lab-{digest}.sock"

    def prepare(self) -> None:
        """Make the directory, for its owner only."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        (self.directory / "hosts").mkdir(exist_ok=True)

    def password(self, fresh: str) -> str:
        """The lab's password: from the environment, else the stored one, else `fresh`, which is stored."""
        file = self.directory / "password"
        configured = os.environ.get(PASSWORD_VARIABLE)
        if configured:
            write_private(file, configured)
            return configured
        if file.exists():
            return file.read_text(encoding="utf-8")
        write_private(file, fresh)
        return fresh

    def save_host(self, name: str, document: dict[str, Any]) -> None:
        """Keep a host."""
        write_private(self._host_file(name), json.dumps(document, ensure_ascii=False))

    def forget_host(self, name: str) -> None:
        """Drop a host."""
        self._host_file(name).unlink(missing_ok=True)

    def saved_hosts(self) -> list[dict[str, Any]]:
        """Every host that was kept, by number.

        Raises:
            ValueError: A file cannot be read; the text names it.
        """
        documents = [_read_host(file) for file in (self.directory / "hosts").glob("*.json")]
        return sorted(documents, key=lambda document: int(document["birth"]["number"]))

    def _host_file(self, name: str) -> Path:
        return self.directory / "hosts" / f"{name.lower()}.json"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    partial = path.with_name(path.name + ".new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def _read_host(file: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is damaged ({error}); delete it to do without this host") from None
    return document
