"""The lab inside a test process.

Example:
    ```python
    with Lab() as lab:
        host = lab.create("web1", locale="de-DE", scars=True, guesses={"netsh.polling_unit": "seconds"})
        session = winrm.Session(
            f"http://{host.address}:{host.port}/wsman", auth=(host.username, host.password), transport="ntlm"
        )
        host.faults.add(Fault("drop_after", when="Command"))
    ```

With pytest the fixtures `lab` (a fresh lab per test) and `session_lab` (one for the run) come by themselves.
"""

from __future__ import annotations

from winipsec_lab.matcher import Packet, Verdict
from winipsec_lab.wire.accounts import Account
from winipsec_lab.wire.host import Host
from winipsec_lab.wire.injection import KINDS as FAULT_KINDS
from winipsec_lab.wire.injection import Fault, Message
from winipsec_lab.wire.lab import Lab
from winipsec_lab.wire.settings import QUOTAS, Quotas, Service
from winipsec_lab.wire.transcript import Entry

__all__ = [
    "FAULT_KINDS",
    "QUOTAS",
    "Account",
    "Entry",
    "Fault",
    "Host",
    "Lab",
    "Message",
    "Packet",
    "Quotas",
    "Service",
    "Verdict",
]
