"""Starting and ending the plugin process (spec: pulumi-provider 1.5, 1.6, 1.8, 3.5).

The engine waits for the port, so nothing is imported before it is written but grpc, protobuf, the stubs and this
package's own thin front; the resources and WinRM follow in a background thread. The port is the first thing on stdout;
after it stdout belongs to nobody, and a stray `print` goes to stderr.

The process ends on a signal, or when stdin, if it is a pipe, closes: then the engine is gone. What is open on the
hosts is closed within a short time, and the interpreter is not torn down, which would take longer than all else.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Sequence
from threading import Event, Thread

from winipsec.plugin import server
from winipsec.plugin.servicer import Servicer
from winipsec.plugin.session import Session

CLOSE_SECONDS = 3.0
"""The engine kills five seconds after the signal."""

_VALUE_FLAGS = ("-tracing", "--tracing")
"""Flags whose value is an argument of its own."""


def engine_address(arguments: Sequence[str]) -> str:
    """The engine's address: the last argument that is neither a flag nor a flag's value; empty without one.

    Without one the plugin was started by hand, or waits for an engine to attach.
    """
    positional = [
        argument
        for before, argument in zip(("", *arguments), arguments, strict=False)
        if not argument.startswith("-") and before not in _VALUE_FLAGS
    ]
    return positional[-1] if positional else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop; does not return."""
    session = Session()
    address = engine_address(sys.argv[1:] if arguments is None else arguments)
    if address:
        session.log.connect(address)
    stop = Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stop.set())

    _, port = server.start(Servicer(session))
    _announce(port)
    session.load_in_background()
    _watch_stdin(stop)

    stop.wait()
    _close(session)
    os._exit(0)


def _announce(port: int) -> None:
    """Write the port line; from then on stdout is stderr for everything in this process."""
    os.write(1, f"{port}\n".encode())
    sys.stdout = sys.stderr


def _watch_stdin(stop: Event) -> None:
    """Stop when the engine's end of the pipe closes: nothing else tells that it was killed."""
    try:
        is_pipe = stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        return
    if not is_pipe:
        return

    def read_to_end() -> None:
        while os.read(0, 4096):
            pass
        stop.set()

    Thread(target=read_to_end, name="stdin", daemon=True).start()


def _close(session: Session) -> None:
    """Close what is open on the hosts, but never longer than the engine waits."""
    closing = Thread(target=session.close, name="close", daemon=True)
    closing.start()
    closing.join(CLOSE_SECONDS)
