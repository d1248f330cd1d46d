"""Desks for the tests of the simulated netsh."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from netsh_desk import Desk


@pytest.fixture
def desk() -> Desk:
    """A machine with an empty store."""
    return Desk()


@pytest.fixture
def full() -> Desk:
    """A machine with one of everything."""
    return Desk().furnish()
