"""Random valid inputs of every resource, and what they become where a host cannot have them.

Valid means: by the spec and the design's rules for names, not by asking the provider (spec: ipsec-policy 1.5, 1.6;
design 2.2, items 1, 3 and 9).
"""

from __future__ import annotations

import copy
import ipaddress
import unicodedata
from typing import Any

from hypothesis import strategies as st
from protocol_values import Secret
from resource_site import FILTER_ACTION, FILTER_LIST, POLICY, RULE, Site

_LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"), exclude_characters='"')
_AWKWARD = st.sampled_from(
    [
        *("%PATH%", "100%", "a%b%c", "^&|<>!", "name=x", "a = b", "' '", "-x", "/?", "a\\b", "C:\\x", "#1", "(a)"),
        *(
            "tcp;80",
            "ä",
            "方針",
            "Ωmega",
            "😀",
            "all of them",
            "allgemein",
            "ALL2",
            "\u00a0x",
            "a  b",
            "!x!",
            "$(x)",
            "@",
        ),
    ]
)


def _sayable(text: str) -> bool:
    return text == text.strip() and not text.endswith("\\") and unicodedata.is_normalized("NFC", text)


DESCRIPTIONS = (_AWKWARD | st.text(_LETTERS, max_size=40)).filter(_sayable)
_ADDRESSES = st.integers(1, 2**32 - 2).map(lambda number: str(ipaddress.IPv4Address(number)))
_ADDRESSES_6 = st.integers(1, 2**128 - 2).map(lambda number: str(ipaddress.IPv6Address(number)))


def _range(ends: tuple[str, str]) -> str:
    first, last = sorted(ends, key=ipaddress.ip_address)
    return f"{first}-{last}"


_WORDS = st.sampled_from(["any", "dns", "wins", "dhcp", "gateway"])
_SIDES = st.one_of(
    _WORDS,
    _ADDRESSES,
    st.tuples(_ADDRESSES, st.integers(1, 32)).map(lambda parts: f"{parts[0]}/{parts[1]}"),
    st.tuples(_ADDRESSES, _ADDRESSES).map(_range),
    _ADDRESSES_6,
    st.tuples(_ADDRESSES_6, st.integers(0, 128)).map(lambda parts: f"{parts[0]}/{parts[1]}"),
    st.tuples(_ADDRESSES_6, _ADDRESSES_6).map(_range),
)
_PORTS = st.just(0) | st.integers(0, 65535)


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    """One filter; a server word or an address of whatever family stands opposite `me` or `any`."""
    one = draw(_SIDES)
    other = "me" if one in {"any", "dns", "wins", "dhcp", "gateway"} else draw(st.sampled_from(["me", "any"]))
    source, destination = draw(st.permutations([one, other]))
    found: dict[str, Any] = {"source": source, "destination": destination, "mirrored": draw(st.booleans())}
    protocol = draw(st.sampled_from(["any", "icmp", "tcp", "udp", "raw"]) | st.integers(2, 254))
    found["protocol"] = protocol
    if protocol in {"tcp", "udp", 6, 17}:
        found |= {"sourcePort": draw(_PORTS), "destinationPort": draw(_PORTS)}
    if draw(st.booleans()) and (text := draw(DESCRIPTIONS)):
        found["description"] = text
    return found


def span(side: str) -> Any:
    """What a side stands for, however it is spelled."""
    if not side[0].isdigit() and ":" not in side:
        return side
    first, dash, last = side.partition("-")
    if dash:
        ends = (int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last)))
    else:
        network = ipaddress.ip_network(side, strict=False)
        ends = (int(network[0]), int(network[-1]))
    return ("any" if ends == (0, 2**32 - 1) else ends, ":" in side)


def traffic(item: dict[str, Any]) -> Any:
    """What a filter matches, however it is spelled."""
    protocol = {"any": 0, "icmp": 1, "tcp": 6, "udp": 17, "raw": 255}.get(item["protocol"], item["protocol"])
    ports = item.get("sourcePort", 0), item.get("destinationPort", 0)
    return span(item["source"]), span(item["destination"]), protocol, ports, item["mirrored"]


def _described(program: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    described = st.tuples(program, DESCRIPTIONS.filter(bool)).map(lambda parts: {**parts[0], "description": parts[1]})
    return program | described


FILTER_LISTS = _described(
    st.fixed_dictionaries({"filters": st.lists(filters(), max_size=6, unique_by=lambda item: repr(traffic(item)))})
)
_LIFETIMES = st.sampled_from([0, 1, 300, 3600, 20480, 100000, 4294967295])
_ESP = st.fixed_dictionaries(
    {"encryption": st.sampled_from(["none", "des", "3des"]), "integrity": st.sampled_from(["none", "md5", "sha1"])}
).filter(lambda esp: esp != {"encryption": "none", "integrity": "none"})
_OFFERS = st.one_of(
    st.fixed_dictionaries({"ah": st.sampled_from(["md5", "sha1"])}),
    st.fixed_dictionaries({"esp": _ESP}),
    st.fixed_dictionaries({"ah": st.sampled_from(["md5", "sha1"]), "esp": _ESP}),
).flatmap(
    lambda offer: st.fixed_dictionaries(
        {name: st.just(value) for name, value in offer.items()},
        optional={"lifetimeKilobytes": _LIFETIMES, "lifetimeSeconds": _LIFETIMES},
    )
)
FILTER_ACTIONS = _described(
    st.sampled_from([{"action": "permit"}, {"action": "block"}])
    | st.fixed_dictionaries(
        {"action": st.just("negotiate")},
        optional={
            "securityMethods": st.lists(_OFFERS, min_size=1, max_size=5),
            "sessionPfs": st.booleans(),
            "inboundPassThrough": st.booleans(),
            "softFallback": st.booleans(),
        },
    )
)
_KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\'), min_size=6, max_size=40)
_AUTHORITIES = st.sampled_from(
    ["CN=Root", 'CN="Example, inc." Root, O=Example', "C=US, O=Example, OU=PKI 1, CN=A & B (100%)", "CN=Größe"]
)
_METHODS = {
    "kerberos": st.just({"kerberos": True}),
    "key": _KEYS.map(lambda key: {"presharedKey": Secret(key)}),
    "ca": st.fixed_dictionaries(
        {"name": _AUTHORITIES}, optional={"certificateMapping": st.booleans(), "excludeCaName": st.booleans()}
    ).map(lambda authority: {"rootCa": authority}),
}
_AUTHENTICATION = st.lists(
    st.sampled_from(["kerberos", "key", "ca", "ca"]),
    min_size=1,
    max_size=4,
    unique_by=lambda name: name if name != "ca" else object(),
).flatmap(lambda names: st.tuples(*(_METHODS[name] for name in names)).map(list))
_MAIN_MODE = st.fixed_dictionaries(
    {
        "encryption": st.sampled_from(["des", "3des"]),
        "integrity": st.sampled_from(["md5", "sha1"]),
        "dhGroup": st.sampled_from(["group1", "group2", "group14"]),
    }
)
_MINUTES = st.sampled_from([1, 2, 59, 60, 61, 180, 480, 10800, 71582788])
POLICIES = _described(
    st.fixed_dictionaries(
        {},
        optional={
            "masterPfs": st.booleans(),
            "quickModesPerMainMode": st.sampled_from([0, 1, 4294967295]),
            "mainModeLifetimeMinutes": _MINUTES,
            "pollingIntervalMinutes": _MINUTES,
            "mainModeMethods": st.lists(_MAIN_MODE, min_size=1, max_size=5),
            "defaultRule": st.fixed_dictionaries(
                {"active": st.booleans(), "sessionPfs": st.booleans()},
                optional={
                    "securityMethods": st.lists(_OFFERS, min_size=1, max_size=3),
                    "authMethods": _AUTHENTICATION,
                },
            ),
        },
    )
)
RULES = _described(
    st.fixed_dictionaries(
        {"authMethods": _AUTHENTICATION},
        optional={
            "active": st.booleans(),
            "connectionType": st.sampled_from(["all", "lan", "dialup"]),
            "tunnelEndpoint": _ADDRESSES | _ADDRESSES_6,
        },
    )
)
NAMES = (_AWKWARD | st.text(_LETTERS, min_size=1, max_size=20)).filter(
    lambda name: bool(name) and _sayable(name) and name.casefold() != "all"
)


def has_key(program: dict[str, Any]) -> bool:
    """Whether a pre-shared key is among the methods; it travels with ASCII text only (design 2.2, 9)."""
    methods = program.get("authMethods", program.get("defaultRule", {}).get("authMethods", []))
    return any("presharedKey" in method for method in methods)


def plain(program: dict[str, Any]) -> dict[str, Any]:
    """The program without text that cannot stand beside a key."""
    if not has_key(program):
        return program
    program = copy.deepcopy(program)
    if not program.get("description", "").isascii():
        del program["description"]
    for method in program.get("authMethods", program.get("defaultRule", {}).get("authMethods", [])):
        if "rootCa" in method and not method["rootCa"]["name"].isascii():
            method["rootCa"]["name"] = "CN=Root"
    return program


def possible(site: Site, kind: str, program: dict[str, Any]) -> dict[str, Any]:
    """The nearest program that the host of this site can have, whatever is guessed about it."""
    program = plain(copy.deepcopy(program))
    rule = program.get("defaultRule", {})
    methods = program.get("authMethods", rule.get("authMethods", []))
    if site.guess("netsh.authentication_order") == "kerberos_first":
        methods.sort(key=lambda method: "kerberos" not in method)
    if site.guess("netsh.certmap_outside_domain") == "refused":
        for method in methods:
            method.get("rootCa", {}).pop("certificateMapping", None)
    if site.guess("netsh.dh2048") == "new_dh":
        program.get("mainModeMethods", []).sort(key=lambda method: method["dhGroup"] != "group14")
    if site.guess("netsh.lifetime_limits") == "enforced":
        for offer in program.get("securityMethods", rule.get("securityMethods", [])):
            _lengthen(offer)
    if site.guess("netsh.rule_on_empty_list") == "refused" and program.get("filters") == []:
        program["filters"] = [{"source": "any", "destination": "me", "protocol": "any", "mirrored": True}]
    if site.guess("netsh.tunnel_mirrored") == "refused" and kind == RULE:
        program.pop("tunnelEndpoint", None)
    for path in {"description", "policy", "filterList", "filterAction"} & program.keys():
        program[path] = legible(site, program[path])
    return program


def legible(site: Site, text: str) -> str:
    """The nearest text that the host of this site prints as it is."""
    if site.guess("reg.code_page") != "oem":
        return text
    return "".join(letter if letter.isascii() else f"{ord(letter):x}" for letter in text)


def _lengthen(offer: dict[str, Any]) -> None:
    for name, least in (("lifetimeKilobytes", 20480), ("lifetimeSeconds", 300)):
        if 0 < offer.get(name, 0) < least:
            offer[name] = least


@st.composite
def hosts(draw: st.DrawFn) -> dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]]:
    """What a host is to hold, and then to hold instead: programs by kind and name, `*Guid` names standing for ids."""
    names = draw(st.lists(NAMES, min_size=6, max_size=6, unique_by=str.casefold))
    found: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}
    kinds = [FILTER_LIST, FILTER_LIST, FILTER_ACTION, FILTER_ACTION, POLICY]
    values = {FILTER_LIST: FILTER_LISTS, FILTER_ACTION: FILTER_ACTIONS, POLICY: POLICIES}
    for kind, name in zip(kinds, names, strict=False):
        programs = draw(st.tuples(values[kind], values[kind]))
        if not name.isascii():
            programs = tuple(_without_key(program) for program in programs)
        found[kind, name] = programs
    lists, actions, policy = names[:2], names[2:4], names[4]
    first, second = draw(st.tuples(RULES, RULES))
    tunnel = first.pop("tunnelEndpoint", None), second.pop("tunnelEndpoint", None)
    if all(tunnel):  # a tunnel that comes or goes makes another rule
        first["tunnelEndpoint"], second["tunnelEndpoint"] = tunnel
    rules = []
    for program, number in ((first, 0), (second, draw(st.integers(0, 1)))):
        references = {"policy": policy, "filterList": lists[number], "filterAction": actions[number]}
        foreign = not all(text.isascii() for text in (names[5], *references.values()))
        rules.append({**(_without_key(program) if foreign else program), **references})
    found[RULE, names[5]] = (rules[0], rules[1])
    return found


def _without_key(program: dict[str, Any]) -> dict[str, Any]:
    if not has_key(program):
        return program
    program = copy.deepcopy(program)
    (program if "authMethods" in program else program["defaultRule"])["authMethods"] = [{"kerberos": True}]
    return program


def single_filters() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Filters for a list that nobody owns."""
    return st.lists(filters(), min_size=1, max_size=4, unique_by=lambda item: repr(traffic(item)))
