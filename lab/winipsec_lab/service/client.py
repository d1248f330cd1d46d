"""Talking to the daemon, and starting it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc

from winipsec_lab.service import lab_pb2_grpc
from winipsec_lab.service.home import Home

_START_SECONDS: Final = 20.0
_CALL_SECONDS: Final = 60.0


class LabError(Exception):
    """Something the user can do something about."""


class NotRunningError(LabError):
    """There is no daemon."""


class LabClient:
    """The control interface; methods are those of `lab.proto`, errors are `LabError`."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def call(self, method: str, request: Any) -> Any:
        """Call a method of `lab.proto` by name.

        Raises:
            NotRunningError: Nobody answers.
            LabError: The lab refused; the text says why.
        """
        try:
            return getattr(self._stub, method)(request, timeout=_CALL_SECONDS)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAVAILABLE:
                raise NotRunningError("the lab is not running; run `winipsec-lab up`") from None
            raise LabError(error.details() or str(error.code())) from None


@contextmanager
def connect(home: Home) -> Iterator[LabClient]:
    """The running lab of a home.

    Raises:
        NotRunningError: There is none.
    """
    if not home.socket.exists():
        raise NotRunningError(f"no lab is running in {home.directory}; run `winipsec-lab up`")
    with grpc.insecure_channel(f"unix:{home.socket}") as channel:
        yield LabClient(lab_pb2_grpc.LabStub(channel))  # type: ignore[no-untyped-call] # generated


def start(home: Home) -> bool:
    """Start the daemon in the background, unless it runs.

    Returns:
        Whether it had to be started.

    Raises:
        LabError: It ended at once or does not answer; the text has the end of its log.
    """
    if is_running(home):
        return False
    home.prepare()
    with home.log_file.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "winipsec_lab.service.daemon", "--home", str(home.directory)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home.directory,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if is_running(home):
            process.returncode = 0  # it is meant to outlive us: no warning about that
            return True
        if process.poll() is not None:
            break
        time.sleep(0.05)
    tail = "\n".join(home.log_file.read_text(encoding="utf-8").splitlines()[-5:])
    raise LabError(f"the lab did not start; the end of {home.log_file}:\n{tail}")


def is_running(home: Home) -> bool:
    """Whether a daemon answers."""
    from winipsec_lab.service import lab_pb2

    try:
        with connect(home) as lab:
            lab.call("GetStatus", lab_pb2.GetStatusRequest())
    except NotRunningError:
        return False
    return True


def wait_until_stopped(home: Home) -> None:
    """Wait until the daemon has written its hosts and is gone.

    Raises:
        LabError: It does not end.
    """
    deadline = time.monotonic() + _START_SECONDS
    while home.socket.exists():
        if time.monotonic() > deadline:
            raise LabError(f"the lab does not end; see {home.log_file}")
        time.sleep(0.05)
