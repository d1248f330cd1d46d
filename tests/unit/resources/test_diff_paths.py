"""Diff: one changed property is exactly one path (design 2.2, item 3; field 2, rows 4 and 5)."""

import pytest
from property_cases import BASES
from property_places import PLACES
from store_scene import MACHINE_GUID, POLICY, RESOURCES, FakeHost, SceneProvider, a_call, a_snapshot, changes, checked
from winipsec.resources.resource import Change
from winipsec.resources.values import UNKNOWN

REPLACING = {
    "Rule": {"policy"},
    "Filter": {"filterList", "source", "destination", "protocol", "sourcePort", "destinationPort", "mirrored"},
}
"""What needs another object (design 2.2, item 2)."""

SINGLE = {
    "action",
    "filters",
    "securityMethods",
    "authMethods",
    "mainModeMethods",
    "defaultRule",
    "esp",
    "rootCa",
    "kerberos",
    "block",
    "allowOnly",
    "isolate",
    "outbound",
}
"""Properties of one value in the table, or none but what is nested: tested by hand below."""

INNER = [place for place in PLACES if place.path.split(".")[0] != "connection"]
CONNECTIONS = [place for place in PLACES if place not in INNER]
CHANGING = [place for place in INNER if len(place.case.accepted) > 1]


def ids(place):
    """A place as the name of a test."""
    return f"{place.resource}.{place.path}"


def own(found):
    """Without what follows from other properties: the rules that the scenario blocks come to."""
    return {path: kind for path, kind in found.items() if not path.startswith("expandedRules")}


def summed(place, found):
    """The changes; those inside a set that is one value in the table as one."""
    inside = all(path.startswith((f"{place.path}[", f"{place.path}.")) for path in found)
    return {place.path: Change.UPDATE} if found and inside else found


def kind_of(place, change):
    """How a change of a top-level property has to be made."""
    return change.replacing() if place.path in REPLACING.get(place.resource, ()) else change


def test_every_property_is_tested_here():
    """In the table, or by hand; a connection never differs."""
    assert {place.name for place in INNER} - {place.name for place in CHANGING} == SINGLE


@pytest.mark.parametrize("place", CHANGING, ids=ids)
def test_one_changed_value_is_one_path(place):
    """For every two values of every property."""
    values = [normal for normal, _ in place.case.accepted]
    for before, after in zip(values, values[1:] + values[:1], strict=True):
        old, new = (checked(place.resource, place.inputs(value)) for value in (before, after))
        found = summed(place, own(changes(place.resource, old, new)))
        if place.path == "rules[0].name":
            assert found == {"rules[0]": Change.UPDATE}  # known by its name: another rule
            continue
        assert found == {place.path: kind_of(place, Change.UPDATE)}, (before, after)


@pytest.mark.parametrize("place", CHANGING, ids=ids)
def test_another_spelling_is_no_change(place):
    """Check brings both into the same normal form."""
    for _, spellings in place.case.accepted:
        inputs = [checked(place.resource, place.inputs(spelling)) for spelling in spellings]
        assert all(changes(place.resource, inputs[0], item) == {} for item in inputs)


@pytest.mark.parametrize("place", INNER, ids=ids)
def test_an_unknown_value_is_a_change(place):
    """Replacement only where another value always means replacement (spec: pulumi-provider 2.6)."""
    old = checked(place.resource, place.inputs(place.case.accepted[0][0]))
    new = checked(place.resource, place.inputs(UNKNOWN))
    found = own(changes(place.resource, old, new))
    if place.name == "action":
        found.pop(
            f"{place.path.removesuffix('action')}securityMethods"
        )  # whether there are any is then unknown as well
    assert found == {place.path: kind_of(place, Change.UPDATE)}


@pytest.mark.parametrize("place", CONNECTIONS, ids=ids)
def test_a_connection_never_differs(place):
    """It is where a resource is reached, not what it is (design 2.2, item 7)."""
    bare = checked(place.resource, BASES[place.resource])
    for normal, _ in place.case.accepted:
        there = checked(place.resource, place.inputs(normal))
        assert changes(place.resource, bare, there) == {}
        assert changes(place.resource, there, bare) == {}
    assert own(changes(place.resource, bare, checked(place.resource, place.inputs(UNKNOWN)))) == {}


@pytest.mark.parametrize("kind", BASES)
def test_a_connection_that_is_unknown_altogether_never_differs(kind):
    """A machine that the same program makes."""
    old = checked(kind, BASES[kind])
    assert changes(kind, old, {**old, "connection": UNKNOWN}) == {}


# --- what comes and what goes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [place for place in INNER if place.case.blank], ids=ids)
def test_a_description_comes_and_goes(place):
    """Added, then deleted."""
    bare, described = checked(place.resource, place.without()), checked(place.resource, place.inputs("new"))
    assert changes(place.resource, bare, described) == {place.path: Change.ADD}
    assert changes(place.resource, described, bare) == {place.path: Change.DELETE}


@pytest.mark.parametrize(
    ("kind", "path", "given"),
    [
        ("FilterList", "filters", []),
        ("FilterList", "filters", [{"source": "any", "destination": "me"}]),
        ("Policy", "defaultRule.sessionPfs", {"sessionPfs": False}),
        ("Policy", "defaultRule.securityMethods", {"securityMethods": [{"ah": "md5"}]}),
        ("Policy", "defaultRule.authMethods", {"authMethods": [{"kerberos": True}]}),
    ],
)
def test_what_is_left_out_is_left_alone(kind, path, given):
    """Properties that are managed only while they are written down."""
    top = path.split(".")[0]
    bare, there = checked(kind, BASES[kind]), checked(kind, {**BASES[kind], top: given})
    assert changes(kind, bare, there) == {path: Change.ADD}
    assert changes(kind, there, bare) == {}


def test_an_imported_rule_keeps_the_methods_that_its_import_left_out():
    """Then they are added by whoever writes them down."""
    bare = checked("Rule", BASES["Rule"], BASES["Rule"])
    there = checked("Rule", {**BASES["Rule"], "authMethods": [{"presharedKey": "k"}]})
    assert changes("Rule", bare, there) == {"authMethods": Change.ADD}
    assert changes("Rule", there, bare) == {}


def test_state_of_an_older_release_has_defaults_that_are_not_written_down():
    """Absent is the default (spec: pulumi-provider 2.5)."""
    for kind, base in BASES.items():
        assert own(changes(kind, base, {**checked(kind, base), "securityMethods": None})) in (
            {},
            {"mainModeMethods": Change.ADD},
            {"authMethods": Change.ADD},
        )


def test_an_action_becomes_another():
    """Methods that negotiation had by default go with it."""
    words = {word: checked("FilterAction", {"name": "a", "action": word}) for word in ("permit", "block", "negotiate")}
    assert changes("FilterAction", words["permit"], words["block"]) == {"action": Change.UPDATE}
    assert changes("FilterAction", words["block"], words["negotiate"]) == {
        "action": Change.UPDATE,
        "securityMethods": Change.ADD,
    }
    assert changes("FilterAction", words["negotiate"], words["permit"]) == {
        "action": Change.UPDATE,
        "securityMethods": Change.DELETE,
    }


def test_offers_are_compared_place_by_place():
    """Order is preference: swapped offers are two changes, a new one at the end is one."""

    def action(*hashes):
        return checked("FilterAction", {"action": "negotiate", "securityMethods": [{"ah": word} for word in hashes]})

    assert changes("FilterAction", action("md5", "sha1"), action("sha1", "md5")) == {
        "securityMethods[0].ah": Change.UPDATE,
        "securityMethods[1].ah": Change.UPDATE,
    }
    assert changes("FilterAction", action("md5"), action("md5", "sha1")) == {"securityMethods[1]": Change.ADD}
    assert changes("FilterAction", action("md5", "sha1"), action("md5")) == {"securityMethods[1]": Change.DELETE}


def test_a_method_becomes_another():
    """What goes and what comes, inside its place."""

    def rule(*methods):
        return checked("Rule", {**BASES["Rule"], "authMethods": list(methods)})

    kerberos, key, root = {"kerberos": True}, {"presharedKey": "k"}, {"rootCa": {"name": "CN=R"}}
    assert changes("Rule", rule(kerberos), rule(key)) == {
        "authMethods[0].kerberos": Change.DELETE,
        "authMethods[0].presharedKey": Change.ADD,
    }
    assert changes("Rule", rule(kerberos), rule(root, kerberos)) == {
        "authMethods[0].kerberos": Change.DELETE,
        "authMethods[0].rootCa": Change.ADD,
        "authMethods[1]": Change.ADD,
    }
    esp = {"esp": {"encryption": "des", "integrity": "md5"}, "ah": "md5"}
    old, new = (
        checked("FilterAction", {"action": "negotiate", "securityMethods": [item]}) for item in (esp, {"ah": "md5"})
    )
    assert changes("FilterAction", old, new) == {"securityMethods[0].esp": Change.DELETE}


def test_main_mode_methods_come_and_go():
    """The default list, and another."""
    longer = [*checked("Policy", BASES["Policy"])["mainModeMethods"]] * 2
    old, new = (checked("Policy", {"name": "P", **more}) for more in ({}, {"mainModeMethods": longer}))
    assert changes("Policy", old, new) == {"mainModeMethods[1]": Change.ADD}
    assert changes("Policy", new, old) == {"mainModeMethods[1]": Change.DELETE}


# --- names and references -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("FilterList", "name"),
        ("FilterAction", "name"),
        ("Policy", "name"),
        ("Rule", "name"),
        ("Rule", "policy"),
        ("Rule", "filterList"),
        ("Rule", "filterAction"),
        ("Filter", "filterList"),
        ("PolicyAssignment", "policy"),
    ],
)
def test_capitals_make_no_difference_in_names(kind, name):
    """Windows compares names without case (design 2.2, item 1)."""
    old, new = (checked(kind, {**BASES[kind], name: text}) for text in ("Web Größe", "WEB grÖSSE"))
    assert changes(kind, old, new) == {}


def test_capitals_make_a_difference_elsewhere():
    """Descriptions, keys and roots are what they are."""
    old, new = (checked("Policy", {"description": text}) for text in ("Web", "WEB"))
    assert changes("Policy", old, new) == {"description": Change.UPDATE}


def test_another_policy_replaces_the_rule_beside_the_old_one():
    """The new rule stands before the old one goes."""
    old, new = (checked("Rule", {**BASES["Rule"], "policy": name}) for name in ("P", "Q"))
    found = RESOURCES["Rule"].diff("{r}", {**old, "policyGuid": POLICY}, old, new, a_call("Rule"))
    assert found.changes == {"policy": Change.UPDATE_REPLACE}
    assert not found.delete_before_replace


def test_a_removed_tunnel_replaces_the_rule_in_its_place():
    """Netsh has no word for none; the same name in the same policy is taken until the old rule is gone."""
    with_tunnel = checked("Rule", {**BASES["Rule"], "tunnelEndpoint": "10.0.0.9"})
    without = checked("Rule", BASES["Rule"])
    found = RESOURCES["Rule"].diff("{r}", {**with_tunnel, "policyGuid": POLICY}, with_tunnel, without, a_call("Rule"))
    assert found.changes == {"tunnelEndpoint": Change.DELETE_REPLACE}
    assert found.delete_before_replace
    assert changes("Rule", without, with_tunnel) == {"tunnelEndpoint": Change.ADD}


def test_a_changed_filter_is_added_before_the_old_one_goes():
    """Nothing opens in between."""
    old, new = (checked("Filter", {**BASES["Filter"], "source": side}) for side in ("10.0.0.1", "10.0.0.2"))
    found = RESOURCES["Filter"].diff("{l}/{f}", old, old, new, a_call("Filter"))
    assert found.changes == {"source": Change.UPDATE_REPLACE}
    assert not found.delete_before_replace


@pytest.mark.parametrize("known_by", ["guid", "program", "snapshot"])
@pytest.mark.parametrize(("kind", "name"), [("Rule", "policy"), ("Filter", "filterList")])
def test_another_name_of_the_same_object_is_no_replacement(kind, name, known_by):
    """A rename shows as an update of what names it, and writes nothing (design 2.2, item 2)."""
    host = FakeHost()
    provider = SceneProvider(host)
    owner, what = {"Rule": ("Policy", "policy"), "Filter": ("FilterList", "filter list")}[kind]
    objects = {"Policy": host.store.policies, "FilterList": host.store.filter_lists}[owner]
    (item,) = objects.values()
    after = {"guid": item.guid, "program": "renamed", "snapshot": item.name.upper()}[known_by]
    before = "old name" if known_by == "snapshot" else item.name
    if known_by == "program":
        news = checked(owner, {"name": after})
        RESOURCES[owner].diff(
            item.guid, checked(owner, {"name": item.name}), {}, news, a_call(owner, provider=provider)
        )
    if known_by == "snapshot":
        host.last = a_snapshot()
    old, new = (checked(kind, {**BASES[kind], name: text}) for text in (before, after))
    call = a_call(kind, provider=provider)
    state = {"policyGuid": item.guid, "filterListGuid": item.guid}
    assert changes(kind, old, new, call=call, state=state) == {name: Change.UPDATE}, what
    elsewhere = {"policyGuid": "{other}", "filterListGuid": "{other}"}
    assert changes(kind, old, new, call=call, state=elsewhere) == {name: Change.UPDATE_REPLACE}


@pytest.mark.parametrize("unknown", [UNKNOWN, {"host": UNKNOWN}, {"port": UNKNOWN}, {"password": UNKNOWN}])
@pytest.mark.parametrize(("kind", "name"), [("Rule", "policy"), ("Filter", "filterList"), ("Policy", "name")])
def test_names_may_change_while_the_host_is_unknown(kind, name, unknown):
    """A preview of a machine that is yet to come asks nobody."""
    old = checked(kind, {**BASES[kind], name: "one"})
    new = {**checked(kind, {**BASES[kind], name: "two"}), "connection": unknown}
    found = changes(kind, old, new, state={"policyGuid": POLICY, "filterListGuid": POLICY})
    assert set(found) == {name}


def test_the_machine_is_stable():
    """What never changes in an update stays known to dependants in a preview."""
    old, new = (checked("Policy", {"description": text}) for text in ("a", "b"))
    found = RESOURCES["Policy"].diff("{p}", {**old, "machine": MACHINE_GUID}, old, new, a_call("Policy"))
    assert found.stables == ("machine",)
