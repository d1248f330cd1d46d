"""Runs a command while no other run of this checkout is setting something up: `python tools/turn.py COMMAND...`.

Called by the Makefile before there is an environment, so it has to start on any Python 3.
"""

import fcntl
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / ".cache" / "setup.lock"


def main() -> int:
    """The command's exit code."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("==> another run is setting up here; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.call(sys.argv[1:], close_fds=False)  # make talks to a make below it through descriptors


if __name__ == "__main__":
    sys.exit(main())
