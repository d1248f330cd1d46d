"""Pytest fixtures of the lab; loaded through the `pytest11` entry point, so it imports nothing heavy by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from winipsec_lab.testing import Lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    """An empty in-process lab; hosts made with `lab.create()` vanish with the test."""
    from winipsec_lab.testing import Lab

    with Lab() as running:
        yield running


@pytest.fixture(scope="session")
def session_lab() -> Iterator[Lab]:
    """One lab for the whole test run, for hosts that are costly to prepare and `reset()` between tests."""
    from winipsec_lab.testing import Lab

    with Lab() as running:
        yield running
