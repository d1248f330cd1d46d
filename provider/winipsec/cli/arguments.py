"""The command line of `winipsec`, and nothing heavier: help must come at once."""

from __future__ import annotations

import argparse

from winipsec._version import __version__
from winipsec.cli.argument_groups import ENVIRONMENT, Formatter, add_connection, add_file, add_host
from winipsec.cli.traffic_arguments import add_traffic_commands

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


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="winipsec",
        description="Look at the IPsec policies of Windows hosts. This command reads; it never changes a host.",
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"winipsec {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    show = commands.add_parser(
        "show",
        help="show the policy store of a host or of a .reg file",
        description=_SHOW,
        epilog=_SHOW_EXAMPLES + ENVIRONMENT,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    add_host(show)
    add_file(show)
    show.add_argument("--json", action="store_true", help="print JSON, with the property names of the provider")
    add_connection(show)

    check = commands.add_parser(
        "check",
        help="find out whether a host can be managed",
        description=_CHECK,
        epilog=_CHECK_EXAMPLES + ENVIRONMENT,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    add_host(check)
    check.add_argument("--json", action="store_true", help="print the steps as JSON")
    add_connection(check)

    lint = commands.add_parser(
        "lint",
        help="find dangerous and pointless policies on a host or in a .reg file",
        description=_LINT,
        epilog=_LINT_EXAMPLES + ENVIRONMENT,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    add_host(lint)
    add_file(lint)
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
    add_connection(lint)
    add_traffic_commands(commands)
    return top
