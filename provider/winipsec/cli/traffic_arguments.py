"""The sub-commands about traffic on the command line: `explain`, `diff` and `matrix`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from winipsec.cli.argument_groups import ENVIRONMENT, Formatter, add_connection, add_file, add_host

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it

_EXPLAIN = """\
Say what becomes of a conversation on a host: which filter decides, and which others
match and why they lose. Whoever is --from sends the first packet; me is the host.
"""

_EXPLAIN_EXAMPLES = """\
examples:
  winipsec explain web1.example --from 203.0.113.9 --to me --protocol tcp --port 445
  winipsec explain web1.example --from me --to 10.0.0.1 --protocol udp --port 53
  winipsec explain --reg policies.reg --address 10.0.0.5 --from 10.1.2.3 --to 10.0.0.5 --protocol icmp
  winipsec explain web1.example --policy 'Locked down' --from 192.0.2.7 --to me --protocol tcp --port 5985

"""

_DIFF = """\
Say what a change does to traffic: between the policies in force on two hosts, in two
registry exports, or one of each; `none` is a host without a policy. Exact, or refused.
The exit code is 0 if nothing changes, 1 if something does, 2 if there is no answer.
"""

_DIFF_EXAMPLES = """\
examples:
  winipsec diff before.reg after.reg --address 10.0.0.5
  winipsec diff web1.example planned.reg
  winipsec diff none web1.example --all
  winipsec diff web1.example web1.example --after-policy 'Locked down'

A host is NAME, ADDRESS or NAME:PORT; what ends in .reg or is a path is a file.

"""

_MATRIX = """\
Say who can talk to whom and how: for each pair of hosts and each service what becomes
of a connection, with the policies of both sides. Ends that negotiate need a method and
an authentication in common.
"""

_MATRIX_EXAMPLES = """\
examples:
  winipsec matrix web1.example app1.example db1.example
  winipsec matrix web1.example db1.example --services tcp/1433,tcp/445,icmp
  winipsec matrix --reg web.reg=web1@10.0.0.5 --reg db.reg=db1@10.0.0.6 --peer internet@203.0.113.10
  winipsec matrix web1.example db1.example --html matrix.html

A host is NAME, ADDRESS or NAME:PORT.

"""


def add_traffic_commands(commands: Commands) -> None:
    """Declare the three sub-commands."""
    _add_explain(commands)
    _add_diff(commands)
    _add_matrix(commands)


def _add_explain(commands: Commands) -> None:
    explain = commands.add_parser(
        "explain",
        help="say what becomes of a conversation, and which filter decides",
        description=_EXPLAIN,
        epilog=_EXPLAIN_EXAMPLES + ENVIRONMENT,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    add_host(explain)
    add_file(explain)
    _add_facts(explain)
    explain.add_argument("--policy", metavar="NAME", help="judge this policy as if it were assigned")
    asked = explain.add_argument_group("conversation")
    asked.add_argument(
        "--from", dest="sender", metavar="ADDRESS", required=True, help="who starts it: an address or me"
    )
    asked.add_argument("--to", dest="receiver", metavar="ADDRESS", required=True, help="with whom: an address or me")
    asked.add_argument("--protocol", metavar="P", required=True, help="tcp, udp, icmp or a number")
    asked.add_argument("--port", dest="service_port", metavar="N", help="port of the service, at --to")
    asked.add_argument("--local-port", metavar="N", help="port on the host")
    asked.add_argument("--remote-port", metavar="N", help="port on the other machine")
    way = asked.add_mutually_exclusive_group()
    way.add_argument(
        "--in", dest="direction", action="store_const", const="in", help="the first packet comes in: the host is --to"
    )
    way.add_argument(
        "--out", dest="direction", action="store_const", const="out", help="it goes out: the host is --from"
    )
    asked.add_argument(
        "--connection", choices=("lan", "dialup"), default="lan", help="kind of interface (default: lan)"
    )
    explain.add_argument("--json", action="store_true", help="print JSON, as the function explainTraffic answers")
    add_connection(explain, "--winrm-port")


def _add_diff(commands: Commands) -> None:
    diff = commands.add_parser(
        "diff",
        help="say what a change does to traffic",
        description=_DIFF,
        epilog=_DIFF_EXAMPLES + ENVIRONMENT,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    diff.add_argument("before", metavar="A", help="a host, a registry export, or none")
    diff.add_argument("after", metavar="B", help="the same")
    diff.add_argument("--root", metavar="KEY", help="key that holds the store in a file, if there are several")
    diff.add_argument("--before-policy", metavar="NAME", help="policy of A, as if it were assigned there")
    diff.add_argument("--after-policy", metavar="NAME", help="policy of B, as if it were assigned there")
    _add_facts(diff)
    diff.add_argument("--all", action="store_true", help="every class of traffic, not only the first ten")
    diff.add_argument("--json", action="store_true", help="print JSON, as the function getTrafficDifference answers")
    add_connection(diff)


def _add_matrix(commands: Commands) -> None:
    matrix = commands.add_parser(
        "matrix",
        help="say which of several hosts can talk to which, and how",
        description=_MATRIX,
        epilog=_MATRIX_EXAMPLES + ENVIRONMENT,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    matrix.add_argument("hosts", metavar="HOST", nargs="*", help="names or addresses of hosts")
    matrix.add_argument(
        "--reg",
        metavar="FILE=NAME@ADDRESS",
        action="append",
        default=[],
        help="one more host: a registry export, its name and its address (several: A,B)",
    )
    matrix.add_argument(
        "--peer",
        metavar="NAME@ADDRESS",
        action="append",
        default=[],
        help="a machine without IPsec, such as internet@203.0.113.10",
    )
    matrix.add_argument("--services", metavar="LIST", help="such as tcp/445,udp/53,icmp (default: what is common)")
    matrix.add_argument("--root", metavar="KEY", help="key that holds the store in a file, if there are several")
    matrix.add_argument("--no-default-exempt", metavar="N", help="NoDefaultExempt of hosts read from files, 0 to 3")
    matrix.add_argument("--html", metavar="FILE", help="write a page with a map as well")
    matrix.add_argument("--json", action="store_true", help="print JSON")
    add_connection(matrix)


def _add_facts(command: argparse.ArgumentParser) -> None:
    """What a registry export does not tell."""
    command.add_argument(
        "--address",
        metavar="A",
        action="append",
        default=[],
        help="an address of the host itself, beside those it tells; may be given several times",
    )
    command.add_argument("--no-default-exempt", metavar="N", help="NoDefaultExempt where a file does not tell, 0 to 3")
