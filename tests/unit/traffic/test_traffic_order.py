"""Which filter wins: every row of the table in traffic-engine 3, under every switch that turns it."""

import itertools

import pytest
from traffic_scene import HOST, R, host, packet, state
from winipsec.model.endpoint import parse_endpoint
from winipsec.traffic.decide import decide
from winipsec.traffic.specificity import DEFAULT, ORDER, Rank, Switches, every_flip, every_order, mask_bits, rank

IN = "in tcp 10.1.2.3:49152 > 10.0.0.5:445"
PRESET = Switches(address="bits", bits="before", tunnel="last")

# row, winner and loser by default, the packet, the settings under which the other one wins
ROWS = [
    (1, R("w", "encrypt any>me 1w", tunnel="10.0.0.5"), R("l", "block 10.1.2.3>me tcp 445 1w"), {"tunnel": "last"}),
    (2, R("w", "block 10.0.0.0/8>me 1w"), R("l", "permit any>me tcp 445 1w"), {"address": "bits"}),
    (2, R("w", "block 10.0.0.0/8>10.0.0.0/8 1w"), R("l", "permit any>me 1w"), None),
    (3, R("w", "block 10.1.0.0/16>me 1w"), R("l", "permit 10.0.0.0/8>10.0.0.4/30 tcp 445 1w"), {"address": "bits"}),
    (4, R("w", "block 10.0.0.0/8>me 1w"), R("l", "permit 10.1.2.3>10.0.0.4/30 tcp 445 1w"), {"address": "bits"}),
    (5, R("w", "permit any>me tcp 1w"), R("l", "block any>me 1w"), None),
    (6, R("w", "permit any>me tcp 445 1w"), R("l", "block any>me tcp from 49152 1w"), None),
    (6, R("w", "permit any>me tcp from 49152 445 1w"), R("l", "block any>me tcp 445 1w"), None),
    (6, R("w", "permit any>me tcp from 49152 1w"), R("l", "block any>me tcp 1w"), None),
    (7, R("w", "permit 10.1.0.0/16>me 1w"), R("l", "block 10.0.0.0/8>me 1w"), None),
    (7, R("w", "permit 10.0.0.0/8>me tcp 1w"), R("l", "block 10.1.0.0/16>me 1w"), {"bits": "before"}),
    (7, R("w", "permit 10.0.0.0/8>me tcp 445 1w"), R("l", "block 10.1.0.0/16>me tcp 1w"), {"bits": "before"}),
    (8, R("w", "permit 10.0.0.0/8>10.0.0.0/24 1w"), R("l", "block 10.1.2.0/24>10.0.0.0/8 1w"), None),
    (9, R("w", "block any>me tcp 1w"), R("l", "permit any>10.0.0.5 tcp 1w"), {"tie": "permissive"}),
    (9, R("w", "encrypt any>me tcp 1w"), R("l", "require any>10.0.0.5 tcp 1w"), {"tie": "permissive"}),
    (9, R("w", "require any>me tcp 1w"), R("l", "soft any>10.0.0.5 tcp 1w"), {"tie": "permissive"}),
    (9, R("w", "soft any>me tcp 1w"), R("l", "inpass any>10.0.0.5 tcp 1w"), {"tie": "permissive"}),
]
VALUES = {"tunnel": ("first", "last"), "address": ("classes", "bits"), "bits": ("after", "before")}


def winner(rules, switches, text=IN, facts=HOST):
    """The name of the rule that decides, whatever the order of the rules; both orders must agree."""
    names = {decide(state(*order), facts, packet(text), switches).rule.name for order in itertools.permutations(rules)}
    assert len(names) == 1
    return names.pop()


@pytest.mark.parametrize(("row", "wins", "loses", "turns"), ROWS)
def test_each_row_decides_between_two_filters(row, wins, loses, turns):
    """The default order picks the first filter; the row's switch, where it has one, picks the second."""
    assert winner((wins, loses), DEFAULT) == "w", row
    if turns is not None:
        assert winner((wins, loses), Switches(**turns)) == "l", row


@pytest.mark.parametrize(
    ("host_side", "subnet", "any_side"),
    [("10.1.2.3>me", "10.0.0.0/8>me", "any>me"), ("10.1.2.3>10.0.0.5", "10.1.2.0/24>10.0.0.5", "any>10.0.0.5")],
)
def test_what_any_sane_order_decides(host_side, subnet, any_side):
    """Host before subnet before any, port before none, protocol before any: under every combination of switches."""
    ladders = [
        (f"permit {host_side} 1w", f"block {subnet} 1w", f"permit {any_side} 1w"),
        (f"permit {any_side} tcp 445 1w", f"block {any_side} tcp 1w", f"permit {any_side} 1w"),
    ]
    for values in itertools.product(*VALUES.values()):
        switches = Switches(**dict(zip(VALUES, values, strict=True)))
        for ladder in ladders:
            first, second, third = (R(name, text) for name, text in zip("abc", ladder, strict=True))
            assert winner((first, second, third), switches) == "a"
            assert winner((second, third), switches) == "b"


def test_the_older_order_is_a_preset():
    """ipsec-policy 8.1: addresses by bits, then protocol, then ports, then transport before tunnel."""
    by_bits = (R("a", "permit 10.1.2.0/24>me 1w"), R("b", "block 10.1.0.0/16>me tcp 445 1w"))
    assert winner(by_bits, PRESET) == "a"
    by_protocol = (R("a", "permit any>me tcp 1w"), R("b", "block any>10.0.0.5 1w"))
    assert winner(by_protocol, PRESET) == "a"
    by_mode = (R("a", "permit any>me 1w"), R("b", "encrypt any>me 1w", tunnel="10.0.0.5"))
    assert winner(by_mode, PRESET) == "a"
    by_ports = (R("a", "permit any>me tcp 1w"), R("b", "encrypt any>me tcp 445 1w", tunnel="10.0.0.5"))
    assert winner(by_ports, PRESET) == "b"


def test_the_tie_is_per_direction():
    """`soft` and `inpass` tie: inbound `reply` is more restrictive than `any`, outbound nothing beats no fallback."""
    rules = (R("soft", "soft any>any 2w"), R("inpass", "inpass any>any 1w"))
    assert winner(rules, DEFAULT, "in tcp 10.1.2.3:1 > 10.0.0.5:2") == "soft"
    assert winner(rules, DEFAULT, "out tcp 10.0.0.5:1 > 10.1.2.3:2") == "inpass"


def test_equal_tunnels_go_to_the_smaller_end_point():
    """Component 10: the smaller tunnel end point as text, before the rule's name."""
    rules = (R("a", "encrypt any>me 1w", tunnel="10.0.0.9"), R("b", "encrypt any>me 1w", tunnel="10.0.0.10"))
    assert winner(rules, DEFAULT) == "b"


def test_equal_filters_go_to_the_smaller_name():
    """The rest of component 10 only names the decider; the outcome is the same either way."""
    assert winner((R("b", "block any>me 1w"), R("a", "block any>10.0.0.5 1w")), DEFAULT) == "a"


def test_me_has_as_many_bits_as_the_family():
    """`me` is one address: 32 bits for IPv4, 128 for IPv6."""
    me = parse_endpoint("me")
    assert (mask_bits(me, 4), mask_bits(me, 6)) == (32, 128)


@pytest.mark.parametrize(
    ("text", "kind", "bits"),
    [
        ("any", Rank.ANY, 0),
        ("me", Rank.ADDRESS, 32),
        ("dns", Rank.ADDRESS, 32),
        ("10.0.0.1", Rank.ADDRESS, 32),
        ("10.0.0.0/8", Rank.SUBNET, 8),
        ("10.0.0.1-10.0.0.2", Rank.SUBNET, 30),
        ("10.0.0.1-10.0.0.9", Rank.SUBNET, 28),
        ("127.255.255.255-128.0.0.0", Rank.SUBNET, 0),
    ],
)
def test_the_rank_of_one_side(text, kind, bits):
    """Kinds and the smallest covering prefix, as section 2.1 words them."""
    assert rank(parse_endpoint(text)) is kind
    assert mask_bits(parse_endpoint(text), 4) == bits


def test_all_of_ipv6_ranks_as_any():
    """A prefix of length 0 is any of that family."""
    assert rank(parse_endpoint("::/0")) is Rank.ANY
    assert mask_bits(parse_endpoint("2001:db8::/48"), 6) == 48


def test_every_row_of_the_table_is_there():
    """Components 1 to 9 stand in the table; the switches of section 3 are the ones it names."""
    assert {row.number for row in ORDER} == set(range(1, 10))
    assert {name for row in ORDER for name, _ in row.when} == {"tunnel", "address", "bits", "tie"}


def test_each_flip_turns_one_guess():
    """bits, preset 8.1, tunnel, tie, any_family, inbound_multicast_exempt (section 3, guesses)."""
    assert [flip.switches for flip in every_flip()] == [
        Switches(bits="before"),
        PRESET,
        Switches(tunnel="last"),
        Switches(tie="permissive"),
        Switches(any_family="both"),
        Switches(inbound_multicast_exempt=False),
    ]
    assert len({flip.name for flip in every_flip()}) == 6


@pytest.mark.parametrize(
    ("loser", "why"),
    [
        ("permit any>me tcp 445 1w", "broader side: subnet beats any"),
        ("permit 10.1.0.0/16>10.0.0.4/30 tcp 445 1w", "narrower side: one address beats subnet"),
        ("permit 10.1.2.3>10.0.0.4/30 tcp 445 1w", "destination: one address beats subnet"),
        ("permit 10.1.0.0/16>me 1w", "protocol: given beats any"),
        ("permit 10.1.0.0/16>me tcp 1w", "ports: destination beats none"),
        ("permit 10.0.0.0/8>me tcp 445 1w", "mask bits: 48 beats 40"),
        ("permit 10.1.0.0/16>10.0.0.5 tcp 445 1w", "tie: blocked beats clear"),
        ("block 10.1.0.0/16>10.0.0.5 tcp 445 1w", "equal, and of the same outcome"),
    ],
)
def test_a_runner_up_says_where_it_lost(loser, why):
    """The first component that differs, in words (section 6)."""
    rules = state(R("a", "block 10.1.0.0/16>me tcp 445 1w"), R("b", loser))
    verdict = decide(rules, HOST, packet(IN))
    assert [(runner.rule.name, runner.lost) for runner in verdict.runners_up] == [("b", why)]


def test_a_runner_up_can_lose_by_its_tunnel():
    """A tunnel beats transport, and among tunnels the smaller text of the end point."""
    rules = state(
        R("a", "encrypt any>me 1w", tunnel="10.0.0.5"),
        R("b", "encrypt any>me 1w", tunnel="192.0.2.1"),
        R("c", "block 10.1.2.3>me 1w"),
    )
    lost = {runner.rule.name: runner.lost for runner in decide(rules, HOST, packet(IN)).runners_up}
    assert lost == {"b": "tunnel end point: the smaller text", "c": "tunnel: tunnel beats transport"}


def test_one_filter_is_no_rival_of_itself():
    """A mirrored filter whose two readings both match a packet appears once."""
    rules = state(R("a", "block any>any tcp 445 2w"))
    verdict = decide(rules, host("10.0.0.5"), packet("in tcp 10.1.2.3:445 > 10.0.0.5:445"))
    assert verdict.rule.name == "a"
    assert verdict.runners_up == ()


def test_every_order_is_each_combination_of_guesses_once():
    """Two modes, two kinds of addresses, three places for mask lengths, two ties, two families: 48, the default first."""
    orders = every_order()
    assert len({flip.switches for flip in orders}) == len(orders) == 2 * 2 * 3 * 2 * 2
    assert orders[0] == ("", DEFAULT)
    reordering = [flip for flip in every_flip() if flip.switches.inbound_multicast_exempt]
    assert list(orders[1 : 1 + len(reordering)]) == reordering
    assert len({flip.name for flip in orders}) == len(orders)


def test_the_mask_of_the_destination_may_count_before_ports_as_well():
    """Row 8 goes with row 7 under `both before` only; equal sums, the permit names a protocol."""
    rules = (R("permit", "permit 10.1.0.0/16>10.0.0.0/8 tcp 1w"), R("block", "block 10.0.0.0/8>10.0.0.0/16 1w"))
    names = [winner(rules, Switches(bits=bits)) for bits in ("after", "before", "both before")]
    assert names == ["permit", "permit", "block"]
