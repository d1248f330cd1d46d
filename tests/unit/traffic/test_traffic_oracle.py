"""The engine against a tiny matcher written from the words of traffic-engine 2 to 4; it shares no line with it.

The matcher works on plain rows of text and numbers. A row is (action, source, destination, protocol, source port,
destination port, mirrored, tunnel, connection).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st
from traffic_scene import ACTIONS
from winipsec.model.endpoint import Kind, parse_endpoint
from winipsec.model.filters import Filter, FilterList, port
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import Generation, HostFacts, State
from winipsec.traffic.management import ManagementPath, cut
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import DEFAULT, Switches, every_flip

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


def side_set(text, address, *, local):
    """Whether the side `text` holds `address`."""
    if text == "any":
        return True
    if text == "me":
        return local and address in OWN
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


def oracle(rows, packet, level, generation, switches):
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
            if not side_set(start, sent, local=not inbound) or not side_set(end, received, local=inbound):
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


@st.composite
def row(draw):
    """One filter that netsh could store, under one action."""
    family = draw(st.sampled_from([SIDES4, SIDES6]))
    words = ["any", "any", "me", "me", "dns"]
    source, destination = (draw(st.sampled_from([*words, *family])) for _ in range(2))
    number = draw(st.sampled_from([0, 1, 6, 6, 6, 17, 46]))
    from_port, to_port = (draw(st.sampled_from(PORTS)) if number in {6, 17} else 0 for _ in range(2))
    return (
        draw(st.sampled_from(sorted(DOES))),
        source,
        destination,
        number,
        from_port,
        to_port,
        draw(st.booleans()),
        draw(st.sampled_from(["", "", "", "192.0.2.9", "192.0.2.10"])),
        draw(st.sampled_from(["all", "all", "lan", "dialup"])),
    )


@st.composite
def packets(draw):
    """One packet that can be on the host's wire."""
    inbound = draw(st.booleans())
    locals_ = OWN + GROUPS if inbound else OWN
    local = draw(st.sampled_from(locals_))
    remotes = [a for a in (REMOTES if inbound else REMOTES + GROUPS) if a.version == local.version]
    number = draw(st.sampled_from([1, 6, 6, 17, 17, 46, 47]))
    ports = [draw(st.sampled_from([*PORTS[1:], 81, 39999])) if number in {6, 17} else 0 for _ in range(2)]
    return (
        inbound,
        local,
        draw(st.sampled_from(remotes)),
        number,
        *ports,
        draw(st.sampled_from(["lan", "dialup"])),
    )


@st.composite
def switchings(draw):
    """Any combination of switches, as plain words."""
    return {
        "tunnel": draw(st.sampled_from(["first", "last"])),
        "address": draw(st.sampled_from(["classes", "bits"])),
        "bits": draw(st.sampled_from(["after", "before"])),
        "tie": draw(st.sampled_from(["restrictive", "permissive"])),
        "any_family": draw(st.sampled_from(["ipv4", "both"])),
        "inbound_multicast_exempt": draw(st.booleans()),
    }


GENERATIONS = {"2003": Generation.SERVER_2003, "vista": Generation.VISTA}
KNOWN = HostFacts(addresses=frozenset(OWN), servers={Kind.DNS: frozenset({DNS})})


@settings(max_examples=200, deadline=None)
@given(
    st.lists(row(), max_size=7),
    st.lists(packets(), min_size=12, max_size=12),
    switchings(),
    st.sampled_from(range(4)),
    st.sampled_from(sorted(GENERATIONS)),
)
def test_every_packet_is_decided_as_the_matcher_says(rows, wire, switches, level, generation):
    """Same outcome for any policy, packet, switch, level and generation; shuffling the rules changes nothing."""
    host = HostFacts(KNOWN.addresses, KNOWN.servers, generation=GENERATIONS[generation])
    states = as_state(rows, level), as_state(rows[::-1], level)
    for item in wire:
        inbound, local, remote, number, local_port, remote_port, connection = item
        packet = Packet(
            Direction.IN if inbound else Direction.OUT, local, remote, number, local_port, remote_port, connection
        )
        expected = oracle(rows, item, level, generation, switches)
        for state in states:
            assert str(decide(state, host, packet, Switches(**switches)).outcome) == expected


def works(rows, level, client_port, local, remote, connection, switches):
    """Whether a connection from a peer without IPsec works: both directions clear, exempt or with full fall back."""
    for inbound in (True, False):
        packet = (inbound, local, remote, 6, 5985, client_port, connection)
        outcome = oracle(rows, packet, level, "vista", switches).split(" (")[0]
        if outcome not in {"clear", "exempt"} and not outcome.endswith("d or clear"):
            return False
    return True


def plain(switches):
    """The switches as words for the matcher."""
    return {name: getattr(switches, name) for name in Switches.__dataclass_fields__}


@settings(max_examples=80, deadline=None)
@given(
    st.lists(row(), max_size=4),
    st.lists(row(), max_size=4),
    st.sampled_from(range(4)),
    st.sampled_from([a for a in REMOTES if a != IPv4Address("10.0.9.1")]),
)
def test_a_cut_is_found_exactly_when_the_matcher_finds_one(before, added, level, client):
    """Every own address, connection and boundary port tried by the matcher: some connection works before, not after."""
    after = before + added
    expected = None
    settings_ = [(None, DEFAULT), *((flip.name, flip.switches) for flip in every_flip())]
    for name, switches in settings_:
        words = plain(switches)
        lost = any(
            works(before, level, number, local, client, connection, words)
            and not works(after, level, number, local, client, connection, words)
            for connection in ("lan", "dialup")
            for local in OWN
            if local.version == client.version
            for number in (32768, 39999, 40000, 40001, 65535)
        )
        if lost:
            expected = (name,)
            break
    found = cut(as_state(before, level), as_state(after, level), KNOWN, ManagementPath(client))
    assert (None if found is None else (found.flip,)) == expected
