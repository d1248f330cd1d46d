"""Rules and the default response rule (spec: ipsec-policy 1.5 rule, 4.2, 5.4)."""

from __future__ import annotations

import pytest
from winipsec_lab.store.action_blob import decode_action
from winipsec_lab.store.rule_blob import decode_rule

PATH = "SOFTWARE\\Policies\\Microsoft\\Windows\\IPSEC\\Policy\\Local\\"
ADD = "add rule name=s policy=p filterlist=l filteraction=a"


def test_a_rule_is_referred_to_from_all_sides(full):
    """The policy lists it, it owns up to the policy, list and action list it as owner."""
    rule, policy = full.rule_entry(), full.policy()
    values = full.values(rule)
    assert policy.rules == (PATH + full.default().key, PATH + rule.key)
    assert values["ipsecOwnersReference"] == (PATH + policy.key,)
    assert values["ipsecFilterReference"] == (PATH + full.list().key,)
    assert values["ipsecNegotiationPolicyReference"] == PATH + full.action("b").key
    assert full.values(full.list())["ipsecOwnersReference"] == (PATH + rule.key,)
    assert full.values(full.action("b"))["ipsecOwnersReference"] == (PATH + rule.key,)
    assert values["ipsecName"] == "r"


def test_a_rule_without_methods_gets_kerberos(full):
    """The blob is the 115 bytes that current Windows writes."""
    assert full.rule_entry().data.hex() == (
        "00acbb118d49d111863900a0248d30212a0000000100000005000000020000000000fdffffff020000000000000000000000000001000000"
        "0200000000000101010101010101010101010101010101000000050000000000000001010101010101010101010101010102010000000000"
        "000000"
    )


def test_shared_lists_and_actions_have_several_owners(full):
    """Two rules on one list; taking one away leaves the other."""
    full.ok(ADD)
    assert full.list().owners == (PATH + full.rule_entry("r").key, PATH + full.rule_entry("s").key)
    full.ok("delete rule name=r policy=p")
    assert full.list().owners == (PATH + full.rule_entry("s").key,)
    assert full.action("b").owners == ()
    assert full.policy().rules == (PATH + full.default().key, PATH + full.rule_entry("s").key)


def test_authentication_methods_keep_their_order(full):
    """Keys, authorities with options and Kerberos are stored as they stand on the command line."""
    full.ok(
        f'{ADD} psk="a key" rootca="CN=Root, O=\\\'X\\\' certmap:yes excludecaname:no" kerberos=yes '
        'rootca="CN=Two excludecaname:y"'
    )
    assert [
        (each.kind, each.text, each.map_to_account, each.exclude_ca_name) for each in full.rule("s").authentications
    ] == [
        ("psk", "a key", False, False),
        ("certificate", 'CN=Root, O="X"', True, False),
        ("kerberos", "", False, False),
        ("certificate", "CN=Two", False, True),
    ]


def test_set_rule_replaces_the_whole_list_of_methods(full):
    """Any authentication argument replaces all; none leaves them."""
    full.ok(f"{ADD} psk=one kerberos=yes", "set rule name=s policy=p activate=no")
    assert [each.kind for each in full.rule("s").authentications] == ["psk", "kerberos"]
    full.ok("set rule name=s policy=p psk=two kerberos=no")
    assert [each.text for each in full.rule("s").authentications] == ["two"]
    assert full.rule("s").active is False


@pytest.mark.parametrize(
    "arguments",
    [
        "psk=",
        "kerberos=no",
        "kerberos=perhaps",
        'rootca="certmap:yes"',
        'rootca="no name"',
        'rootca=""',
        "conntype=wifi",
        "activate=2",
        "tunnel=nowhere.example.test",
        "tunnel=0.0.0.0",
        'tunnel=""',
    ],
)
def test_impossible_rules(full, arguments):
    """Empty keys, no method at all, authorities without a name, unknown words, tunnels to nowhere."""
    full.refused(f"{ADD} {arguments}")
    full.refused(f"set rule name=r policy=p {arguments}")


@pytest.mark.parametrize(
    "line",
    [
        "add rule name=r policy=p filterlist=l filteraction=a",
        "add rule name=s policy=q filterlist=l filteraction=a",
        "add rule name=s policy=p filterlist=m filteraction=a",
        "add rule name=s policy=p filterlist=l filteraction=c",
        "set rule name=s policy=p activate=no",
        "set rule name=r policy=q activate=no",
        "set rule name=r policy=p filterlist=m",
        "set rule name=r policy=p filteraction=c",
        "set rule id=2 policy=p activate=no",
        "set rule id=0 policy=p activate=no",
        "set rule id=x policy=p activate=no",
        "delete rule name=s policy=p",
        "delete rule id=9 policy=p",
        "delete rule all policy=q",
        "set defaultrule policy=q activate=yes",
        "set defaultrule policy=p qmsecmethods=ESP[AES,SHA1]",
    ],
)
def test_refusals_about_rules(full, line):
    """Taken and unknown names and numbers of rules, policies, lists and actions."""
    full.refused(line)


@pytest.mark.parametrize(("word", "number"), [("all", 0xFD), ("lan", 0xFE), ("dialup", 0xFF)])
def test_connection_types(full, word, number):
    """FFFFFFFD all, FFFFFFFE LAN, FFFFFFFF dial-up."""
    full.ok(f"{ADD} conntype={word}")
    assert full.rule_entry("s").data[34] == number
    assert full.rule("s").interface == word


def test_tunnels(full):
    """IPv4 in network order in the counted part, IPv6 behind the third marker, a name beside its address."""
    full.ok(f"{ADD} tunnel=198.51.100.1", "add rule t p l a 2001:db8::9", "add rule u p l a web1.example.test")
    assert full.rule_entry("s").data[44:52] == bytes.fromhex("c6336401 01000000")
    assert full.rule("t").tunnel_text == "2001:db8::9"
    assert full.rule_entry("t").data[-17:] == bytes.fromhex("20010db8000000000000000000000009 00")
    assert (full.rule("u").tunnel_text, full.rule("u").tunnel_name) == ("10.77.0.1", "web1.example.test")
    full.ok("set rule name=t policy=p tunnel=198.51.100.2")
    assert full.rule("t").tunnel_text == "198.51.100.2"


def test_set_rule_moves_references(full):
    """Another list and another action: the old ones forget the rule, the new ones know it, nothing doubles."""
    full.ok("add filterlist name=m", "set rule name=r policy=p filterlist=m filteraction=a newname=r2 description=d")
    rule = full.rule_entry("r2")
    assert rule.filter_lists == (PATH + full.list("m").key,)
    assert rule.action == PATH + full.action("a").key
    assert (full.list("l").owners, full.action("b").owners) == ((), ())
    assert full.list("m").owners == full.action("a").owners == (PATH + rule.key,)
    assert rule.description == "d"
    full.ok("set rule name=r2 policy=p filterlist=m filteraction=a")
    assert full.list("m").owners == (PATH + rule.key,)
    full.ok("delete filterlist name=l", "delete filteraction name=b")


def test_rules_can_be_addressed_by_number(full):
    """Numbers run over the rules of the policy, without the default response rule; unnamed rules have only those."""
    full.ok(ADD)
    full.store.write(full.rule_entry("r").changed_to(name=None))
    full.ok("set rule id=1 policy=p newname=found")
    assert full.rule_entry("found").data
    full.ok("delete rule id=2 policy=p")
    assert [rule.name for rule in full.store.rules_of(full.policy())] == [None, "found"]


def test_the_same_rule_name_in_two_policies(full):
    """Names of rules belong to their policies."""
    full.ok("add policy name=q", "add rule name=r policy=q filterlist=l filteraction=a", "delete rule name=R policy=q")
    assert full.rule_entry("r").owners == (PATH + full.policy("p").key,)


def test_the_default_rule_can_be_set(full):
    """Activation, methods, PFS and authentication of the default response rule; no list is involved."""
    full.ok('set defaultrule policy=p qmpfs=y activate=y qmsecmethods="AH[MD5]" psk=k')
    rule = full.default()
    (offer,) = decode_action(full.store.find(rule.action).data)
    assert (offer.text(), offer.pfs) == ("AH[MD5]", True)
    assert decode_rule(rule.data).active is True
    assert [each.kind for each in decode_rule(rule.data).authentications] == ["psk"]
    full.ok("set defaultrule policy=p activate=no")
    assert decode_rule(full.default().data).active is False
    assert decode_action(full.store.find(rule.action).data) == (offer,)


def test_delete_all_rules_keeps_the_default_rule(full):
    """`delete rule all` takes the named rules only."""
    full.ok(ADD, "delete rule all policy=p")
    assert full.policy().rules == (PATH + full.default().key,)
    assert full.list().owners == ()
