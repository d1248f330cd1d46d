"""A tiny matcher written from the words of traffic-engine 2 to 4, which shares no line with the engine.

It works on plain rows of text and numbers. A row is (action, source, destination, protocol, source port, destination
port, mirrored, tunnel, connection); a packet is (inbound, local, remote, protocol, local port, remote port, connection).
Both can be drawn at random here, and rows made into a state.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from traffic_scene import ACTIONS
from winipsec.model.endpoint import Kind, parse_endpoint
from winipsec.model.filters import Filter, FilterList, port
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.facts import Generation, HostFacts, State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import Switches

OWN = [ip_address(text) for text in ("10.0.0.5", "10.0.0.9", "2001:db8::5")]
DNS = ip_address("10.0.0.1")
REMOTES = [
    ip_address(text)
    for text in ("10.0.0.1", "10.0.0.2", "10.0.0.7", "10.0.9.1", "192.0.2.1", "2001:db8::1", "2001:db9::1")
]
GROUPS = [ip_address(text) for text in ("224.0.0.1", "255.255.255.255", "ff02::1")]
SIDES4 = [
    "10.0.0.5",
    "10.0.0.1",
    "10.0.0.0/30",
    "10.0.0.0/29",
    "10.0.0.0/16",
    "10.0.0.1-10.0.0.6",
    "10.0.0.2-10.0.0.9",
    "224.0.0.0/4",
]
SIDES6 = ["2001:db8::5", "2001:db8::1", "2001:db8::/32", "::/0", "2001:db8::1-2001:db8::9", "ff00::/8"]
PORTS = [0, 80, 88, 445, 500, 4500, 5985, 40000]

# ---- the matcher ----


def side_set(text, address, *, local, own):
    """Whether the side `text` holds `address`; `own` is None where every unicast address may be the host's."""
    if text == "any":
        return True
    if text == "me":
        return local and (address in own if own is not None else not is_group(address))
    if text == "dns":
        return address == DNS
    if "-" in text:
        low, high = map(ip_address, text.split("-"))
        return low.version == address.version and low <= address <= high
    return address in ip_network(text)


def kind_and_bits(text, version):
    """Kinds: any 0, subnet or range 1, one address 2; and the mask bits of the smallest covering prefix."""
    width = 32 if version == 4 else 128
    if text == "any":
        return 0, 0
    if text in {"me", "dns"}:
        return 2, width
    if "-" in text:
        low, high = map(ip_address, text.split("-"))
        bits = width
        while high not in ip_network(f"{low}/{bits}", strict=False):
            bits -= 1
        return 1, bits
    network = ip_network(text)
    return (0 if network.prefixlen == 0 else 2 if network.prefixlen == width else 1), network.prefixlen


OPENNESS = [
    "blocked",
    "encrypted",
    "authenticated",
    "encrypted, or clear in reply",
    "authenticated, or clear in reply",
    "encrypted or clear",
    "authenticated or clear",
    "clear",
]
DOES = {
    "block": ("blocked", "blocked"),
    "permit": ("clear", "clear"),
    "require": ("authenticated", "authenticated"),
    "encrypt": ("encrypted", "encrypted"),
    "inpass": ("authenticated or clear", "authenticated"),
    "soft": ("authenticated, or clear in reply", "authenticated or clear"),
    "request": ("authenticated or clear", "authenticated or clear"),
}


def is_group(address):
    """Multicast and broadcast."""
    if isinstance(address, IPv6Address):
        return address in ip_network("ff00::/8")
    return address in ip_network("224.0.0.0/4") or address == IPv4Address("255.255.255.255")


def is_exempt(packet, level, generation, switches):
    """The table of exemptions."""
    inbound, local, remote, protocol, local_port, remote_port, _ = packet
    if protocol == 17 and (local_port == 500 or (local_port == 4500 and local.version == 4)):
        return True
    if level in {0, 2}:
        if protocol in {6, 17} and 88 in {local_port, remote_port}:
            return True
        if protocol == 46:
            return True
    if not inbound and is_group(remote):
        return level in {0, 1}
    if inbound and is_group(local):
        return level in {0, 1} or generation == "2003" or switches["inbound_multicast_exempt"]
    return False


def how_specific(ends, number, start_port, end_port, tunnel, outcome, switches):
    """Components 1 to 9 of section 3, in the order that the switches give."""
    (kind_a, bits_a), (kind_b, bits_b) = ends
    kinds = [min(kind_a, kind_b), max(kind_a, kind_b), kind_b] if switches["address"] == "classes" else []
    ports = [int(number != 0), (2 if end_port else 0) + (1 if start_port else 0)]
    bits = [bits_a + bits_b]
    middle = bits + ports if switches["bits"] == "before" else ports + bits
    first = [1 if tunnel else 0] if switches["tunnel"] == "first" else []
    last = [0 if tunnel else 1] if switches["tunnel"] == "last" else []
    rank = OPENNESS.index(outcome)
    tie = [-rank if switches["tie"] == "restrictive" else rank]
    return [*first, *kinds, *middle, bits_b, *last, *tie]


def oracle(rows, packet, level, generation, switches, own=OWN):
    """What becomes of one packet, as text."""
    inbound, local, remote, protocol, local_port, remote_port, connection = packet
    if not rows:
        return "clear"
    if is_exempt(packet, level, generation, switches):
        return "exempt"
    sent, received = (remote, local) if inbound else (local, remote)
    sent_port, received_port = (remote_port, local_port) if inbound else (local_port, remote_port)
    best = None
    for action, source, destination, number, from_port, to_port, mirrored, tunnel, kind in rows:
        if number not in {0, protocol} or kind not in {"all", connection}:
            continue
        ways = [(source, destination, from_port, to_port), (destination, source, to_port, from_port)]
        for start, end, start_port, end_port in ways[: 1 + mirrored]:
            words = {start, end} <= {"any", "me", "dns"}
            if words and local.version == 6 and switches["any_family"] == "ipv4":
                continue
            sides = (start, sent, not inbound), (end, received, inbound)
            if not all(side_set(text, address, local=local_, own=own) for text, address, local_ in sides):
                continue
            if start_port not in {0, sent_port} or end_port not in {0, received_port}:
                continue
            outcome = DOES[action][0 if inbound else 1]
            ends = [kind_and_bits(x, local.version) for x in (start, end)]
            strength = how_specific(ends, number, start_port, end_port, tunnel, outcome, switches)
            text = outcome + (f" (tunnel {tunnel})" if tunnel else "")
            if best is None or strength > best[0] or (strength == best[0] and tunnel < best[1]):
                best = strength, tunnel, text
    return best[2] if best else "clear"


# ---- the same rows as a store ----


def as_state(rows, level):
    """The rows as rules of one policy, one rule each."""
    store = Store().with_policy(Policy("P", guid="{p}"))
    for index, (word, source, destination, number, from_port, to_port, mirrored, tunnel, kind) in enumerate(rows):
        item = Filter(
            parse_endpoint(source), parse_endpoint(destination), number, port(from_port), port(to_port), mirrored
        )
        store = store.with_filter_action(FilterAction(word, guid=f"{{{word}}}", **ACTIONS[word]))
        store = store.with_filter_list(FilterList(f"l{index}", (item,), guid=f"{{l{index}}}"))
        rule = Rule(
            f"r{index}",
            "{p}",
            f"{{l{index}}}",
            f"{{{word}}}",
            connection_type=kind,
            tunnel_endpoint=tunnel,
            guid=f"{{r{index}}}",
        )
        store = store.with_rule(rule)
    return State(store.with_active("{p}" if rows else ""), no_default_exempt=level)


GENERATIONS = {"2003": Generation.SERVER_2003, "vista": Generation.VISTA}
KNOWN = HostFacts(addresses=frozenset(OWN), servers={Kind.DNS: frozenset({DNS})})


def as_packet(packet):
    """The same packet for the engine."""
    inbound, *rest = packet
    return Packet(Direction.IN if inbound else Direction.OUT, *rest)


def plain(switches):
    """The switches as words for the matcher."""
    return {name: getattr(switches, name) for name in Switches.__dataclass_fields__}


# ---- drawn at random ----


def random_row(dice):
    """One filter that netsh could store, under one action."""
    words = ["any", "any", "me", "me", "dns"]
    sides = dice.choice([SIDES4, SIDES4, SIDES6])
    number = dice.choice([0, 1, 6, 6, 6, 17, 46])
    ports = [dice.choice(PORTS) if number in {6, 17} else 0 for _ in range(2)]
    return (
        dice.choice(sorted(DOES)),
        dice.choice(words + sides),
        dice.choice(words + sides),
        number,
        *ports,
        dice.random() < 0.5,
        dice.choice(["", "", "", "192.0.2.9", "192.0.2.10"]),
        dice.choice(["all", "all", "lan", "dialup"]),
    )


def random_packet(dice):
    """One packet that can be on the host's wire."""
    inbound = dice.random() < 0.5
    local = dice.choice(OWN + GROUPS if inbound else OWN)
    remote = dice.choice([a for a in (REMOTES if inbound else REMOTES + GROUPS) if a.version == local.version])
    number = dice.choice([1, 6, 6, 17, 17, 46, 47])
    ports = [dice.choice([*PORTS[1:], 81, 39999]) if number in {6, 17} else 0 for _ in range(2)]
    return inbound, local, remote, number, *ports, dice.choice(["lan", "dialup"])


def random_switches(dice):
    """Any combination of switches, as plain words."""
    return {
        "tunnel": dice.choice(["first", "last"]),
        "address": dice.choice(["classes", "bits"]),
        "bits": dice.choice(["after", "before"]),
        "tie": dice.choice(["restrictive", "permissive"]),
        "any_family": dice.choice(["ipv4", "both"]),
        "inbound_multicast_exempt": dice.random() < 0.5,
    }


@dataclass
class Pair:
    """Two policies of a host, which may differ by one edit, and how each is read."""

    before: list
    after: list
    levels: tuple
    generation: str
    switches: tuple

    @property
    def states(self):
        """Both as states."""
        return as_state(self.before, self.levels[0]), as_state(self.after, self.levels[1])

    def host(self, *, known=True):
        """The host they are for."""
        return HostFacts(KNOWN.addresses if known else None, KNOWN.servers, generation=GENERATIONS[self.generation])

    def outcomes(self, packet, own=OWN):
        """What becomes of a packet before and after; exempt counts as clear."""
        found = [
            oracle(rows, packet, level, self.generation, switches, own)
            for rows, level, switches in zip((self.before, self.after), self.levels, self.switches, strict=True)
        ]
        return tuple("clear" if text == "exempt" else text for text in found)


def random_pair(dice, most=7, *, flips=False):
    """A third unrelated, the rest with one edit or two; a third with other exemptions, and if asked other switches."""
    before = [random_row(dice) for _ in range(dice.randrange(most + 1))]
    if dice.random() < 1 / 3:
        after = [random_row(dice) for _ in range(dice.randrange(most + 1))]
    else:
        after = list(before)
        for _ in range(dice.randrange(1, 3)):
            if after and dice.random() < 0.5:
                after.pop(dice.randrange(len(after)))
            if dice.random() < 0.6:
                after.append(random_row(dice))
        dice.shuffle(after)
    level = dice.randrange(4)
    switches = random_switches(dice)
    others = random_switches(dice) if flips and dice.random() < 0.3 else switches
    return Pair(
        before,
        after,
        (level, level if dice.random() < 0.7 else dice.randrange(4)),
        dice.choice(sorted(GENERATIONS)),
        (switches, others),
    )
