"""Flips every guess about Windows, one at a time, and runs the tests of the resources against the lab each time.

The lab has a switch wherever nobody has confirmed how Windows behaves. A provider that works with one setting only
relies on something that nobody knows. So: for each setting that is not the default, the tests in ``PARTS`` that the
guess can touch, with every host of the lab born with it. Where a setting makes something truly impossible, the test
says so and asks for an error that names the property; such places are part of the summary.

    python tools/guesses.py [--only PATTERN] [--jobs N] [--write FILE | --check FILE]

``--check`` runs nothing: it fails if the page is not about the guesses that the lab has now.

The module is also the pytest plugin of those runs (``-p guesses --guess NAME=SETTING``, any number of times): one
process runs its tests once per setting, which saves starting up, and prints a line of JSON for each.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from pulumi_environment import CHECKOUT

if TYPE_CHECKING:
    from winipsec_lab.machine.guesses import Guess

TESTS = CHECKOUT / "tests" / "protocol"
LAB_FIXTURES = frozenset({"lab", "session_lab", "site"})
EXAMPLES = 3
"""Random hosts per setting; the ordinary run of the tests tries more, on the default."""

PARTS: dict[str, tuple[str, ...]] = {
    "random": ("*",),
    "sides": (
        *("netsh.*_mask", "netsh.server_*", "netsh.range_form", "netsh.*_ipv6", "netsh.ipv6_prefix", "netsh.v2_*"),
        *("netsh.raw_protocol", "netsh.mirrored_default", "netsh.port_without_protocol", "netsh.host_bits"),
        *("netsh.slash_prefix", "netsh.me_to_me", "netsh.delete_filter", "netsh.duplicate_filter"),
    ),
    "lists": (
        *("netsh.delete_filter", "netsh.duplicate_filter", "netsh.filter_order", "netsh.range_form"),
        *("netsh.empty_description", "netsh.script_failure", "netsh.rename_case_only"),
    ),
    "filters": (
        *("netsh.delete_filter", "netsh.duplicate_filter", "netsh.filter_order", "netsh.empty_description"),
        "netsh.name_case",
    ),
    "actions": (
        *("netsh.action_default", "netsh.qmpfs_default", "netsh.inpass_*", "netsh.soft_default", "netsh.quick_mode_*"),
        *("netsh.offer_*", "netsh.lifetime_limits", "netsh.esp_none", "netsh.ah_esp_order", "netsh.ignored_methods"),
        *("netsh.set_action_*", "netsh.empty_description", "netsh.rename_case_only"),
    ),
    "policies": (
        *("netsh.polling_unit", "netsh.default_rule_*", "netsh.set_defaultrule_idle", "netsh.main_mode_defaults"),
        *("netsh.method_limits", "netsh.dh2048", "netsh.empty_description", "netsh.rename_case_only"),
        *("netsh.delete_active_policy", "netsh.unassign_idle"),
    ),
    "rules": (
        *("netsh.rule_on_empty_list", "netsh.rule_references", "netsh.tunnel_mirrored", "netsh.authentication_order"),
        *(
            "netsh.kerberos_no",
            "netsh.second_psk",
            "netsh.certmap_outside_domain",
            "netsh.certificate_*",
            "netsh.psk_*",
        ),
        *("netsh.final_byte", "netsh.dns_name", "netsh.duplicate_rule_name", "netsh.empty_description"),
        "netsh.rename_case_only",
    ),
    "assignment": (
        *("netsh.unassign_idle", "netsh.delete_active_policy", "netsh.assigned_change", "netsh.touch_policy"),
        *("services.*", "sc.*", "traffic.registry_edit", "tasks.*"),
    ),
    # Without a Task Scheduler there is no commit: what is done then has tests of its own.
    "commit": (
        *("tasks.*_xml", "tasks.delay_after_reboot", "tasks.current_minute", "tasks.power", "certutil.*"),
        *("netsh.export_assignment", "netsh.assigned_change", "services.*"),
    ),
    "host_policy": (
        *("netsh.assigned_change", "netsh.rule_on_empty_list", "netsh.delete_active_policy", "netsh.in_use"),
        *("netsh.script_failure", "netsh.empty_description", "netsh.range_form", "netsh.touch_policy", "services.*"),
    ),
    "whole_change": ("netsh.assigned_change", "netsh.touch_policy", "netsh.rename_case_only", "traffic.registry_edit"),
    "scars": (
        *("netsh.*name*", "netsh.guid_case", "netsh.class_name", "netsh.unused_owners", "netsh.in_use", "registry.*"),
        *("reg.*", "netsh.default_rule_*", "netsh.rule_id_*"),
    ),
    "batches": (
        *("netsh.script_failure", "netsh.failure_code", "netsh.error_stream", "netsh.stdin_*", "netsh.polling_unit"),
        *("wire.*", "cmd.*", "net.*", "findstr.*"),
    ),
    "guard": ("traffic.*", "netsh.assigned_change"),
}
"""Which guesses each ``test_resources_*.py`` is about; the random hosts are for all of them."""

MARK = "guess-outcome "


# --- in pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--guess``."""
    parser.addoption(
        "--guess",
        metavar="NAME=SETTING",
        action="append",
        default=[],
        help="every lab host is born with this guess about Windows; several are tried one after another",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Takes over the run."""
    if config.getoption("--guess"):
        config.pluginmanager.register(Flipping(config.getoption("--guess")), "flipping")


class Flipping:
    """Runs the tests once per setting.

    A test that asks for a setting of its own keeps it.
    """

    def __init__(self, flips: list[str]) -> None:
        from hypothesis import Phase, settings
        from winipsec_lab.testing import Lab

        self.flips = flips
        self.current: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.reports: list[str] = []
        self.impossible: set[str] = set()
        settings.register_profile("guesses", max_examples=EXAMPLES, phases=(Phase.explicit, Phase.generate))
        settings.load_profile("guesses")
        create = Lab.create

        @functools.wraps(create)
        def create_flipped(lab: Lab, *arguments: Any, guesses: dict[str, str] | None = None, **options: Any) -> Any:
            return create(lab, *arguments, guesses={**self.current, **(guesses or {})}, **options)

        Lab.create = create_flipped  # type: ignore[assignment, method-assign]

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leaves out the tests that have no host to flip anything on."""
        left_out = [item for item in items if not LAB_FIXTURES & set(getattr(item, "fixturenames", ()))]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Every setting with every test that it can touch."""
        for flip in self.flips:
            name, _, setting = flip.partition("=")
            self.current = {name: setting}
            self.counts.clear()
            self.reports.clear()
            self.impossible.clear()
            stems = {f"test_resources_{part}" for part in parts_of(name)}
            items = [
                item for item in session.items if item.path.stem in stems or "test_resources" not in item.path.stem
            ]
            # Without a next test at the end pytest takes all fixtures down, and with them the hosts.
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            session.testsfailed += self.counts["failed"]
            sys.__stdout__.write("\n" + MARK + json.dumps(self.outcome(flip)) + "\n")  # type: ignore[union-attr]
            sys.__stdout__.flush()  # type: ignore[union-attr]
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts, and keeps what a failed test had to say."""
        if report.failed:
            self.counts["failed"] += 1
            self.reports.append(f"{report.nodeid} ({report.when})\n{report.longreprtext}")
        elif report.when == "call":
            self.counts["passed"] += 1
        self.impossible |= {str(text) for name, text in report.user_properties if name == "impossible"}

    def outcome(self, flip: str) -> dict[str, Any]:
        """What came of one setting."""
        return {
            "flip": flip,
            "passed": self.counts["passed"],
            "failed": self.counts["failed"],
            "impossible": sorted(self.impossible),
            "report": "\n\n".join(self.reports),
        }


# --- on the command line


class Outcome(NamedTuple):
    """What came of one setting: tests that passed and failed, properties that are impossible, pytest's reports."""

    guess: Guess
    setting: str
    passed: int
    failed: int
    impossible: tuple[str, ...] = ()
    report: str = ""

    @property
    def green(self) -> bool:
        """Tests ran and none failed."""
        return self.passed > 0 and self.failed == 0


Flip = tuple["Guess", str]


def parts_of(name: str) -> list[str]:
    """The parts of the tests that a guess can touch."""
    return [part for part, patterns in PARTS.items() if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]


def flips(pattern: str) -> Iterator[Flip]:
    """Every guess whose name matches, with each setting but the default."""
    from winipsec_lab.machine.guesses import Guesses

    for guess in Guesses().all():
        if fnmatch.fnmatch(guess.name, pattern):
            yield from ((guess, setting) for setting in guess.settings[1:])


def run(wanted: list[Flip]) -> list[Outcome]:
    """One process that tries some settings; prints a line for each as it ends."""
    parts = {part for guess, _ in wanted for part in parts_of(guess.name)}
    files = [str(path) for part in sorted(parts) if (path := TESTS / f"test_resources_{part}.py").exists()]
    options = [
        "-q",
        "-s",
        "--tb=short",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "guesses",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, *(f"--guess={g.name}={setting}" for g, setting in wanted), *files],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    rest: list[str] = []
    outcomes: dict[Flip, Outcome] = {}
    known = {f"{guess.name}={setting}": (guess, setting) for guess, setting in wanted}
    for line in process.stdout or ():
        if line.startswith(MARK):
            found = json.loads(line.removeprefix(MARK))
            flip = known[found.pop("flip")]
            outcomes[flip] = Outcome(*flip, **{**found, "impossible": tuple(found["impossible"])})
            say(outcomes[flip])
        else:
            rest.append(line)
    process.wait()
    missing = [flip for flip in wanted if flip not in outcomes]
    for flip in missing:
        outcomes[flip] = Outcome(*flip, 0, 1, report="".join(rest))
        say(outcomes[flip])
    return [outcomes[flip] for flip in wanted]


def say(outcome: Outcome) -> None:
    """One line on the console, and the reports of what failed."""
    state = "works" if outcome.green else "FAILS"
    print(f"{state:6} {outcome.passed:4} passed  {outcome.guess.name}={outcome.setting}", flush=True)
    if not outcome.green:
        print(outcome.report, flush=True)


HEAD = """# Guesses about Windows

Where nobody has confirmed how Windows behaves, the simulated host has a switch. `make guesses` turns each of them, one
at a time, and runs the tests of the resources that it can touch. What works in every row does not depend on the guess.
Where a setting makes something impossible that netsh can usually do, the row names the property: there the provider
must fail with an error that names it. This page is what `make guesses` wrote.
"""


def row(guess: Guess, setting: str) -> str:
    """The part of a row that does not depend on a run."""
    return f"| `{guess.name}` | {guess.settings[0]} | {setting} | {guess.spec} | {guess.text} |"


def table(outcomes: list[Outcome]) -> str:
    """The summary as a page of the documentation."""
    works = sum(outcome.green for outcome in outcomes)
    tests = sum(outcome.passed for outcome in outcomes)
    lines = [
        HEAD,
        f"{works} of {len(outcomes)} settings work, in {tests} tests.",
        "",
        "| guess | default | flipped to | spec | what it decides | result |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for outcome in outcomes:
        result = f"works ({outcome.passed})" if outcome.green else f"**fails** ({outcome.failed})"
        paths = sorted({text.partition(" under ")[0] for text in outcome.impossible})
        if paths:
            result += ", but not everything: " + ", ".join(f"`{path}`" for path in paths)
        lines.append(f"{row(outcome.guess, outcome.setting)} {result} |")
    return "\n".join([*lines, ""])


def out_of_date(page: str) -> list[str]:
    """What is wrong with a page that was written earlier."""
    lines = page.splitlines()
    found = [line for line in lines if line.startswith("| `")]
    wrong = [
        f"missing: {guess.name}={setting}"
        for guess, setting in flips("*")
        if not any(line.startswith(row(guess, setting)) for line in found)
    ]
    known = [row(guess, setting) for guess, setting in flips("*")]
    wrong += [f"not known: {line}" for line in found if not any(line.startswith(start) for start in known)]
    return wrong + [f"fails: {line}" for line in found if "**fails**" in line]


def main() -> None:
    """Runs all flips, prints a line each, and exits with 1 when one of them fails."""
    parser = argparse.ArgumentParser(description="Run the tests of the resources with every guess flipped.")
    parser.add_argument(
        "--only", default="*", metavar="PATTERN", help="only guesses whose name matches, e.g. 'netsh.*'"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    parser.add_argument("--write", type=Path, metavar="FILE", help="where the summary goes, as a page")
    parser.add_argument("--check", type=Path, metavar="FILE", help="run nothing; fail if this page is out of date")
    arguments = parser.parse_args()
    if arguments.check:
        wrong = out_of_date(arguments.check.read_text(encoding="utf-8"))
        sys.exit("\n".join([f"{arguments.check} is not what `make guesses` would write:", *wrong]) if wrong else 0)
    wanted = list(flips(arguments.only))
    if not wanted:
        parser.error(f"no guess is called {arguments.only}")
    jobs = min(arguments.jobs, len(wanted))
    print(f"{len(wanted)} settings to try, {jobs} at a time", flush=True)
    with ThreadPoolExecutor(jobs) as pool:
        batches = list(pool.map(run, [wanted[start::jobs] for start in range(jobs)]))
    outcomes = sorted((outcome for batch in batches for outcome in batch), key=lambda one: wanted.index(one[:2]))
    print(f"{sum(outcome.green for outcome in outcomes)} of {len(outcomes)} settings work")
    if arguments.write:
        arguments.write.parent.mkdir(parents=True, exist_ok=True)
        arguments.write.write_text(table(outcomes), encoding="utf-8")
    sys.exit(0 if all(outcome.green for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
