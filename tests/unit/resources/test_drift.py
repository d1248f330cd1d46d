"""Missed drift: every field of every kind of object, changed on the host (field 2, row 5; design 2.2, item 11)."""

from dataclasses import replace

import pytest
from property_cases import BASES
from store_scene import (
    OTHER_ACTION,
    OTHER_LIST,
    OTHER_POLICY,
    WEB,
    WORM,
    FakeHost,
    a_list,
    a_policy,
    a_store,
    an_action,
    drift,
    made,
)
from winipsec.model.methods import MainModeMethod, PresharedKey, RootCa, SecurityMethod
from winipsec.resources.resource import Change

NEGOTIATE = {
    "name": "new",
    "action": "negotiate",
    "securityMethods": [{"ah": "md5"}, {"esp": {"encryption": "des", "integrity": "md5"}}],
}
WHOLE_POLICY = {
    "name": "new",
    "defaultRule": {
        "active": False,
        "sessionPfs": False,
        "securityMethods": [{"ah": "md5"}],
        "authMethods": [{"presharedKey": "old"}],
    },
}
WHOLE_LIST = {
    "name": "new",
    "filters": [
        {"source": "any", "destination": "me", "protocol": "udp", "destinationPort": 1434, "mirrored": False},
        {"source": "10.0.0.0/8", "destination": "me", "protocol": "tcp", "destinationPort": 443, "description": "web"},
    ],
}
TUNNEL = {**BASES["Rule"], "name": "new", "tunnelEndpoint": "10.0.0.9", "authMethods": [{"presharedKey": "old"}]}


def edited(number, **fields):
    """Change one filter of the list, which the store holds in another order than the program."""

    def edit(item):
        filters = list(item.filters)
        filters[number] = replace(filters[number], **fields)
        return replace(item, filters=tuple(reversed(filters)))

    return edit


def fields(**values):
    """Change fields of the object."""
    return lambda item: replace(item, **values)


def of_default_rule(**values):
    """Change fields of a policy's default rule."""
    return lambda item: replace(item, default_rule=replace(item.default_rule, **values))


def offers(index, **values):
    """Change one offer of an action."""

    def edit(item):
        methods = list(item.security_methods)
        methods[index] = replace(methods[index], **values)
        return replace(item, security_methods=tuple(methods))

    return edit


UPDATE, REPLACE = Change.UPDATE, Change.UPDATE_REPLACE
DRIFTS = [
    ("FilterList", WHOLE_LIST, fields(name="other"), "name", UPDATE),
    ("FilterList", WHOLE_LIST, fields(description="other"), "description", Change.DELETE),
    ("FilterList", WHOLE_LIST, edited(1, source=WEB.destination, destination=WEB.source), "filters[1]", None),
    ("FilterList", WHOLE_LIST, edited(0, protocol=6), "filters[0].protocol", UPDATE),
    ("FilterList", WHOLE_LIST, edited(0, mirrored=True), "filters[0].mirrored", UPDATE),
    (
        "FilterList",
        WHOLE_LIST,
        edited(0, destination_ports=WEB.destination_ports),
        "filters[0].destinationPort",
        UPDATE,
    ),
    ("FilterList", WHOLE_LIST, edited(1, source_ports=WEB.destination_ports), "filters[1].sourcePort", UPDATE),
    ("FilterList", WHOLE_LIST, edited(1, description=""), "filters[1].description", Change.ADD),
    ("FilterList", WHOLE_LIST, lambda item: item.with_filters([*item.filters, WORM]), "filters[2]", Change.DELETE),
    ("FilterList", WHOLE_LIST, lambda item: item.with_filters(item.filters[1:]), "filters[0]", Change.ADD),
    ("FilterAction", NEGOTIATE, fields(name="other"), "name", UPDATE),
    ("FilterAction", NEGOTIATE, fields(description="other"), "description", Change.DELETE),
    ("FilterAction", {"name": "new", "action": "block"}, fields(action="permit"), "action", UPDATE),
    ("FilterAction", NEGOTIATE, fields(session_pfs=True), "sessionPfs", UPDATE),
    ("FilterAction", NEGOTIATE, fields(inbound_pass_through=True), "inboundPassThrough", UPDATE),
    ("FilterAction", NEGOTIATE, fields(soft_fallback=True), "softFallback", UPDATE),
    ("FilterAction", NEGOTIATE, offers(0, ah="sha1"), "securityMethods[0].ah", UPDATE),
    ("FilterAction", NEGOTIATE, offers(1, lifetime_seconds=7), "securityMethods[1].lifetimeSeconds", UPDATE),
    ("FilterAction", NEGOTIATE, offers(0, lifetime_kilobytes=7), "securityMethods[0].lifetimeKilobytes", UPDATE),
    ("Policy", WHOLE_POLICY, fields(name="other"), "name", UPDATE),
    ("Policy", WHOLE_POLICY, fields(description="other"), "description", Change.DELETE),
    ("Policy", WHOLE_POLICY, fields(master_pfs=True), "masterPfs", UPDATE),
    ("Policy", WHOLE_POLICY, fields(quick_modes_per_main_mode=3), "quickModesPerMainMode", UPDATE),
    ("Policy", WHOLE_POLICY, fields(main_mode_lifetime_seconds=90), "mainModeLifetimeMinutes", UPDATE),
    ("Policy", WHOLE_POLICY, fields(polling_interval_seconds=90), "pollingIntervalMinutes", UPDATE),
    (
        "Policy",
        WHOLE_POLICY,
        fields(main_mode_methods=(MainModeMethod("3des", "sha1", "group2"),)),
        "mainModeMethods[0].dhGroup",
        UPDATE,
    ),
    ("Policy", WHOLE_POLICY, of_default_rule(active=True), "defaultRule.active", UPDATE),
    ("Policy", WHOLE_POLICY, of_default_rule(session_pfs=True), "defaultRule.sessionPfs", UPDATE),
    (
        "Policy",
        WHOLE_POLICY,
        of_default_rule(security_methods=(SecurityMethod("sha1"),)),
        "defaultRule.securityMethods[0].ah",
        UPDATE,
    ),
    (
        "Policy",
        WHOLE_POLICY,
        of_default_rule(auth_methods=(PresharedKey("new"),)),
        "defaultRule.authMethods[0].presharedKey",
        UPDATE,
    ),
    ("Rule", TUNNEL, fields(name="other"), "name", UPDATE),
    ("Rule", TUNNEL, fields(description="other"), "description", Change.DELETE),
    ("Rule", TUNNEL, fields(filter_list=OTHER_LIST), "filterList", UPDATE),
    ("Rule", TUNNEL, fields(filter_action=OTHER_ACTION), "filterAction", UPDATE),
    ("Rule", TUNNEL, fields(policy=OTHER_POLICY), "policy", REPLACE),
    ("Rule", TUNNEL, fields(active=False), "active", UPDATE),
    ("Rule", TUNNEL, fields(connection_type="lan"), "connectionType", UPDATE),
    ("Rule", TUNNEL, fields(tunnel_endpoint="10.0.0.8"), "tunnelEndpoint", UPDATE),
    ("Rule", TUNNEL, fields(tunnel_endpoint=""), "tunnelEndpoint", Change.ADD),
    ("Rule", TUNNEL, fields(auth_methods=(PresharedKey("new"),)), "authMethods[0].presharedKey", UPDATE),
    ("Rule", TUNNEL, fields(auth_methods=(PresharedKey("old"), RootCa("CN=R"))), "authMethods[1]", Change.DELETE),
    (
        "Rule",
        BASES["Rule"] | {"name": "new"},
        fields(tunnel_endpoint="10.0.0.8"),
        "tunnelEndpoint",
        Change.DELETE_REPLACE,
    ),
]


@pytest.mark.parametrize(("kind", "news", "edit", "path", "change"), DRIFTS, ids=[f"{d[0]}.{d[3]}" for d in DRIFTS])
def test_what_somebody_else_changed_shows_as_its_path(kind, news, edit, path, change):
    """One field of one object on the host is one path of the preview (field 2, row 5)."""
    others = a_policy("Q", OTHER_POLICY), a_list("others", guid=OTHER_LIST), an_action("others", guid=OTHER_ACTION)
    host = FakeHost(a_store(a_policy(), a_list("worm"), an_action(), *others))
    before = made(kind, news, host)
    store = host.store
    objects = {**store.policies, **store.rules, **store.filter_lists, **store.filter_actions}
    host.store = a_store(*{**objects, before[1]: edit(objects[before[1]])}.values())
    found = drift(kind, before)
    if change is None:
        assert set(found) == {f"{path}.source", f"{path}.destination"}
    else:
        assert found == {path: change}
