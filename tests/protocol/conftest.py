"""A provider of notes, served over a real socket, with a mini engine in front."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_engine import FakeEngine, fake_engine, served
from memory_resource import Note, catalogue
from mini_engine import MiniEngine


@pytest.fixture
def service() -> Iterator[FakeEngine]:
    """The engine's log service."""
    with fake_engine() as engine:
        yield engine


@pytest.fixture
def note() -> Note:
    """The resource type under test and its shelf."""
    return Note()


@pytest.fixture
def engine(note: Note, service: FakeEngine) -> Iterator[MiniEngine]:
    """An engine whose provider is configured."""
    with served(catalogue(note)) as address, MiniEngine(address, service) as engine:
        yield engine.start({"host": "10.0.0.5"})
