"""A policy store as a `.reg` file, made of the real blobs in `tests/vectors/ipsec-data.json` (each names its source).

The objects refer to each other as on the hosts they come from. Where a blob was found alone (vpnease), names and GUIDs
are made up here: a policy whose only rule authenticates with a pre-shared key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

VECTORS = Path(__file__).parents[1] / "vectors" / "ipsec-data.json"
LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
_REFERENCE = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local" + "\\"

KEY_OF_VECTOR = "vpnease-nfa-psk"
TUNNEL_POLICY = "ipsecPolicy{0e6a1c52-5d3b-4f0a-9a77-1b2c3d4e5f60}"
TUNNEL_MAIN_MODE = "ipsecISAKMPPolicy{0e6a1c53-5d3b-4f0a-9a77-1b2c3d4e5f60}"
TUNNEL_RULE = "ipsecNFA{0e6a1c54-5d3b-4f0a-9a77-1b2c3d4e5f60}"
TUNNEL_ACTION = "ipsecNegotiationPolicy{0e6a1c55-5d3b-4f0a-9a77-1b2c3d4e5f60}"
TUNNEL_LIST = "ipsecFilter{0e6a1c56-5d3b-4f0a-9a77-1b2c3d4e5f60}"
OLD_POLICY = "ipsecPolicy{72385230-70FA-11D1-864C-14A300000000}"
OLD_MAIN_MODE = "ipsecISAKMPPolicy{72385231-70FA-11D1-864C-14A300000000}"
OLD_RULE = "ipsecNFA{72385232-70FA-11D1-864C-14A300000000}"
OLD_ACTION = "ipsecNegotiationPolicy{72385233-70FA-11D1-864C-14A300000000}"
OLD_LIST = "ipsecFilter{7238523A-70FA-11D1-864C-14A300000000}"
ICMP_LIST = "ipsecFilter{72385235-70FA-11D1-864C-14A300000000}"
PERMIT = "ipsecNegotiationPolicy{7238523B-70FA-11D1-864C-14A300000000}"
NEW_LIST = "ipsecFilter{d322f302-9d28-4cf1-b210-f1f66ca3131a}"
IP_LIST = "ipsecFilter{45f48cfc-241d-42f7-bcd4-927054db1b67}"

_ORDINARY = "{62F49E10-6C37-11D1-864C-14A300000000}"
_NEGOTIATE, _INBOUND, _PERMIT = (
    "{8A171DD3-77E3-11D1-8659-A04F00000000}",
    "{3F91A81A-7647-11D1-864D-D46A00000000}",
    "{8A171DD2-77E3-11D1-8659-A04F00000000}",
)


class Stored(NamedTuple):
    """One object: its key, the vector its blob comes from, its name, texts and references."""

    key: str
    vector: str
    name: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    one: tuple[tuple[str, str], ...] = ()
    many: tuple[tuple[str, tuple[str, ...]], ...] = ()


def _policy(key: str, vector: str, name: str, main_mode: str, rule: str) -> Stored:
    return Stored(key, vector, name, (), (("ipsecISAKMPReference", main_mode),), (("ipsecNFAReference", (rule,)),))


def _rule(key: str, vector: str, name: str, policy: str, action: str, filters: str) -> Stored:
    one = (("ipsecNegotiationPolicyReference", action),)
    return Stored(
        key, vector, name, (), one, (("ipsecFilterReference", (filters,)), ("ipsecOwnersReference", (policy,)))
    )


def _action(key: str, vector: str, name: str, action: str) -> Stored:
    texts = (("ipsecNegotiationPolicyAction", action), ("ipsecNegotiationPolicyType", _ORDINARY))
    return Stored(key, vector, name, texts)


OBJECTS = (
    _policy(OLD_POLICY, "samba-policy-72385230", "Server (Request Security)", OLD_MAIN_MODE, OLD_RULE),
    Stored(OLD_MAIN_MODE, "samba-isakmppolicy-72385231", many=(("ipsecOwnersReference", (OLD_POLICY,)),)),
    _rule(OLD_RULE, "samba-nfa-72385232", "Request Security (Optional) Rule", OLD_POLICY, OLD_ACTION, OLD_LIST),
    _action(OLD_ACTION, "samba-negotiationpolicy-72385233", "Request Security (Optional)", _INBOUND),
    _action(PERMIT, "samba-negotiationpolicy-7238523b", "Permit", _PERMIT),
    Stored(OLD_LIST, "samba-filter-7238523a", "All IP Traffic"),
    Stored(ICMP_LIST, "samba-filter-72385235", "All ICMP Traffic"),
    Stored(NEW_LIST, "gsec2025-filter-d322f302", "Allow List"),
    Stored(IP_LIST, "gsec2022-filter-45f48cfc", "All IP Filter List"),
    _policy(TUNNEL_POLICY, "samba-policy-72385230", "L2TP", TUNNEL_MAIN_MODE, TUNNEL_RULE),
    Stored(TUNNEL_MAIN_MODE, "gsec2025-isakmppolicy-34ed8ee5", many=(("ipsecOwnersReference", (TUNNEL_POLICY,)),)),
    _rule(TUNNEL_RULE, KEY_OF_VECTOR, "L2TP rule", TUNNEL_POLICY, TUNNEL_ACTION, TUNNEL_LIST),
    _action(TUNNEL_ACTION, "vpnease-negpol-esp-3des-md5", "L2TP action", _NEGOTIATE),
    Stored(TUNNEL_LIST, "vpnease-filter-l2tp", "L2TP filters"),
)


def vector(id: str) -> dict:
    """One entry of the vectors."""
    return next(item for item in json.loads(VECTORS.read_text(encoding="utf-8")) if item["id"] == id)


def reg_file(objects: Iterable[Stored] = OBJECTS) -> str:
    """The store as `regedit` exports it."""
    lines = ["Windows Registry Editor Version 5.00", "", f"[{LOCAL}]", ""]
    for item in objects:
        kind, brace, rest = item.key.partition("{")
        lines += [f"[{LOCAL}\\{item.key}]", f'"ClassName"="{kind}"', f'"name"="{item.key}"']
        lines += [f'"ipsecID"="{brace}{rest}"', '"ipsecDataType"=dword:00000100']
        lines.append(f'"ipsecData"=hex:{_bytes(bytes.fromhex(vector(item.vector)["hex"]))}')
        texts = [*([("ipsecName", item.name)] if item.name else []), *item.texts]
        texts += [(name, _REFERENCE + key) for name, key in item.one]
        lines += [f'"{name}"="{_escaped(text)}"' for name, text in texts]
        for name, keys in item.many:
            joined = "".join(f"{_REFERENCE}{key}\0" for key in keys) + "\0"
            lines.append(f'"{name}"=hex(7):{_bytes(joined.encode("utf-16-le"))}')
        lines += ['"whenChanged"=dword:6951a542', ""]
    return "\r\n".join(lines)


def _bytes(raw: bytes) -> str:
    return ",".join(f"{byte:02x}" for byte in raw)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")
