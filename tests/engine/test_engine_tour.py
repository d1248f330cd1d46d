"""The tour is a promise: every scene of it is checked by the tour itself."""

import subprocess
import sys

from pulumi_environment import CHECKOUT


def test_the_tour_comes_out_as_told():
    """From a worm that passes to a host that took a lock-out back by itself, and is as it was in the end."""
    done = subprocess.run(
        [sys.executable, CHECKOUT / "tools" / "tour.py"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "That was the tour" in done.stdout
