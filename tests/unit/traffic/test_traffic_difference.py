"""The difference of two states against the matcher: traffic-engine 5, 7 and 12."""

import itertools
from ipaddress import ip_address, ip_network

import pytest
from traffic_matcher import GROUPS, OWN, Pair, as_packet, is_group, random_packet, random_pair, random_switches
from traffic_scene import HOST, R, host, packet, state
from winipsec.traffic.decide import decide
from winipsec.traffic.difference import by_service, difference
from winipsec.traffic.example import example
from winipsec.traffic.outcome import Fate
from winipsec.traffic.specificity import Switches


def compared(pair, *, method=difference, known=True):
    """The engine's answer for a pair."""
    before, after = pair.states
    was, will_be = (Switches(**switches) for switches in pair.switches)
    if method is by_service:
        return by_service(before, after, pair.host(known=known), was)
    return difference(before, after, pair.host(known=known), was, afterwards=will_be)


def told(found, item):
    """What the classes say of a packet: before and after; None where no class holds it."""
    question = as_packet(item)
    if found.contains(question) is None:
        return None
    (one,) = [each for each in found.classes if each.holds(question, found.host)]  # classes are disjoint
    return str(one.before), str(one.after)


def wrong(pair, found, items, own=OWN):
    """The packets of which classes and matcher tell different things."""
    expected = {item: pair.outcomes(item, own) for item in items}
    return [
        item
        for item, (was, will_be) in expected.items()
        if told(found, item) != ((was, will_be) if was != will_be else None)
    ]


def beside(text):
    """Addresses on and beside the ends of one side of a filter."""
    if text in {"any", "me", "dns"}:
        return set()
    first, _, last = text.partition("-")
    if "/" in text:
        first, last = ip_network(text)[0], ip_network(text)[-1]
    low, high = ip_address(first), ip_address(last or first)
    numbers = {int(end) + step for end in (low, high) for step in (-1, 0, 1)}
    return {type(low)(number) for number in numbers if 0 <= number < 1 << low.max_prefixlen}


def edges(pair, own=OWN):
    """For each column of a packet, the values on and beside every end that some filter or changed exemption has."""
    rows = pair.before + pair.after
    exempt = pair.levels[0] != pair.levels[1]
    ends = {port for row in rows for port in row[4:6] if port} | ({88} if exempt else set())
    ports = {1, *(port + step for port in ends for step in (-1, 0, 1))}
    remotes = {
        ip_address("192.0.2.77"),
        ip_address("10.0.0.1"),
        ip_address("2001:db8::1"),
        *(GROUPS if exempt else GROUPS[:1]),
    }
    remotes = remotes.union(*(beside(text) for row in rows for text in row[1:3])) - set(own)
    return (
        sorted(own + GROUPS, key=str),
        sorted((a for a in remotes if not a.is_loopback), key=str),
        sorted({1, 17, *(row[3] for row in rows if row[3]), *((46,) if exempt else ())}),
        sorted(ports),
    )


def possible(inbound, local, remote, number, ports):
    """Whether such a packet can pass the host."""
    if local.version != remote.version or (is_group(local) and not inbound) or (is_group(remote) and inbound):
        return False
    return number in {6, 17} or not any(ports)


def drawn(pair, dice, count):
    """Packets on the edges of filters, at random."""
    locals_, remotes, numbers, ports = edges(pair)
    found = []
    while len(found) < count:
        number = dice.choice(numbers)
        chosen = [dice.choice(ports) if number in {6, 17} else 0 for _ in range(2)]
        inbound, local, remote = dice.random() < 0.5, dice.choice(locals_), dice.choice(remotes)
        if possible(inbound, local, remote, number, chosen):
            found.append((inbound, local, remote, number, *chosen, dice.choice(["lan", "dialup"])))
    return found


def all_of(pair, own=OWN):
    """Every packet of the edges."""
    locals_, remotes, numbers, ports = edges(pair, own=own)
    for inbound, local, remote, number in itertools.product((True, False), locals_, remotes, numbers):
        for chosen in itertools.product(ports, repeat=2) if number in {6, 17} else [(0, 0)]:
            if possible(inbound, local, remote, number, chosen):
                for connection in ("lan", "dialup"):
                    yield inbound, local, remote, number, *chosen, connection


@pytest.mark.parametrize("method", [difference, by_service])
def test_random_policies_differ_as_the_matcher_says(method, dice, pairs, packets):
    """Unrelated and edited pairs, under any switches and exemptions: each packet is in one class or in none."""
    for number in range(pairs):
        pair = random_pair(dice, flips=method is difference)
        found = compared(pair, method=method)
        items = [random_packet(dice) for _ in range(packets // 2)] + drawn(pair, dice, packets // 2)
        assert not wrong(pair, found, items), (number, pair)


def test_a_host_whose_addresses_are_not_known(dice, pairs, packets):
    """Every unicast address may be its own; literals split them, and classes still hold just what changes."""
    for number in range(pairs):
        pair = random_pair(dice, most=4)
        found = compared(pair, known=False)
        items = [random_packet(dice) for _ in range(packets // 2)] + drawn(pair, dice, packets // 2)
        assert not wrong(pair, found, items, own=None), (number, pair)


SMALL_SIDES = ["any", "me", "10.0.0.1", "10.0.0.0/29", "10.0.0.2-10.0.0.9", "224.0.0.0/4"]


def small_row(dice):
    """A filter of a universe that is small enough to try everything."""
    number = dice.choice([0, 6, 17])
    ports = [dice.choice([0, 0, 80]) if number else 0 for _ in range(2)]
    word = dice.choice(["block", "permit", "soft", "inpass"])
    sides = [dice.choice(SMALL_SIDES) for _ in range(2)]
    return (
        word,
        *sides,
        number,
        *ports,
        dice.random() < 0.5,
        dice.choice(["", "", "192.0.2.9"]),
        dice.choice(["all", "lan"]),
    )


def test_small_universes_exhaustively(dice, pairs):
    """Every combination of values on and beside the ends of filters, for one to three own addresses."""
    for number in range(pairs // 5):
        before = [small_row(dice) for _ in range(dice.randrange(3))]
        after = [*before[1:], small_row(dice)]
        switches = random_switches(dice)
        pair = Pair(before, after, (dice.randrange(4),) * 2, "vista", (switches, switches))
        items = [item for item in all_of(pair) if item[1].version == 4]
        assert not wrong(pair, compared(pair), items), (number, pair)


def test_every_class_has_an_example_that_replays(dice, pairs):
    """The packet shown is of the class, is not exempt on both sides, and `decide` gives both outcomes."""
    shown = 0
    for _ in range(pairs):
        pair = random_pair(dice, flips=True)
        found = compared(pair, known=dice.random() < 0.8)
        for one in found.classes:
            item = example(one, found)
            assert found.contains(item) is one
            for given, switches, expected in zip(pair.states, pair.switches, (one.before, one.after), strict=True):
                outcome = decide(given, found.host, item, Switches(**switches)).outcome
                assert outcome == expected or {outcome.fate, expected.fate} == {Fate.EXEMPT, Fate.CLEAR}
            shown += 1
    assert shown > pairs


def test_both_ways_find_the_same_packets(dice, pairs):
    """Other classes perhaps, but the example of each is in one of the other answer, with the same outcomes."""
    for _ in range(pairs):
        pair = random_pair(dice)
        one, other = compared(pair), compared(pair, method=by_service)
        assert (one.method, other.method) == ("address", "service")
        for ours, theirs in ((one, other), (other, one)):
            for each in ours.classes:
                same = theirs.contains(example(each, ours))
                assert (same.before, same.after) == (each.before, each.after)


def test_the_order_of_rules_and_filters_means_nothing(dice, pairs):
    """Shuffled on both sides, the answer is the same to the last bit."""
    for _ in range(pairs):
        pair = random_pair(dice)
        shuffled = Pair(
            *(dice.sample(rows, len(rows)) for rows in (pair.before, pair.after)),
            pair.levels,
            pair.generation,
            pair.switches,
        )
        assert compared(shuffled).classes == compared(pair).classes


ALL = R("all", "block any>me 2w")

SAME = [
    (
        "a prefix is its halves",
        R("r", "permit 10.0.0.0/8>me 2w"),
        R("r", "permit 10.128.0.0/9>me 2w", ("10.0.0.0/9>me 2w",)),
    ),
    ("halves of a /30", R("r", "permit 10.0.0.0/29>me 2w"), R("r", "permit 10.0.0.4/30>me 2w", ("10.0.0.0/30>me 2w",))),
    (
        "mirrored is both ways",
        R("r", "permit 10.0.0.0/8>me tcp 80 2w"),
        R("r", "permit 10.0.0.0/8>me tcp 80 1w", ("me>10.0.0.0/8 tcp from 80 1w",)),
    ),
    ("twice is once", R("r", "permit any>me tcp 80 2w"), R("r", "permit any>me tcp 80 2w", ("any>me tcp 80 2w",))),
    (
        "an unreachable filter",
        R("r", "permit any>me tcp 80 2w"),
        R("r", "permit any>me tcp 80 2w", ("10.0.0.5>me tcp 80 2w",)),
    ),
    ("the host by its address", R("r", "permit 10.0.0.1>me tcp 80 2w"), R("r", "permit 10.0.0.1>10.0.0.5 tcp 80 2w")),
]


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_what_means_the_same_makes_no_difference(one, other):
    """Written in other ways, under and above a block of everything."""
    for before, after in itertools.permutations((one, other)):
        assert difference(state(ALL, before), state(ALL, after), HOST).classes == ()


def test_without_a_policy_on_both_sides_nothing_changes():
    """Not assigned is not assigned."""
    assert difference(state(), state(), HOST).classes == ()


def test_exemptions_of_one_side_only_are_a_change():
    """NoDefaultExempt from 3 to 0 opens Kerberos and RSVP below a block of everything, and nothing else."""
    rules = R("all", "block any>any 2w")
    found = difference(state(rules, exempt=3), state(rules, exempt=0), HOST)
    for text, opened in (
        ("in tcp 192.0.2.1:88 > 10.0.0.5:445", True),
        ("in 46 192.0.2.1 > 10.0.0.5", True),
        ("out udp 10.0.0.5:9 > 224.0.0.1:9", True),
        ("in udp 192.0.2.1:88 > 10.0.0.5:500", False),
        ("in tcp 192.0.2.1:89 > 10.0.0.5:445", False),
    ):
        assert (found.contains(packet(text)) is not None) is opened, text


def test_what_takes_no_part_is_told():
    """Filters that cannot be read are listed once; forwarded traffic and unknown subnets are noted."""
    rules = R("r", "block me>dns udp 53 2w", ("192.0.2.1>198.51.100.1 2w",))
    found = difference(state(rules), state(rules, ALL), HOST)
    assert [(item.rule.name, item.reason) for item in found.unresolved] == [
        ("r", "which address dns stands for on this host is not known")
    ]
    assert found.notes == (
        "rule 'r': 1 filter names no address of this host; what it forwards for others is not counted",
        "this host's subnets are not known: their broadcast addresses count as those of other hosts",
    )
    assert difference(state(), state(ALL), host("10.0.0.5", prefixes=(ip_network("10.0.0.0/24"),))).notes == ()


def test_the_hosts_own_traffic_is_in_no_class():
    """A block of everything does not touch what never leaves the host."""
    found = difference(state(), state(ALL), HOST)
    assert found.contains(packet("in tcp 127.0.0.1:9 > 10.0.0.5:80")) is None
    assert found.contains(packet("in tcp 10.0.0.5:9 > 10.0.0.5:80")) is None
    assert difference(state(), state(R("loop", "block 127.0.0.0/8>me 2w")), HOST).classes == ()


def test_what_is_all_exempt_is_no_change():
    """IKE passes whatever filters say."""
    assert difference(state(), state(R("ike", "block any>me udp 500 1w")), HOST).classes == ()
    assert len(difference(state(), state(R("ike", "block any>me udp 501 1w")), HOST).classes) == 1
