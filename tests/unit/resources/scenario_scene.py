"""The scenarios of `HostPolicy` as policies in force: inputs, the store they come to, and what becomes of packets."""

from __future__ import annotations

from winipsec.lint.catalog import lint
from winipsec.lint.subject import Subject
from winipsec.model.endpoint import Kind, parse_address
from winipsec.model.filters import FilterList, parse_protocol
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store, planned_guid
from winipsec.resources.desired import auth_method_of, filter_of, security_method_of
from winipsec.resources.host_policy_check import completed, faults
from winipsec.resources.host_policy_record import RECORD, object_name
from winipsec.traffic.conversation import Flow, Starter, conversation
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import DEFAULT

WINRM = [5985]
OWN, OWN6 = parse_address("10.0.0.5"), parse_address("2001:db8::5")
CONTROLLER = "10.0.0.1"
HOST = HostFacts(
    addresses=frozenset({OWN, OWN6}),
    servers={word: frozenset({parse_address(CONTROLLER)}) for word in (Kind.DNS, Kind.DHCP, Kind.GATEWAY)},
)
ELSEWHERE = HostFacts(
    addresses=frozenset({OWN, OWN6}), servers={word: frozenset({parse_address("10.9.0.9")}) for word in HOST.servers}
)
"""The same host with servers that are nobody else."""


def given(**blocks):
    """Checked inputs; any mistake fails the test."""
    inputs, found = tried(**blocks)
    assert found == {}
    return inputs


def tried(ports=WINRM, olds=None, **blocks):
    """Inputs as far as they got, and the mistakes in them by path."""
    found = []
    inputs = completed(RECORD.normal({"name": "Protection", **blocks}, "", found), olds or {}, ports)
    found += [] if found else faults(inputs, ports)
    return inputs, {item.path: item.reason for item in found}


def filters(inputs):
    """What the scenario blocks come to: the filters of each rule in words, with its action."""
    return {
        (rule["name"], rule["filterAction"]["action"]): [f"{filter_of(item)}" for item in rule["filterList"]["filters"]]
        for rule in inputs["expandedRules"]
    }


def store_of(inputs):
    """The policy on a host, assigned."""
    policy = Policy(inputs["name"], guid="{p}", description="Keeps worms out; ask the platform team")
    store = Store().with_policy(policy).with_active("{p}")
    for rule in [*inputs["expandedRules"], *inputs.get("rules", [])]:
        default = object_name(inputs["name"], rule["name"])
        wanted, action = {"name": default, **rule["filterList"]}, {"name": default, **rule["filterAction"]}
        filter_list = FilterList(wanted["name"], tuple(map(filter_of, wanted["filters"])), guid=f"l:{wanted['name']}")
        made = FilterAction(
            action["name"],
            action["action"],
            tuple(map(security_method_of, action.get("securityMethods", []))),
            inbound_pass_through=action["inboundPassThrough"],
            soft_fallback=action["softFallback"],
            guid=f"a:{action['name']}",
        )
        methods = tuple(map(auth_method_of, rule["authMethods"]))
        store = store.with_filter_list(filter_list).with_filter_action(made)
        store = store.with_rule(
            Rule(
                rule["name"],
                "{p}",
                filter_list.guid,
                made.guid,
                auth_methods=methods,
                guid=planned_guid("rule", rule["name"]),
            )
        )
    return store


def packet(text):
    """The packet of `in tcp 203.0.113.10:49152 > 445`, or `out udp 49152 > 10.0.0.1:53`; `icmp` and others without ports."""
    direction, protocol, source, _, destination = text.split()
    theirs, ours = (source, destination) if direction == "in" else (destination, source)
    remote, _, port = theirs.rpartition(":") if protocol in {"tcp", "udp"} else (theirs, "", 0)
    address = parse_address(remote.strip("[]"))
    local = OWN if address.version == 4 else OWN6
    own_port = int(ours) if protocol in {"tcp", "udp"} else 0
    return Packet(Direction(direction), local, address, parse_protocol(protocol), own_port, int(port))


def fate(inputs, text, host=HOST, switches=DEFAULT):
    """What becomes of a packet, in the words of a report."""
    return str(decide(State(store_of(inputs), 3), host, packet(text), switches).outcome)


def talk(inputs, text, host=HOST):
    """What comes of the conversation that a packet begins."""
    first = packet(text)
    flow = Flow(first.local, first.remote, first.protocol, first.local_port, first.remote_port)
    starter = Starter.REMOTE if first.direction is Direction.IN else Starter.HOST
    return str(conversation(State(store_of(inputs), 3), host, flow, starter))


def findings(inputs, **facts):
    """The ids of the lint rules that find something, notes included."""
    return {report.rule.id for report in lint(Subject(store_of(inputs), **facts))}
