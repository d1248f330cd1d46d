"""Check of a change: what contradicts itself is refused, whichever of its two sides is new (design 2.2, 1 and 6)."""

import pytest
from property_cases import BASES
from store_scene import REACHED, RESOURCES, SCENE, FakeHost, SceneProvider, a_call, checked, failures
from winipsec.resources.values import UNKNOWN

NAME = {"name": "P"}
SHARED = [
    {
        "name": name,
        "filterList": {"filters": [{"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": port}]},
        "filterAction": {"name": "shared", "action": "block"},
    }
    for name, port in (("a", 80), ("b", 445))
]
PERMITTING = [{**SHARED[0], "filterAction": {"name": "shared", "action": "permit"}}, SHARED[1]]
ALLOWING = {**NAME, "allowOnly": {"ports": ["tcp/80"]}}
OWN = {**SHARED[0], "name": "allow tcp/80", "filterAction": {"action": "permit"}}
WINRM = {**NAME, "block": [{"ports": ["tcp/5985"]}]}
NEGOTIATE = {
    "name": "a",
    "action": "negotiate",
    "securityMethods": [{"esp": {"encryption": "3des", "integrity": "sha1"}}],
}
SOFT = {**NEGOTIATE, "softFallback": True}
KEYED = [{"presharedKey": "k3y-0f-the-t3st"}]

CONTRADICTIONS = [
    ("HostPolicy", {**NAME, "rules": SHARED}, {**NAME, "rules": PERMITTING}, "rules[1].filterAction"),
    ("HostPolicy", ALLOWING, {**ALLOWING, "block": [{"ports": ["tcp/80"]}]}, "allowOnly.ports[0]"),
    ("HostPolicy", {**WINRM, "management": "none"}, WINRM, "block[0].ports[0]"),
    ("HostPolicy", {**NAME, "rules": [OWN]}, {**ALLOWING, "rules": [OWN]}, "rules[0].name"),
    ("HostPolicy", {**NAME, "defaultRule": {"authMethods": KEYED}}, None, "defaultRule.authMethods[0].presharedKey"),
    ("FilterAction", NEGOTIATE, {**NEGOTIATE, "action": "block"}, "securityMethods"),
    ("FilterAction", SOFT, {**SOFT, "action": "permit"}, "softFallback"),
    ("Rule", {**BASES["Rule"], "name": "r", "authMethods": KEYED}, None, "authMethods[0].presharedKey"),
    ("Policy", {**NAME, "defaultRule": {"authMethods": KEYED}}, None, "defaultRule.authMethods[0].presharedKey"),
]


@pytest.mark.parametrize(("kind", "old", "new", "path"), CONTRADICTIONS)
def test_a_contradiction_is_refused_though_only_its_other_side_changed(kind, old, new, path):
    """The program says two things; which of them came first is no reason to do one of them."""
    new = new or {**old, "name": "r\u00e8gle"}
    olds = checked(kind, old)
    assert path in failures(kind, new)
    assert path in failures(kind, new, olds)


@pytest.mark.parametrize(("kind", "old", "new", "path"), CONTRADICTIONS)
def test_a_contradiction_that_was_imported_may_stay(kind, old, new, path):
    """What stands on the host as it is must not keep the rest of the program from being changed."""
    new = new or {**old, "name": "r\u00e8gle"}
    olds = RESOURCES[kind].check(new, {}, None, a_call(kind)).inputs
    assert path not in failures(kind, {**new, "description": "more"}, olds)


def both(*checks):
    """The mistakes of several resources of one run, checked in this order: kind, resource, inputs, olds."""
    provider = SceneProvider(FakeHost(SCENE))
    found = [failures(kind, new, old, call=a_call(kind, name, provider=provider)) for kind, name, new, old in checks]
    return [list(each) for each in found]


def test_a_second_assignment_is_refused_wherever_it_stands():
    """Before the one that was there, too, though nothing of that one has changed."""
    there, new = {**NAME, "connection": REACHED}, {"name": "Q", "connection": REACHED}
    olds = checked("HostPolicy", there)
    assert both(("HostPolicy", "p", there, olds), ("HostPolicy", "q", new, {})) == [[], ["assigned"]]
    assert both(("HostPolicy", "q", new, {}), ("HostPolicy", "p", there, olds)) == [[], ["assigned"]]
    other = {"policy": "P", "connection": REACHED}
    assert both(("PolicyAssignment", "a", other, {}), ("HostPolicy", "p", there, olds)) == [[], ["assigned"]]


@pytest.mark.parametrize("turned", [False, True])
def test_a_policy_that_rests_is_not_assigned_by_another_resource(turned):
    """The next change of the policy would take it out of force."""
    resting = ("HostPolicy", "p", {**NAME, "assigned": False, "connection": REACHED}, {})
    assigning = ("PolicyAssignment", "a", {"policy": "p", "connection": REACHED}, {})
    elsewhere = ("PolicyAssignment", "a", {"policy": "Q", "connection": REACHED}, {})
    pair = (assigning, resting) if turned else (resting, assigning)
    assert both(*pair) == [[], ["assigned" if turned else "policy"]]
    assert both(resting, elsewhere) == [[], []]


@pytest.mark.parametrize("kind", ["Policy", "HostPolicy"])
def test_a_default_rule_without_methods_cannot_be_made(kind):
    """Those of the host are left alone by netsh; nothing can be asked for that way."""
    assert failures(kind, {**NAME, "defaultRule": {"securityMethods": []}}).keys() == {"defaultRule.securityMethods"}


def test_whether_it_is_assigned_may_be_unknown():
    """Then it is not known either what was active before."""
    call = a_call("HostPolicy", provider=SceneProvider(FakeHost(SCENE)), preview=True)
    olds = checked("HostPolicy", NAME)
    news = {**olds, "assigned": UNKNOWN}
    assert (
        RESOURCES["HostPolicy"].update("{x}", {**olds, "machine": "m"}, olds, news, call)["previousPolicy"] is UNKNOWN
    )
