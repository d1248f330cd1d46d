"""How long the plugin takes from its start to its port line, and how much memory it then has.

The engine starts the plugin at least once per command and waits for that line. Budget: 180 ms and 40 MiB; neither
`pulumi` nor `winrm` may be imported before it.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

from pulumi_environment import VENV

RUNS = 15
PLUGIN = VENV / "bin" / "pulumi-resource-winipsec"


def one_start() -> tuple[float, float]:
    """Milliseconds to the port line and mebibytes of resident memory at that moment."""
    started = time.perf_counter()
    with subprocess.Popen([PLUGIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as plugin:
        assert plugin.stdout is not None
        line = plugin.stdout.readline()
        milliseconds = (time.perf_counter() - started) * 1000
        status = Path(f"/proc/{plugin.pid}/status").read_text(encoding="ascii")
        plugin.kill()
    assert line.strip().isdigit(), "the first line is the port"
    resident = next(row for row in status.splitlines() if row.startswith("VmRSS"))
    return milliseconds, int(resident.split()[1]) / 1024


def main() -> None:
    """Prints median and extremes of some starts; the first one, with a cold file cache, does not count."""
    one_start()
    starts = [one_start() for _ in range(RUNS)]
    times = [milliseconds for milliseconds, _ in starts]
    print(
        f"start to port line: {statistics.median(times):.0f} ms (from {min(times):.0f} to {max(times):.0f}, {RUNS} runs), "
        f"{statistics.median(memory for _, memory in starts):.0f} MiB; budget 180 ms, 40 MiB"
    )


if __name__ == "__main__":
    main()
