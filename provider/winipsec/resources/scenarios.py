"""What the scenario blocks of a `HostPolicy` come to: rules with their lists and actions (design 2; 2.2, 12).

The wishes, in order of precedence; what stands higher holds against everything below it (`precedence`):

    rule                    from                what becomes of its traffic
    block PORTS             block               block, in the direction asked for: ports below 1024 but the way in
    management              management          permit: the way in, from the sources, and the answers
    block PORTS             block               block: all others
    exempt                  isolate.exempt      permit: everything, both ways
    allow dns, allow dhcp   isolate; allowOnly  permit: name servers, and the lease of the address; not where
                            without outbound    `outbound` says what this host may ask
    allow icmp              isolate alone       permit: a router that says "too large" has no key (as in Windows' own policy)
    allow icmpv6            isolate; allowOnly  permit: IPv6 finds its neighbours by it
    allow PORTS             allowOnly.ports     permit; with isolate: negotiate, so that members alone get in
    allow out PORTS         allowOnly.outbound  the same, for what this host asks of others
    block everything else   allowOnly           block
    isolation               isolate alone       negotiate

Clients take their own ports from 1024 on, so no block of a lower one keeps answers from them, while a block of TCP 4444
would. Where nothing closes the way in there is no rule `management`: what no filter matches passes.

Lists and actions are called `POLICY: …`. A filter that is only there to keep the order says which rule it wins over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from winipsec.model.endpoint import ANY as ALL_IPV4
from winipsec.model.endpoint import Endpoint, Kind, parse_endpoint
from winipsec.model.filters import TCP, UDP
from winipsec.model.properties import filter_properties, security_method_properties
from winipsec.resources.host_policy_record import ANY, METHODS, NONE, REQUEST, RULES, object_name
from winipsec.resources.precedence import ALL_IPV6, IN, OUT, PERMIT, Way, Wish, arranged, ways
from winipsec.resources.services import parse_service

Properties = dict[str, Any]

BLOCK, ISOLATION = "block", "isolation"
MANAGEMENT, EXEMPT, REST = "management", "exempt", "block everything else"
_BOTH = (IN, OUT)
_DIRECTIONS = {"in": (IN,), "out": (OUT,), "both": _BOTH}
_ICMP, _ICMPV6 = 1, 58
_FIRST_CLIENT_PORT = 1_024
_DNS = Endpoint(Kind.DNS)


def expand(inputs: Properties, winrm_ports: Sequence[int]) -> list[Properties]:
    """The rules that the scenario blocks of checked inputs come to, in the normal form of `rules`.

    `winrm_ports` are those on which the connection reaches the host.
    """
    wishes = [wish for source in _SOURCES for wish in source(inputs, winrm_ports)]
    rules = [
        _rule(inputs, wish, [filter_properties(item) for item in filters])
        for wish, filters in arranged(_one_for_each_rule(wishes), alone=not inputs.get("rules"))
    ]
    normal: list[Properties] = RULES.normal(rules, "", [])
    return normal


def _management(inputs: Properties, winrm_ports: Sequence[int]) -> Iterator[Wish]:
    yield Wish(MANAGEMENT, PERMIT, management_ways(inputs, winrm_ports))


def management_ways(inputs: Properties, winrm_ports: Sequence[int]) -> tuple[Way, ...]:
    """The way in, and back, that `management` keeps open."""
    management = inputs.get("management", ANY)
    if management == NONE:
        return ()
    said = {} if management == ANY else management
    remotes = _sides(said.get("sources", [ANY]))
    return tuple(way for port in said.get("ports", winrm_ports) for way in ways(_BOTH, remotes, TCP, port))


def _reserved_blocks(inputs: Properties, winrm_ports: Sequence[int]) -> Iterator[Wish]:
    ways_in = {way.local_port for way in management_ways(inputs, winrm_ports)}
    return (wish for port, wish in _blocks(inputs) if 0 < port < _FIRST_CLIENT_PORT and port not in ways_in)


def _further_blocks(inputs: Properties, _winrm_ports: Sequence[int]) -> Iterator[Wish]:
    return (wish for _, wish in _blocks(inputs))


def _blocks(inputs: Properties) -> Iterator[tuple[int, Wish]]:
    for entry in inputs.get("block", []):
        for text in entry["ports"]:
            yield parse_service(text).port, Wish(f"block {text}", BLOCK, blocked_ways(entry, text))


def blocked_ways(entry: Properties, text: str) -> tuple[Way, ...]:
    """What one entry of `block` drops for one of its ports: to that port here, and to that port of others."""
    protocol, number = parse_service(text)
    sides = _sides(entry["remotes"], protocol)
    found = {IN: ways([IN], sides, protocol, number, 0), OUT: ways([OUT], sides, protocol, 0, number)}
    return tuple(way for direction in _DIRECTIONS[entry["direction"]] for way in found[direction])


def _exempt(inputs: Properties, _winrm_ports: Sequence[int]) -> Iterator[Wish]:
    yield Wish(EXEMPT, PERMIT, ways(_BOTH, _sides(inputs.get("isolate", {}).get("exempt", []))), outward=True)


def _lifelines(inputs: Properties, _winrm_ports: Sequence[int]) -> Iterator[Wish]:
    """What a host cannot live without: names, its address, and with IPv6 its neighbours."""
    only, isolate = inputs.get("allowOnly"), "isolate" in inputs
    if only is None and not isolate:
        return
    if only is None or "outbound" not in only:
        names = (*ways(_BOTH, [_DNS], UDP, 0, 53), *ways(_BOTH, [_DNS], TCP, 0, 53))
        lease = (*ways(_BOTH, [ALL_IPV4], UDP, 68, 67), *ways(_BOTH, [ALL_IPV6], UDP, 546, 547))
        yield Wish("allow dns", PERMIT, names, outward=True)
        yield Wish("allow dhcp", PERMIT, lease, outward=True)
    if only is None:
        yield Wish("allow icmp", PERMIT, ways(_BOTH, [ALL_IPV4], _ICMP))
    yield Wish("allow icmpv6", PERMIT, ways(_BOTH, [ALL_IPV6], _ICMPV6))


def _allowed(inputs: Properties, _winrm_ports: Sequence[int]) -> Iterator[Wish]:
    only = inputs.get("allowOnly")
    if only is None:
        return
    outcome = ISOLATION if "isolate" in inputs else PERMIT
    for text in only["ports"]:
        yield Wish(f"allow {text}", outcome, served_ways(only, text))
    for entry in only.get("outbound", []):
        for text in entry["ports"]:
            yield Wish(f"allow out {text}", outcome, asked_ways(entry, text), outward=True)


def served_ways(only: Properties, text: str) -> tuple[Way, ...]:
    """What others may send to one port of `allowOnly`, and the answers."""
    protocol, number = parse_service(text)
    return ways(_BOTH, _sides(only["remotes"], protocol), protocol, number, 0)


def asked_ways(entry: Properties, text: str) -> tuple[Way, ...]:
    """What this host may send to one port of others by an entry of `outbound`, and the answers."""
    protocol, number = parse_service(text)
    return ways(_BOTH, _sides(entry["destinations"], protocol), protocol, 0, number)


def is_everybody(sides: Iterable[str]) -> bool:
    """Whether these sides hold every host there is."""
    return ANY in sides


def _rest(inputs: Properties, _winrm_ports: Sequence[int]) -> Iterator[Wish]:
    everything = ways(_BOTH, [ALL_IPV4, ALL_IPV6])
    if "allowOnly" in inputs:
        yield Wish(REST, BLOCK, everything)
    elif "isolate" in inputs:
        yield Wish(ISOLATION, ISOLATION, everything, outward=True)


_SOURCES: tuple[Callable[[Properties, Sequence[int]], Iterator[Wish]], ...] = (
    _reserved_blocks,
    _management,
    _further_blocks,
    _exempt,
    _lifelines,
    _allowed,
    _rest,
)


def _sides(texts: Iterable[str], protocol: int = 0) -> list[Endpoint]:
    """The other sides; everybody is all of IPv4 and all of IPv6, which has an ICMP of its own."""
    sides: list[Endpoint] = []
    for text in texts:
        side = parse_endpoint(text)
        sides.extend([side, ALL_IPV6] if side == ALL_IPV4 and protocol != _ICMP else [side])
    return sides


def _one_for_each_rule(wishes: Iterable[Wish]) -> list[Wish]:
    """Entries about the same ports make one rule; its place is that of the first."""
    merged: dict[str, Wish] = {}
    for wish in wishes:
        known = merged.get(wish.rule, wish)
        merged[wish.rule] = wish._replace(ways=tuple(dict.fromkeys((*known.ways, *wish.ways))))
    return list(merged.values())


def _rule(inputs: Properties, wish: Wish, filters: list[Properties]) -> Properties:
    isolate = inputs.get("isolate", {})
    secured = wish.outcome == ISOLATION
    return {
        "name": wish.rule,
        "authMethods": isolate["authMethods"] if secured else [{"kerberos": True}],
        "filterList": {"name": object_name(inputs["name"], wish.rule), "filters": filters},
        "filterAction": {
            "name": object_name(inputs["name"], wish.outcome),
            **(_isolation(isolate) if secured else {"action": wish.outcome}),
        },
    }


def _isolation(isolate: Properties) -> Properties:
    asks = isolate["mode"] == REQUEST
    return {
        "action": "negotiate",
        "securityMethods": [security_method_properties(METHODS[name]) for name in isolate["methods"]],
        "inboundPassThrough": asks,
        "softFallback": asks,
    }
