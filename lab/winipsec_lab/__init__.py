"""A simulated Windows host that speaks WinRM: see `winipsec_lab.testing` for use in tests, `winipsec-lab` for people."""

from __future__ import annotations

__version__ = "0.1.0"
