"""What the functions about traffic take and give, declared for the schema (design 2.1)."""

from __future__ import annotations

from winipsec.model.filters import parse_protocol, protocol_word
from winipsec.model.invalid import Fault, Invalid
from winipsec.resources.declaration import Choice, Either, Flag, Items, Number, Property, Record, Text, Type
from winipsec.resources.fields import CONNECTION_PROPERTY, reference

_LAST_PORT = 65_535


def _protocol(value: str) -> str:
    number = parse_protocol(value)
    if not number:
        raise Invalid("name one protocol; a packet has no other")
    return protocol_word(number)


def _needed(type: Type, description: str) -> Property:
    return Property(type, description, required=True)


def _texts(description: str) -> Property:
    return Property(Items(Text()), description, required=True)


_PORT = Number(0, _LAST_PORT)
_VERDICT = _needed(Text(), "What becomes of the packet: `blocked`, `clear`, `encrypted`, `authenticated or clear`, ….")

DECIDER = Record(
    "TrafficDecider",
    "A filter that has a say about a packet.",
    {
        "rule": _needed(Text(), "Name of its rule, or the GUID of one without a name."),
        "filterList": Property(Text(), "Name of its list; absent if the list is missing."),
        "filter": Property(Text(), "The filter in words; absent if its list cannot be read."),
        "filterAction": Property(Text(), "Name of the filter action."),
        "action": Property(Text(), "`permit`, `block` or `negotiate`."),
    },
)
RUNNER_UP = Record(
    "TrafficRunnerUp",
    "A filter that matches a packet too, and loses.",
    {
        **DECIDER.properties,
        "verdict": _VERDICT,
        "lost": _needed(Text(), "On what it lost, such as `protocol: given beats any`."),
    },
)
_DECIDED = {
    "policy": Property(Text(), "Name of the policy in force; absent if none is."),
    "exemption": Property(Text(), "What exempts the packet from all filters; absent if nothing does."),
    "decider": Property(DECIDER, "The filter that decides; absent if none matches."),
    "runnersUp": Property(Items(RUNNER_UP), "Filters that match too, and lose.", required=True),
}
PACKET = Record(
    "TrafficPacket",
    "One packet, from the host's point of view.",
    {
        "direction": _needed(Text(), "`in` or `out`."),
        "local": _needed(Text(), "Address of the host."),
        "localPort": _needed(_PORT, "Port of the host; 0 where there are none."),
        "remote": _needed(Text(), "Address of the other machine."),
        "remotePort": _needed(_PORT, "Port of the other machine."),
        "protocol": _needed(Number(0, 255), "Number of the protocol."),
        "connection": Property(Text(), "`dialup`; absent for LAN."),
    },
)
CONVERSATION = Record(
    "TrafficConversation",
    "What comes of a conversation.",
    {
        "startedBy": _needed(Text(), "`host` or `remote`."),
        "text": _needed(Text(), "In words, such as `works authenticated only`."),
        "withPartner": _needed(
            Text(), "With a peer that negotiates: `no`, `one-way`, `clear`, `authenticated` or `encrypted`."
        ),
        "withoutIpsec": _needed(Text(), "With a peer that has no IPsec: `no`, `one-way` or `clear`."),
    },
)
REPLY = Record("TrafficReply", "What becomes of the replies.", {"verdict": _VERDICT, **_DECIDED})
OTHERWISE = Record(
    "TrafficOtherwise",
    "Another answer, and where it holds.",
    {
        "guess": Property(Text(), "The guess about Windows that would have to be wrong."),
        "local": Property(Text(), "The address of the host at which it holds."),
        "verdict": _VERDICT,
        "conversation": Property(Text(), "What would come of the conversation, in words."),
    },
)
UNRESOLVED = Record(
    "TrafficUnresolved",
    "A filter that takes no part because it cannot be read: where it would match, nothing is certain.",
    {
        "rule": _needed(Text(), "Name of its rule."),
        "filter": Property(Text(), "The filter in words; absent if its whole list is concerned."),
        "reason": _needed(Text(), "Why it cannot be read."),
    },
)
EXPLAIN_INPUTS = Record(
    "ExplainTrafficArgs",
    "Which conversation. One end is the host: `me`, or one of its addresses.",
    {
        "connection": CONNECTION_PROPERTY,
        "policy": Property(Text(reference), "Policy to judge as if it were assigned; the one in force when left out."),
        "from": _needed(Text(), "Who sends the first packet: an address or `me`."),
        "to": _needed(Text(), "With whom: an address or `me`."),
        "protocol": _needed(Text(_protocol, numbers=True), "`tcp`, `udp`, `icmp` or a number."),
        "port": Property(_PORT, "Port of the service, at `to`."),
        "localPort": Property(_PORT, "Port on the host."),
        "remotePort": Property(_PORT, "Port on the other machine."),
        "connectionType": Property(Choice(("lan", "dialup")), "Kind of interface.", default="lan"),
    },
)
EXPLAIN_OUTPUTS = Record(
    "ExplainTrafficResult",
    "The answer.",
    {
        "verdict": _VERDICT,
        "text": _needed(Text(), "The whole answer in sentences."),
        "packet": _needed(PACKET, "The first packet."),
        **_DECIDED,
        "conversation": Property(CONVERSATION, "Absent for traffic to a group of hosts."),
        "reply": Property(REPLY, "Absent for traffic to a group of hosts."),
        "guesses": Property(Items(OTHERWISE), "Guesses about Windows that would turn it.", required=True),
        "elsewhere": Property(Items(OTHERWISE), "Addresses of the host at which it is another.", required=True),
        "unresolved": Property(Items(UNRESOLVED), "Filters that might turn it, could they be read.", required=True),
    },
)

STATE_INPUT = Record(
    "TrafficState",
    "A host and its policy.",
    {
        "connection": CONNECTION_PROPERTY,
        "policy": Property(Text(reference), "Policy to judge as if it were assigned; the one in force when left out."),
        "unassigned": Property(Flag(), "As if no policy were assigned.", default=False),
    },
    lambda given: (
        [Fault("policy", "cannot be given together with unassigned")]
        if given.get("policy") and given.get("unassigned")
        else []
    ),
)
DIFFERENCE_INPUTS = Record(
    "GetTrafficDifferenceArgs",
    "Between what. The machine is that of `before`, for both.",
    {
        "before": Property(STATE_INPUT, "The provider's host as it is, when left out."),
        "after": Property(STATE_INPUT, "The provider's host as it is, when left out."),
    },
)
ADDRESSES = Record(
    "TrafficAddresses",
    "Addresses: those named, or all but those.",
    {
        "only": Property(Items(Text()), "Addresses, prefixes and ranges."),
        "except": Property(Items(Text()), "All but these."),
    },
)
SERVICE = Record(
    "TrafficService",
    "Protocols and ports, each as `any`, `80,443` or `any except 80`.",
    {
        "protocols": _needed(Text(), "Protocols, by word where there is one."),
        "localPorts": _needed(Text(), "Ports on the host."),
        "remotePorts": _needed(Text(), "Ports on other machines."),
    },
)
OUTCOME = Record(
    "TrafficOutcome",
    "What becomes of packets.",
    {
        "outcome": _needed(Text(), "`blocked`, `encrypted`, `authenticated`, `clear` or `exempt`."),
        "fallback": Property(Text(), "When they pass in clear after all: `reply` or `any`."),
        "tunnel": Property(Text(), "End point of the tunnel."),
    },
)
CLASS_DECIDER = Record(
    "TrafficClassDecider",
    "A filter that decides some packets of a class.",
    {
        "rule": _needed(Text(), "Name of its rule."),
        "filter": _needed(Number(1, 1 << 31), "Which filter of its list, from 1."),
    },
)
CHANGE = Record(
    "TrafficChange",
    "Packets that change alike.",
    {
        "change": _needed(Text(), "`opened`, `weaker`, `reachable`, `cut`, `secured` or `rerouted`."),
        "directions": _texts("`in`, `out` or both."),
        "connections": _texts("`dialup`, `lan` or both."),
        "local": _needed(Either(ADDRESSES), "`me`, `multicast`, `me+multicast`, or which of the host's addresses."),
        "remote": _needed(ADDRESSES, "Addresses of other machines."),
        "services": Property(Items(SERVICE), "Protocols and ports.", required=True),
        "before": _needed(OUTCOME, "What became of them."),
        "after": _needed(OUTCOME, "What becomes of them."),
        "decidedBefore": Property(Items(CLASS_DECIDER), "Who decided; absent if that is too much to compute."),
        "decidedAfter": Property(Items(CLASS_DECIDER), "Who decides; absent if that is too much to compute."),
        "example": _needed(PACKET, "One of them."),
        "warnings": Property(Items(Text()), "What else to think of; absent if nothing."),
    },
)
DIFFERENCE_OUTPUTS = Record(
    "GetTrafficDifferenceResult",
    "The difference: exact, or an error.",
    {
        "count": _needed(Number(0, 1 << 31), "How many classes of traffic change."),
        "summary": _needed(Text(), "The first line of the text."),
        "text": _needed(Text(), "The difference in words: ten classes at the most."),
        "changes": Property(Items(CHANGE), "All classes. They are disjoint.", required=True),
        "exempt": _needed(Text(), "Traffic in these classes that is exempt from all filters, and so unchanged."),
        "unresolved": Property(Items(UNRESOLVED), "Filters that took no part.", required=True),
        "guesses": _texts("Guesses about Windows on which verdicts after the change hang."),
        "notes": _texts("What else is left out."),
    },
)
FUNCTIONS: dict[str, tuple[str, Record, Record]] = {
    "winipsec:index:explainTraffic": (
        "What becomes of a conversation on a host: which filter decides, and which others match and why they lose.",
        EXPLAIN_INPUTS,
        EXPLAIN_OUTPUTS,
    ),
    "winipsec:index:getTrafficDifference": (
        "What a change does to traffic: between two policies of a host, or the policies of two hosts.",
        DIFFERENCE_INPUTS,
        DIFFERENCE_OUTPUTS,
    ),
}
