"""From options, environment and prompt to the settings of one connection.

The same declaration that reads the provider's configuration reads them, so both accept and refuse the same.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from winipsec.errors import UserError
from winipsec.host.settings import ConnectionSettings
from winipsec.resources.configuration import Configuration, check

_OPTIONS = {
    "host": "host",
    "port": "port",
    "username": "username",
    "transport": "transport",
    "https": "https",
    "caFile": "ca_file",
    "certificateFile": "certificate_file",
    "certificateKeyFile": "certificate_key_file",
    "kerberosHostname": "kerberos_hostname",
    "dialTimeout": "dial_timeout",
    "commandTimeout": "command_timeout",
}
_WITHOUT_PASSWORD = frozenset({"kerberos", "certificate"})

Ask = Callable[[str], str]


def connection_settings(
    options: argparse.Namespace, environment: Mapping[str, str], ask: Ask = getpass.getpass
) -> ConnectionSettings:
    """How to reach the host that the command line means.

    Args:
        options: The parsed command line.
        environment: Variables that stand in for what it leaves out.
        ask: Asks for a password at the terminal.

    Raises:
        UserError: no host is named, a setting is wrong, or a password is needed and nobody can be asked.
    """
    given: dict[str, Any] = {name: getattr(options, option) for name, option in _OPTIONS.items()}
    if options.insecure:
        given["verify"] = False
    if options.password_file:
        given["password"] = _password_in(options.password_file)
    checked = check(given, environment)
    if checked.failures:
        path, reason = checked.failures[0]
        raise UserError(f"{reason}.", path=_option(path, options), code="arguments")
    values = checked.inputs
    if not values.get("host"):
        raise UserError("no host is named.", code="arguments", advice="Give a HOST or set WINIPSEC_HOST.")
    if values.get("transport", "ntlm") not in _WITHOUT_PASSWORD:
        if not values.get("username"):
            raise UserError(
                "no account is named.", code="arguments", advice="Give --username or set WINIPSEC_USERNAME."
            )
        if not values.get("password"):
            values["password"] = _asked(values, ask)
    try:
        return Configuration(values).settings(None)
    except UserError as error:
        advice = "Correct the options, or the WINIPSEC_* variables."
        raise UserError(error.problem, path=_option(error.path, options), code=error.code, advice=advice) from None


def _option(path: str, options: argparse.Namespace) -> str:
    if path == "port":
        return str(options.port_option)
    name = _OPTIONS.get(path)
    return f"--{name.replace('_', '-')}" if name and name != "host" else path


def _password_in(name: str) -> str:
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(f"the password file {name} cannot be read: {reason}.", code="arguments") from None
    if not lines or not lines[0]:
        raise UserError(f"the first line of the password file {name} is empty.", code="arguments")
    return lines[0]


def _asked(values: Mapping[str, Any], ask: Ask) -> str:
    if not sys.stdin.isatty():
        raise UserError(
            "no password is given, and there is no terminal to ask at.",
            code="arguments",
            advice="Set WINIPSEC_PASSWORD or give --password-file.",
        )
    return ask(f"Password of {values['username']} on {values['host']}: ")
