"""The engine costs the provider's start nothing: it is imported when first needed (traffic-engine, decisions)."""

import subprocess
import sys

import pytest

ENGINE = {
    "difference",
    "lookup",
    "reach",
    "report",
    "document",
    "conversation_difference",
    "matrix",
    "diagram",
    "sweep",
}


@pytest.mark.parametrize("room", ["winipsec.plugin.__main__", "winipsec.plugin.servicer", "winipsec.host.management"])
def test_nothing_of_the_engine_is_imported_at_start(room):
    """Neither the plugin nor what guards the management path loads it."""
    program = f"import sys, {room}; print(*(name for name in sys.modules if name.startswith('winipsec.traffic.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {name.removeprefix("winipsec.traffic.") for name in done.stdout.split()} & ENGINE
