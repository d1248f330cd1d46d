"""One packet and the management path, as `traffic_matcher` decides them."""

from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st
from traffic_matcher import (
    DOES,
    GENERATIONS,
    GROUPS,
    KNOWN,
    OWN,
    PORTS,
    REMOTES,
    SIDES4,
    SIDES6,
    as_packet,
    as_state,
    oracle,
    plain,
)
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.management import ManagementPath, cut
from winipsec.traffic.specificity import DEFAULT, Switches, every_flip


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
        packet = as_packet(item)
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
