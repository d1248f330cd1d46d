"""The IPsec Policy Agent while it starts or stops: then nothing can be written, and `net start` refuses too.

`net start` waits for a service, unless the service itself takes its time and says so (spec: winrm 4.7).
"""

from __future__ import annotations

import threading
import time

from winipsec.host.connection import Connection
from winipsec.host.machine import SERVICE, UNSETTLED, Service, service_state

PATIENCE = 15.0
PAUSE = 0.5


def settled_state(connection: Connection, cancelled: threading.Event) -> Service:
    """How the agent is once it neither starts nor stops any more, or after `PATIENCE` seconds.

    Raises:
        HostError: the host does not answer, or the run was cancelled.
    """
    until = time.monotonic() + PATIENCE
    while True:
        text = connection.run(f"sc query {SERVICE}", idempotent=True, cancelled=cancelled).stdout
        state = service_state(text)
        if state not in UNSETTLED or time.monotonic() >= until:
            return state
        cancelled.wait(PAUSE)
