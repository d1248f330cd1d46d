"""All spellings of one value are one value: no difference in preview or update, whichever was written first."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest
from console import content

SIDES = (
    ("10.0.0.0/8", "10.0.0.0/255.0.0.0", "10.1.2.3/8", "10.0.0.0-10.255.255.255"),
    ("any", "0.0.0.0/0", "ANY", "0.0.0.0-255.255.255.255"),
    ("10.1.1.7", "10.1.1.7/32", "10.1.1.7-10.1.1.7", "10.1.1.7/255.255.255.255"),
    ("2001:db8::/64", "2001:DB8:0:0::/64", "2001:db8::-2001:db8::ffff:ffff:ffff:ffff", "2001:0db8::1/64"),
    ("10.0.0.1-10.0.0.9", "10.0.0.1 - 10.0.0.9", "10.0.0.1-10.0.0.9"),
)
PROTOCOLS = (
    ("tcp", "TCP", 6, "6"),
    ("udp", "Udp", 17, "17"),
    ("any", "ANY", 0, "0"),
    ("icmp", "ICMP", 1, "1"),
    ("raw", "RAW", 255, "255"),
    ("47", 47, "47"),
)
FORMS = 4


def spelled(spellings: tuple[Any, ...], form: int) -> Any:
    """One spelling; short lists begin anew."""
    return spellings[form % len(spellings)]


def scene(form: int) -> dict[str, Any]:
    """The same program every time, every value in spelling number `form`."""

    def word(*spellings: Any) -> Any:
        return spelled(spellings, form)

    filters = [
        {
            "source": spelled(side, form),
            "destination": word("me", "ME", " me ", "Me"),
            "protocol": spelled(protocol, form),
        }
        for side, protocol in zip_longest(SIDES, PROTOCOLS, fillvalue=SIDES[0])
        if side is not None
    ]
    ported = [
        {
            "source": word("any", "0.0.0.0/0"),
            "destination": "me",
            "protocol": word("tcp", 6, "TCP"),
            "destinationPort": port,
            **word({}, {"sourcePort": 0, "mirrored": True}, {"mirrored": True}),
        }
        for port in (80, 443)
    ]
    order = filters + ported
    if form % 2:
        order.reverse()
    methods = [
        {
            "esp": {"encryption": word("3des", "3DES"), "integrity": word("sha1", "SHA1", "Sha1")},
            **word({}, {"lifetimeKilobytes": 100_000, "lifetimeSeconds": 3_600}),
        },
        {"ah": word("md5", "MD5"), "lifetimeSeconds": 900},
    ]
    return {
        "list": {"type": "FilterList", "properties": {"name": word("Allowed", "ALLOWED", "allowed"), "filters": order}},
        "open": {
            "type": "FilterAction",
            "properties": {
                "name": word("Open", "open"),
                "action": word("permit", "PERMIT", "Permit"),
                **word({}, {"description": "", "sessionPfs": False, "softFallback": False}),
            },
        },
        "secure": {
            "type": "FilterAction",
            "properties": {"name": "Secure", "action": word("negotiate", "Negotiate"), "securityMethods": methods},
        },
        "default": {
            "type": "FilterAction",
            "properties": {
                "name": "Default",
                "action": "negotiate",
                **word(
                    {},
                    {
                        "securityMethods": [
                            {
                                "esp": {"encryption": "3des", "integrity": "sha1"},
                                "lifetimeKilobytes": 100_000,
                                "lifetimeSeconds": 3_600,
                            }
                        ]
                    },
                ),
            },
        },
        "policy": {
            "type": "Policy",
            "properties": {
                "name": word("Guard", "GUARD"),
                **word({}, {"mainModeLifetimeMinutes": 480, "defaultRule": {"active": False}}),
                "pollingIntervalMinutes": 60,
                "mainModeMethods": [
                    {
                        "encryption": word("3des", "3DES"),
                        "integrity": word("sha1", "SHA1"),
                        "dhGroup": word("group14", "GROUP14"),
                    }
                ],
            },
        },
        "rule": {
            "type": "Rule",
            "properties": {
                "name": word("First", "FIRST"),
                "policy": word("${policy.name}", "GUARD", "guard"),
                "filterList": word("${list.name}", "aLLowed"),
                "filterAction": word("${open.name}", "OPEN"),
                "connectionType": word("lan", "LAN"),
                "tunnelEndpoint": word("10.0.0.9", " 10.0.0.9 "),
                **word({}, {"authMethods": [{"kerberos": True}], "active": True}),
            },
            "options": {"dependsOn": ["${policy}", "${list}", "${open}"]},
        },
        "active": {
            "type": "PolicyAssignment",
            "properties": {"policy": word("${policy.name}", "gUARD")},
            "options": {"dependsOn": ["${rule}"]},
        },
    }


@pytest.mark.parametrize("first", [0, 3])
def test_other_spellings_of_the_same_values_are_no_difference(lab, stack_for, first):
    """Created in one spelling, previewed and updated in all others: nothing changes, and nothing is written."""
    host = lab.create("web1")
    stack = stack_for(host)
    stack.program(scene(first))
    stack.up()
    before = content(host)
    assert stack.up("--refresh").changes == {}

    for form in range(FORMS):
        if form == first:
            continue
        stack.program(scene(form))
        outcome = stack.preview("--refresh") if form % 2 else stack.preview()
        assert (form, outcome.paths, outcome.changes) == (form, {}, {})
    assert stack.up("--refresh").changes == {}
    assert content(host) == before
