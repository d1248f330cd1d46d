"""The accounts of a host and how their names may be written (spec: winrm 2.2, 2.3, 4.1)."""

from __future__ import annotations

import hmac
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from winipsec_lab.wire.shells import Caller

if TYPE_CHECKING:
    from winipsec_lab.machine.registry import Registry

_USER_FILE_VARIABLE: Final = "NTLM_USER_FILE"
_USER_FILE_LOCK: Final = threading.Lock()
_POLICIES: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
_BUILT_IN: Final = "administrator"


@dataclass(frozen=True)
class Account:
    """One account that may log on.

    Args:
        name: Without any domain.
        password: In clear; never printed.
        administrator: Member of the local Administrators group.
        domain: NetBIOS name of the domain; empty for a local account.
        dns_domain: DNS name of the domain, which the UPN ends with.
    """

    name: str
    password: str = field(repr=False)
    administrator: bool = True
    domain: str = ""
    dns_domain: str = ""


class Accounts:
    """All accounts of one host.

    Args:
        computer_names: NetBIOS and DNS name of the host.
        user_file: Where the NTLM acceptor finds the passwords, as hashes.
        registry: Holds `LocalAccountTokenFilterPolicy`.
    """

    def __init__(self, computer_names: tuple[str, ...], user_file: Path, registry: Registry) -> None:
        # The acceptor's challenge names the computer it really runs on; a client without a domain may send that back.
        self._computer_names = (*computer_names, socket.gethostname(), "WORKSTATION")
        self._file = user_file
        self._registry = registry
        self._accounts: list[Account] = []

    def add(self, account: Account) -> None:
        """Add an account, or replace the one of the same name and domain."""
        key = (account.name.lower(), account.domain.lower())
        self._accounts = [other for other in self._accounts if (other.name.lower(), other.domain.lower()) != key]
        self._accounts.append(account)
        self._write()

    def use_registry(self, registry: Registry) -> None:
        """Look for the token filter policy in another registry: the machine was reset."""
        self._registry = registry

    def check(self, name: str, password: str) -> Caller | None:
        """Log on with a password, as Basic does."""
        account = self._find(name)
        if account is None or not hmac.compare_digest(account.password.encode(), password.encode()):
            return None
        return self._caller(account)

    def caller(self, name: str) -> Caller | None:
        r"""The account behind a principal that authentication has verified, in any form (`DOMAIN\user`, UPN)."""
        account = self._find(name)
        return None if account is None else self._caller(account)

    @contextmanager
    def acceptor(self) -> Iterator[None]:
        """Make this host's accounts those the NTLM acceptor knows; its only interface is a process-wide variable."""
        with _USER_FILE_LOCK:
            before = os.environ.get(_USER_FILE_VARIABLE)
            os.environ[_USER_FILE_VARIABLE] = str(self._file)
            try:
                yield
            finally:
                if before is None:
                    del os.environ[_USER_FILE_VARIABLE]
                else:
                    os.environ[_USER_FILE_VARIABLE] = before

    def _find(self, name: str) -> Account | None:
        wanted = name.lower()
        for account in self._accounts:
            if wanted in {form.lower() for form in self._forms(account)}:
                return account
        return None

    def _forms(self, account: Account) -> list[str]:
        r"""Every way to write the account, `DOMAIN\` forms first."""
        if account.domain:
            return [
                f"{account.domain}\\{account.name}",
                f"{account.dns_domain or account.domain}\\{account.name}",
                f"{account.name}@{account.dns_domain or account.domain}",
                f"{account.name}@{account.domain}",
            ]
        return [account.name, *(f"{domain}\\{account.name}" for domain in (".", *self._computer_names))]

    def _caller(self, account: Account) -> Caller:
        owner = f"{account.domain}\\{account.name}" if account.domain else account.name
        elevated = account.administrator and (
            bool(account.domain) or account.name.lower() == _BUILT_IN or self._remote_tokens_are_full()
        )
        return Caller(owner=owner, name=account.name, administrator=elevated)

    def _remote_tokens_are_full(self) -> bool:
        """Whether local administrators other than the built-in one keep their rights over the network."""
        value = self._registry.get(_POLICIES, "LocalAccountTokenFilterPolicy")
        return value is not None and value.data == 1

    def _write(self) -> None:
        from spnego._ntlm_raw.crypto import ntowfv1  # the public interface takes passwords without colons only

        lines = []
        for account in self._accounts:
            digest = ntowfv1(account.password).hex().upper()
            lines += [f"{form}:1000:{'0' * 32}:{digest}:[U]:LCT-00000000" for form in self._forms(account)]
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
