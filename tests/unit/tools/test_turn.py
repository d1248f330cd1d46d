"""Two runs of make at once set up one after the other."""

import subprocess
import sys
from pathlib import Path

TURN = Path(__file__).parents[3] / "tools" / "turn.py"
STEP = "import sys, time; print(sys.argv[1], flush=True); time.sleep(0.3); print(sys.argv[1], flush=True)"


def started(tmp_path, name, log):
    """One run in a checkout of its own lock, which says its name twice."""
    command = [sys.executable, str(tmp_path / "tools" / "turn.py"), sys.executable, "-c", STEP, name]
    return subprocess.Popen(command, stdout=log, text=True)


def test_the_second_waits_and_says_so(tmp_path):
    """What each of them prints stands together."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "turn.py").write_text(TURN.read_text())
    with (tmp_path / "log").open("a") as log:
        runs = [started(tmp_path, name, log) for name in "ab"]
        assert [run.wait(20) for run in runs] == [0, 0]
    lines = (tmp_path / "log").read_text().splitlines()
    assert "==> another run is setting up here; waiting for it" in lines
    names = [line for line in lines if len(line) == 1]
    assert names in (["a", "a", "b", "b"], ["b", "b", "a", "a"])


def test_the_exit_code_is_the_commands():
    """Make stops where setting up failed."""
    run = subprocess.run([sys.executable, str(TURN), sys.executable, "-c", "raise SystemExit(3)"], check=False)
    assert run.returncode == 3
