"""The store as a value: every operation gives a new one, by GUID (spec: ipsec-policy 0.1, 1.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from winipsec.model.filters import Filter, FilterList
from winipsec.model.invalid import Fault, at, joined
from winipsec.model.methods import Esp, PresharedKey, RootCa, SecurityMethod
from winipsec.model.policies import DefaultRule, FilterAction, Policy, Rule
from winipsec.model.store import Store, named, planned_guid

P1, P2, R1, R2, R3, L1, A1 = (f"{{0000000{digit}-0000-4000-8000-000000000000}}" for digit in range(1, 8))

STORE = (
    Store()
    .with_policy(Policy("First", guid=P1))
    .with_policy(Policy("Second", guid=P2))
    .with_filter_list(FilterList("List", (Filter(),), guid=L1))
    .with_filter_action(FilterAction("Block", "block", guid=A1))
    .with_rule(Rule("one", P1, L1, A1, guid=R1))
    .with_rule(Rule("", P1, "", A1, guid=R2))
    .with_rule(Rule("one", P2, L1, "", guid=R3))
    .with_active(P1)
)


def test_what_a_store_knows():
    """The active policy, the rules of a policy, the users of a list or action."""
    assert STORE.active_policy == Policy("First")
    assert [rule.guid for rule in STORE.rules_of(P1)] == [R1, R2]
    assert [rule.guid for rule in STORE.users_of(L1)] == [R1, R3]
    assert [rule.guid for rule in STORE.users_of(A1)] == [R1, R2]
    assert STORE.rules_of("{unknown}") == []
    assert STORE.with_active("").active_policy is None
    assert STORE.with_active("{unknown}").active_policy is None


def test_changes_give_another_store():
    """An object of a known GUID is replaced, one of a new GUID added; the old store stays as it was."""
    renamed = STORE.with_policy(Policy("Renamed", guid=P1))
    assert (renamed.policies[P1].name, STORE.policies[P1].name) == ("Renamed", "First")
    assert list(renamed.policies) == [P1, P2]
    emptied = STORE.with_filter_list(FilterList("List", guid=L1))
    assert (emptied.filter_lists[L1].filters, STORE.filter_lists[L1].filters) == ((), (Filter(),))
    assert STORE.with_rule(Rule("new", P2, L1, A1, guid="{new}")).rules["{new}"].name == "new"
    assert STORE.with_filter_action(FilterAction("Permit", "permit", guid=A1)).filter_actions[A1].action == "permit"


def test_a_policy_takes_its_rules_along():
    """Deleting the active policy unassigns it and deletes its rules; shared objects stay."""
    left = STORE.without(P1)
    assert (list(left.policies), list(left.rules), left.active) == ([P2], [R3], "")
    assert (list(left.filter_lists), list(left.filter_actions)) == ([L1], [A1])
    assert STORE.without(P2).active == P1


def test_other_deletions():
    """A list or action goes alone, its users keep the GUID; what is not there changes nothing."""
    assert STORE.without(L1).rules == STORE.rules
    assert STORE.without(L1).filter_lists == {}
    assert STORE.without(A1).filter_actions == {}
    assert list(STORE.without(R1).rules) == [R2, R3]
    assert STORE.without("{unknown}") == STORE


def test_objects_by_name_or_guid():
    """A reference means one GUID, or every object of that name in any case; no name means nothing."""
    rules = STORE.rules.values()
    assert [rule.guid for rule in named(rules, "ONE")] == [R1, R3]
    assert [rule.guid for rule in named(rules, R2.upper().strip("{}"))] == [R2]
    assert named(rules, "") == []
    assert named(rules, "two") == []
    assert named(rules, P1) == []
    assert [policy.guid for policy in named(STORE.policies.values(), "second")] == [P2]


def test_planned_objects_have_keys_of_their_own():
    """A planned GUID is the same for the same kind and name in any case, and is no GUID."""
    assert planned_guid("rule", "Ä") == planned_guid("rule", "ä")
    assert planned_guid("rule", "a") != planned_guid("policy", "a")
    assert named([FilterList("L", guid=planned_guid("list", "L"))], "l")[0].guid == "planned:list:l"


def test_guids_take_no_part_in_comparison():
    """Two objects that say the same are equal whatever Windows numbered them."""
    assert Policy("P", guid=P1) == Policy("P", guid=P2)
    assert Policy("P", default_rule=DefaultRule(guid=R1)) == Policy("P")
    assert replace(STORE.rules[R1], guid=R3) == STORE.rules[R1]


@pytest.mark.parametrize(
    ("method", "reasons"),
    [
        (SecurityMethod(esp=Esp("3des", "sha1")), []),
        (SecurityMethod(ah="md5", esp=Esp("none", "md5")), []),
        (SecurityMethod(), ["says neither ah nor esp; give at least one of them"]),
        (SecurityMethod(ah="md5", esp=Esp("none", "none")), ["has neither encryption nor integrity"]),
    ],
)
def test_rules_of_offers(method, reasons):
    """An offer protects something."""
    found = [fault.reason for fault in method.faults()]
    assert len(found) == len(reasons)
    assert all(reason in text for reason, text in zip(reasons, found, strict=True))


def test_what_an_offer_hides():
    """Only ESP with a cipher makes traffic unreadable."""
    methods = (SecurityMethod("sha1"), SecurityMethod(esp=Esp("none", "sha1")), SecurityMethod(esp=Esp("des", "none")))
    assert [method.encrypts for method in methods] == [False, False, True]


def test_keys_are_not_shown():
    """No text form of a rule holds its key."""
    rule = Rule("r", P1, L1, A1, auth_methods=(PresharedKey("Secret-123"), RootCa("CN=x")))
    assert "Secret" not in repr(rule) + str(rule) + repr(STORE.with_rule(rule))


def test_property_paths_of_faults():
    """Faults move below the property that holds the value."""
    assert at("filters[2]", [Fault("source", "x"), Fault("", "y")]) == [
        Fault("filters[2].source", "x"),
        Fault("filters[2]", "y"),
    ]
    assert joined("filters", "[0]") == "filters[0]"
    assert joined("", "a") == "a"
