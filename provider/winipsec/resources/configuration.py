"""How hosts are reached: the provider's configuration and the `connection` of a resource, which overrides it.

Both have the same fields. Configuration values arrive as strings from stack configuration and as JSON text from
generated SDKs, so every field is accepted typed and as text; `WINIPSEC_*` variables fill what is absent
(spec: pulumi-provider 2.4).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from winipsec.errors import UserError
from winipsec.host.settings import REVERT_AFTER, SHORTEST_REVERT, TRANSPORTS, ConnectionSettings
from winipsec.model.invalid import Fault
from winipsec.resources.declaration import Choice, Flag, Number, Property, Record, Text, secret_paths
from winipsec.resources.resource import Checked, Failure
from winipsec.resources.values import UNKNOWN, contains_unknown

_DAY = 86_400

_CONNECTION: dict[str, Property] = {
    "host": Property(Text(), "Name or address of the Windows host."),
    "port": Property(Number(1, 65_535), "WinRM port; 5985, or 5986 with `https`, when left out."),
    "username": Property(
        Text(), "Account with administrator rights on the host: `user`, `DOMAIN\\user` or `user@domain`."
    ),
    "password": Property(Text(), "Password of the account.", secret=True),
    "transport": Property(
        Choice(TRANSPORTS),
        "How to log on: `ntlm` (the default, with message encryption), `kerberos`, `credssp`, `certificate`, or "
        "`basic`. Basic and certificate need `https`.",
    ),
    "https": Property(Flag(), "Use HTTPS; port 5986 unless `port` says otherwise."),
    "caFile": Property(Text(), "PEM file with the certificate authority that signed the host's certificate."),
    "verify": Property(Flag(), "Whether the host's certificate must be valid; true when left out."),
    "certificateFile": Property(Text(), "PEM file with the client certificate, for `transport: certificate`."),
    "certificateKeyFile": Property(Text(), "PEM file with the key of the client certificate."),
    "kerberosHostname": Property(Text(), "Host name in the Kerberos service principal, where it is not `host`."),
    "kerberosDelegation": Property(Flag(), "Whether Kerberos credentials are forwarded to the host."),
    "proxy": Property(Text(), "URL of an HTTP proxy; proxies in the environment are never used.", secret=True),
    "dialTimeout": Property(
        Number(1, _DAY), "Seconds a new connection may take to come up and to be answered; 8 when left out."
    ),
    "commandTimeout": Property(Number(1, _DAY), "Seconds one remote command may take; 60 when left out."),
    "totalTimeout": Property(Number(1, _DAY), "Seconds one operation may take with all retries; 300 when left out."),
    "connectRetryFor": Property(
        Number(0, _DAY), "Seconds to keep trying a host that does not answer yet; 0 when left out."
    ),
}


def _timer_faults(values: dict[str, Any]) -> list[Fault]:
    seconds = values.get("revertAfter", 0)
    return (
        [Fault("revertAfter", f"must be 0 or at least {SHORTEST_REVERT} seconds")]
        if 0 < seconds < SHORTEST_REVERT
        else []
    )


CONNECTION = Record("Connection", "How a Windows host is reached, where it differs from the provider.", _CONNECTION)

CONFIGURATION = Record(
    "Configuration",
    "How Windows hosts are reached unless a resource says otherwise.",
    {
        **_CONNECTION,
        "treatUnreachableAsDeleted": Property(
            Flag(),
            "Let the resources of a host that cannot be reached go when they are destroyed; false when left out.",
        ),
        "revertAfter": Property(
            Number(0, _DAY),
            "Seconds after which a host takes back a change to its active policy that nobody confirmed over a new "
            f"connection; at least {SHORTEST_REVERT}, {REVERT_AFTER} when left out, 0 for never.",
        ),
    },
    _timer_faults,
)

_ENGINE_KEYS = {"version", "pluginDownloadURL"}
_SETTING = {
    "host": "host",
    "port": "port",
    "username": "username",
    "password": "password",
    "transport": "transport",
    "https": "https",
    "caFile": "ca_file",
    "verify": "verify",
    "certificateFile": "certificate_file",
    "certificateKeyFile": "certificate_key_file",
    "kerberosHostname": "kerberos_hostname",
    "kerberosDelegation": "kerberos_delegation",
    "proxy": "proxy",
    "dialTimeout": "dial_timeout",
    "commandTimeout": "command_timeout",
    "totalTimeout": "total_timeout",
    "connectRetryFor": "connect_retry_for",
}


def variable(name: str) -> str:
    """The environment variable that stands in for a configuration key: `caFile` is `WINIPSEC_CA_FILE`."""
    return "WINIPSEC_" + "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name)


@dataclass(frozen=True)
class Configuration:
    """The provider's configuration in normal form."""

    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def treat_unreachable_as_deleted(self) -> bool:
        """Whether a dead machine's resources may go."""
        return bool(self.values.get("treatUnreachableAsDeleted", False))

    @property
    def revert_after(self) -> int:
        """Seconds after which a host takes back what nobody confirmed; 0 for never."""
        return int(self.values.get("revertAfter", REVERT_AFTER))

    def settings(self, connection: Mapping[str, Any] | None) -> ConnectionSettings:
        """How to reach the host of one resource.

        Raises:
            UserError: no host is named, or the settings contradict each other.
        """
        values = {**self.values, **{name: item for name, item in (connection or {}).items() if item is not None}}
        if not values.get("host"):
            raise UserError(
                "no Windows host is named.",
                path="connection.host",
                code="connection.none",
                advice="Set connection.host on the resource, winipsec:host in the stack's configuration, "
                "or WINIPSEC_HOST.",
            )
        settings = _settings(values)
        settings.require_valid()
        return settings


SECRETS = secret_paths(CONFIGURATION)


def check(news: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Checked:
    """Bring provider configuration into normal form; `WINIPSEC_*` variables fill what is absent."""
    variables = os.environ if environment is None else environment
    known = {name: item for name, item in news.items() if item is not None and name not in _ENGINE_KEYS}
    texts = {name: variables.get(variable(name)) for name in CONFIGURATION.properties if name not in known}
    filled = {name: text for name, text in texts.items() if text}
    faults: list[Fault] = []
    inputs = CONFIGURATION.normal({**known, **filled}, "", faults)
    sources = {name: f"; it comes from the environment variable {variable(name)}" for name in filled}
    return Checked(inputs, [Failure(fault.path, fault.reason + sources.get(fault.path, "")) for fault in faults])


def read(args: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Configuration:
    """The configuration of a provider that was checked before.

    Raises:
        UserError: it is not usable after all.
    """
    checked = check(args, environment)
    if checked.failures:
        first = checked.failures[0]
        raise UserError(f"{first.reason}.", path=first.path, code="configuration")
    return Configuration({name: item for name, item in checked.inputs.items() if item is not UNKNOWN})


def connection_faults(connection: Mapping[str, Any], configuration: Configuration) -> list[Fault]:
    """What is wrong with the way a resource would be reached; nothing where part of it is unknown."""
    if contains_unknown(dict(connection)):
        return []
    values = {**configuration.values, **connection}
    if not values.get("host"):
        return []
    return [Fault(path, reason) for path, reason in _settings(values).failures()]


def _settings(values: Mapping[str, Any]) -> ConnectionSettings:
    return ConnectionSettings(**{_SETTING[name]: values[name] for name in _SETTING if values.get(name) is not None})
