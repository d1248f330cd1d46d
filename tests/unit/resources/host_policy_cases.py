"""The properties of `HostPolicy` and of its own types, as `property_cases` has those of all others."""

from __future__ import annotations

from property_cases import (
    AUTH,
    CONNECTION,
    DESCRIPTION,
    FLAG,
    NAME,
    NO_LISTS,
    NO_RECORDS,
    RESOURCE_FIELDS,
    Case,
    choice,
)

NO_SETS = [*NO_LISTS[:3], ([5], "must be a string"), ([True], "must be a string")]
SERVICES = [
    *NO_SETS,
    (["80"], "write tcp/80"),
    (["tcp/0"], "no port from 1"),
    (["icmp/8"], "has none"),
    (["http"], "is no port"),
]
PORTS = Case(
    [
        (["tcp/80"], [["tcp/80"], [" TCP/80 "], ["Tcp / 080"]]),
        (["udp/1434", "icmp"], [["UDP/1434", "ICMP"]]),
        (["proto/47", "udp"], [["proto/47", "proto/17"]]),
    ],
    SERVICES,
)
REMOTES = Case(
    [
        (["any"], [["any"], ["0.0.0.0/0"], [" ANY "]]),
        (["10.0.0.0/8", "dns"], [["10.0.0.0/8", "dns"], ["10.1.2.3/255.0.0.0", "DNS"]]),
        (["fd00::/64"], [["FD00::1/64"]]),
    ],
    [*NO_SETS, ([], "must not be empty"), (["me"], "is this host"), (["everybody"], "not an address")],
)
RULES = [{"name": "r", "filterList": {"filters": []}, "filterAction": {"action": "block"}}]
NORMAL_RULES = [
    {
        "name": "r",
        "active": True,
        "connectionType": "all",
        "authMethods": [{"kerberos": True}],
        "filterList": {"filters": []},
        "filterAction": {
            "action": "block",
            "sessionPfs": False,
            "inboundPassThrough": False,
            "softFallback": False,
        },
    }
]

FIELDS: dict[str, dict[str, Case]] = {
    "Block": {
        "ports": Case(PORTS.accepted, [*SERVICES, ([], "must not be empty")]),
        "direction": choice("in", "out", "both", wrong="booth", near="both"),
        "remotes": REMOTES,
    },
    "AllowOnly": {
        "ports": Case([([], [[]]), *PORTS.accepted], SERVICES),
        "remotes": REMOTES,
        "outbound": Case([([], [[]])], NO_LISTS),
    },
    "Outbound": {
        "ports": Case(PORTS.accepted, [*SERVICES, ([], "must not be empty")]),
        "destinations": REMOTES,
    },
    "Isolate": {
        "exempt": Case(
            [([], [[]]), *REMOTES.accepted[1:]], [*NO_SETS, (["any"], "everybody"), (["me"], "is this host")]
        ),
        "mode": choice("request", "require", wrong="requier", near="require"),
        "methods": Case(
            [
                (["integrity-sha1"], [["integrity-sha1"], [" Integrity-SHA1 "]]),
                (["encrypt-3des-sha1", "ah-md5"], [["Encrypt-3DES-SHA1", "AH-MD5"]]),
            ],
            [
                *NO_LISTS[:3],
                ([], "must not be empty"),
                (["encrypt-aes-sha1"], "must be one of"),
                (["integrity-sha2"], "must be one of"),
                (["ah-md5", "ah-md5"], "a second time"),
            ],
        ),
        "authMethods": AUTH,
    },
    "PolicyRule": {
        **{
            name: RESOURCE_FIELDS["Rule"][name]
            for name in RESOURCE_FIELDS["Rule"]
            if name not in {"policy", "connection"}
        },
        "filterList": Case([({"filters": []}, [{"filters": []}])], NO_RECORDS),
        "filterAction": Case([(NORMAL_RULES[0]["filterAction"], [{"action": "Block"}])], NO_RECORDS),
    },
    "RuleFilterList": {
        "name": NAME,
        "description": DESCRIPTION,
        "filters": Case([([], [[]])], NO_LISTS),
    },
    "RuleFilterAction": {name: case for name, case in RESOURCE_FIELDS["FilterAction"].items() if name != "connection"},
}

HOST_POLICY_FIELDS: dict[str, dict[str, Case]] = {
    "HostPolicy": {
        **RESOURCE_FIELDS["Policy"],
        "block": Case([([], [[]])], NO_LISTS),
        "allowOnly": Case([({"ports": [], "remotes": ["any"]}, [{"ports": []}])], NO_RECORDS),
        "isolate": Case(
            [
                (
                    {
                        "exempt": ["10.0.0.1"],
                        "mode": "require",
                        "methods": ["integrity-sha1"],
                        "authMethods": [{"kerberos": True}],
                    },
                    [{"exempt": ["10.0.0.1"]}],
                )
            ],
            NO_RECORDS,
        ),
        "rules": Case([([], [[]]), (NORMAL_RULES, [RULES])], NO_LISTS),
        "management": Case(
            [
                ("any", ["any", " Any "]),
                ("none", ["none", "NONE"]),
                ({"sources": ["any"]}, [{}]),
                ({"sources": ["10.0.0.0/8"], "ports": [22]}, [{"sources": ["10.1.2.3/8"], "ports": ["22"]}]),
            ],
            [("all", "any, none"), ("", "any, none"), (5, "a string or an object"), ([], "a string or an object")],
        ),
        "assigned": FLAG,
        "allowOverridden": FLAG,
        "revertAfter": Case(
            [(0, [0, "0", 0.0]), (120, [120, "120"]), (86_400, [86_400])],
            [(1, "0 or at least 120"), (119, "0 or at least 120"), (-1, "from 0"), (86_401, "from 0"), ("x", "number")],
        ),
        "connection": CONNECTION,
    },
}
