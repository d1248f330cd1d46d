"""Flips every guess about Windows, one at a time, and runs the protocol tests against the lab each time.

The lab has a switch wherever nobody has confirmed how Windows behaves. A provider that works with one setting only
relies on something that nobody knows. So: for each setting that is not the default, one run of ``tests/protocol`` in
which every host of the lab is born with it.

    python tools/guesses.py [--only PATTERN] [--jobs N] [--write FILE]

The module is also the pytest plugin of those runs (``-p guesses --guess NAME=SETTING``). It keeps the tests that take the
lab from its fixtures; a test that asks for a setting of its own keeps it.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pulumi_environment import CHECKOUT

if TYPE_CHECKING:
    import pytest
    from winipsec_lab.machine.guesses import Guess

TESTS = "tests/protocol"
LAB_FIXTURES = frozenset({"lab", "session_lab"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--guess``."""
    parser.addoption("--guess", metavar="NAME=SETTING", help="every lab host is born with this guess about Windows")


def pytest_configure(config: pytest.Config) -> None:
    """Makes the setting the default of all hosts."""
    flip = config.getoption("--guess")
    if not flip:
        return
    from winipsec_lab.testing import Lab

    name, _, setting = flip.partition("=")
    create = Lab.create

    @functools.wraps(create)
    def create_flipped(self: Lab, *arguments: Any, guesses: dict[str, str] | None = None, **options: Any) -> Any:
        return create(self, *arguments, guesses={name: setting, **(guesses or {})}, **options)

    Lab.create = create_flipped  # type: ignore[method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests that have no host to flip anything on."""
    if config.getoption("--guess"):
        left_out = [item for item in items if not LAB_FIXTURES & set(getattr(item, "fixturenames", ()))]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


class Outcome(NamedTuple):
    """One run: the guess, the setting, and how many tests passed and failed; ``report`` is pytest's own."""

    guess: Guess
    setting: str
    passed: int
    failed: int
    report: str

    @property
    def green(self) -> bool:
        """Tests ran and none failed."""
        return self.passed > 0 and self.failed == 0


def flips(pattern: str) -> Iterator[tuple[Guess, str]]:
    """Every guess whose name matches, with each setting but the default."""
    from winipsec_lab.machine.guesses import Guesses

    for guess in Guesses().all():
        if fnmatch.fnmatch(guess.name, pattern):
            yield from ((guess, setting) for setting in guess.settings[1:])


def run(flip: tuple[Guess, str]) -> Outcome:
    """One run of the protocol tests with one guess flipped."""
    guess, setting = flip
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "guesses", f"--guess={guess.name}={setting}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, TESTS],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    report = done.stdout + done.stderr
    counts = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", report)}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return Outcome(guess, setting, counts.get("passed", 0), failed or int(done.returncode != 0), report)


def table(outcomes: list[Outcome]) -> str:
    """The summary as a page of the documentation."""
    rows = [
        f"| `{outcome.guess.name}` | {outcome.guess.settings[0]} | {outcome.setting} | "
        f"{'green' if outcome.green else '**red**'} | {outcome.guess.text} |"
        for outcome in outcomes
    ]
    green = sum(outcome.green for outcome in outcomes)
    head = [
        "# Guesses about Windows",
        "",
        "Where nobody has confirmed how Windows behaves, the lab has a switch. `make guesses` flips each of them, one at a",
        "time, and runs the protocol tests: what stays green does not depend on the guess. This page is what it wrote.",
        "",
        f"{green} of {len(outcomes)} settings stay green, with {max(outcome.passed for outcome in outcomes)} tests each.",
        "",
        "| guess | default | flipped to | tests | what it decides |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, ""])


def main() -> None:
    """Runs all flips, prints a line each, and exits with 1 when one of them turned the tests red."""
    parser = argparse.ArgumentParser(description="Run the protocol tests with every guess flipped, one at a time.")
    parser.add_argument(
        "--only", default="*", metavar="PATTERN", help="only guesses whose name matches, e.g. 'netsh.*'"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at the same time")
    parser.add_argument("--write", type=Path, metavar="FILE", help="where the summary goes, as a page")
    arguments = parser.parse_args()
    wanted = list(flips(arguments.only))
    if not wanted:
        parser.error(f"no guess is called {arguments.only}")
    print(f"{len(wanted)} settings to try, about half a minute each", flush=True)
    outcomes = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for outcome in pool.map(run, wanted):
            outcomes.append(outcome)
            state = "green" if outcome.green else "RED"
            print(f"{outcome.guess.name}={outcome.setting}: {state}, {outcome.passed} passed, {outcome.failed} failed")
            if not outcome.green:
                print(outcome.report)
            sys.stdout.flush()
    if arguments.write:
        arguments.write.parent.mkdir(parents=True, exist_ok=True)
        arguments.write.write_text(table(outcomes), encoding="utf-8")
    sys.exit(0 if all(outcome.green for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
