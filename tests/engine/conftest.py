"""The real Pulumi engine with a spawned plugin, against hosts of a lab in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pulumi_stack import STACK, Stack, reached
from winipsec_lab.testing import Host

PATIENCE = 300
"""Seconds for one test: each runs the engine several times, and a loaded machine takes its time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder more time than others have."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(PATIENCE))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new stack in it: copying one is quicker than making one."""
    stack = Stack(tmp_path_factory.mktemp("template"))
    stack.program({})
    stack.pulumi("stack", "init", STACK)
    return stack.folder


@pytest.fixture
def stack_for(tmp_path: Path, template: Path) -> Callable[..., Stack]:
    """Makes stacks, each in a folder of its own; the provider is led to `host` by variables."""

    def make(host: Host | None = None, *, name: str = "stack", checkpoints: bool = False) -> Stack:
        folder = shutil.copytree(template, tmp_path / name)
        return Stack(folder, reached(host) if host is not None else {}, checkpoints=checkpoints)

    return make


@pytest.fixture
def bare_stack(tmp_path: Path) -> Callable[[Mapping[str, str]], Stack]:
    """Makes a folder for a project of its own, without program and stack."""

    def make(variables: Mapping[str, str]) -> Stack:
        folder = tmp_path / "project"
        folder.mkdir()
        return Stack(folder, variables)

    return make
