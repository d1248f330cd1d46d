"""Broken runs: plugin processes that die and messages that get lost, against hosts of a lab in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "protocol"))  # the mini engine lives there

from crash_deeds import KEY, OTHER_KEY, Deed
from crash_runs import Record, attached, run, update
from crash_scene import Scene
from crash_table import summary
from mini_engine import MiniEngine
from winipsec_lab.testing import Lab


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what came of the cells."""
    reports = [report for kind in ("passed", "failed", "error") for report in terminalreporter.getreports(kind)]
    summary(reports, terminalreporter.write_line)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab for this module."""
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def scene(lab: Lab) -> Scene:
    """The one host of this module."""
    return Scene(lab.create("web1", scars=True))


@pytest.fixture(scope="module")
def plugin() -> Iterator[MiniEngine]:
    """A process that serves one run after another."""
    with attached() as engine:
        yield engine


@pytest.fixture(scope="module")
def prepared(scene: Scene) -> Callable[[Deed], Record]:
    """Brings the host to the state in which a deed begins, and gives what the engine has recorded of it."""
    records: dict[str, Record] = {"": Record()}

    def prepare(deed: Deed) -> Record:
        start = "" if deed.verb == "create" else deed.label
        if start not in records:
            scene.restore()
            record = Record()
            with run(scene.host) as made:
                update(made.engine, Deed("create", deed.cases, deed.label), record)
                made.end()
            assert not record.failures
            scene.keep(start)
            records[start] = record
        scene.restore(start)
        for secret in (KEY, OTHER_KEY):
            scene.host.watch(secret)
        return records[start].copy()

    return prepare
