"""What a `HostPolicy` is told: scenario blocks, rules written out, settings, and how it is applied (design 2.1)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from winipsec.host.settings import REVERT_AFTER, SHORTEST_REVERT
from winipsec.model.endpoint import Kind, parse_endpoint
from winipsec.model.invalid import Fault, Invalid
from winipsec.model.methods import Esp, SecurityMethod
from winipsec.model.names import MAX_NAME, folded, name_fault
from winipsec.resources import filter_action, policy, rule
from winipsec.resources.declaration import Choice, Either, Flag, Items, Number, Property, Record, Text, Type
from winipsec.resources.fields import AUTH_METHODS, CONNECTION_PROPERTY, DESCRIPTION, FILTER
from winipsec.resources.services import service

Properties = dict[str, Any]

ANY = "any"
NONE = "none"
REQUEST, REQUIRE = "request", "require"
_DAY = 86_400

METHODS: dict[str, SecurityMethod] = {
    "integrity-sha1": SecurityMethod(esp=Esp("none", "sha1")),
    "integrity-md5": SecurityMethod(esp=Esp("none", "md5")),
    "encrypt-3des-sha1": SecurityMethod(esp=Esp("3des", "sha1")),
    "encrypt-3des-md5": SecurityMethod(esp=Esp("3des", "md5")),
    "encrypt-des-sha1": SecurityMethod(esp=Esp("des", "sha1")),
    "encrypt-des-md5": SecurityMethod(esp=Esp("des", "md5")),
    "ah-sha1": SecurityMethod(ah="sha1"),
    "ah-md5": SecurityMethod(ah="md5"),
}
"""Quick-mode offers by name (spec: ipsec-policy 1.6)."""


def object_name(policy_name: str, rule_name: str) -> str:
    """The name of a list or an action that nobody named: `POLICY: RULE`, shortened to what netsh can carry."""
    name = f"{policy_name}: {rule_name}"
    if len(name) <= MAX_NAME:
        return name
    digest = sha256(folded(name).encode()).hexdigest()[:8]
    return f"{name[: MAX_NAME - len(digest) - 1].rstrip()} {digest}"


def _name(value: str) -> str:
    reason = name_fault(value)
    if reason is not None:
        raise Invalid(f"{value!r} {reason}" if value else reason)
    return value


def _remote(value: str) -> str:
    side = parse_endpoint(value)
    if side.kind is Kind.ME:
        raise Invalid("is this host; say who the others are")
    return str(side)


def _exempt(value: str) -> str:
    side = _remote(value)
    if side in {"any", "::/0"}:
        raise Invalid("exempts everybody; name the hosts, or leave isolate out")
    return side


def _set_of(type: Type, least: int = 0) -> Items:
    return Items(type, least, unordered=True)


_SIDES = "addresses, subnets, ranges, `dns`, `wins`, `dhcp` or `gateway`"
_PORTS = "`tcp/80`, `udp/1434`, `tcp`, `udp`, `icmp`, `any`, or `proto/47` for a protocol by its number"
_EVERYBODY = Property(
    _set_of(Text(_remote), 1), f"The other side: {_SIDES}; everybody, over IPv4 and IPv6, when left out.", default=[ANY]
)

BLOCK = Record(
    "Block",
    "Traffic that is dropped, whatever else the policy lets through.",
    {
        "ports": Property(_set_of(Text(service), 1), f"What is blocked: {_PORTS}.", required=True),
        "direction": Property(
            Choice(("in", "out", "both")),
            "`in` for what comes to these ports of this host, `out` for what it sends to these ports of others, or `both`.",
            default="both",
        ),
        "remotes": _EVERYBODY,
    },
)

OUTBOUND = Record(
    "Outbound",
    "What this host may ask of others.",
    {
        "ports": Property(_set_of(Text(service), 1), f"Ports of the others: {_PORTS}.", default=[ANY]),
        "destinations": replace(_EVERYBODY, description=f"The others: {_SIDES}; everybody when left out."),
    },
)

ALLOW_ONLY = Record(
    "AllowOnly",
    "What this host serves and asks; everything else is blocked, both ways.",
    {
        "ports": Property(
            _set_of(Text(service)), f"Ports of this host that others may reach: {_PORTS}. May be empty.", required=True
        ),
        "remotes": replace(_EVERYBODY, description=f"Who may reach them: {_SIDES}; everybody when left out."),
        "outbound": Property(
            _set_of(OUTBOUND),
            "What this host may ask of others. Left out, it may ask its name servers and renew its address; given, even "
            "empty, it may ask for exactly this. Answers come back, and with them whoever sends from such a port: name "
            "the destinations.",
            managed=True,
        ),
    },
)


def _isolate_faults(properties: Properties) -> list[Fault]:
    kerberos = any("kerberos" in item for item in properties["authMethods"])
    if kerberos and properties["mode"] == REQUIRE and "exempt" not in properties:
        return [
            Fault(
                "exempt",
                "is missing: tickets come from the domain controllers, which nobody reaches before he has one; list their "
                "addresses",
            )
        ]
    methods = properties["methods"]
    return [
        Fault(f"methods[{index}]", f"says {name} a second time")
        for index, name in enumerate(methods)
        if name in methods[:index]
    ]


ISOLATE = Record(
    "Isolate",
    "Only hosts that authenticate may talk with this one. Name servers and DHCP stay in clear, and ICMP unless allowOnly is there as well.",
    {
        "exempt": Property(
            _set_of(Text(_exempt)),
            f"Who is talked with in clear, domain controllers above all: {_SIDES}. Required with Kerberos and mode require; an empty list is warned of.",
        ),
        "mode": Property(
            Choice((REQUEST, REQUIRE)),
            "`require` drops what is not secured; `request` asks for security and goes on in clear without it, for the "
            "first weeks of a rollout.",
            default=REQUIRE,
        ),
        "methods": Property(
            Items(Choice(tuple(METHODS)), 1),
            "How traffic is secured, in order of preference: "
            + ", ".join(f"`{name}`" for name in METHODS)
            + ". `ah-…` "
            "does not pass address translation.",
            default=["integrity-sha1"],
        ),
        "authMethods": replace(AUTH_METHODS, default=[{"kerberos": True}], managed=True),
    },
    _isolate_faults,
)

MANAGEMENT = Record(
    "Management",
    "The way by which the host is managed.",
    {
        "sources": replace(_EVERYBODY, description=f"Who manages the host: {_SIDES}; everybody when left out."),
        "ports": Property(
            _set_of(Number(1, 65_535), 1), "TCP ports that stay open; the port of the connection when left out."
        ),
    },
)


def _timer_faults(properties: Properties) -> list[Fault]:
    if 0 < properties["revertAfter"] < SHORTEST_REVERT:
        return [Fault("revertAfter", f"must be 0 or at least {SHORTEST_REVERT} seconds")]
    return []


_NAMED = Property(Text(_name, names=True), "")

RULE_FILTER_LIST = Record(
    "RuleFilterList",
    "The traffic that a rule applies to.",
    {
        "name": replace(_NAMED, description="Name of the filter list on the host; `POLICY: RULE` when left out."),
        "description": DESCRIPTION,
        "filters": Property(_set_of(FILTER), "The filters, in any order.", required=True),
    },
)

RULE_FILTER_ACTION = Record(
    "RuleFilterAction",
    "What a rule does with its traffic.",
    {
        "name": replace(_NAMED, description="Name of the filter action on the host; `POLICY: RULE` when left out."),
        **{name: item for name, item in filter_action.RECORD.properties.items() if name not in {"name", "connection"}},
    },
    filter_action.action_faults,
)

RULE = Record(
    "PolicyRule",
    "A rule with its filter list and its filter action.",
    {
        "name": replace(_NAMED, description="Name of the rule; no two rules of the policy share one.", required=True),
        **{
            name: rule.RECORD.properties[name]
            for name in ("description", "active", "connectionType", "tunnelEndpoint", "authMethods")
        },
        "filterList": Property(RULE_FILTER_LIST, "The traffic it applies to.", required=True),
        "filterAction": Property(RULE_FILTER_ACTION, "What it does with that traffic.", required=True),
    },
)
RULES = Items(RULE, unordered=True, key="name")

RECORD = Record(
    "HostPolicy",
    "A whole policy.",
    {
        **{name: item for name, item in policy.RECORD.properties.items() if name != "connection"},
        "block": Property(_set_of(BLOCK), "Traffic that is dropped, whatever the rest of the policy lets through."),
        "allowOnly": Property(ALLOW_ONLY, "What this host serves and asks; everything else is blocked."),
        "isolate": Property(
            ISOLATE,
            "Only hosts that authenticate may talk with this one. Together with `allowOnly`, they alone reach its ports.",
        ),
        "rules": Property(RULES, "Further rules, in any order: among all filters the more specific one wins."),
        "management": Property(
            Either(MANAGEMENT, Choice((ANY, NONE))),
            "The way in that stays open: `any` permits the WinRM port of the connection from everybody, an object says "
            "from whom, `none` leaves it to the other rules.",
            default=ANY,
        ),
        "assigned": Property(Flag(), "Whether the policy is the active one of the host.", default=True),
        "allowOverridden": Property(Flag(), "Assign it although a policy of the domain overrides it.", default=False),
        "revertAfter": Property(
            Number(0, _DAY),
            "Seconds after which the host goes back to its former policy by itself, unless a new connection confirms the "
            f"change; {SHORTEST_REVERT} at least. With 0 a change that would close the way in is refused.",
            default=REVERT_AFTER,
        ),
        "expandedRules": Property(
            RULES,
            "What `management`, `block`, `allowOnly` and `isolate` come to: rules with their filter lists and filter "
            "actions, in the form of `rules`.",
            computed=True,
        ),
        "connection": CONNECTION_PROPERTY,
    },
    _timer_faults,
)
