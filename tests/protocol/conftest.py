"""A provider of notes, or the real one and a simulated host, with a mini engine in front."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fake_engine import FakeEngine, fake_engine, served
from memory_resource import Note, catalogue
from mini_engine import MiniEngine
from resource_site import Site, cleared, standing


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


@pytest.fixture(scope="module")
def standing_site() -> Iterator[Site]:
    """The real provider and a simulated host, for the tests of one module."""
    with standing() as site:
        yield site


@pytest.fixture
def site(standing_site: Site, record_property: Callable[[str, object], None]) -> Iterator[Site]:
    """The same with an empty host; what the host makes impossible is recorded with the test."""
    yield cleared(standing_site)
    for text in standing_site.impossible:
        record_property("impossible", text)
