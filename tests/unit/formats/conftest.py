"""Random tests here are bounded by their number of examples, not by a clock that other work on the machine slows."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
