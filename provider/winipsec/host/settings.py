"""How a host is reached: address, account, transport, deadlines. design: where a resource is, not what it is."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from winipsec.errors import UserError

TRANSPORTS = ("ntlm", "basic", "kerberos", "credssp", "certificate")
"""The ways to log on that pywinrm speaks (spec: winrm 2.1)."""

SHORTEST_REVERT = 120
"""Least seconds after which a host may take back a change that nobody confirmed (spec: winrm 5.7)."""
REVERT_AFTER = 300
"""The usual time for that."""

HTTP_PORT = 5985
HTTPS_PORT = 5986


def possible_ports(port: int | None, *, https: bool) -> list[int]:
    """The ports on which a host may see those come who go to `port`: one that is not WinRM's own may be forwarded."""
    usual = HTTPS_PORT if https else HTTP_PORT
    if port is None:
        return [usual]
    return [port] if port in {HTTP_PORT, HTTPS_PORT} else [usual, port]


# Letters, digits, hyphens and (because Windows names have them) underscores; labels separated by dots.
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")

# Keys are compared, logged and shown; the secret in them is hidden by a salt that lives as long as the process.
_SALT = secrets.token_bytes(16)

# Fields that say how patient we are, not whom we talk to as whom.
_PATIENCE = ("dial_timeout", "command_timeout", "total_timeout", "connect_retry_for")


@dataclass(frozen=True)
class ConnectionSettings:
    """Everything needed to reach one host as one account. Times are in seconds.

    Defaults: port 5985 with NTLM and message encryption; port 5986 with `https`.
    """

    host: str
    username: str = ""
    password: str = field(default="", repr=False)
    port: int | None = None
    transport: str = "ntlm"
    https: bool = False
    ca_file: str | None = None
    certificate_file: str | None = None
    certificate_key_file: str | None = None
    verify: bool = True
    kerberos_hostname: str | None = None
    kerberos_delegation: bool = False
    proxy: str | None = field(default=None, repr=False)
    """URL of an HTTP proxy; it may hold a password. Proxies in the environment are never used."""
    dial_timeout: float = 8
    """Seconds a new connection may take to come up, and the host to answer a logon: whoever waits hears within ten."""
    command_timeout: float = 60
    """Seconds one remote command may run."""
    total_timeout: float = 300
    """Seconds one operation may take with all its retries."""
    connect_retry_for: float = 0
    """Seconds to wait for a host that cannot be reached yet."""

    @property
    def effective_port(self) -> int:
        """The port, or the default for HTTP or HTTPS."""
        return self.port if self.port is not None else HTTPS_PORT if self.https else HTTP_PORT

    @property
    def address(self) -> str:
        """The host as it stands in a URL: an IPv6 literal in brackets, its zone escaped."""
        bare = self.host.strip("[]")
        return f"[{bare.replace('%', '%25')}]" if ":" in bare else bare

    @property
    def endpoint(self) -> str:
        """The URL that messages are posted to (spec: winrm 1.1)."""
        return f"{'https' if self.https else 'http'}://{self.address}:{self.effective_port}/wsman"

    def key(self) -> str:
        """What must be equal for two settings to share a connection; safe to log.

        Equal settings give equal keys within one process; the password enters through a salted digest.
        """
        digest = hmac.new(_SALT, digestmod=hashlib.sha256)
        for item in fields(self):
            digest.update(f"{item.name}={getattr(self, item.name)!r};".encode())
        return f"{self.username or '(nobody)'}@{self.address}:{self.effective_port}#{digest.hexdigest()[:16]}"

    def logon_key(self) -> str:
        """What must be equal for two settings to be the same logon, however patient each of them is."""
        digest = hmac.new(_SALT, digestmod=hashlib.sha256)
        for item in fields(self):
            if item.name not in _PATIENCE:
                digest.update(f"{item.name}={getattr(self, item.name)!r};".encode())
        return digest.hexdigest()

    def failures(self) -> list[tuple[str, str]]:
        """Every mistake in the settings: the property's name (camelCase, as in the schema) and what to write instead."""
        found = [*_host_failures(self.host), *self._number_failures(), *self._transport_failures()]
        if self.proxy is not None and urlsplit(self.proxy).scheme not in {"http", "https"}:
            found.append(("proxy", "write a URL such as http://proxy.example:3128"))
        if self.ca_file is not None and not self.verify:
            found.append(("caFile", "has no effect with verify: false; leave one of the two out"))
        if self.ca_file is not None and not self.https:
            found.append(("caFile", "has no effect without https: true"))
        return found

    def require_valid(self) -> None:
        """Raise a `UserError` that lists every mistake, files that do not exist among them."""
        found = self.failures()
        for path, name in (
            ("caFile", self.ca_file),
            ("certificateFile", self.certificate_file),
            ("certificateKeyFile", self.certificate_key_file),
        ):
            if name is not None and not Path(name).exists():
                found.append((path, f"there is no file {name} on this machine"))
        if found:
            problem = "; ".join(f"{path} {reason}" for path, reason in found)
            first = found[0][0]
            raise UserError(
                f"the connection cannot be made: {problem}.",
                code="connection.settings",
                host=self.host,
                advice=f"Set winipsec:{first} in the stack's configuration, connection.{first} on the resource, or "
                "the variable WINIPSEC_" + re.sub("(?=[A-Z])", "_", first).upper() + ".",
            )

    def _number_failures(self) -> list[tuple[str, str]]:
        found = []
        if self.port is not None and not 1 <= self.port <= 65535:
            found.append(("port", f"must be between 1 and 65535, not {self.port}"))
        for path, seconds in (
            ("dialTimeout", self.dial_timeout),
            ("commandTimeout", self.command_timeout),
            ("totalTimeout", self.total_timeout),
        ):
            if not 0 < seconds <= 86400:
                found.append((path, f"must be more than 0 and at most 86400 seconds, not {seconds}"))
        if not 0 <= self.connect_retry_for <= 86400:
            found.append(("connectRetryFor", f"must be between 0 and 86400 seconds, not {self.connect_retry_for}"))
        return found

    def _transport_failures(self) -> list[tuple[str, str]]:
        how = self.transport
        if how not in TRANSPORTS:
            return [("transport", f"must be one of {', '.join(TRANSPORTS)}, not {how!r}")]
        by_certificate, by_kerberos = how == "certificate", how == "kerberos"
        by_password = not by_certificate and not by_kerberos
        certificate, key = self.certificate_file is not None, self.certificate_key_file is not None
        rules = (
            ("transport", how in {"basic", "certificate"} and not self.https, f"{how} needs https: true"),
            ("username", not by_certificate and not self.username, f"is needed for transport {how}"),
            ("password", by_password and not self.password, f"is needed for transport {how}"),
            ("username", how == "basic" and not _is_latin(self.username), "holds characters that Basic cannot carry"),
            ("password", how == "basic" and not _is_latin(self.password), "holds characters that Basic cannot carry"),
            ("certificateFile", by_certificate and not certificate, "is needed for transport certificate"),
            ("certificateKeyFile", by_certificate and not key, "is needed for transport certificate"),
            ("certificateFile", certificate and not by_certificate, "is used by transport certificate only"),
            ("certificateKeyFile", key and not by_certificate, "is used by transport certificate only"),
            (
                "kerberosHostname",
                bool(self.kerberos_hostname) and not by_kerberos,
                "is used by transport kerberos only",
            ),
            ("kerberosDelegation", self.kerberos_delegation and not by_kerberos, "is used by transport kerberos only"),
        )
        return [(path, reason) for path, broken, reason in rules if broken]


def _is_latin(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _host_failures(host: str) -> list[tuple[str, str]]:
    if not host:
        return [("host", "is needed: a name or an address")]
    if "://" in host or "/" in host:
        return [("host", "write the name or address alone, without http:// or a path")]
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if re.fullmatch(r"[^:]+:\d+", host) or re.fullmatch(r"\[.*\]:\d+", host):
            return [("host", "write the port as port, not behind the host")]
        if _NAME.fullmatch(host) is None or re.fullmatch(r"[\d.]+", host):
            return [("host", f"{host!r} is neither a host name nor an address")]
    return []
