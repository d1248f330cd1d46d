"""Filter actions (spec: ipsec-policy 1.5 filter action, 1.6, 5.5)."""

from __future__ import annotations

import pytest

PLAIN = "b920dc80c82ed111a89e00a0248d3021040000000000000000"
PERMIT = "{8a171dd2-77e3-11d1-8659-a04f00000000}"
BLOCK = "{3f91a819-7647-11d1-864d-d46a00000000}"
NEGOTIATE = "{8a171dd3-77e3-11d1-8659-a04f00000000}"
PASSTHROUGH = "{3f91a81a-7647-11d1-864d-d46a00000000}"


@pytest.mark.parametrize(("word", "guid"), [("permit", PERMIT), ("BLOCK", BLOCK)])
def test_permit_and_block_differ_only_by_guid(desk, word, guid):
    """Their blobs are the same 25 bytes; methods are ignored."""
    desk.ok(f"add filteraction name=a action={word} qmsecmethods=ESP[3DES,SHA1] soft=yes")
    values = desk.values(desk.action())
    assert values["ipsecData"].hex() == PLAIN
    assert values["ipsecNegotiationPolicyAction"] == guid
    assert values["ipsecNegotiationPolicyType"] == "{62f49e10-6c37-11d1-864c-14a300000000}"
    assert "ipsecOwnersReference" not in values


def test_every_argument_of_a_negotiating_action(desk):
    """PFS goes to every offer, inpass to the action GUID, soft to an empty last offer."""
    desk.ok(
        "add filteraction name=a qmpfs=yes inpass=yes soft=yes action=negotiate description=d "
        'qmsecmethods="AH[MD5]:204800k/300s ESP[des,sha1]:30000k/480s AH[SHA1]+ESP[3DES,None] ESP[None,MD5]:3600s '
        'ESP[3DES,MD5]:100000k"'
    )
    assert desk.action().action_guid == PASSTHROUGH
    assert desk.action().description == "d"
    offers = desk.offers()
    assert [each.text() for each in offers] == [
        "AH[MD5]:204800k/300s",
        "ESP[DES,SHA1]:30000k/480s",
        "AH[SHA1]+ESP[3DES,None]",
        "ESP[None,MD5]:3600s",
        "ESP[3DES,MD5]:100000k",
        "",
    ]
    assert [each.pfs for each in offers] == [True] * 5 + [False]


@pytest.mark.parametrize(
    "methods",
    [
        "",
        "ESP",
        "ESP[3DES]",
        "ESP[AES,SHA1]",
        "ESP[3DES,SHA256]",
        "ESP[None,None]",
        "AH[None]",
        "AH[SHA1]+AH[MD5]",
        "ESP[3DES,SHA1]+AH[SHA1]",
        "ESP:3DES-SHA1",
        "ESP[3DES,SHA1]:",
        "ESP[3DES,SHA1]:/",
        "ESP[3DES,SHA1]:100",
        "ESP[3DES,SHA1]:100k300s",
        "ESP[3DES,SHA1]:300s/100k",
        "ESP[3DES,SHA1]:100k/",
        "ESP[3DES,SHA1]:99999999999s",
        "ESP[3DES, SHA1]",
        "ESP[3DES,SHA1];AH[SHA1]",
    ],
)
def test_quick_mode_methods_outside_the_grammar_are_refused(desk, methods):
    """Other algorithms, other orders and broken lifetimes are no offers."""
    desk.refused(f'add filteraction name=a qmsecmethods="{methods}"')


@pytest.mark.parametrize(
    "line",
    [
        "add filteraction name=A",
        "add filteraction name=c action=drop",
        "add filteraction name=c qmpfs=1",
        "set filteraction name=c action=block",
        "set filteraction name=a newname=B",
        "set filteraction guid={} newname=x",
        "delete filteraction name=c",
        "delete filteraction name=b",
        "delete filteraction all",
    ],
)
def test_refusals_about_actions(full, line):
    """Taken and unknown names, impossible values, actions in use."""
    full.ok("add rule name=s policy=p filterlist=l filteraction=a")
    full.refused(line)


def test_set_changes_only_what_it_names(desk):
    """PFS, soft and inpass can be switched without saying the methods again."""
    desk.ok("add filteraction name=a qmsecmethods=ESP[DES,MD5]:300s", "set filteraction name=a qmpfs=y soft=y inpass=y")
    guid = desk.action().guid
    assert [(each.text(), each.pfs) for each in desk.offers()] == [("ESP[DES,MD5]:300s", True), ("", False)]
    assert desk.action().action_guid == PASSTHROUGH
    desk.ok(f"set filteraction guid={guid} inpass=no soft=no newname=c")
    assert [(each.text(), each.pfs) for each in desk.offers("c")] == [("ESP[DES,MD5]:300s", True)]
    assert desk.action("c").action_guid == NEGOTIATE
    desk.ok("set filteraction name=c action=block")
    assert desk.values(desk.action("c"))["ipsecData"].hex() == PLAIN
    desk.ok("set filteraction name=c action=negotiate")
    assert desk.offers("c")


def test_an_unused_action_goes(full):
    """A is used by no rule, b is."""
    full.ok("delete filteraction name=a")
    assert full.static("delete filteraction all").code == 1
    assert full.action("b").guid
