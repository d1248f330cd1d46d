"""Every property of every schema type: the spellings of each of its values, and what is refused.

`FIELDS` and `RESOURCE_FIELDS` are keyed by type and property, in the words of `provider/schema.json`; a test fails for a
property without a case. A case is tested wherever the schema uses its type (`property_places`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from store_scene import REACHED, guid


@dataclass(frozen=True)
class Case:
    """One property.

    `accepted` maps each value in normal form to all its spellings, itself included; at least two values, unless there
    is no second one. `refused` pairs values with words of the reason. `beside` are the properties that must stand
    beside it, in place of the usual ones where `alone`.
    """

    accepted: list[tuple[object, list[object]]]
    refused: list[tuple[object, str]] = field(default_factory=list)
    beside: dict[str, object] = field(default_factory=dict)
    alone: bool = False
    blank: bool = False
    """Whether an empty text means the same as none."""


NO_TEXTS = [(5, "must be a string"), (True, "must be a string"), (["x"], "must be a string"), ({}, "must be a string")]
UNCARRIED = [
    ('a"b', "double quote"),
    ("a\nb", "control character"),
    ("a\tb", "control character"),
    ("a\x7fb", "control character"),
    (" a", "blank"),
    ("a ", "blank"),
    ("a\\", "backslash"),
]
NAMES = [("block", ["block"]), ("Block 1434", ["Block 1434"]), ("Блок 50% & <Söhne>", ["Блок 50% & <Söhne>"])]
NAME = Case(
    NAMES,
    [
        *NO_TEXTS,
        *UNCARRIED,
        ("", "empty"),
        ("all", "every object"),
        ("ALL", "every object"),
        (guid(7), "GUID"),
        (guid(7).strip("{}").upper(), "GUID"),
        ("x" * 256, "255"),
    ],
)
DESCRIPTION = Case(
    [("Stops it", ["Stops it"]), ("Größe: 50%", ["Größe: 50%"])],
    [*NO_TEXTS, *UNCARRIED, ("x" * 1025, "1024")],
    blank=True,
)
REFERENCE = Case(
    [*NAMES, (guid(7), [guid(7)])],
    [*NO_TEXTS, *UNCARRIED, ("", "empty"), ("x" * 256, "255")],
)
FLAG = Case(
    [(True, [True, "true", "True", "TRUE", " true "]), (False, [False, "false", "False"])],
    [
        ("yes", "true or false"),
        (1, "true or false"),
        (0, "true or false"),
        ([], "true or false"),
        ({}, "true or false"),
    ],
)
TEXT = Case([("one", ["one"]), ("two", ["two"])], NO_TEXTS)


def number(low, high, **more):
    """A whole number between two bounds."""
    return Case(
        [(low, [low, str(low), float(low)]), (low + 1, [low + 1]), (high, [high, str(high), f" {high} "])],
        [
            (low - 1, f"from {low} to {high}"),
            (high + 1, f"from {low} to {high}"),
            (str(high + 1), f"from {low} to {high}"),
            (1.5, "whole number"),
            ("1.5", "whole number"),
            ("many", "whole number"),
            (True, "whole number"),
            ([1], "whole number"),
        ],
        **more,
    )


def choice(*words, wrong, near="", **more):
    """One of a few words; `wrong` is a typing mistake that comes near to `near`."""
    hint = f"did you mean {near}?" if near else "must be one of"
    return Case(
        [(word, [word, word.upper(), f" {word.capitalize()} "]) for word in words],
        [
            (wrong, hint),
            ("", "must be one of"),
            (3, "must be one of"),
            (True, "must be one of"),
            ([], "must be one of"),
        ],
        **more,
    )


SIDES = [
    ("any", ["any", "ANY", " Any ", "0.0.0.0/0", "0.0.0.0/0.0.0.0", "10.1.2.3/0", "0.0.0.0-255.255.255.255"]),
    ("10.0.0.5", ["10.0.0.5", " 10.0.0.5 ", "10.0.0.5/32", "10.0.0.5/255.255.255.255", "10.0.0.5-10.0.0.5"]),
    ("10.0.0.0/8", ["10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.1.2.3/8", "10.0.0.0-10.255.255.255"]),
    ("10.0.0.1-10.0.0.9", ["10.0.0.1-10.0.0.9", "10.0.0.1 - 10.0.0.9"]),
    ("fd00::1", ["fd00::1", "FD00:0:0::1", "fd00::1/128", "fd00::0001-fd00::1"]),
    ("fd00::/64", ["fd00::/64", "fd00::1/64", "fd00::-fd00::ffff:ffff:ffff:ffff"]),
]
WORDS = [(word, [word, word.upper(), f" {word} "]) for word in ("dns", "wins", "dhcp", "gateway")]
NO_SIDES = [
    *NO_TEXTS,
    ("", "empty"),
    ("everybody", "not an address"),
    ("10.0.0.256", "not an address"),
    ("10.0.0.0/33", "longer than 32"),
    ("fd00::/129", "longer than 128"),
    ("10.0.0.0/255.0.255.0", "not a subnet mask"),
    ("10.0.0.0/", "no mask"),
    ("fd00::/255.0.0.0", "IPv6"),
    ("10.0.0.9-10.0.0.1", "empty range"),
    ("10.0.0.1-fd00::1", "mixes"),
    ("fe80::1%3", "not an address"),
    ("0.0.0.0", "stored as me"),
]
PROTOCOL = Case(
    [
        ("any", ["any", "ANY", "0", 0, 0.0]),
        ("icmp", ["icmp", "1", 1]),
        ("tcp", ["tcp", "TCP", " Tcp ", "6", 6, 6.0]),
        ("udp", ["udp", "17", 17]),
        ("raw", ["raw", "255", 255]),
        ("47", ["47", 47, 47.0]),
    ],
    [
        ("gre", "not a protocol"),
        ("", "not a protocol"),
        ("256", "not a protocol"),
        (256, "not a protocol"),
        (-1, "not a protocol"),
        (6.5, "not a protocol"),
        (True, "must be a string"),
        ([], "must be a string"),
    ],
)


def filter_fields():
    """The fields of a filter, the same in a list and alone."""
    port = number(0, 65_535, beside={"protocol": "tcp"})
    return {
        "source": Case([*SIDES, *WORDS], NO_SIDES, beside={"destination": "me"}),
        "destination": Case([*SIDES, *WORDS], NO_SIDES, beside={"source": "me"}),
        "protocol": PROTOCOL,
        "sourcePort": port,
        "destinationPort": port,
        "mirrored": FLAG,
        "description": DESCRIPTION,
    }


METHODS = [{"ah": "sha1", "lifetimeKilobytes": 100_000, "lifetimeSeconds": 3_600}]
KERBEROS = [{"kerberos": True}]
NO_LISTS = [("x", "must be a list"), ({}, "must be a list"), (5, "must be a list"), ([5], "must be an object")]
NO_RECORDS = [("x", "must be an object"), ([], "must be an object"), (5, "must be an object")]
AUTH = Case([(KERBEROS, [KERBEROS, [{"kerberos": "true"}]])], [*NO_LISTS, ([], "must not be empty")])

CERTIFICATE = {
    "https": True,
    "transport": "certificate",
    "certificateFile": "client.pem",
    "certificateKeyFile": "client.key",
}
LIFETIME = number(0, 0xFFFFFFFF)
SECONDS = number(1, 86_400)

FIELDS: dict[str, dict[str, Case]] = {
    "Filter": filter_fields(),
    "Esp": {
        "encryption": choice("none", "des", "3des", wrong="3-des", near="3des", beside={"integrity": "sha1"}),
        "integrity": choice("none", "md5", "sha1", wrong="sha-1", near="sha1", beside={"encryption": "des"}),
    },
    "SecurityMethod": {
        "ah": choice("md5", "sha1", wrong="sha256"),
        "esp": Case(
            [({"encryption": "des", "integrity": "md5"}, [{"encryption": "DES", "integrity": "MD5"}])], NO_RECORDS
        ),
        "lifetimeKilobytes": LIFETIME,
        "lifetimeSeconds": LIFETIME,
    },
    "MainModeMethod": {
        "encryption": choice("des", "3des", wrong="aes"),
        "integrity": choice("md5", "sha1", wrong="sha"),
        "dhGroup": choice("group1", "group2", "group14", wrong="group15", near="group1"),
    },
    "RootCa": {
        "name": Case(
            [("CN=Root", ["CN=Root"]), ('CN="Root, Inc", O=Größe', ['CN="Root, Inc", O=Größe'])],
            [*NO_TEXTS, ("", "empty"), ("a\nb", "control"), (" a", "blank"), ("a\\", "backslash")],
        ),
        "certificateMapping": FLAG,
        "excludeCaName": FLAG,
    },
    "AuthMethod": {
        "kerberos": Case([(True, [True, "true"])], [("maybe", "true or false"), (False, "leave the method out")]),
        "presharedKey": Case(
            [("k3y 50% off", ["k3y 50% off"]), ("other", ["other"])],
            [*NO_TEXTS, *UNCARRIED, ("", "empty"), ("schlüssel", "ASCII")],
            alone=True,
        ),
        "rootCa": Case(
            [
                (
                    {"name": "CN=R", "certificateMapping": False, "excludeCaName": False},
                    [{"name": "CN=R"}, {"name": "CN=R", "certificateMapping": "false"}],
                )
            ],
            NO_RECORDS,
            alone=True,
        ),
    },
    "DefaultRule": {
        "active": FLAG,
        "sessionPfs": FLAG,
        "securityMethods": Case([(METHODS, [METHODS, [{"ah": "SHA1"}]])], NO_LISTS),
        "authMethods": AUTH,
    },
    "Connection": {
        "host": Case(
            [("10.0.0.5", ["10.0.0.5"]), ("web1.example.com", ["web1.example.com"]), ("fd00::5", ["fd00::5"])],
            [*NO_TEXTS, ("http://web1", "alone"), ("web1:5985", "port"), ("a b", "neither"), ("10.0.0.999", "neither")],
        ),
        "port": number(1, 65_535),
        "username": TEXT,
        "password": TEXT,
        "transport": Case(
            [("ntlm", ["ntlm", "NTLM", " Ntlm "]), ("basic", ["Basic"]), ("credssp", ["CredSSP"])],
            [("kerberso", "did you mean kerberos?"), ("", "must be one of"), (3, "must be one of")],
            beside={"https": True},
        ),
        "https": FLAG,
        "caFile": Case(TEXT.accepted, TEXT.refused, beside={"https": True}),
        "verify": FLAG,
        "certificateFile": Case(TEXT.accepted, TEXT.refused, beside=CERTIFICATE),
        "certificateKeyFile": Case(TEXT.accepted, TEXT.refused, beside=CERTIFICATE),
        "kerberosHostname": Case(TEXT.accepted, TEXT.refused, beside={"transport": "kerberos"}),
        "kerberosDelegation": Case(FLAG.accepted, FLAG.refused, beside={"transport": "kerberos"}),
        "proxy": Case(
            [("http://p.example:3128", ["http://p.example:3128"]), ("https://p.example", ["https://p.example"])],
            [*NO_TEXTS, ("p.example:3128", "URL"), ("socks5://p.example", "URL")],
        ),
        "dialTimeout": SECONDS,
        "commandTimeout": SECONDS,
        "totalTimeout": SECONDS,
        "connectRetryFor": number(0, 86_400),
    },
}
CONNECTION = Case([({"host": "web2"}, [{"host": "web2"}]), ({}, [{}])], NO_RECORDS)
COUNT = number(0, 0xFFFFFFFF)
MINUTES = number(1, 0xFFFFFFFF // 60)
OFFERS = Case([(METHODS, [METHODS, [{"ah": " Sha1 "}]])], NO_LISTS)
GROUP14 = [{"encryption": "3des", "integrity": "sha1", "dhGroup": "group14"}]

RESOURCE_FIELDS: dict[str, dict[str, Case]] = {
    "FilterList": {
        "name": NAME,
        "description": DESCRIPTION,
        "filters": Case([([], [[]])], NO_LISTS),
        "connection": CONNECTION,
    },
    "Filter": {"filterList": REFERENCE, **filter_fields(), "connection": CONNECTION},
    "FilterAction": {
        "name": NAME,
        "description": DESCRIPTION,
        "action": choice("negotiate", wrong="blocks", near="block"),
        "securityMethods": OFFERS,
        "sessionPfs": FLAG,
        "inboundPassThrough": FLAG,
        "softFallback": FLAG,
        "connection": CONNECTION,
    },
    "Policy": {
        "name": NAME,
        "description": DESCRIPTION,
        "masterPfs": FLAG,
        "quickModesPerMainMode": COUNT,
        "mainModeLifetimeMinutes": MINUTES,
        "pollingIntervalMinutes": MINUTES,
        "mainModeMethods": Case(
            [(GROUP14, [GROUP14, [{"encryption": "3DES", "integrity": "SHA1", "dhGroup": "Group14"}]])],
            [*NO_LISTS, ([], "must not be empty")],
        ),
        "defaultRule": Case([({"active": False}, [{"active": False}, {}, {"active": "false"}])], NO_RECORDS),
        "connection": CONNECTION,
    },
    "Rule": {
        "name": NAME,
        "description": DESCRIPTION,
        "policy": REFERENCE,
        "filterList": REFERENCE,
        "filterAction": REFERENCE,
        "active": FLAG,
        "connectionType": choice("all", "lan", "dialup", wrong="dial-up", near="dialup"),
        "tunnelEndpoint": Case(
            [
                ("10.0.0.9", ["10.0.0.9", " 10.0.0.9 "]),
                ("fd00::9", ["FD00:0::9"]),
                ("gw.example.com", ["gw.example.com"]),
            ],
            [
                *NO_TEXTS,
                ("", "leave it out"),
                ("  ", "leave it out"),
                ("any", "address or the DNS name"),
                ("10.0.0.0/8", "address or the DNS name"),
            ],
        ),
        "authMethods": AUTH,
        "connection": CONNECTION,
    },
    "PolicyAssignment": {
        "policy": REFERENCE,
        "allowOverridden": FLAG,
        "allowManagementCut": FLAG,
        "connection": CONNECTION,
    },
}

BASES: dict[str, dict[str, object]] = {
    "FilterList": {"name": "worm"},
    "Filter": {"filterList": "worm", "source": "any", "destination": "me"},
    "FilterAction": {"name": "stop", "action": "negotiate"},
    "Policy": {"name": "P"},
    "Rule": {"name": "in", "policy": "P", "filterList": "worm", "filterAction": "stop"},
    "PolicyAssignment": {"policy": "P"},
    "HostPolicy": {"name": "P"},
}
"""The least that each resource can be."""

TYPE_BASES: dict[str, dict[str, object]] = {
    "Filter": {"source": "any", "destination": "me"},
    "Esp": {"encryption": "3des", "integrity": "sha1"},
    "SecurityMethod": {"ah": "sha1"},
    "MainModeMethod": {"encryption": "3des", "integrity": "sha1", "dhGroup": "group14"},
    "RootCa": {"name": "CN=Root"},
    "AuthMethod": {},
    "DefaultRule": {},
    "Connection": dict(REACHED),
    "Block": {"ports": ["udp/1434"]},
    "AllowOnly": {"ports": ["tcp/80"]},
    "Outbound": {"ports": ["tcp/443"]},
    "Isolate": {"exempt": ["10.0.0.1"]},
    "PolicyRule": {"name": "r", "filterList": {"filters": []}, "filterAction": {"action": "block"}},
    "RuleFilterList": {"filters": []},
    "RuleFilterAction": {"action": "negotiate"},
}
