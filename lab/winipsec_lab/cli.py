"""The `winipsec-lab` command: its arguments. What the commands do stands in `winipsec_lab.commands`.

Nothing heavy is imported here, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from winipsec_lab import __version__
from winipsec_lab.service.home import HOME_VARIABLE, PASSWORD_VARIABLE, Home, default_home

DEFAULT_HOSTS: Final = ("web1", "app1", "db1")

_DESCRIPTION: Final = """\
Simulated Windows hosts with IPsec policies, for real WinRM clients.

Hosts listen on 127.77.0.N, ports 5985 and 5986 where these are free. They keep their state between commands and
between runs of the lab.
"""

_EPILOG: Final = f"""\
environment:
  {HOME_VARIABLE}      state directory (default: .state/lab at the root of the checkout)
  {PASSWORD_VARIABLE}  password of Administrator on every host (default: made up once, kept in the state directory)
"""


def build_parser() -> argparse.ArgumentParser:
    """All arguments of the command."""
    parser = argparse.ArgumentParser(
        prog="winipsec-lab",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--home", type=Path, help="state directory of the lab")
    common.add_argument("--json", action="store_true", help="print JSON")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str, *, host: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[common])
        if host:
            command.add_argument("host", metavar="HOST", help="name of the host")
        return command

    _lab_commands(add)
    _machine_commands(add)
    _wire_commands(add)
    return parser


def _birth_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--locale", default="en-US", help="language: en-US, de-DE, ru-RU, ja-JP or zh-CN")
    command.add_argument("--generation", default="current", help="Windows generation: current or 2003")
    command.add_argument(
        "--no-scars", action="store_true", help="without the foreign and damaged objects that real hosts have"
    )


def _lab_commands(add: Any) -> None:
    up = add("up", "start the lab and make its hosts; does nothing where there is nothing to do")
    up.add_argument(
        "--hosts",
        default="",
        metavar="N|NAME,NAME",
        help=f"how many hosts, or their names (default: {', '.join(DEFAULT_HOSTS)})",
    )
    _birth_options(up)
    add("status", "show the lab and its hosts")
    add("down", "stop the lab; its hosts come back with `up`")
    create = add("create", "make one more host")
    create.add_argument("host", metavar="NAME", help="name: letters, digits and hyphens, at most 15")
    _birth_options(create)
    create.add_argument("--dns-name", default="", help="full DNS name")
    create.add_argument(
        "--address", action="append", default=[], help="one more address of its own, IPv4 or IPv6; repeatable"
    )
    create.add_argument("--machine-guid", default="", help="identity (default: random)")
    create.add_argument(
        "--guess", action="append", default=[], metavar="NAME=SETTING", help="set a switch from birth; repeatable"
    )
    add("delete", "take a host away for good", host=True)
    reset = add("reset", "bring one host, or all of them, back to their birth")
    reset.add_argument("host", metavar="HOST", nargs="?", default="", help="name of the host (default: all)")


def _machine_commands(add: Any) -> None:
    execute = add("exec", "run a command line at the host's console, with its output and exit code", host=True)
    execute.add_argument("line", metavar="COMMAND LINE", nargs="+", help="the command line, best in one pair of quotes")
    packet = add("packet", "say what the active policy does to a packet", host=True)
    way = packet.add_mutually_exclusive_group(required=True)
    way.add_argument("--in", dest="inbound", action="store_true", help="the packet arrives at the host")
    way.add_argument("--out", dest="inbound", action="store_false", help="the packet leaves the host")
    packet.add_argument("--remote", required=True, metavar="ADDRESS", help="the other side's address")
    packet.add_argument("--local", default="", metavar="ADDRESS", help="the host's address (default: its own)")
    packet.add_argument("--protocol", default="tcp", help="tcp, udp, icmp, icmpv6 or a number (default: tcp)")
    packet.add_argument("--local-port", type=int, default=0, metavar="N", help="port on the host")
    packet.add_argument("--remote-port", type=int, default=0, metavar="N", help="port on the other side")
    packet.add_argument("--connection", default="lan", choices=("lan", "dialup"), help="kind of interface")
    load = add("load", "replace the policy store by that of a .reg file", host=True)
    load.add_argument("file", type=Path, metavar="FILE.reg", help="registry file in any encoding")
    dump = add("dump", "print the policy store as a .reg file", host=True)
    dump.add_argument("--key", default="", help="another registry key")
    add("guesses", "show the switches for behaviour that nobody has confirmed", host=True)
    guess = add("guess", "set such a switch", host=True)
    guess.add_argument("name", metavar="NAME", help="name of the switch")
    guess.add_argument("setting", metavar="SETTING", help="one of its settings")
    tasks = add("tasks", "show the host's scheduled tasks", host=True)
    tasks.add_argument(
        "--wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait first, so long at most, until no task runs or is due",
    )
    clock = add("clock", "show the host's clock, or move it forward: what becomes due happens at once", host=True)
    clock.add_argument("--advance", type=float, default=0.0, metavar="SECONDS", help="how far")


def _wire_commands(add: Any) -> None:
    transcript = add("transcript", "show the WinRM messages so far; stdin and environment are never kept", host=True)
    transcript.add_argument("--after", type=int, default=0, metavar="N", help="only messages with a higher number")
    latency = add("latency", "make the host slow", host=True)
    latency.add_argument("--round-trip", type=float, metavar="SECONDS", help="added to every round trip")
    latency.add_argument("--process", type=float, metavar="SECONDS", help="added to every start of a process")
    restart = add("restart", "stop and start a service of the host", host=True)
    restart.add_argument("service", metavar="SERVICE", help="such as PolicyAgent or WinRM")
    reboot = add("reboot", "restart the host", host=True)
    reboot.add_argument("--down", type=float, default=0.0, metavar="SECONDS", help="how long it stays silent")
    fault = add("fault", "let something go wrong at a message; without a kind, list the kinds", host=True)
    fault.add_argument("kind", metavar="KIND", nargs="?", default="", help="what goes wrong")
    when = fault.add_mutually_exclusive_group()
    when.add_argument("--message", type=int, default=1, metavar="N", help="at the Nth message from now (default: 1)")
    when.add_argument("--action", default="", help="at a Create, Command, Send, Receive, Signal, Delete or Get")
    when.add_argument("--list", action="store_true", help="show the faults that have not happened")
    when.add_argument("--clear", action="store_true", help="forget all faults that have not happened")
    fault.add_argument("--times", type=int, default=1, metavar="N", help="how often (default: 1)")
    fault.add_argument("--seconds", type=float, default=1.0, help="how long a delay lasts (default: 1)")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit code is 0, 1 for an error, 2 for wrong arguments, or that of `exec`."""
    options = build_parser().parse_args(arguments)
    home = Home((options.home or default_home()).resolve())
    from winipsec_lab.commands import run
    from winipsec_lab.service.client import LabError

    try:
        result = run(home, options)
    except (LabError, OSError, ValueError) as error:
        print(f"winipsec-lab: {error}", file=sys.stderr)  # noqa: T201 - a command speaks to people
        return 1
    if options.json:
        print(json.dumps(result.data, indent=2, ensure_ascii=False))  # noqa: T201
    else:
        sys.stdout.write(result.text)
        sys.stderr.write(result.errors)
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main())
