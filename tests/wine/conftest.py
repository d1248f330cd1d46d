"""Fixture for the tests that ask Wine. They are not part of `make test`: `make wine` runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wine_machine import WineMachine


@pytest.fixture(scope="session")
def wine(tmp_path_factory) -> Iterator[WineMachine]:
    """A running Wine."""
    machine = WineMachine(tmp_path_factory.mktemp("wine"))
    machine.start()
    yield machine
    machine.stop()
