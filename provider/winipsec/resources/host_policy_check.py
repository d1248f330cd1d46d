"""What `Check` of a `HostPolicy` does beyond its single properties: fills in, expands, and finds contradictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from winipsec.model.filters import duplicates
from winipsec.model.invalid import Fault, at
from winipsec.model.names import folded
from winipsec.resources import filter_action, policy, rule
from winipsec.resources.declaration import Faults, Property, Record, Text
from winipsec.resources.desired import filter_of, security_method_of
from winipsec.resources.fields import auth_faults
from winipsec.resources.host_policy_record import METHODS, NONE, RECORD, REQUEST, REQUIRE, object_name
from winipsec.resources.precedence import IN, OUT, Way
from winipsec.resources.scenarios import (
    asked_ways,
    blocked_ways,
    expand,
    is_everybody,
    management_ways,
    served_ways,
)
from winipsec.resources.services import parse_service
from winipsec.resources.values import UNKNOWN, contains_unknown

Properties = dict[str, Any]

EXPANDED, RULES = "expandedRules", "rules"


def completed(inputs: Properties, olds: Properties, winrm_ports: Sequence[int]) -> Properties:
    """Inputs with all that is left out and has no fixed default, and with `expandedRules`.

    Those are unknown as long as anything that they follow from is. `winrm_ports` are those on which the connection
    reaches the host.
    """
    filled = policy.completed(inputs, olds)
    if isinstance(filled.get(RULES), list):
        before = {folded(item["name"]): item for item in olds.get(RULES, ())}
        filled = {**filled, RULES: [_completed_rule(item, before) for item in filled[RULES]]}
    known = {name: filled[name] for name in _SCENARIOS.properties if name in filled}
    if contains_unknown(known) or filled.get(RULES) is UNKNOWN:
        return {**filled, EXPANDED: UNKNOWN}
    mistakes: Faults = []
    _SCENARIOS.normal(known, "", mistakes)
    return filled if mistakes else {EXPANDED: expand(filled, winrm_ports), **filled}


_SCENARIOS = Record(
    "Scenarios",
    "What expanded rules follow from.",
    {name: RECORD.properties[name] for name in ("management", "block", "allowOnly", "isolate")}
    | {"name": Property(Text(), "Name of the policy.", required=True)},
)


def _completed_rule(item: Any, before: Mapping[str, Properties]) -> Any:
    if not isinstance(item, dict):
        return item
    name = item.get("name")
    old = before.get(folded(name), {}) if isinstance(name, str) else {}
    filled = rule.completed(item, old)
    action = filled.get("filterAction")
    if isinstance(action, dict):
        filled = {**filled, "filterAction": filter_action.completed(action, old.get("filterAction", {}))}
    return filled


def faults(inputs: Properties, winrm_ports: Sequence[int]) -> list[Fault]:
    """What is wrong with completed inputs that are all known."""
    expanded = expand(inputs, winrm_ports)
    if inputs.get(EXPANDED) != expanded:
        return [
            Fault(
                EXPANDED, "is worked out from the scenario blocks; leave it out, and write rules of your own in rules"
            )
        ]
    return [
        *_authentication(inputs),
        *_blocks(inputs, winrm_ports),
        *_allowed(inputs),
        *(list(_names(inputs)) or _shared(inputs)),
        *_duplicates(inputs),
    ]


def _authentication(inputs: Properties) -> Iterator[Fault]:
    """A key beside a text that script files cannot carry, or a method said twice."""
    called = {"name": inputs["name"]}
    yield from policy.default_rule_faults(inputs)
    yield from auth_faults(inputs.get("isolate", {}).get("authMethods", []), "isolate.authMethods", called)
    for index, item in enumerate(inputs.get(RULES, [])):
        path = f"{RULES}[{index}]"
        texts = {**called, **{f"{path}.{name}": item[name] for name in _TEXTS if name in item}}
        for part in ("filterList", "filterAction"):
            texts.update({f"{path}.{part}.name": item[part]["name"]} if "name" in item[part] else {})
        yield from auth_faults(item.get("authMethods", []), f"{path}.authMethods", texts)


_TEXTS = ("name", "description", "tunnelEndpoint")


def _blocks(inputs: Properties, winrm_ports: Sequence[int]) -> Iterator[Fault]:
    ways_in = [way for way in management_ways(inputs, winrm_ports) if way.direction == IN]
    for path, entry, text in _entries(inputs, "block", "ports"):
        if parse_service(text).is_everything and is_everybody(entry["remotes"]):
            yield Fault(path, "blocks everybody from everything; for that, write allowOnly with an empty list of ports")
        elif any(way_in.covers(way) for way in blocked_ways(entry, text) for way_in in ways_in):
            reason = "is the way in, which management keeps open; say with management.sources who may come"
            yield Fault(path, f"{reason}, or management: none")


def _allowed(inputs: Properties) -> Iterator[Fault]:
    only = inputs.get("allowOnly")
    if only is None:
        return
    for index, text in enumerate(only["ports"]):
        path = f"allowOnly.ports[{index}]"
        if parse_service(text).is_everything and is_everybody(only["remotes"]):
            yield Fault(path, "lets everybody in, so that nothing is left to block; name ports, or remotes")
        yield from _blocked(path, [way for way in served_ways(only, text) if way.direction == IN], inputs)
    for path, entry, text in _entries(only, "outbound", "ports"):
        if parse_service(text).is_everything and is_everybody(entry["destinations"]):
            reason = "opens everything, both ways, since filters cannot tell answers; name ports, or destinations"
            yield Fault(f"allowOnly.{path}", reason)
        yield from _blocked(
            f"allowOnly.{path}", [way for way in asked_ways(entry, text) if way.direction == OUT], inputs
        )


def _blocked(path: str, wanted: Sequence[Way], inputs: Properties) -> Iterator[Fault]:
    """Ports that are allowed, and blocked for all the same hosts."""
    for by, entry, text in _entries(inputs, "block", "ports"):
        blocked = blocked_ways(entry, text)
        if all(any(way.covers(item) for way in blocked) for item in wanted):
            yield Fault(path, f"is blocked by {by}; drop one of the two")
            return


def _entries(inputs: Properties, name: str, ports: str) -> Iterator[tuple[str, Properties, str]]:
    """Every port of a list of entries: its path, its entry, its text."""
    for index, entry in enumerate(inputs.get(name, [])):
        for place, text in enumerate(entry[ports]):
            yield f"{name}[{index}].{ports}[{place}]", entry, text


def _names(inputs: Properties) -> Iterator[Fault]:
    taken = {folded(item["name"]): "a rule that the scenario blocks make" for item in inputs[EXPANDED]}
    for index, item in enumerate(inputs.get(RULES, [])):
        path = f"{RULES}[{index}]"
        first = taken.setdefault(folded(item["name"]), path)
        if first != path:
            yield Fault(f"{path}.name", f"is the name of {first} too; no two rules of a policy share one")


def _shared(inputs: Properties) -> Iterator[Fault]:
    """Two rules may name the same list, or the same action, if they mean the same by it."""
    for part, kind in (("filterList", "filter list"), ("filterAction", "filter action")):
        known: dict[str, tuple[str, Any]] = {}
        for source in (EXPANDED, RULES):
            for index, item in enumerate(inputs.get(source, [])):
                path = f"{source}[{index}].{part}"
                name = item[part].get("name") or object_name(inputs["name"], item["name"])
                first, content = known.setdefault(folded(name), (path, _content(item[part])))
                if content != _content(item[part]):
                    where = "the scenario blocks make" if first.startswith(EXPANDED) else f"{first} describes"
                    yield Fault(path, f"differs from the {kind} {name!r} that {where}; use another name")


def _content(item: Properties) -> Any:
    content = {name: value for name, value in item.items() if name not in {"name", "filters"}}
    return content, {frozenset(entry.items()) for entry in item.get("filters", [])}


def _duplicates(inputs: Properties) -> Iterator[Fault]:
    for index, item in enumerate(inputs.get(RULES, [])):
        found = duplicates([filter_of(entry) for entry in item["filterList"]["filters"]])
        yield from at(f"{RULES}[{index}].filterList.filters", found)


def warnings(inputs: Properties) -> list[str]:
    """What the user of checked inputs should know, though nothing is wrong with it."""
    return [*_way_in_warnings(inputs), *_isolation_warnings(inputs), *_offer_warnings(inputs), *_hole_warnings(inputs)]


def _way_in_warnings(inputs: Properties) -> Iterator[str]:
    if inputs["management"] == NONE and (inputs.keys() & {"allowOnly", "isolate"}):
        yield (
            "management is none: nothing but allowOnly, isolate and rules decides whether this host can be reached over "
            "WinRM again."
        )


def _isolation_warnings(inputs: Properties) -> Iterator[str]:
    isolate = inputs.get("isolate")
    if isolate is None:
        return
    if isolate["mode"] == REQUEST:
        yield "isolate.mode is request: who does not negotiate is talked with in clear, and gets in. Require it in the end."
    kerberos = any("kerberos" in item for item in isolate["authMethods"])
    if isolate["mode"] == REQUIRE and kerberos and not isolate.get("exempt"):
        yield "isolate.exempt is empty: unless rules let this host reach its domain controllers, no ticket comes, and nobody in."


def _offer_warnings(inputs: Properties) -> Iterator[str]:
    """AH does not pass address translation; MD5 and DES are no protection to count on (spec: ipsec-policy 1.6)."""
    offers = [("isolate.methods", METHODS[name]) for name in inputs.get("isolate", {}).get("methods", [])]
    for index, item in enumerate(inputs.get(RULES, [])):
        path = f"{RULES}[{index}].filterAction.securityMethods"
        offers += [(path, security_method_of(method)) for method in item["filterAction"].get("securityMethods", [])]
    for path in dict.fromkeys(path for path, _ in offers):
        methods = [method for at_path, method in offers if at_path == path]
        if any(method.ah for method in methods):
            yield f"{path}: AH covers the addresses of a packet, so it does not pass address translation (NAT). ESP does."
        esp = [method.esp for method in methods if method.esp is not None]
        used = {word for item in esp for word in (item.encryption, item.integrity)} | {method.ah for method in methods}
        weak = [word.upper() for word in ("des", "md5") if word in used]
        if weak:
            yield f"{path}: {' and '.join(weak)} can be broken; offer it only where a peer knows nothing better."


def _hole_warnings(inputs: Properties) -> Iterator[str]:
    """Answers cannot be told from attacks (spec: traffic-engine 9)."""
    if "isolate" in inputs:
        return
    for path, entry, text in _entries(inputs.get("allowOnly", {}), "outbound", "ports"):
        if is_everybody(entry["destinations"]):
            yield (
                f"allowOnly.{path}: filters cannot tell answers, so whoever sends from {text} reaches every port of this "
                "host. Name the destinations."
            )
