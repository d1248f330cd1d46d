"""One case for every input property of every resource: how it is written, how it drifts, which paths name that.

A subject is a property, named by resource and path, `[]` for any element: `FilterAction.securityMethods[].esp.integrity`. Each case
has an object of its own on the host, so that all of them can drift at once. In the commands, NAME is the name of that
object; LIST, OTHERLIST, ACTION, OTHERACTION, POLICY and OTHERPOLICY are those of the stage that rules refer to; a
single filter has a list of its own, `list of NAME`.

What a host does not hold cannot drift: there the program changes instead, to `program`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import console
from winipsec_lab.store.values import Address, Ports
from winipsec_lab.testing import Host

SCHEMA = Path(__file__).parents[2] / "provider" / "schema.json"
KEY, OTHER_KEY = "first key", "second key"
CA, OTHER_CA = "CN=Root One, O=Example", "CN=Root Two, O=Example"

Edit = Callable[[Host, str], None]


@dataclass(frozen=True)
class Case:
    """One property. `change` is netsh commands, or an edit that netsh cannot make."""

    subject: str
    inputs: dict[str, Any]
    change: tuple[str, ...] | Edit
    paths: dict[str, str]
    program: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        """The resource type."""
        return self.subject.partition(".")[0]


def properties() -> Iterator[str]:
    """Every input property of every resource in the schema, nested ones too, but for `connection`.

    The parts of a `HostPolicy` are those of the others; its own paths have a test of their own.
    """
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    def below(path: str, declared: dict[str, Any]) -> Iterator[str]:
        yield path
        of = declared
        while of.get("type") == "array":
            of, path = of["items"], f"{path}[]"
        if "$ref" in of:
            inner = schema["types"][of["$ref"].removeprefix("#/types/")]
            for name, item in inner["properties"].items():
                yield from below(f"{path}.{name}", item)

    single = {token: item for token, item in schema["resources"].items() if not token.endswith(":HostPolicy")}
    for token, resource in single.items():
        for name, declared in resource["inputProperties"].items():
            if name != "connection":
                yield from below(f"{token.rpartition(':')[2]}.{name}", declared)


# --- filter lists ---

FILTER = {"source": "any", "destination": "me", "protocol": "tcp", "sourcePort": 1024, "destinationPort": 80}
_SAID = {"srcaddr": "any", "dstaddr": "me", "protocol": "tcp", "srcport": "1024", "dstport": "80", "mirrored": "yes"}


def _filter_command(verb: str, **changed: str) -> str:
    said = {**_SAID, **changed}
    return f'{verb} filter filterlist="NAME" ' + " ".join(f'{tag}="{value}"' for tag, value in said.items())


def _in_list(name: str, inputs: dict[str, Any], kind: str = "update", **changed: str) -> Case:
    """One filter of an owned list replaced by one that differs in one field."""
    return Case(
        f"FilterList.filters[].{name}",
        {"filters": [{"source": "10.1.0.0/16", "destination": "me"}, {**FILTER, **inputs}]},
        (_filter_command("delete"), _filter_command("add", **changed)),
        {f"filters[1].{name}": kind},
    )


FILTER_LISTS = (
    Case(
        "FilterList.name", {"filters": []}, ('set filterlist name="NAME" newname="NAME by hand"',), {"name": "update"}
    ),
    Case(
        "FilterList.description",
        {"description": "as written"},
        ('set filterlist name="NAME" description="by hand"',),
        {"description": "update"},
    ),
    Case(
        "FilterList.filters",
        {"filters": [FILTER]},
        (_filter_command("add", dstport="443"),),
        {"filters[1]": "delete"},
    ),
    _in_list("source", {}, srcaddr="10.0.0.7"),
    _in_list("destination", {}, dstaddr="10.0.0.7"),
    _in_list("protocol", {}, protocol="udp"),
    _in_list("sourcePort", {}, srcport="1025"),
    _in_list("destinationPort", {}, dstport="81"),
    _in_list("mirrored", {}, mirrored="no"),
    _in_list("description", {"description": "as written"}, "add"),
)


# --- single filters ---


def _edited(**changes: Any) -> Edit:
    return lambda host, name: console.edit_filter(host, f"list of {name}", **changes)


def _single(name: str, kind: str, **changes: Any) -> Case:
    """One filter that others edit, changed in place as the console does it."""
    return Case(
        f"Filter.{name}",
        {**FILTER, "description": "as written"},
        _edited(**changes),
        {name: kind},
    )


FILTERS = (
    Case(
        "Filter.filterList",
        {**FILTER},
        ('set filterlist name="list of NAME" newname="NAME by hand"',),
        {"filterList": "update"},
    ),
    _single("source", "update-replace", source=Address("single", 0x0A000007)),
    _single("destination", "update-replace", destination=Address("single", 0x0A000007)),
    _single("protocol", "update-replace", protocol=17),
    _single("sourcePort", "update-replace", source_ports=Ports(1025, 1025)),
    _single("destinationPort", "update-replace", destination_ports=Ports(81, 81)),
    _single("mirrored", "update-replace", mirrored=False),
    _single("description", "update", description="by hand"),
)


# --- filter actions ---


def _methods(command: str, inputs: str, of: str, to: str, path: str, kind: str = "update") -> Case:
    """Offers in the resource type and property of `of`, drifting to what netsh calls `to`."""
    owner, _, where = of.partition("[")[0].partition(".")
    offers = _OFFERS[inputs]
    given: dict[str, Any] = {"securityMethods": offers}
    settings = (
        {"action": "negotiate", **given} if owner == "FilterAction" else {"defaultRule": {"active": True, **given}}
    )
    return Case(of, settings, (f'{command} qmsecmethods="{to}"',), {f"{where}{path}": kind})


def _offer(*, ah: str = "", esp: tuple[str, str] | None = None) -> dict[str, Any]:
    parts: dict[str, Any] = {"lifetimeKilobytes": 50_000, "lifetimeSeconds": 900}
    if ah:
        parts["ah"] = ah
    if esp:
        parts["esp"] = {"encryption": esp[0], "integrity": esp[1]}
    return parts


_OFFERS = {
    "esp": [_offer(esp=("3des", "sha1"))],
    "ah": [_offer(ah="sha1")],
    "both": [_offer(ah="sha1", esp=("3des", "sha1"))],
}
_LIFE = "50000k/900s"


def _all_methods(command: str, base: str) -> tuple[Case, ...]:
    return (
        _methods(command, "esp", base, f"ESP[3DES,SHA1]:{_LIFE} AH[MD5]:{_LIFE}", "[1]", "delete"),
        _methods(command, "ah", f"{base}[].ah", f"AH[MD5]:{_LIFE}", "[0].ah"),
        _methods(command, "both", f"{base}[].esp", f"AH[SHA1]:{_LIFE}", "[0].esp", "add"),
        _methods(command, "esp", f"{base}[].esp.encryption", f"ESP[DES,SHA1]:{_LIFE}", "[0].esp.encryption"),
        _methods(command, "esp", f"{base}[].esp.integrity", f"ESP[3DES,MD5]:{_LIFE}", "[0].esp.integrity"),
        _methods(command, "esp", f"{base}[].lifetimeKilobytes", "ESP[3DES,SHA1]:60000k/900s", "[0].lifetimeKilobytes"),
        _methods(command, "esp", f"{base}[].lifetimeSeconds", "ESP[3DES,SHA1]:50000k/600s", "[0].lifetimeSeconds"),
    )


def _action(name: str, inputs: dict[str, Any], said: str, kind: str = "update") -> Case:
    return Case(f"FilterAction.{name}", inputs, (f'set filteraction name="NAME" {said}',), {name: kind})


FILTER_ACTIONS = (
    _action("name", {"action": "block"}, 'newname="NAME by hand"'),
    _action("description", {"action": "block"}, 'description="by hand"', "delete"),
    _action("action", {"action": "block"}, "action=permit"),
    _action("sessionPfs", {"action": "negotiate"}, "qmpfs=yes"),
    _action("inboundPassThrough", {"action": "negotiate"}, "inpass=yes"),
    _action("softFallback", {"action": "negotiate", "softFallback": True}, "soft=no"),
    *_all_methods('set filteraction name="NAME"', "FilterAction.securityMethods"),
)


# --- ways to authenticate ---


def _auth(command: str, base: str, inputs: list[dict[str, Any]], below: str, to: str, paths: dict[str, str]) -> Case:
    owner, _, where = base.partition(".")
    given = {"defaultRule": {"active": True, "authMethods": inputs}} if owner == "Policy" else {"authMethods": inputs}
    return Case(f"{base}{below}", given, (f"{command} {to}",), {f"{where}{path}": kind for path, kind in paths.items()})


def _all_auth(command: str, base: str) -> tuple[Case, ...]:
    kerberos, key, certificate = {"kerberos": True}, {"presharedKey": KEY}, {"rootCa": {"name": CA}}

    def case(inputs: dict[str, Any], below: str, to: str, paths: dict[str, str]) -> Case:
        return _auth(command, base, [inputs], below, to, paths)

    return (
        case(kerberos, "", f'kerberos=yes psk="{KEY}"', {"[1]": "delete"}),
        case(kerberos, "[].kerberos", f'psk="{KEY}"', {"[0].kerberos": "add", "[0].presharedKey": "delete"}),
        case(key, "[].presharedKey", f'psk="{OTHER_KEY}"', {"[0].presharedKey": "update"}),
        case(certificate, "[].rootCa", f'psk="{KEY}"', {"[0].rootCa": "add", "[0].presharedKey": "delete"}),
        case(certificate, "[].rootCa.name", f'rootca="{OTHER_CA}"', {"[0].rootCa.name": "update"}),
        case(
            certificate,
            "[].rootCa.certificateMapping",
            f'rootca="{CA} certmap:yes"',
            {"[0].rootCa.certificateMapping": "update"},
        ),
        case(
            certificate,
            "[].rootCa.excludeCaName",
            f'rootca="{CA} excludecaname:yes"',
            {"[0].rootCa.excludeCaName": "update"},
        ),
    )


# --- policies ---

_MAIN = [{"encryption": "3des", "integrity": "sha1", "dhGroup": "group2"}]


def _policy(name: str, inputs: dict[str, Any], said: str, paths: dict[str, str] | None = None) -> Case:
    return Case(f"Policy.{name}", inputs, (f'set policy name="NAME" {said}',), paths or {name: "update"})


def _main(below: str, to: str, path: str, kind: str = "update") -> Case:
    return _policy(
        f"mainModeMethods{below}",
        {"mainModeMethods": _MAIN},
        f'mmsecmethods="{to}"',
        {f"mainModeMethods{path}": kind},
    )


_DEFAULT_RULE = 'set defaultrule policy="NAME"'
POLICIES = (
    _policy("name", {}, 'newname="NAME by hand"'),
    _policy("description", {"description": "as written"}, 'description="by hand"'),
    _policy("masterPfs", {}, "mmpfs=yes"),
    _policy("quickModesPerMainMode", {"quickModesPerMainMode": 5}, "qmpermm=6"),
    _policy("mainModeLifetimeMinutes", {"mainModeLifetimeMinutes": 60}, "mmlifetime=90"),
    _policy("pollingIntervalMinutes", {"pollingIntervalMinutes": 60}, "pollinginterval=90"),
    _main("", "3DES-SHA1-2 3DES-MD5-2", "[1]", "delete"),
    _main("[].encryption", "DES-SHA1-2", "[0].encryption"),
    _main("[].integrity", "3DES-MD5-2", "[0].integrity"),
    _main("[].dhGroup", "3DES-SHA1-3", "[0].dhGroup"),
    Case(
        "Policy.defaultRule",
        {"defaultRule": {"active": True, "sessionPfs": False}},
        (f"{_DEFAULT_RULE} activate=no qmpfs=yes",),
        {"defaultRule.active": "update", "defaultRule.sessionPfs": "update"},
    ),
    Case("Policy.defaultRule.active", {}, (f"{_DEFAULT_RULE} activate=yes",), {"defaultRule.active": "update"}),
    Case(
        "Policy.defaultRule.sessionPfs",
        {"defaultRule": {"active": True, "sessionPfs": True}},
        (f"{_DEFAULT_RULE} qmpfs=no",),
        {"defaultRule.sessionPfs": "update"},
    ),
    *_all_methods(_DEFAULT_RULE, "Policy.defaultRule.securityMethods"),
    *_all_auth(_DEFAULT_RULE, "Policy.defaultRule.authMethods"),
)


# --- rules ---


def _rule(name: str, inputs: dict[str, Any], said: str, kind: str = "update") -> Case:
    return Case(f"Rule.{name}", inputs, (f"{_SET_RULE} {said}",), {name: kind})


_SET_RULE = 'set rule name="NAME" policy="POLICY"'
RULES = (
    _rule("name", {}, 'newname="NAME by hand"'),
    _rule("description", {"description": "as written"}, 'description="by hand"'),
    Case(
        "Rule.policy",
        {},
        lambda host, name: console.move_rule(host, name, "OTHERPOLICY"),
        {"policy": "update-replace"},
    ),
    _rule("filterList", {}, 'filterlist="OTHERLIST"'),
    _rule("filterAction", {}, 'filteraction="OTHERACTION"'),
    _rule("active", {}, "activate=no"),
    _rule("connectionType", {}, "conntype=lan"),
    _rule("tunnelEndpoint", {"tunnelEndpoint": "10.0.0.1"}, "tunnel=10.0.0.2"),
    *_all_auth(_SET_RULE, "Rule.authMethods"),
)


# --- the assignment ---

ASSIGNMENTS = (
    Case(
        "PolicyAssignment.policy",
        {},
        ('set policy name="OTHERPOLICY" assign=yes',),
        {"policy": "update"},
    ),
    Case("PolicyAssignment.allowOverridden", {}, (), {"allowOverridden": "update"}, program={"allowOverridden": True}),
    Case(
        "PolicyAssignment.allowManagementCut",
        {},
        (),
        {"allowManagementCut": "update"},
        program={"allowManagementCut": True},
    ),
)

STORED = (*FILTER_LISTS, *FILTERS, *FILTER_ACTIONS, *POLICIES, *RULES, ASSIGNMENTS[0])
NOT_STORED = ASSIGNMENTS[1:]
CASES = (*STORED, *NOT_STORED)
