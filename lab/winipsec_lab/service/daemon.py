"""The lab's background process: `python -m winipsec_lab.service.daemon --home DIRECTORY`."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import grpc

from winipsec_lab.service import lab_pb2_grpc
from winipsec_lab.service.home import Home
from winipsec_lab.service.keeper import Keeper
from winipsec_lab.service.servicer import LabServicer
from winipsec_lab.wire.lab import Lab, new_password

_LOGGER = logging.getLogger(__name__)
_GRACE: Final = 2.0
_LOCK_SECONDS: Final = 3.0


class AlreadyRunningError(RuntimeError):
    """Another daemon serves this home."""


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock; a daemon that is just ending gets a moment to let it go."""
    deadline = time.monotonic() + _LOCK_SECONDS
    with path.open("a", encoding="ascii") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise AlreadyRunningError(f"another daemon serves {path.parent}") from None
                time.sleep(0.05)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def serve(home: Home, *, ended: threading.Event | None = None) -> None:
    """Run a lab until `ended` is set.

    Raises:
        AlreadyRunningError: Another daemon serves this home.
        ValueError: A stored host is damaged.
    """
    ended = ended or threading.Event()
    home.prepare()
    with _locked(home.lock_file):
        home.socket.unlink(missing_ok=True)
        with Lab(home.directory, password=home.password(new_password())) as lab:
            keeper = Keeper(lab, home)
            keeper.restore()
            server = grpc.server(ThreadPoolExecutor(max_workers=8, thread_name_prefix="control"))
            servicer = LabServicer(lab, keeper, home, ended.set)
            lab_pb2_grpc.add_LabServicer_to_server(servicer, server)  # type: ignore[no-untyped-call] # generated
            server.add_insecure_port(f"unix:{home.socket}")
            server.start()
            home.socket.chmod(0o600)
            _LOGGER.info("serving %s", home.directory)
            ended.wait()
            server.stop(_GRACE).wait()
            keeper.stop()
        home.socket.unlink(missing_ok=True)


def main() -> int:
    """Entry point of the background process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="state directory of the lab")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        serve(Home(arguments.home), ended=ended)
    except (AlreadyRunningError, ValueError) as error:
        _LOGGER.error("%s", error)  # noqa: TRY400 - the text says it all
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
