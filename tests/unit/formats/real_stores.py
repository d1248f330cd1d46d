"""A real store as its published object graph tells it (spec: ipsec-policy 4.3), built from published blobs."""

from __future__ import annotations

from collections.abc import Iterable

from blob_vectors import blob
from winipsec.formats.registry import RegistryTree, RegKey, RegValue, binary, dword, string, strings, tree

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
# References are written in another case than the path of the key.
POINTER = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local"

POLICY = "{618dd376-0000-4000-8000-000000000001}"
MAIN_MODE = "{34ed8ee5-99db-4a32-b92b-799ac3095cea}"
BLOCK_RULE = "{77790b68-26f7-4bcc-9948-2288703e5f64}"
ALLOW_RULE = "{b182baf7-0000-4000-8000-000000000002}"
DEFAULT_RULE = "{2ff9309c-0000-4000-8000-000000000003}"
ORPHAN_RULE = "{cd898cf4-0000-4000-8000-000000000004}"
ALLOW_LIST = "{d322f302-9d28-4cf1-b210-f1f66ca3131a}"
BLOCK_LIST = "{d4095263-0000-4000-8000-000000000005}"
PERMIT = "{63c906b6-0000-4000-8000-000000000006}"
BLOCK = "{c2651f73-0000-4000-8000-000000000007}"
DEFAULT_ACTION = "{7071a059-cb72-48ca-be75-b1a2110b993b}"

ORDINARY = "{62f49e10-6c37-11d1-864c-14a300000000}"
DEFAULT_RESPONSE = "{62f49e13-6c37-11d1-864c-14a300000000}"
PERMIT_ACTION = "{8a171dd2-77e3-11d1-8659-a04f00000000}"
BLOCK_ACTION = "{3f91a819-7647-11d1-864d-d46a00000000}"
SECURE_ACTION = "{8a171dd3-77e3-11d1-8659-a04f00000000}"

KERBEROS = blob("gsec2025-nfa-77790b68")
INACTIVE = KERBEROS[:52] + b"\0" + KERBEROS[53:]
NO_OFFERS = blob("samba-negotiationpolicy-7238523b")


def pointer(kind: str, guid: str) -> str:
    """A reference as values hold it."""
    return f"{POINTER}\\{kind}{guid}"


def entry(
    kind: str,
    guid: str,
    data: bytes | None,
    *values: RegValue,
    name: str = "",
    root: str = LOCAL,
    description: str = "",
) -> RegKey:
    """One object as Windows stores it."""
    common = [string("className", kind), string("name", f"{kind}{guid}"), string("ipsecID", guid)]
    if name:
        common.append(string("ipsecName", name))
    if description:
        common.append(string("description", description))
    common += [dword("ipsecDataType", 0x100), dword("whenChanged", 0x6951A542)]
    if data is not None:
        common.append(binary("ipsecData", data))
    return RegKey(f"{root}\\{kind}{guid}", (*common, *values))


def policy(
    guid: str = POLICY,
    *,
    rules: Iterable[str] = (),
    name: str = "",
    main_mode: str = MAIN_MODE,
    data: bytes | None = None,
) -> RegKey:
    """An `ipsecPolicy`."""
    return entry(
        "ipsecPolicy",
        guid,
        blob("samba-policy-72385230") if data is None else data,
        string("ipsecISAKMPReference", pointer("ipsecISAKMPPolicy", main_mode)),
        strings("ipsecNFAReference", [pointer("ipsecNFA", rule) for rule in rules]),
        name=name,
    )


def rule(
    guid: str,
    *,
    filters: str = "",
    action: str = "",
    data: bytes | None = KERBEROS,
    owner: str = POLICY,
    name: str = "",
) -> RegKey:
    """An `ipsecNFA`."""
    values = [strings("ipsecOwnersReference", [pointer("ipsecPolicy", owner)])]
    if filters:
        values.append(strings("ipsecFilterReference", [pointer("ipsecFilter", filters)]))
    if action:
        values.append(string("ipsecNegotiationPolicyReference", pointer("ipsecNegotiationPolicy", action)))
    return entry("ipsecNFA", guid, data, *values, name=name)


def action(guid: str, meaning: str, kind: str = ORDINARY, *, name: str = "", data: bytes | None = NO_OFFERS) -> RegKey:
    """An `ipsecNegotiationPolicy`."""
    values = [string("ipsecNegotiationPolicyAction", meaning), string("ipsecNegotiationPolicyType", kind)]
    return entry("ipsecNegotiationPolicy", guid, data, *values, name=name)


def main_mode(guid: str = MAIN_MODE, data: bytes | None = None) -> RegKey:
    """An `ipsecISAKMPPolicy`."""
    return entry("ipsecISAKMPPolicy", guid, blob("gsec2025-isakmppolicy-34ed8ee5") if data is None else data)


def filter_list(guid: str, name: str, data: bytes | None = None) -> RegKey:
    """An `ipsecFilter`."""
    return entry("ipsecFilter", guid, blob("gsec2022-filter-45f48cfc") if data is None else data, name=name)


def root(active: str = POLICY) -> RegKey:
    """The key of the store itself."""
    return RegKey(LOCAL, (string("ActivePolicy", pointer("ipsecPolicy", active)),) if active else ())


def real_keys() -> list[RegKey]:
    """The keys of the published store."""
    return [
        root(),
        policy(rules=[BLOCK_RULE, ALLOW_RULE, DEFAULT_RULE], name="GSecurity Policy"),
        main_mode(),
        rule(BLOCK_RULE, filters=BLOCK_LIST, action=BLOCK),
        rule(ALLOW_RULE, filters=ALLOW_LIST, action=PERMIT),
        rule(DEFAULT_RULE, action=DEFAULT_ACTION, data=INACTIVE),
        rule(ORPHAN_RULE, filters=BLOCK_LIST, action=BLOCK),
        filter_list(ALLOW_LIST, "Allow List", blob("gsec2025-filter-d322f302")),
        filter_list(BLOCK_LIST, "Block List"),
        action(PERMIT, PERMIT_ACTION, name="Permit"),
        action(BLOCK, BLOCK_ACTION, name="Block"),
        action(DEFAULT_ACTION, SECURE_ACTION, DEFAULT_RESPONSE, data=blob("gsec2025-negotiationpolicy-7071a059")),
    ]


def changed(*keys: RegKey, without: Iterable[str] = ()) -> RegistryTree:
    """The published store with some keys replaced or added, and some GUIDs gone."""
    paths = {key.path.lower() for key in keys}
    gone = tuple(without)
    kept = [key for key in real_keys() if key.path.lower() not in paths and not key.path.endswith(gone)]
    return tree([*kept, *keys])
