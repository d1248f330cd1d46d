"""What an action does, what is exempt: the tables of traffic-engine 4."""

import itertools

import pytest
from traffic_scene import ACTIONS, CIPHER, HOST, NULL, R, host, packet, state
from winipsec.model.methods import Esp, SecurityMethod
from winipsec.model.policies import DefaultRule, FilterAction
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import Generation
from winipsec.traffic.outcome import Fate, outcome
from winipsec.traffic.packet import Direction
from winipsec.traffic.specificity import Switches

BOTH = [R("all", "block any>any 2w")]


@pytest.mark.parametrize(
    ("word", "inbound", "outbound"),
    [
        ("block", "blocked", "blocked"),
        ("permit", "clear", "clear"),
        ("require", "authenticated", "authenticated"),
        ("encrypt", "encrypted", "encrypted"),
        ("inpass", "authenticated or clear", "authenticated"),
        ("soft", "authenticated, or clear in reply", "authenticated or clear"),
        ("request", "authenticated or clear", "authenticated or clear"),
    ],
)
def test_each_action_in_each_direction(word, inbound, outbound):
    """One row of the table in 4.1."""
    action = FilterAction(word, **ACTIONS[word])
    assert str(outcome(action, Direction.IN)) == inbound
    assert str(outcome(action, Direction.OUT)) == outbound
    assert str(outcome(action, Direction.OUT, "192.0.2.1")) == f"{outbound} (tunnel 192.0.2.1)"


@pytest.mark.parametrize(
    ("offers", "fate"),
    [
        ((CIPHER,), Fate.ENCRYPTED),
        ((SecurityMethod(esp=Esp("des", "md5")),), Fate.ENCRYPTED),
        ((SecurityMethod(ah="sha1", esp=Esp("3des", "none")),), Fate.ENCRYPTED),
        ((NULL,), Fate.AUTHENTICATED),
        ((SecurityMethod(ah="sha1"),), Fate.AUTHENTICATED),
        ((CIPHER, NULL), Fate.AUTHENTICATED),
        ((SecurityMethod(esp=Esp("unknown:7", "sha1")),), Fate.AUTHENTICATED),
        ((), Fate.AUTHENTICATED),
    ],
)
def test_only_ciphers_throughout_encrypt(offers, fate):
    """Encrypted if every offer has a cipher; an offer without, an unknown cipher or no offer promises less."""
    assert outcome(FilterAction("a", security_methods=offers), Direction.IN).fate is fate


def test_an_unknown_action_has_no_outcome():
    """What no document names is not guessed."""
    assert outcome(FilterAction("a", action="unknown"), Direction.IN) is None


def test_openness_orders_the_outcomes():
    """Blocked < encrypted < authenticated < …/reply < …/any < clear; exempt is as open as clear."""
    cipher = {"security_methods": (CIPHER,)}
    ladder = [
        outcome(FilterAction("a", action="block"), Direction.IN),
        outcome(FilterAction("a", **cipher), Direction.IN),
        outcome(FilterAction("a", **ACTIONS["require"]), Direction.IN),
        outcome(FilterAction("a", **cipher, soft_fallback=True), Direction.IN),
        outcome(FilterAction("a", **ACTIONS["soft"]), Direction.IN),
        outcome(FilterAction("a", **cipher, soft_fallback=True), Direction.OUT),
        outcome(FilterAction("a", **ACTIONS["soft"]), Direction.OUT),
        outcome(FilterAction("a", action="permit"), Direction.IN),
    ]
    assert [item.openness for item in ladder] == list(range(8))
    assert decide(state(*BOTH), HOST, packet("in udp 192.0.2.1:9 > 10.0.0.5:500")).outcome.openness == 7


# packet, exempt under NoDefaultExempt 0, 1, 2, 3 on Server 2003
EXEMPT = [
    ("in udp 192.0.2.1:9 > 10.0.0.5:500", "0123"),
    ("out udp 10.0.0.5:500 > 192.0.2.1:9", "0123"),
    ("in udp 192.0.2.1:9 > 10.0.0.5:4500", "0123"),
    ("in udp 192.0.2.1:500 > 10.0.0.5:9", ""),
    ("in tcp 192.0.2.1:9 > 10.0.0.5:500", ""),
    ("in udp [2001:db8::1]:9 > [2001:db8::5]:500", "0123"),
    ("in udp [2001:db8::1]:9 > [2001:db8::5]:4500", ""),
    ("in tcp 192.0.2.1:88 > 10.0.0.5:9", "02"),
    ("in tcp 192.0.2.1:9 > 10.0.0.5:88", "02"),
    ("out udp 10.0.0.5:9 > 192.0.2.1:88", "02"),
    ("in 88 192.0.2.1 > 10.0.0.5", ""),
    ("in 46 192.0.2.1 > 10.0.0.5", "02"),
    ("out 46 10.0.0.5 > 192.0.2.1", "02"),
    ("out udp 10.0.0.5:9 > 224.0.0.1:9", "01"),
    ("out udp 10.0.0.5:9 > 239.255.255.255:9", "01"),
    ("out udp 10.0.0.5:9 > 255.255.255.255:9", "01"),
    ("out udp 10.0.0.5:9 > 10.0.0.255:9", "01"),
    ("out udp [2001:db8::5]:9 > [ff02::1]:9", "01"),
    ("out udp 10.0.0.5:9 > 240.0.0.1:9", ""),
    ("in udp 192.0.2.1:9 > 224.0.0.1:9", "0123"),
    ("in udp 192.0.2.1:9 > 10.0.0.255:9", "0123"),
    ("in udp [2001:db8::1]:9 > [ff02::1]:9", "0123"),
    ("in udp 192.0.2.1:9 > 10.0.0.5:9", ""),
]


@pytest.mark.parametrize(("text", "levels"), EXEMPT)
def test_each_exemption_under_each_level(text, levels):
    """One row of the table in 4.2, at every value of NoDefaultExempt."""
    from ipaddress import ip_network

    facts = host("10.0.0.5", "2001:db8::5", prefixes=(ip_network("10.0.0.0/24"),), generation=Generation.SERVER_2003)
    for level in range(4):
        rules = state(R("all", "block any>any 2w"), R("all6", "block any>::/0 2w"), exempt=level)
        expected = Fate.EXEMPT if str(level) in levels else Fate.BLOCKED
        assert decide(rules, facts, packet(text)).outcome.fate is expected, level


@pytest.mark.parametrize(
    ("generation", "kept", "levels"),
    [
        (Generation.SERVER_2003, True, "0123"),
        (Generation.SERVER_2003, False, "0123"),
        (Generation.VISTA, True, "0123"),
        (Generation.VISTA, False, "01"),
        (Generation.XP, False, "01"),
    ],
)
def test_inbound_multicast_is_a_guess_outside_2003(generation, kept, levels):
    """Documented to stay exempt on Server 2003; a switch elsewhere, on by default."""
    facts = host("10.0.0.5", generation=generation)
    for level in range(4):
        verdict = decide(
            state(*BOTH, exempt=level),
            facts,
            packet("in udp 192.0.2.1:9 > 224.0.0.1:9"),
            Switches(inbound_multicast_exempt=kept),
        )
        assert (verdict.exemption is not None) == (str(level) in levels)


@pytest.mark.parametrize(
    ("generation", "exempt"),
    [
        (Generation.WINDOWS_2000, True),
        (Generation.XP, True),
        (Generation.SERVER_2003, False),
        (Generation.VISTA, False),
    ],
)
def test_an_absent_level_is_the_generations_own(generation, exempt):
    """Value absent: 0 on 2000 and XP, 3 on 2003 and later. Nonsense counts as absent."""
    facts = host("10.0.0.5", generation=generation)
    for level in (None, 4, -1):
        verdict = decide(state(*BOTH, exempt=level), facts, packet("in tcp 192.0.2.1:88 > 10.0.0.5:9"))
        assert (verdict.exemption == "Kerberos") == exempt


def test_a_subnets_broadcast_address_needs_known_prefixes():
    """Without interface prefixes 10.0.0.255 is an ordinary foreign address."""
    out = packet("out udp 10.0.0.5:9 > 10.0.0.255:9")
    assert decide(state(*BOTH, exempt=1), HOST, out).outcome.fate is Fate.BLOCKED


@pytest.mark.parametrize(
    ("generation", "active", "on_request"),
    [(g, active, active and g is not Generation.VISTA) for g, active in itertools.product(Generation, (True, False))],
)
def test_the_default_response_rule_changes_no_outcome(generation, active, on_request):
    """Unmatched packets stay clear; before Vista an active default response rule answers on request."""
    rules = state(R("a", "block any>me tcp 445 1w"), default_rule=DefaultRule(active=active))
    facts = host("10.0.0.5", generation=generation)
    verdict = decide(rules, facts, packet("in tcp 192.0.2.1:9 > 10.0.0.5:80"))
    assert str(verdict.outcome) == "clear"
    assert verdict.on_request is on_request
    assert not decide(rules, facts, packet("in tcp 192.0.2.1:9 > 10.0.0.5:445")).on_request
