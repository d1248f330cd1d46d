"""The worked examples of the spec: traffic-engine 10, packet by packet."""

from dataclasses import replace

import pytest
from traffic_scene import HOST, R, host, packet, state
from winipsec.traffic.decide import decide
from winipsec.traffic.specificity import Switches, every_flip

NONE = state()
ALL = R("all", "block any>me 2w")
ISO = R("iso", "require any>me 2w")
DC = R("dc", "permit me>10.0.0.1 2w", ("me>10.0.0.2 2w",))
LAN = R("lan", "permit 10.0.0.0/8>me 2w")
TUNNELS = (
    R("o", "encrypt me>10.9.0.0/16 1w", tunnel="198.51.100.1"),
    R("i", "encrypt 10.9.0.0/16>me 1w", tunnel="10.0.0.5"),
)
TWO = host("10.0.0.5", "10.0.1.5")

# before, after, host, packet, what became of it, what will, the rules that say so
CASES = [
    (
        NONE,
        state(R("in", "block any>me udp 1434 1w"), R("out", "block me>any udp 1434 1w")),
        HOST,
        [
            ("in udp 203.0.113.10:49152 > 10.0.0.5:1434", "clear", "blocked", None, "in"),
            ("out udp 10.0.0.5:49152 > 203.0.113.10:1434", "clear", "blocked", None, "out"),
            ("in udp 203.0.113.10:1434 > 10.0.0.5:49152", "clear", "clear", None, None),
            ("in udp 203.0.113.10:49152 > 10.0.0.5:500", "clear", "exempt", None, None),
        ],
    ),
    (
        NONE,
        state(R("slammer", "block any>me udp 1434 2w")),
        HOST,
        [
            ("in udp 203.0.113.10:49152 > 10.0.0.5:1434", "clear", "blocked", None, "slammer"),
            ("out udp 10.0.0.5:1434 > 203.0.113.10:49152", "clear", "blocked", None, "slammer"),
            ("out udp 10.0.0.5:49152 > 203.0.113.10:1434", "clear", "clear", None, None),
        ],
    ),
    (
        NONE,
        state(ALL, R("web", "permit any>me tcp 80,443 2w")),
        HOST,
        [
            ("in tcp 203.0.113.10:49152 > 10.0.0.5:445", "clear", "blocked", None, "all"),
            ("in tcp 203.0.113.10:49152 > 10.0.0.5:443", "clear", "clear", None, "web"),
            ("out tcp 10.0.0.5:80 > 203.0.113.10:49152", "clear", "clear", None, "web"),
            ("in udp 203.0.113.10:49152 > 10.0.0.5:4500", "clear", "exempt", None, None),
        ],
    ),
    (
        state(ALL),
        state(ALL, R("surf", "permit me>any tcp 80 2w")),
        HOST,
        [
            ("in tcp 203.0.113.10:80 > 10.0.0.5:49152", "blocked", "clear", "all", "surf"),
            ("out tcp 10.0.0.5:49152 > 203.0.113.10:80", "blocked", "clear", "all", "surf"),
            ("in tcp 203.0.113.10:80 > 10.0.0.5:445", "blocked", "clear", "all", "surf"),
            ("in tcp 203.0.113.10:81 > 10.0.0.5:445", "blocked", "blocked", "all", "all"),
        ],
    ),
    (
        NONE,
        state(ISO, DC),
        HOST,
        [
            ("in tcp 203.0.113.10:49152 > 10.0.0.5:445", "clear", "authenticated", None, "iso"),
            ("in tcp 10.0.0.1:49152 > 10.0.0.5:445", "clear", "clear", None, "dc"),
            ("out tcp 10.0.0.5:49152 > 10.0.0.2:88", "clear", "clear", None, "dc"),
        ],
    ),
    (
        state(R("iso", "request any>me 2w"), DC),
        state(ISO, DC),
        HOST,
        [("in tcp 203.0.113.10:49152 > 10.0.0.5:445", "authenticated or clear", "authenticated", "iso", "iso")],
    ),
    (
        state(LAN),
        state(LAN, R("smb", "block any>me tcp 445 2w")),
        HOST,
        [
            ("in tcp 203.0.113.10:49152 > 10.0.0.5:445", "clear", "blocked", None, "smb"),
            ("in tcp 10.1.2.3:49152 > 10.0.0.5:445", "clear", "clear", "lan", "lan"),
        ],
    ),
    (
        NONE,
        state(R("x", "block any>10.0.0.5 tcp 80 2w")),
        TWO,
        [
            ("in tcp 203.0.113.10:49152 > 10.0.0.5:80", "clear", "blocked", None, "x"),
            ("in tcp 203.0.113.10:49152 > 10.0.1.5:80", "clear", "clear", None, None),
        ],
    ),
    (
        NONE,
        state(*TUNNELS),
        HOST,
        [
            ("in tcp 10.9.0.1:49152 > 10.0.0.5:445", "clear", "encrypted (tunnel 10.0.0.5)", None, "i"),
            ("out tcp 10.0.0.5:49152 > 10.9.0.1:445", "clear", "encrypted (tunnel 198.51.100.1)", None, "o"),
        ],
    ),
    (
        state(LAN, ALL),
        state(R("lan", "permit 10.128.0.0/9>me 2w", ("10.0.0.0/9>me 2w",)), ALL),
        HOST,
        [
            ("in tcp 10.1.2.3:49152 > 10.0.0.5:445", "clear", "clear", "lan", "lan"),
            ("in tcp 10.200.2.3:49152 > 10.0.0.5:445", "clear", "clear", "lan", "lan"),
            ("in tcp 11.0.0.1:49152 > 10.0.0.5:445", "blocked", "blocked", "all", "all"),
        ],
    ),
    (
        state(ALL),
        state(ALL, *(R(f"s{i}", f"permit 192.0.2.{i}>me tcp {1000 + i} 2w") for i in range(1, 13))),
        HOST,
        [
            ("in tcp 192.0.2.3:49152 > 10.0.0.5:1003", "blocked", "clear", "all", "s3"),
            ("in tcp 192.0.2.3:49152 > 10.0.0.5:1004", "blocked", "blocked", "all", "all"),
        ],
    ),
]


@pytest.mark.parametrize(
    ("number", "case", "line"),
    [(number, case, line) for number, case in enumerate(CASES, 1) for line in case[3]],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_a_packet_of_a_worked_example(number, case, line):
    """Each example's packet has the outcomes and the deciding rules that the spec prints."""
    before, after, facts, _ = case
    text, was, will_be, decided, decides = line
    for given, outcome, rule in ((before, was, decided), (after, will_be, decides)):
        verdict = decide(given, facts, packet(text))
        assert str(verdict.outcome) == outcome, number
        assert (verdict.rule.name if verdict.rule else None) == rule, number


GUESS = state(R("lan", "permit 10.1.0.0/16>me 2w"), R("smb", "block 10.0.0.0/8>me tcp 445 2w"))


def test_the_guess_example_turns_under_exactly_two_flips():
    """10.1.2.3 to 445 is blocked, but clear for `bits: before` and for the preset of ipsec-policy 8.1."""
    item = packet("in tcp 10.1.2.3:49152 > 10.0.0.5:445")
    assert str(decide(GUESS, HOST, item).outcome) == "blocked"
    turned = {
        flip.switches for flip in every_flip() if str(decide(GUESS, HOST, item, flip.switches).outcome) == "clear"
    }
    assert turned == {Switches(bits="before"), Switches(address="bits", bits="before", tunnel="last")}


def test_a_nested_prefix_does_not_always_win():
    """Protocol and ports come before mask bits: 10.0.0.0/8 with tcp 445 beats 10.1.0.0/16 (section 3)."""
    verdict = decide(GUESS, HOST, packet("in tcp 10.1.2.3:49152 > 10.0.0.5:445"))
    assert verdict.rule.name == "smb"
    assert [(runner.rule.name, runner.lost) for runner in verdict.runners_up] == [
        ("lan", "protocol: given beats any"),
    ]


def test_servers_before_prefix_before_any():
    """The pattern of Microsoft's article: a catch-all block, a permit for the intranet, three secured servers."""
    rules = state(
        R("all", "block any>any 2w"),
        R("intranet", "permit me>10.0.0.0/8 2w"),
        R("servers", "require me>10.0.0.1 2w", ("me>10.0.0.2 2w", "me>10.0.0.3 2w")),
    )
    for remote, rule in (("10.0.0.2", "servers"), ("10.0.0.9", "intranet"), ("192.0.2.1", "all")):
        verdict = decide(rules, HOST, packet(f"out tcp 10.0.0.5:49152 > {remote}:80"))
        assert verdict.rule.name == rule


def test_nothing_is_filtered_without_a_policy():
    """Not assigned: everything is clear, and nothing is exempt because there is nothing to be exempt from."""
    idle = replace(state(ALL), assigned=False)
    verdict = decide(idle, HOST, packet("in udp 203.0.113.10:1 > 10.0.0.5:500"))
    assert str(verdict.outcome) == "clear"
    assert verdict.policy is None
