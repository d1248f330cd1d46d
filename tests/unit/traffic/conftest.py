"""How long to play against the matcher: `pytest tests/unit/traffic --traffic-pairs 1000 --traffic-packets 1000`."""

import random

import pytest


def pytest_addoption(parser):
    """The defaults are for every save; `make bench` asks for more."""
    parser.addoption("--traffic-pairs", type=int, default=60)
    parser.addoption("--traffic-packets", type=int, default=100)


@pytest.fixture
def dice(request):
    """Chance that is the same in every run of one test."""
    return random.Random(request.node.name)  # noqa: S311 - policies, not keys


@pytest.fixture
def pairs(request):
    """How many pairs of policies to try."""
    return request.config.getoption("traffic_pairs", 60)


@pytest.fixture
def packets(request):
    """How many packets to try on each."""
    return request.config.getoption("traffic_packets", 100)
