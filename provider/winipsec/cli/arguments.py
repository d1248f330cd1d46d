"""The command line of `winipsec`, and nothing heavier: help must come at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from winipsec._version import __version__

_ENVIRONMENT = """\
environment variables stand in for options that are left out:
  WINIPSEC_HOST, WINIPSEC_PORT, WINIPSEC_USERNAME, WINIPSEC_PASSWORD,
  WINIPSEC_TRANSPORT, WINIPSEC_HTTPS, WINIPSEC_CA_FILE

The password is read from WINIPSEC_PASSWORD, from --password-file, or asked for;
it is never an argument, where everybody on this machine could see it.
"""

_SHOW = """\
Show every policy with its rules, every filter list with its filters, every filter
action, and leftovers that no policy uses. Pre-shared keys are never printed.
"""

_SHOW_EXAMPLES = """\
examples:
  winipsec show web1.example --username 'CORP\\\\deploy'
  winipsec show --reg policies.reg
  winipsec show web1.example --json | jq '.filterLists[].name'

""".replace("\\\\", "\\")

_CHECK = """\
Find out step by step whether a host can be managed, and what to do where it cannot:
name, port, TLS, logon, rights, IPsec service, domain policy, active policy.
Nothing is changed. The exit code is 1 if any step fails.
"""

_CHECK_EXAMPLES = """\
examples:
  winipsec check web1.example --username 'CORP\\deploy'
  winipsec check web1.example --https --ca-file ca.pem --json

"""

_LINT = """\
Look for dangerous and pointless policies: filters that never win, holes, weak
algorithms, ways to lock oneself out, leftovers. Where no policy is assigned, each
is judged as if it were. docs/rules.md explains every rule.
The exit code is 1 if an error or a warning is found.
"""

_LINT_EXAMPLES = """\
examples:
  winipsec lint web1.example --username 'CORP\\deploy'
  winipsec lint --reg policies.reg --ignore WIP6 --ignore soft-fallback
  winipsec lint --reg policies.reg --format sarif > policies.sarif

""".replace("\\\\", "\\")


class _Formatter(argparse.RawDescriptionHelpFormatter):
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


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="winipsec",
        description="Look at the IPsec policies of Windows hosts. This command reads; it never changes a host.",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"winipsec {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    show = commands.add_parser(
        "show",
        help="show the policy store of a host or of a .reg file",
        description=_SHOW,
        epilog=_SHOW_EXAMPLES + _ENVIRONMENT,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    _add_host(show)
    _add_file(show)
    show.add_argument("--json", action="store_true", help="print JSON, with the property names of the provider")
    _add_connection(show)

    check = commands.add_parser(
        "check",
        help="find out whether a host can be managed",
        description=_CHECK,
        epilog=_CHECK_EXAMPLES + _ENVIRONMENT,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    _add_host(check)
    check.add_argument("--json", action="store_true", help="print the steps as JSON")
    _add_connection(check)

    lint = commands.add_parser(
        "lint",
        help="find dangerous and pointless policies on a host or in a .reg file",
        description=_LINT,
        epilog=_LINT_EXAMPLES + _ENVIRONMENT,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    _add_host(lint)
    _add_file(lint)
    lint.add_argument(
        "--format", choices=("text", "json", "sarif"), default="text", help="how to print (default: text)"
    )
    lint.add_argument("--rule", metavar="ID", action="append", help="apply this rule only (WIP401, a name, or WIP4)")
    lint.add_argument("--ignore", metavar="ID", action="append", help="leave out this rule; may be given several times")
    lint.add_argument(
        "--severity",
        choices=("note", "warning", "error"),
        default="note",
        help="leave out what is less severe (default: note, which is everything)",
    )
    _add_connection(lint)
    return top


def _add_host(command: argparse.ArgumentParser) -> None:
    command.add_argument("host", metavar="HOST", nargs="?", help="name or address of the host")


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument("--reg", metavar="FILE", help="read a registry export (.reg) instead of a host; - is stdin")
    command.add_argument("--root", metavar="KEY", help="with --reg: the key that holds the store, if there are several")


def _add_connection(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("connection")
    group.add_argument("--port", metavar="N", help="WinRM port (default: 5985, with --https 5986)")
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
    group.add_argument("--dial-timeout", metavar="SECONDS", help="how long a connection may take (default: 10)")
    group.add_argument("--command-timeout", metavar="SECONDS", help="how long a command may take (default: 60)")
