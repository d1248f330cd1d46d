"""What real hosts bring along: objects nobody here made, none of them assigned.

The blobs are real ones, taken byte for byte from public exports; the names of policies and lists are the lab's. Source
of current objects: Gorstak-Zadar/GSecurity (early 2026) and Gorstak-79/GSecurity (2023); of old ones:
samba-team/samba source4/setup/provision.ldif and nakedible/vpnease-l2tp (spec: ipsec-policy 4.3, 7). Together they are

- a policy made in the console: rules without names, a private default response rule, and an orphan: a rule that names
  the policy as its owner although neither the policy, nor its list, nor its action knows it;
- a policy of Windows 2000: upper-case GUIDs, `ClassName`, descriptions, blobs with garbage in their padding;
- two filter lists of the same name.
"""

from __future__ import annotations

from typing import Final

from winipsec_lab.machine.machine import Machine
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.store.registry_store import DATA_TYPE, LOCAL

_REFERENCES: Final = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local" + "\\"
_CONSOLE_TIME: Final = 0x6951A542
_OLD_TIME: Final = 0x3E5B1A20

_PERMIT: Final = "{8a171dd2-77e3-11d1-8659-a04f00000000}"
_BLOCK: Final = "{3f91a819-7647-11d1-864d-d46a00000000}"
_NEGOTIATE: Final = "{8a171dd3-77e3-11d1-8659-a04f00000000}"
_INBOUND: Final = "{3F91A81A-7647-11D1-864D-D46A00000000}"
_ORDINARY: Final = "{62f49e10-6c37-11d1-864c-14a300000000}"
_DEFAULT: Final = "{62f49e13-6c37-11d1-864c-14a300000000}"

_POLICY_BLOB: Final = "632120224c4fd111863b00a0248d302104000000302a000000"
_MAIN_MODE_BLOB: Final = (
    "b820dc80c82ed111a89e00a0248d302180000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "8070000000000000000000000000000000000000000000000100000000000000030000000000000000000000020000000000000000000000"
    "00000000000000000000000000000000020000000000000000000000807000000000000000"
)
_RULE_BLOB: Final = (
    "00acbb118d49d111863900a0248d30212a0000000100000005000000020000000000fdffffff020000000000000000000000000001000000"
    "0200000000000101010101010101010101010101010101000000050000000000000001010101010101010101010101010102010000000000"
    "000000"
)
_DEFAULT_ACTION_BLOB: Final = (
    "b920dc80c82ed111a89e00a0248d3021a4000000020000000000000000000000000000000000000001000000030000000200000002000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000010000000200000000000000010000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000"
)
_PLAIN_ACTION_BLOB: Final = "b920dc80c82ed111a89e00a0248d3021040000000000000000"
_ALLOW_BLOB: Final = (
    "b520dc80c82ed111a89e00a0248d30215e01000005000000020000000000020000000000020000000000cf4ad7bb77c7e04186d4b88abcfb"
    "18e40000000000000000ffffffff000000000000000000000000060000000000350000000000020000000000020000000000020000000000"
    "a16a7be0d35fca47bf08540c4080a7390000000000000000ffffffff000000000000000000000000060000000000bb010000000002000000"
    "0000020000000000020000000000899812049efc8d409b61d1fd8ffcd35400000000000000000000000000000000ffffffff000000000600"
    "0000bb01000000000000020000000000020000000000020000000000b93b3719709aa64091d4a15b652f92c4010000000000000000000000"
    "0000000000000000000000001100000000004300000000000200000000000200000000000200000000004378bf31c1228b4b8207598ab2fe"
    "fbc4010000000000000000000000000000000000000000000000110000000000440000000000"
)
_ANY_BLOB: Final = (
    "b520dc80c82ed111a89e00a0248d302146000000010000000200000000000200000000000200000000005125fa5c69bae64b9f1cd192432c"
    "2fee010000000000000000000000000000000000000000000000000000000000000000000000"
)
_OLD_MAIN_MODE_BLOB: Final = (
    "b820dc80c82ed111a89e00a0248d30214001000068d219511d07d311ad220060b0ecca170000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000040000000000cdcd030000004000000008000000020000004000000000000000"
    "00000000000000000000000000cdcdcd02000000000000000000000080700000cdcdcdcd0000cdcd03000000400000000800000001000000"
    "400000000000000000000000000000000000000000cdcdcd02000000000000000000000080700000cdcdcdcd0000cdcd0100000040000000"
    "0800000002000000400000000000000000000000000000000000000000cdcdcd01000000000000000000000080700000cdcdcdcd0000cdcd"
    "01000000400000000800000001000000400000000000000000000000000000000000000000cdcdcd01000000000000000000000080700000"
    "cdcdcdcd00"
)
_OLD_RULE_BLOB: Final = (
    "00acbb118d49d111863900a0248d30212a0000000100000005000000020000000000fdffffff020000000000000000000000000001000000"
    "02000000000000"
)
_OLD_ACTION_BLOB: Final = (
    "b920dc80c82ed111a89e00a0248d3021940100000500000084030000a0860100000000000000000001000000030000000200000002000000"
    "40000000080000005c00530065007200760069006300650073005c0050006f006c006900630079004100670065006e0084030000a0860100"
    "00000000000000000100000001000000020000000200000040000000080000000000000055f4b2375c004c006f00630015000f0001000800"
    "200265002002650058c47605f8ce78052c010000a08601000000000000000000010000000200000000000000010000004000000008000000"
    "2d0039004100430031002d0034004400360044002d0041003100420030002d0031003500380037002c010000a08601000000000000000000"
    "010000000100000000000000010000004000000008000000650074005c00530065007200760069006300650073005c0050006f006c006900"
    "630079004100670000000000000000000000000000000000000000000100000001000000020000004000000008000000360043002d003300"
    "4200390037002d0034003500350032002d0038004500340035002d003900390000"
)
_OLD_FILTER_BLOB: Final = (
    "b520dc80c82ed111a89e00a0248d302152000000010000000200000000000200000000000a000000490043004d005000000063d219511d07"
    "d311ad220060b0ecca170100000000000000ffffffff00000000000000000000000001000000000000000000000000"
)
# the default response rule differs from an ordinary one in a single byte: not active (spec: ipsec-policy 5.4)
_INACTIVE_RULE_BLOB: Final = _RULE_BLOB[:104] + "00000000" + _RULE_BLOB[112:]

_CONSOLE_POLICY: Final = "ipsecPolicy{618dd376-2c1b-4a5e-9f0e-5d1c7a3b9e21}"
_CONSOLE_MAIN_MODE: Final = "ipsecISAKMPPolicy{34ed8ee5-99db-4a32-b92b-799ac3095cea}"
_BLOCK_RULE: Final = "ipsecNFA{77790b68-26f7-4bcc-9948-2288703e5f64}"
_ALLOW_RULE: Final = "ipsecNFA{b182baf7-5d0c-4c39-8a55-0f1e62d7c9b4}"
_DEFAULT_RULE: Final = "ipsecNFA{2ff9309c-8e47-4f0d-bd2a-91c6e05a7f33}"
_ORPHAN_RULE: Final = "ipsecNFA{cd898cf4-1b3f-4e62-a7d9-3c58f4e0b816}"
_ALLOW_LIST: Final = "ipsecFilter{d322f302-9d28-4cf1-b210-f1f66ca3131a}"
_BLOCK_LIST: Final = "ipsecFilter{d4095263-7c2e-4b1d-8f6a-e2905b3d71c8}"
_PERMIT_ACTION: Final = "ipsecNegotiationPolicy{63c906b6-0f9d-4e57-93ab-7d24c1e8f05a}"
_BLOCK_ACTION: Final = "ipsecNegotiationPolicy{c2651f73-a4e8-4d16-b5c0-68f317d92e4b}"
_DEFAULT_ACTION: Final = "ipsecNegotiationPolicy{7071a059-cb72-48ca-be75-b1a2110b993b}"
_OLD_POLICY: Final = "ipsecPolicy{72385230-70FA-11D1-864C-14A300000000}"
_OLD_MAIN_MODE: Final = "ipsecISAKMPPolicy{72385231-70FA-11D1-864C-14A300000000}"
_OLD_RULE: Final = "ipsecNFA{72385232-70FA-11D1-864C-14A300000000}"
_OLD_ACTION: Final = "ipsecNegotiationPolicy{72385233-70FA-11D1-864C-14A300000000}"
_OLD_LIST: Final = "ipsecFilter{72385235-70FA-11D1-864C-14A300000000}"
_TWIN_LIST: Final = "ipsecFilter{45f48cfc-241d-42f7-bcd4-927054db1b67}"

_OLD_KEYS: Final = (_OLD_POLICY, _OLD_MAIN_MODE, _OLD_RULE, _OLD_ACTION, _OLD_LIST)

#: Names under which other people's objects can be found.
CONSOLE_POLICY_NAME: Final = "Branch Office Lockdown"
OLD_POLICY_NAME: Final = "Server (Request Security)"
TWIN_LIST_NAME: Final = "Block List"

# key, blob, then the values that differ; a tuple of keys becomes a list of references, a `ref:` text a single one
_Values = dict[str, str | tuple[str, ...]]
_OBJECTS: Final[tuple[tuple[str, str, _Values], ...]] = (
    (
        _CONSOLE_POLICY,
        _POLICY_BLOB,
        {
            "ipsecName": CONSOLE_POLICY_NAME,
            "ipsecISAKMPReference": "ref:" + _CONSOLE_MAIN_MODE,
            "ipsecNFAReference": (_BLOCK_RULE, _ALLOW_RULE, _DEFAULT_RULE),
        },
    ),
    (_CONSOLE_MAIN_MODE, _MAIN_MODE_BLOB, {"ipsecOwnersReference": (_CONSOLE_POLICY,)}),
    (
        _BLOCK_RULE,
        _RULE_BLOB,
        {
            "ipsecNegotiationPolicyReference": "ref:" + _BLOCK_ACTION,
            "ipsecFilterReference": (_BLOCK_LIST,),
            "ipsecOwnersReference": (_CONSOLE_POLICY,),
        },
    ),
    (
        _ALLOW_RULE,
        _RULE_BLOB,
        {
            "ipsecNegotiationPolicyReference": "ref:" + _PERMIT_ACTION,
            "ipsecFilterReference": (_ALLOW_LIST,),
            "ipsecOwnersReference": (_CONSOLE_POLICY,),
        },
    ),
    (
        _DEFAULT_RULE,
        _INACTIVE_RULE_BLOB,
        {
            "ipsecNegotiationPolicyReference": "ref:" + _DEFAULT_ACTION,
            "ipsecOwnersReference": (_CONSOLE_POLICY,),
        },
    ),
    (
        _ORPHAN_RULE,
        _RULE_BLOB,
        {
            "ipsecNegotiationPolicyReference": "ref:" + _BLOCK_ACTION,
            "ipsecFilterReference": (_BLOCK_LIST,),
            "ipsecOwnersReference": (_CONSOLE_POLICY,),
        },
    ),
    (_ALLOW_LIST, _ALLOW_BLOB, {"ipsecName": "Allow List", "ipsecOwnersReference": (_ALLOW_RULE,)}),
    (_BLOCK_LIST, _ANY_BLOB, {"ipsecName": TWIN_LIST_NAME, "ipsecOwnersReference": (_BLOCK_RULE,)}),
    (_TWIN_LIST, _ANY_BLOB, {"ipsecName": TWIN_LIST_NAME}),
    (
        _PERMIT_ACTION,
        _PLAIN_ACTION_BLOB,
        {
            "ipsecName": "Permit Traffic",
            "ipsecNegotiationPolicyAction": _PERMIT,
            "ipsecNegotiationPolicyType": _ORDINARY,
            "ipsecOwnersReference": (_ALLOW_RULE,),
        },
    ),
    (
        _BLOCK_ACTION,
        _PLAIN_ACTION_BLOB,
        {
            "ipsecName": "Block Traffic",
            "ipsecNegotiationPolicyAction": _BLOCK,
            "ipsecNegotiationPolicyType": _ORDINARY,
            "ipsecOwnersReference": (_BLOCK_RULE,),
        },
    ),
    (
        _DEFAULT_ACTION,
        _DEFAULT_ACTION_BLOB,
        {
            "ipsecNegotiationPolicyAction": _NEGOTIATE,
            "ipsecNegotiationPolicyType": _DEFAULT,
            "ipsecOwnersReference": (_DEFAULT_RULE,),
        },
    ),
    (
        _OLD_POLICY,
        _POLICY_BLOB,
        {
            "ipsecName": OLD_POLICY_NAME,
            "description": "For all IP traffic, always request security using Kerberos trust.",
            "ipsecISAKMPReference": "ref:" + _OLD_MAIN_MODE,
            "ipsecNFAReference": (_OLD_RULE,),
        },
    ),
    (_OLD_MAIN_MODE, _OLD_MAIN_MODE_BLOB, {"ipsecOwnersReference": (_OLD_POLICY,)}),
    (
        _OLD_RULE,
        _OLD_RULE_BLOB,
        {
            "ipsecName": "Request Security (Optional) Rule",
            "description": "For all ICMP traffic, request security.",
            "ipsecNegotiationPolicyReference": "ref:" + _OLD_ACTION,
            "ipsecFilterReference": (_OLD_LIST,),
            "ipsecOwnersReference": (_OLD_POLICY,),
        },
    ),
    (
        _OLD_ACTION,
        _OLD_ACTION_BLOB,
        {
            "ipsecName": "Request Security (Optional)",
            "ipsecNegotiationPolicyAction": _INBOUND,
            "ipsecNegotiationPolicyType": _ORDINARY.upper(),
            "ipsecOwnersReference": (_OLD_RULE,),
        },
    ),
    (_OLD_LIST, _OLD_FILTER_BLOB, {"ipsecName": "All ICMP Traffic", "ipsecOwnersReference": (_OLD_RULE,)}),
)


def install(machine: Machine) -> None:
    """Write the objects into a machine's local store; nothing is assigned."""
    registry = machine.registry
    registry.set(LOCAL, "", RegistryValue("REG_SZ", ""))
    for key, blob, values in _OBJECTS:
        old = key.startswith(_OLD_KEYS)
        path, kind, guid = f"{LOCAL}\\{key}", *_split(key)
        registry.set(path, "ClassName" if old else "className", RegistryValue("REG_SZ", kind))
        registry.set(path, "name", RegistryValue("REG_SZ", key))
        registry.set(path, "ipsecID", RegistryValue("REG_SZ", guid))
        registry.set(path, "ipsecDataType", RegistryValue("REG_DWORD", DATA_TYPE))
        registry.set(path, "ipsecData", RegistryValue("REG_BINARY", bytes.fromhex(blob)))
        for name, value in values.items():
            registry.set(path, name, _value(value))
        registry.set(path, "whenChanged", RegistryValue("REG_DWORD", _OLD_TIME if old else _CONSOLE_TIME))


def _split(key: str) -> tuple[str, str]:
    kind, brace, rest = key.partition("{")
    return kind, brace + rest


def _value(value: str | tuple[str, ...]) -> RegistryValue:
    if isinstance(value, tuple):
        return RegistryValue("REG_MULTI_SZ", tuple(_REFERENCES + each for each in value))
    if value.startswith("ref:"):
        return RegistryValue("REG_SZ", _REFERENCES + value[4:])
    return RegistryValue("REG_SZ", value)
