"""The sub-commands by name; each takes the parsed command line and the environment, and returns an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module

Command = Callable[[argparse.Namespace, Mapping[str, str]], int]


def _late(name: str) -> Command:
    """A sub-command whose module is imported when it is called: what one of them needs, others need not wait for."""

    def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
        command: Command = import_module(f"winipsec.cli.{name}").run
        return command(options, environment)

    return run


COMMANDS: Mapping[str, Command] = {name: _late(name) for name in ("show", "check", "lint", "explain", "diff", "matrix")}
