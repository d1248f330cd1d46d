"""Policies and packets in few words, for the tests of traffic.

A rule is a `R("name", "block any>me tcp 80,443 2w")`: an action, the two sides, a protocol, destination ports, and
whether the filter is mirrored (`2w`) or not (`1w`). A port of the source stands behind `from`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from winipsec.model.endpoint import parse_endpoint
from winipsec.model.filters import Filter, FilterList, parse_protocol, port
from winipsec.model.methods import Esp, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.packet import Direction, Packet

NULL = SecurityMethod(esp=Esp("none", "sha1"))
CIPHER = SecurityMethod(esp=Esp("3des", "sha1"))

ACTIONS = {
    "permit": {"action": "permit"},
    "block": {"action": "block"},
    "require": {"security_methods": (NULL,)},
    "encrypt": {"security_methods": (CIPHER,)},
    "inpass": {"security_methods": (NULL,), "inbound_pass_through": True},
    "soft": {"security_methods": (NULL,), "soft_fallback": True},
    "request": {"security_methods": (NULL,), "inbound_pass_through": True, "soft_fallback": True},
}

HOST = HostFacts(addresses=frozenset({ipaddress.ip_address("10.0.0.5")}))


def address(text):
    """One address."""
    return ipaddress.ip_address(text)


def host(*addresses, **facts):
    """A host with these addresses; none given: unknown."""
    return HostFacts(addresses=frozenset(map(address, addresses)) if addresses else None, **facts)


def filters(text):
    """The filters of `any>me tcp 80,443 2w`."""
    sides, *words = text.split()
    source, destination = (parse_endpoint(side) for side in sides.split(">"))
    mirrored = words.pop() == "2w"
    source_port, ports, protocol = 0, ["0"], "any"
    if words:
        protocol = words.pop(0)
    if words[:1] == ["from"]:
        source_port = int(words[1])
        words = words[2:]
    if words:
        ports = words[0].split(",")
    return tuple(
        Filter(source, destination, parse_protocol(protocol), port(source_port), port(int(number)), mirrored)
        for number in ports
    )


@dataclass
class R:
    """One rule: any number of `action filter` texts of one action."""

    name: str
    text: str
    more: tuple[str, ...] = ()
    tunnel: str = ""
    connection: str = "all"
    active: bool = True
    filters: tuple[Filter, ...] | None = None
    action: FilterAction | None = field(default=None)


def store(*rules, active=True, default_rule=None):
    """A store with one policy of these rules."""
    result = Store().with_policy(Policy("P", guid="{p}", default_rule=default_rule))
    for rule in rules:
        word, rest = rule.text.split(maxsplit=1)
        guid = f"{{{rule.name}}}"
        items = rule.filters if rule.filters is not None else sum(map(filters, (rest, *rule.more)), ())
        action = rule.action or FilterAction(word, guid=f"{{a-{word}}}", **ACTIONS[word])
        result = result.with_filter_action(action)
        result = result.with_filter_list(FilterList(rule.name, items, guid=f"{{l-{rule.name}}}"))
        result = result.with_rule(
            Rule(
                rule.name,
                "{p}",
                f"{{l-{rule.name}}}",
                action.guid,
                active=rule.active,
                connection_type=rule.connection,
                tunnel_endpoint=rule.tunnel,
                guid=guid,
            )
        )
    return result.with_active("{p}") if active else result


def state(*rules, exempt=3, **more):
    """A state in which one policy of these rules is in force; without rules, no policy is."""
    return State(store(*rules, active=bool(rules), **more), no_default_exempt=exempt)


def packet(text, connection="lan"):
    """The packet of `in tcp 203.0.113.10:49152 > 10.0.0.5:445`, in the words of a report."""
    direction, protocol, source, _, destination = text.split()

    def end(words):
        if words.startswith("["):
            host_part, _, number = words[1:].partition("]")
            return address(host_part), int(number[1:] or 0)
        host_part, _, number = words.partition(":")
        return address(host_part), int(number or 0)

    (sender, sender_port), (receiver, receiver_port) = end(source), end(destination)
    number = parse_protocol(protocol)
    if direction == "in":
        return Packet(Direction.IN, receiver, sender, number, receiver_port, sender_port, connection)
    return Packet(Direction.OUT, sender, receiver, number, sender_port, receiver_port, connection)
