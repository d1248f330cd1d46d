"""A `.reg` file made of published blobs: the shape of a real store of current Windows (spec: ipsec-policy 4.3)."""

import json
from pathlib import Path

VECTORS = {
    item["id"]: item
    for item in json.loads((Path(__file__).parents[2] / "vectors" / "ipsec-data.json").read_text(encoding="utf-8"))
}
ROOT = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
REFERENCE = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local"

POLICY = "{618dd376-0000-4000-8000-000000000001}"
ISAKMP = "{34ed8ee5-99db-4a32-b92b-799ac3095cea}"
BLOCKING = "{77790b68-26f7-4bcc-9948-2288703e5f64}"
ALLOWING = "{b182baf7-0000-4000-8000-000000000002}"
DEFAULT = "{2ff9309c-0000-4000-8000-000000000003}"
ORPHAN = "{cd898cf4-0000-4000-8000-000000000004}"
ALLOW_LIST = "{d322f302-9d28-4cf1-b210-f1f66ca3131a}"
ALL_LIST = "{45f48cfc-241d-42f7-bcd4-927054db1b67}"
SECURE = "{63c906b6-0000-4000-8000-000000000005}"
BLOCK = "{c2651f73-0000-4000-8000-000000000006}"
DEFAULT_ACTION = "{7071a059-cb72-48ca-be75-b1a2110b993b}"
# The characters of the key that the published template was filled in with.
ORDINARY = "{62f49e10-6c37-11d1-864c-14a300000000}"
DEFAULT_RESPONSE = "{62f49e13-6c37-11d1-864c-14a300000000}"
PSK = "vpnease-nfa-psk"


def _multi(texts):
    raw = "".join(f"{text}\0" for text in texts).encode("utf-16-le") + b"\0\0"
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in raw)


def _object(kind, guid, blob, root, *, name="", description="", **references):
    data = bytes.fromhex(VECTORS[blob]["hex"])
    lines = [
        f"[{root}\\{kind}{guid}]",
        f'"className"="{kind}"',
        f'"ipsecID"="{guid}"',
        '"ipsecDataType"=dword:00000100',
        '"ipsecData"=hex:' + ",".join(f"{byte:02x}" for byte in data),
    ]
    if name:
        lines.append(f'"ipsecName"="{name}"')
    if description:
        lines.append(f'"description"="{description}"')
    for value, target in references.items():
        if isinstance(target, list):
            lines.append(f'"{value}"={_multi([f"{REFERENCE}{chr(92)}{item}" for item in target])}')
        elif value.endswith("Reference"):
            lines.append(f'"{value}"="{REFERENCE.replace(chr(92), chr(92) * 2)}\\\\{target}"')
        else:
            lines.append(f'"{value}"="{target}"')
    return [*lines, ""]


def export(root=ROOT, *, active=True, rule_name="Secret", policy_name="GSecurity Policy", rules=True):
    """The text of the file; without `rules` the policy lists none, and all of them are leftovers."""
    listed = [f"ipsecNFA{guid}" for guid in (BLOCKING, ALLOWING, DEFAULT)] if rules else []
    pointer = f"{REFERENCE}\\ipsecPolicy{POLICY}".replace("\\", "\\\\")
    lines = ["Windows Registry Editor Version 5.00", "", f"[{root}]"]
    if active:
        lines.append(f'"ActivePolicy"="{pointer}"')
    lines.append("")
    lines += _object(
        "ipsecPolicy",
        POLICY,
        "samba-policy-72385230",
        root,
        name=policy_name,
        ipsecISAKMPReference=f"ipsecISAKMPPolicy{ISAKMP}",
        ipsecNFAReference=listed,
    )
    lines += _object("ipsecISAKMPPolicy", ISAKMP, "gsec2025-isakmppolicy-34ed8ee5", root)
    for guid, blob, filter_list, action, name in (
        (BLOCKING, "gsec2025-nfa-77790b68", ALL_LIST, BLOCK, ""),
        (ALLOWING, PSK, ALLOW_LIST, SECURE, rule_name),
        (ORPHAN, "gsec2025-nfa-77790b68", ALL_LIST, BLOCK, ""),
    ):
        lines += _object(
            "ipsecNFA",
            guid,
            blob,
            root,
            name=name,
            ipsecFilterReference=[f"ipsecFilter{filter_list}"],
            ipsecNegotiationPolicyReference=f"ipsecNegotiationPolicy{action}",
        )
    lines += _object(
        "ipsecNFA",
        DEFAULT,
        "gsec2025-nfa-77790b68",
        root,
        ipsecNegotiationPolicyReference=f"ipsecNegotiationPolicy{DEFAULT_ACTION}",
    )
    lines += _object("ipsecFilter", ALLOW_LIST, "gsec2025-filter-d322f302", root, name="Allow List")
    lines += _object("ipsecFilter", ALL_LIST, "gsec2022-filter-45f48cfc", root, name="All IP Filter List")
    for guid, blob, action, kind, name in (
        (SECURE, "vpnease-negpol-esp-3des-md5", "{8a171dd3-77e3-11d1-8659-a04f00000000}", ORDINARY, "Secure"),
        (BLOCK, "samba-negotiationpolicy-7238523b", "{3f91a819-7647-11d1-864d-d46a00000000}", ORDINARY, "Block"),
        (
            DEFAULT_ACTION,
            "gsec2025-negotiationpolicy-7071a059",
            "{8a171dd3-77e3-11d1-8659-a04f00000000}",
            DEFAULT_RESPONSE,
            "",
        ),
    ):
        lines += _object(
            "ipsecNegotiationPolicy",
            guid,
            blob,
            root,
            name=name,
            description="Stops everything" if name == "Block" else "",
            ipsecNegotiationPolicyAction=action,
            ipsecNegotiationPolicyType=kind,
        )
    return "\r\n".join(lines)


def secret():
    """The pre-shared key of the blob, which must never be shown."""
    (method,) = VECTORS[PSK]["decoded"]["auth_methods"]
    return method["text"]
