"""What several sub-commands take alike: hosts, files, connections, and how help is laid out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

ENVIRONMENT = """\
environment variables stand in for options that are left out:
  WINIPSEC_HOST, WINIPSEC_PORT, WINIPSEC_USERNAME, WINIPSEC_PASSWORD,
  WINIPSEC_TRANSPORT, WINIPSEC_HTTPS, WINIPSEC_CA_FILE and so on, as the provider
  takes them (docs/reference.md)

The password is read from WINIPSEC_PASSWORD, from --password-file, or asked for;
it is never an argument, where everybody on this machine could see it.
"""


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps our line breaks, and gives options room for their names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32)


class _NoPassword(argparse.Action):
    """Refuses a password on the command line without repeating it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> NoReturn:
        """Stop with a hint at the ways that are safe."""
        parser.error("a password is no argument; set WINIPSEC_PASSWORD, give --password-file, or wait to be asked")


def add_host(command: argparse.ArgumentParser) -> None:
    """One host, which a file may stand in for."""
    command.add_argument("host", metavar="HOST", nargs="?", help="name or address of the host")


def add_file(command: argparse.ArgumentParser) -> None:
    """One registry export."""
    command.add_argument("--reg", metavar="FILE", help="read a registry export (.reg) instead of a host; - is stdin")
    command.add_argument("--root", metavar="KEY", help="with --reg: the key that holds the store, if there are several")


def add_connection(command: argparse.ArgumentParser, port: str = "--port") -> None:
    """How hosts are reached; `port` is the option for WinRM's, where `--port` means something else."""
    group = command.add_argument_group("connection")
    group.add_argument(port, dest="port", metavar="N", help="WinRM port (default: 5985, with --https 5986)")
    command.set_defaults(port_option=port)
    group.add_argument("--username", metavar="NAME", help="account: user, DOMAIN\\user or user@domain")
    group.add_argument("--password-file", metavar="FILE", help="file whose first line is the password")
    group.add_argument("--password", action=_NoPassword, help=argparse.SUPPRESS)
    group.add_argument("--transport", metavar="HOW", help="ntlm (default), kerberos, credssp, certificate or basic")
    group.add_argument("--https", action=argparse.BooleanOptionalAction, help="use HTTPS")
    group.add_argument("--ca-file", metavar="FILE", help="PEM file of the authority that signed the host's certificate")
    group.add_argument("--insecure", action="store_true", help="accept any certificate: whoever answers is trusted")
    group.add_argument("--certificate-file", metavar="FILE", help="PEM file of our own certificate")
    group.add_argument("--certificate-key-file", metavar="FILE", help="PEM file of its key")
    group.add_argument("--kerberos-hostname", metavar="NAME", help="host name in the service principal")
    group.add_argument("--dial-timeout", metavar="SECONDS", help="how long a connection may take (default: 8)")
    group.add_argument("--command-timeout", metavar="SECONDS", help="how long a command may take (default: 60)")
