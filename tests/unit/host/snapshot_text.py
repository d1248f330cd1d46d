"""What a host prints when it is read, part by part (spec: winrm 4.7, ipsec-policy 4)."""

from __future__ import annotations

import json
from pathlib import Path

from winipsec.host.snapshot import READ_LINE

VECTORS = {
    item["id"]: item
    for item in json.loads((Path(__file__).parents[2] / "vectors" / "ipsec-data.json").read_text(encoding="utf-8"))
}
IPSEC = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec"
LOCAL = rf"{IPSEC}\Policy\Local"
SERVICES = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"
INTERFACES = rf"{SERVICES}\Tcpip\Parameters\Interfaces"
LISTENERS = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Listener"
POLICY = "{72385230-70fa-11d1-864c-14a300000000}"
FOLDER = r"C:\Windows\winipsec"


def key(path, **values):
    """One key as `reg query` prints it; a value is a pair of type and data."""
    lines = [path, *(f"    {name}    {kind}    {data}" for name, (kind, data) in values.items())]
    return "\r\n" + "\r\n".join(lines) + "\r\n"


def policy(name="Lockdown", guid=POLICY):
    """A policy of a real store."""
    blob = VECTORS["samba-policy-72385230"]["hex"].upper()
    return key(rf"{LOCAL}\ipsecPolicy{guid}", ipsecName=("REG_SZ", name), ipsecData=("REG_BINARY", blob))


def active(guid=POLICY):
    """The pointer to the active policy."""
    reference = rf"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local\ipsecPolicy{guid}"
    return key(LOCAL, ActivePolicy=("REG_SZ", reference))


def service(number, word, label="STATE"):
    """What `sc query` prints: words of its own language, numbers of ours."""
    return (
        f"\r\nSERVICE_NAME: PolicyAgent \r\n        TYPE               : 20  WIN32_SHARE_PROCESS  \r\n"
        f"        {label:<18} : {number}  {word} \r\n                                (STOPPABLE)\r\n"
        "        WIN32_EXIT_CODE    : 0  (0x0)\r\n        CHECKPOINT         : 0x0\r\n"
    )


USUAL = {
    "service": service(4, "RUNNING"),
    "name": "WEB1\r\n",
    "folder": f"{FOLDER}\r\n",
}


def names():
    """The parts of the reading command, in its order."""
    return [piece.split("&")[0].strip() for piece in READ_LINE.split("echo #winipsec:")[1:]]


def answer(before="", **parts):
    """The whole answer; a part that is not given is what most hosts say."""
    unknown = parts.keys() - set(names())
    assert not unknown
    return before + "".join(f"#winipsec:{name}\r\n{({**USUAL, **parts}).get(name, '')}" for name in names())
