"""Which filter wins and what it does (spec: traffic-engine 3, 4.1)."""

from __future__ import annotations

import pytest
from matcher_scene import Scene

# ---------------------------------------------------------------------- the order


@pytest.mark.parametrize(
    ("loser", "winner"),
    [
        ("block any me", "permit 192.0.2.0 me srcmask=24"),
        ("block 192.0.2.0 me srcmask=24", "permit 192.0.2.9 me"),
        ("block any me", "permit any me protocol=tcp"),
        ("block any me protocol=tcp", "permit any me protocol=tcp dstport=445"),
        ("block any me protocol=tcp srcport=5000", "permit any me protocol=tcp dstport=445 mirrored=no"),
        ("block any me protocol=tcp dstport=445", "permit any me protocol=tcp srcport=5000 dstport=445"),
        ("block 192.0.0.0 me srcmask=8", "permit 192.0.2.0 me srcmask=24"),
        ("permit any me", "block any me"),
        ("permit 192.0.2.1-192.0.2.20 me", "block 192.0.2.8-192.0.2.11 me"),
    ],
)
def test_the_more_specific_filter_wins(loser, winner):
    """Addresses, then protocol, then ports, then mask length, then the more restrictive action; order is nothing."""
    for rules in ((loser, winner), (winner, loser)):
        scene = Scene(*rules)
        assert scene.decider() == f"r{rules.index(winner) + 1}"


def test_kinds_of_addresses_come_before_ports():
    """A whole-host filter beats a port filter of a network; a narrower network does not."""
    scene = Scene("permit 10.1.2.3 me", "block 10.1.0.0 me srcmask=16 protocol=tcp dstport=445")
    assert scene.decider(remote="10.1.2.3") == "r1"
    scene = Scene("permit 10.1.0.0 me srcmask=16", "block 10.0.0.0 me srcmask=8 protocol=tcp dstport=445")
    assert scene.decider(remote="10.1.2.3") == "r2"


@pytest.mark.parametrize(
    ("name", "rules", "arguments", "remote", "by_setting"),
    [
        (
            "traffic_bits",
            ("permit 10.1.0.0 me srcmask=16", "block 10.0.0.0 me srcmask=8 protocol=tcp dstport=445"),
            ("", ""),
            "10.1.2.3",
            {"after": "r2", "before": "r1"},
        ),
        (
            "traffic_address",
            ("permit 10.1.2.3 me", "block 10.0.0.0 me srcmask=8 protocol=tcp"),
            ("", ""),
            "10.1.2.3",
            {"classes": "r1", "bits": "r2"},
        ),
        (
            "traffic_tunnel",
            ("block 192.0.2.9 me protocol=tcp", "encrypt any me"),
            ("", "tunnel=10.0.0.5"),
            "192.0.2.9",
            {"first": "r2", "last": "r1"},
        ),
        (
            "traffic_tie",
            ("block any me", "permit any me"),
            ("", ""),
            "192.0.2.9",
            {"restrictive": "r1", "permissive": "r2"},
        ),
    ],
)
def test_guesses_rearrange_the_order(name, rules, arguments, remote, by_setting):
    """Each switch of section 3 turns the verdict of a packet made for it."""
    scene = Scene()
    for number, (rule, more) in enumerate(zip(rules, arguments, strict=True), 1):
        scene.rule_for(f"r{number}", rule, more)
    for setting, rule in by_setting.items():
        assert scene.guess(**{name: setting}).decider(remote=remote) == rule


def test_a_tunnel_at_the_end_loses_only_to_its_equal():
    """With tunnels last a transport filter wins among otherwise equal ones."""
    scene = Scene("permit any me").rule_for("t", "encrypt any me", "tunnel=198.51.100.1")
    assert scene.packet().tunnel == "198.51.100.1"
    assert scene.guess(traffic_tunnel="last").decider() == "r1"


def test_equal_filters_with_equal_outcome_name_the_first_by_name():
    """Whose name is printed does not depend on the order in the policy."""
    assert Scene("block any me", "block any me").decider() == "r1"


# ---------------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    ("action", "inbound", "outbound"),
    [
        ("encrypt", ("encrypted", ""), ("encrypted", "")),
        ("mixed", ("authenticated", ""), ("authenticated", "")),
        ("require", ("authenticated", ""), ("authenticated", "")),
        ("inpass", ("authenticated", "any"), ("authenticated", "")),
        ("soft", ("authenticated", "reply"), ("authenticated", "any")),
        ("request", ("authenticated", "any"), ("authenticated", "any")),
    ],
)
def test_what_negotiation_does(action, inbound, outbound):
    """Protection, and which clear packets pass all the same."""
    scene = Scene(f"{action} any me")
    for way, want in (("in", inbound), ("out", outbound)):
        verdict = scene.packet(direction=way)
        assert (verdict.result, verdict.protection, verdict.fallback) == ("protected", *want)
        assert verdict.passes_in_clear == (want[1] == "any")


def test_soft_inbound_is_a_guess():
    """Clear inbound packets pass with soft alone only under the other setting."""
    scene = Scene("soft any me")
    assert scene.packet().passes_in_clear is False
    assert scene.guess(traffic_soft_inbound="any").packet().passes_in_clear is True


def test_a_tie_is_judged_per_direction():
    """Soft and inpass tie: outbound the one without fallback wins, inbound the one with the smaller opening."""
    scene = Scene("inpass any me", "soft any me")
    assert (scene.decider(direction="in"), scene.decider(direction="out")) == ("r2", "r1")
