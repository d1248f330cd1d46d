"""What netsh says when it refuses (spec: ipsec-policy 3.1, 3.2, 2).

Real tools match `ERR IPsec[NNNNN]` and know one number, 05073: the policy store cannot be opened. The other numbers
of the static context are not public; the lab's start at 90000, so that nobody takes them for Microsoft's. The dynamic
context reports documented Win32 codes. The texts are the lab's own, in the machine's language.
"""

from __future__ import annotations

from typing import Final

STORE_CLOSED: Final = "store_closed"

IPSEC_NUMBERS: Final = {
    STORE_CLOSED: "05073",
    "bad_syntax": "90001",
    "unknown_tag": "90002",
    "ambiguous_tag": "90003",
    "repeated_tag": "90004",
    "missing_tag": "90005",
    "stray_word": "90006",
    "bad_value": "90010",
    "bad_address": "90011",
    "bad_mask": "90012",
    "bad_range": "90013",
    "bad_pair": "90014",
    "port_needs_protocol": "90015",
    "name_unresolved": "90016",
    "bad_method": "90017",
    "bad_lifetime": "90018",
    "bad_authentication": "90019",
    "not_here": "90020",
    "no_policy": "90031",
    "no_rule": "90032",
    "no_filter_list": "90033",
    "no_action": "90034",
    "no_filter": "90035",
    "ambiguous_name": "90036",
    "exists": "90041",
    "filter_exists": "90042",
    "in_use": "90043",
    "active": "90044",
    "reserved_name": "90045",
    "store_location": "90051",
    "no_domain": "90052",
    "file_missing": "90061",
    "file_invalid": "90062",
    "batch_state": "90063",
    "store_damaged": "90064",
}

# spec: ipsec-policy 2, Win32 codes of the security policy database
WIN32_NUMBERS: Final = {
    "qm_policy_exists": "13000",
    "qm_policy_missing": "13001",
    "qm_policy_in_use": "13002",
    "mm_policy_exists": "13003",
    "mm_policy_missing": "13004",
    "mm_policy_in_use": "13005",
    "transport_filter_exists": "13008",
    "transport_filter_missing": "13009",
    "tunnel_filter_exists": "13016",
    "tunnel_filter_missing": "13017",
}


class Refusal(Exception):  # noqa: N818 - netsh refuses; nothing went wrong in the lab
    """A command is refused.

    Attributes:
        key: which refusal, a key of the tables above.
        fields: what its text mentions. Never a name that does not exist: scripts look for it in the output.
    """

    def __init__(self, key: str, **fields: object) -> None:
        super().__init__(key)
        self.key = key
        self.fields = fields

    @property
    def prefix(self) -> str:
        """The part of the message that programs match."""
        if self.key in WIN32_NUMBERS:
            return f"ERR Win32[{WIN32_NUMBERS[self.key]}] : "
        return f"ERR IPsec[{IPSEC_NUMBERS[self.key]}] : "
