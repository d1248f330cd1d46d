"""The tree of a store: everything a policy can say, and everything that can be wrong with it, has words."""

import io
import re

import pytest
from rich.console import Console
from winipsec.cli.store_tree import store_tree
from winipsec.model.endpoint import parse_endpoint
from winipsec.model.filters import Filter, FilterList
from winipsec.model.methods import Esp, PresharedKey, RootCa, SecurityMethod, UnknownAuth
from winipsec.model.policies import DefaultRule, FilterAction, Policy, Rule
from winipsec.model.store import Orphan, Store, Unreadable


def lines(store, remarks=()):
    """The tree as lines without its branches."""
    out = io.StringIO()
    Console(file=out, width=500, color_system=None).print(store_tree(store, "web1", remarks))
    return [re.sub("^[│├└─ ]+", "", line).rstrip() for line in out.getvalue().splitlines()]


POLICY = Policy("P", guid="{p}", default_rule=None)
ACTION = FilterAction(
    "A",
    security_methods=(SecurityMethod("md5", Esp("3des", "sha1"), 20480, 300), SecurityMethod()),
    session_pfs=True,
    inbound_pass_through=True,
    soft_fallback=True,
    guid="{a}",
)
STORE = Store().with_policy(POLICY).with_filter_action(ACTION).with_filter_list(FilterList("L", guid="{l}"))


def rule(**changes):
    """A rule of the policy."""
    return Rule(
        **{"name": "R", "policy": "{p}", "filter_list": "{l}", "filter_action": "{a}", "guid": "{r}", **changes}
    )


def test_a_policy_says_what_is_unusual():
    """Limits and master PFS only where they are set; minutes even where they are broken."""
    policy = Policy(
        "P",
        master_pfs=True,
        quick_modes_per_main_mode=5,
        main_mode_lifetime_seconds=90,
        main_mode_methods=(),
        default_rule=DefaultRule(active=False),
        description="about",
        guid="{p}",
    )
    found = lines(Store().with_policy(policy))
    assert "policy P {p}  about" in found
    assert "main mode no methods, lifetime 1.5 min, polling 180 min, 5 quick modes per main mode, master PFS" in found
    assert "default response rule" not in found
    assert "no rules" in found


def test_a_rule_says_where_it_applies():
    """Inactive, tunnel, connection type, every kind of authentication in its order."""
    methods = (RootCa("CN=Root"), PresharedKey("k1"), UnknownAuth(9))
    found = lines(
        STORE.with_rule(rule(active=False, tunnel_endpoint="192.0.2.1", connection_type="dialup", auth_methods=methods))
    )
    assert "rule R (inactive) {r}" in found
    assert (
        "auth certificate below 'CN=Root', then pre-shared key [secret], then unknown method 9, "
        "tunnel to 192.0.2.1, only dialup"
    ) in found
    assert "negotiate by 'A' on 'L' (0 filters)" in found
    assert "k1" not in "\n".join(found)


def test_a_rule_without_authentication():
    """A foreign store may hold such a rule."""
    assert "auth by nothing" in lines(STORE.with_rule(rule(auth_methods=())))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"filter_action": "{x}"}, "missing action on 'L' (0 filters)"),
        ({"filter_list": "{x}"}, "negotiate by 'A' on a missing filter list"),
    ],
)
def test_a_rule_may_refer_to_nothing(changes, line):
    """Said where one looks for it."""
    assert line in lines(STORE.with_rule(rule(**changes)))


def test_an_action_says_when_clear_traffic_passes():
    """Its flags in words, offers in order, an offer of nothing as such."""
    found = lines(STORE)
    assert "A (unused) {a}" in found
    assert "negotiate, accepts clear inbound, falls back to clear, session PFS" in found
    assert "AH md5 + ESP 3des-sha1 (20480 kB, 300 s)" in found
    assert "nothing (100000 kB, 3600 s)" in found


def test_a_list_shows_its_filters_with_their_descriptions():
    """Or that it has none."""
    item = Filter(parse_endpoint("10.0.0.0/8"), parse_endpoint("me"), 6, description="lan")
    assert "tcp 10.0.0.0/8 <-> me  lan" in lines(STORE.with_filter_list(FilterList("M", (item,), guid="{m}")))
    assert "no filters" in lines(STORE)


def test_objects_without_a_name_are_told_by_guid():
    """In their own place and where a rule refers to them."""
    store = STORE.with_filter_list(FilterList("", guid="{l}")).with_rule(rule())
    found = lines(store)
    assert "(unnamed) {l}" in found
    assert "negotiate by 'A' on {l} (0 filters)" in found


def test_reports_and_remarks_are_shown():
    """What is left over, what cannot be read, what keeps the store from being in force."""
    store = Store(
        orphans=(Orphan("ipsecNFA", "{o}", "", "no policy lists it"),),
        unreadable=(Unreadable("ipsecFilter", "{u}", "L", "cut short"),),
    )
    assert lines(store, ["a remark"]) == [
        "web1",
        "a remark",
        "no policies",
        "leftovers",
        "ipsecNFA{o}: no policy lists it",
        "unreadable",
        "ipsecFilter{u} 'L': cut short",
    ]
