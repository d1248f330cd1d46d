"""What a batch heeds because a host may refuse parts of it (spec: ipsec-policy 1.7, winrm 4.4; design 2.2, item 12)."""

from dataclasses import dataclass, replace

import pytest
from winipsec.formats import netsh
from winipsec.host.caution import into_force, next_turn, worst_case, worst_cases
from winipsec.model.endpoint import ANY, ME
from winipsec.model.filters import TCP, Filter, FilterList, port
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store

GUID = "{00000000-0000-0000-0000-00000000000a}"
WEB, WINRM, ALL = (Filter(ANY, ME, TCP, destination_ports=port(number)) for number in (80, 5985, 0))
PERMIT, BLOCK = FilterAction("permit", "permit", guid="permit"), FilterAction("block", "block", guid="block")
REQUEST = FilterAction("request", "negotiate", inbound_pass_through=True, soft_fallback=True, guid="request")
INPASS = FilterAction("inpass", "negotiate", inbound_pass_through=True, guid="inpass")
SOFT = FilterAction("soft", "negotiate", soft_fallback=True, guid="soft")
REQUIRE = FilterAction("require", "negotiate", guid="require")


def a_store(**rules):
    """An active policy with rules by name, each an action and its filters."""
    store = Store().with_policy(Policy("p", guid=GUID)).with_active(GUID)
    for name, (action, *filters) in rules.items():
        store = (
            store.with_filter_action(action)
            .with_filter_list(FilterList(name, tuple(filters), guid=f"list {name}"))
            .with_rule(Rule(name, GUID, f"list {name}", action.guid, guid=name))
        )
    return store


def effects(store):
    """What a store's active policy does: names of actions and the filters they are for."""
    return [
        (store.filter_actions[rule.filter_action].name, *store.filter_lists[rule.filter_list].filters)
        for rule in store.rules_of(store.active)
    ]


@pytest.mark.parametrize(
    ("before", "after", "worst"),
    [
        # a permit that is to come may not come, a block does
        ({}, {"way": (PERMIT, WINRM), "wall": (BLOCK, ALL)}, [("block", ALL)]),
        # a permit that is to go goes, a block that is to go may stay
        ({"way": (PERMIT, WINRM), "wall": (BLOCK, ALL)}, {}, [("block", ALL)]),
        # what both have remains
        ({"way": (PERMIT, WINRM)}, {"way": (PERMIT, WINRM), "wall": (BLOCK, ALL)}, [("permit", WINRM), ("block", ALL)]),
        # of a changed list the old filters go and the new ones do not come, where it opens; the other way where it closes
        ({"way": (PERMIT, WINRM, WEB)}, {"way": (PERMIT, WINRM, ALL)}, [("permit", WINRM)]),
        ({"wall": (BLOCK, WEB)}, {"wall": (BLOCK, ALL)}, [("block", WEB, ALL)]),
        # an action that changes sides counts as the closed one
        ({"way": (PERMIT, WINRM)}, {"way": (BLOCK, WINRM)}, [("block", WINRM)]),
        ({"way": (REQUIRE, WINRM)}, {"way": (REQUEST, WINRM)}, [("require", WINRM)]),
        # between two that open, the one that opens less
        ({"way": (PERMIT, WINRM)}, {"way": (REQUEST, WINRM)}, [("request", WINRM)]),
        # what opens one direction only stops the other, so that it counts when it comes, and when it was to go
        ({}, {"way": (INPASS, WINRM)}, [("inpass", WINRM)]),
        ({"way": (SOFT, WINRM)}, {}, [("soft", WINRM)]),
        ({"way": (SOFT, WINRM)}, {"way": (SOFT, WINRM)}, [("soft", WINRM)]),
    ],
)
def test_the_worst_that_may_come_of_a_batch(before, after, worst):
    """Everything that opens fails, everything that closes succeeds."""
    assert effects(worst_case(a_store(**before), a_store(**after))) == worst


def test_of_two_half_open_actions_neither_half_is_sure():
    """One lets requests in, the other answers out: between them neither."""
    worst = worst_case(a_store(way=(INPASS, WINRM)), a_store(way=(SOFT, WINRM)))
    (action,) = worst.filter_actions.values()
    assert (action.action, action.inbound_pass_through, action.soft_fallback) == ("negotiate", False, False)


def test_a_half_open_action_that_stays_is_as_it_was():
    """Nothing about it is in doubt, so nothing is presumed."""
    worst = worst_case(a_store(way=(INPASS, WINRM)), a_store(way=(INPASS, WINRM), web=(PERMIT, WEB)))
    (action,) = worst.filter_actions.values()
    assert action.inbound_pass_through


def test_a_rule_may_stay_while_its_list_and_action_change():
    """It was to use another list when the old one is emptied, another action when the old one begins to block."""
    before = a_store(way=(PERMIT, WINRM), other=(REQUEST, WINRM))
    rule = replace(before.rules["way"], filter_list="list other", filter_action=REQUEST.guid)
    emptied = before.with_filter_list(FilterList("way", (), guid="list way")).with_rule(rule)
    assert effects(worst_case(before, emptied)) == [("request", WINRM)]
    turned = before.with_filter_action(replace(PERMIT, action="block")).with_rule(rule)
    assert effects(worst_case(before, turned)) == [("permit", WINRM), ("request", WINRM)]
    assert worst_case(before, turned).filter_actions["worst:0"].action == "block"


def test_an_assignment_may_be_refused_as_well():
    """The policy that was to be relieved stays, with what has changed in it."""
    before = a_store(wall=(BLOCK, ALL), way=(PERMIT, WINRM))
    other = Policy("q", guid="{00000000-0000-0000-0000-00000000000b}")
    after = before.with_policy(other).with_active(other.guid).without("way")
    assert [effects(worst) for worst in worst_cases(before, after)] == [[], [("block", ALL)]]
    assert [effects(worst) for worst in worst_cases(before, before)] == [[("block", ALL), ("permit", WINRM)]]
    assert [effects(worst) for worst in worst_cases(before.with_active(""), before)] == [
        [("block", ALL), ("permit", WINRM)]
    ]


def test_inactive_rules_and_those_without_a_list_do_not_count():
    """They stop nothing and open nothing."""
    rule = Rule("r", GUID, "nowhere", "block", guid="r")
    idle = Rule("s", GUID, "list way", "block", active=False, guid="s")
    store = a_store(way=(PERMIT, WINRM)).with_filter_action(BLOCK).with_rule(rule).with_rule(idle)
    assert effects(worst_case(store, store)) == [("permit", WINRM)]


def test_another_policy_is_all_new():
    """Of the policy that is to be active, what opens is there already or is not; the old one does not count."""
    before = a_store(wall=(BLOCK, ALL))
    other = Policy("q", guid="{00000000-0000-0000-0000-00000000000b}")
    after = before.with_policy(other).with_active(other.guid)
    assert effects(worst_case(before, after)) == []


@dataclass(eq=False)
class Try:
    """A change that was part of so many batches."""

    name: str
    attempt: int


@pytest.mark.parametrize(
    ("attempts", "now", "later"),
    [
        ((0, 0, 0), "abc", ""),
        ((1, 1, 1), "bca", ""),
        ((1, 0, 1), "bca", ""),
        ((1,), "a", ""),
        ((1, 2, 2), "b", "ac"),
        ((2,), "a", ""),
    ],
)
def test_who_goes_into_the_next_batch(attempts, now, later):
    """All at first; then the first one last; then each alone."""
    turn, rest = next_turn([Try(name, attempt) for name, attempt in zip("abc", attempts, strict=False)])
    assert ("".join(item.name for item in turn), "".join(item.name for item in rest)) == (now, later)


def test_a_changed_active_policy_is_assigned_again():
    """By its GUID, unless the batch ends with that, or changes nothing that is in force."""
    before, after = a_store(way=(PERMIT, WINRM)), a_store(way=(PERMIT, WINRM, WEB))
    (command,) = into_force(before, after, [])
    assert command.script_line(lambda text: f'"{text}"') == f'ipsec static set policy guid="{GUID}" assign="yes"'
    assert into_force(before, before, []) == []
    assert into_force(before, after.with_active(""), []) == []
    assert into_force(before, after, [netsh.assign_policy("p", assigned=True)]) == []
    assert into_force(before, after, [netsh.assign_policy("p", assigned=False)]) == [command]
