"""The sub-commands by name; each takes the parsed command line and the environment, and returns an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from winipsec.cli import check, lint, show

Command = Callable[[argparse.Namespace, Mapping[str, str]], int]

COMMANDS: Mapping[str, Command] = {"show": show.run, "check": check.run, "lint": lint.run}
