"""Who can talk to whom: traffic-engine 8, between two hosts."""

from dataclasses import replace

import pytest
from traffic_scene import CIPHER, NULL, R, host, state
from winipsec.model.methods import Kerberos, MainModeMethod, PresharedKey, RootCa, SecurityMethod, UnknownAuth
from winipsec.model.policies import FilterAction
from winipsec.traffic.conversation import Result
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.matrix import Asked, Station, matrix
from winipsec.traffic.packet import BadQuestion

SMB = Asked(6, 445)
A, B = "10.0.0.5", "10.0.0.6"


def meet(one, other, asked=SMB):
    """What comes of it when the first host asks the second."""
    stations = [Station("a", one, host(A)), Station("b", other, host(B))]
    first, _ = matrix(stations, [asked])
    assert (first.starter, first.other, first.asked) == ("a", "b", asked)
    (exchange,) = first.exchanges
    return exchange


def rule(word, sides="any>me 2w", **more):
    """A host with one rule."""
    return state(R(f"r-{word}", f"{word} {sides}", **more))


NONE = state()
OTHER_CIPHER = FilterAction(
    "x", guid="{x}", security_methods=(replace(CIPHER, esp=replace(CIPHER.esp, encryption="des")),)
)


@pytest.mark.parametrize(
    ("one", "other", "result", "reason"),
    [
        (NONE, NONE, Result.CLEAR, ""),
        (rule("block"), NONE, Result.NO, "a, rule 'r-block': blocked"),
        (NONE, rule("block"), Result.NO, "b, rule 'r-block': blocked"),
        (NONE, rule("block", "me>any 1w"), Result.ONE_WAY, "b, rule 'r-block': blocked"),
        (rule("require"), rule("require"), Result.AUTHENTICATED, ""),
        (rule("encrypt"), rule("encrypt"), Result.ENCRYPTED, ""),
        (rule("require"), NONE, Result.NO, "a, rule 'r-require': demands IPsec, b has none here"),
        (NONE, rule("require"), Result.NO, "b, rule 'r-require': demands IPsec, a has none here"),
        (rule("request"), NONE, Result.CLEAR, "a, rule 'r-request': falls back, b has no IPsec here"),
        (NONE, rule("request"), Result.CLEAR, "b, rule 'r-request': falls back, a has no IPsec here"),
        (rule("soft"), NONE, Result.CLEAR, "a, rule 'r-soft': falls back, b has no IPsec here"),
        (NONE, rule("soft"), Result.NO, "b, rule 'r-soft': demands IPsec, a has none here"),
        (NONE, rule("inpass"), Result.ONE_WAY, "b, rule 'r-inpass': demands IPsec, a has none here"),
        (rule("request"), rule("require"), Result.AUTHENTICATED, ""),
        (
            rule("encrypt"),
            rule("require"),
            Result.NO,
            "a, rule 'r-encrypt' and b, rule 'r-require': no security method in common",
        ),
    ],
)
def test_two_hosts(one, other, result, reason):
    """Blocked on either side: no. Both protected: what they share. One protected: only with a fall back."""
    assert meet(one, other) == (result, reason)


def offering(*offers):
    """A host that demands one of these."""
    return rule("require", action=FilterAction("x", guid="{x}", security_methods=offers))


def test_the_offers_in_common_decide_how_well_it_is_protected():
    """Encrypted only if everything shared encrypts; lifetimes do not matter."""
    longer = replace(CIPHER, lifetime_seconds=7200)
    assert meet(offering(CIPHER, NULL), offering(longer)).result is Result.ENCRYPTED
    assert meet(offering(CIPHER, NULL), offering(NULL, CIPHER)).result is Result.AUTHENTICATED
    assert meet(offering(SecurityMethod(ah="sha1")), offering(SecurityMethod(ah="md5"))).result is Result.NO
    assert meet(offering(CIPHER), rule("require", action=OTHER_CIPHER)).result is Result.NO


def authenticating(*methods):
    """A host that demands protection and authenticates so."""
    given = rule("require")
    rules = {guid: replace(item, auth_methods=methods) for guid, item in given.store.rules.items()}
    return replace(given, store=replace(given.store, rules=rules))


@pytest.mark.parametrize(
    ("ours", "theirs", "works"),
    [
        ([Kerberos()], [PresharedKey("x"), Kerberos()], True),
        ([Kerberos()], [PresharedKey("x")], False),
        ([PresharedKey("x")], [PresharedKey("x")], True),
        ([PresharedKey("x")], [PresharedKey("y")], False),
        ([RootCa("CN=A")], [RootCa("CN=A", certificate_mapping=True)], True),
        ([RootCa("CN=A")], [RootCa("CN=B")], False),
        ([UnknownAuth(9)], [UnknownAuth(9)], False),
    ],
)
def test_authentication_must_be_shared(ours, theirs, works):
    """The same method, with the same key or root; no secret is ever told."""
    exchange = meet(authenticating(*ours), authenticating(*theirs))
    assert (exchange.result is Result.AUTHENTICATED) is works
    if not works:
        assert exchange.reason == "a, rule 'r-require' and b, rule 'r-require': no authentication in common"


def test_main_mode_must_be_shared():
    """Without a cipher, hash and group in common there are no keys."""
    one, other = rule("require"), rule("require")
    policy = replace(other.policy, main_mode_methods=(MainModeMethod("3des", "sha1", "group1"),))
    other = replace(other, store=other.store.with_policy(policy))
    assert meet(one, other).reason.endswith("no way to make keys in common")


def test_tunnels():
    """Between the two it is a protection like others; one that ends elsewhere protects part of the way."""
    to_b = state(
        R("o", f"encrypt me>{B} 1w", tunnel=B),
        R("i", f"encrypt {B}>me 1w", tunnel=A),
    )
    to_a = state(
        R("o", f"encrypt me>{A} 1w", tunnel=A),
        R("i", f"encrypt {A}>me 1w", tunnel=B),
    )
    assert meet(to_b, to_a).result is Result.ENCRYPTED
    assert meet(to_b, rule("encrypt")).reason.endswith("one uses a tunnel, the other does not")
    gateway = state(R("o", f"encrypt me>{B} 1w", tunnel="198.51.100.1"))
    assert meet(gateway, NONE) == (Result.CLEAR, "protected up to the tunnel end point 198.51.100.1 only")


def test_client_ports_that_matter_give_more_than_one_answer():
    """A permit for one port of the client only."""
    picky = state(R("all", "block any>me 2w"), R("one", "permit any>me tcp from 50000 445 2w"))
    stations = [Station("a", NONE, host(A)), Station("b", picky, host(B))]
    first, _ = matrix(stations, [SMB])
    assert {exchange.result for exchange in first.exchanges} == {Result.NO, Result.CLEAR}


def test_every_pair_every_service_in_order():
    """Three hosts, two services; a protocol without ports has none."""
    stations = [Station(name, NONE, host(f"10.0.0.{i}")) for i, name in enumerate("abc", 1)]
    found = matrix(stations, [SMB, Asked(1)])
    assert [(m.starter, m.other, m.asked) for m in found] == [
        (one, other, asked) for one in "abc" for other in "abc" if one != other for asked in (SMB, Asked(1))
    ]
    assert {m.exchanges for m in found} == {((Result.CLEAR, ""),)}


def test_hosts_without_a_family_in_common_never_meet():
    """One speaks IPv4, the other IPv6."""
    stations = [Station("a", NONE, host(A)), Station("b", NONE, host("2001:db8::6"))]
    assert [m.exchanges for m in matrix(stations, [SMB])] == [(), ()]


def test_an_unknown_address_is_a_bad_question():
    """Who cannot be addressed cannot be asked."""
    with pytest.raises(BadQuestion, match="the addresses of a are not known"):
        matrix([Station("a", NONE, HostFacts())], [SMB])
