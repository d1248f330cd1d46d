"""The commands of a filter list, run one by one: nothing opens on the way (design 2.2, item 3; spec: ipsec-policy 1.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_scene import (
    LIST,
    OTHER_LIST,
    RESOURCES,
    FakeHost,
    SceneProvider,
    a_call,
    a_filter,
    a_list,
    a_snapshot,
    a_store,
    checked,
    said,
)
from winipsec.errors import Refused
from winipsec.formats import netsh
from winipsec.host.change import Wait
from winipsec.model.properties import filter_properties
from wish_strategies import few, filter_tuples, words

MATCHED = ("srcaddr", "dstaddr", "protocol", "mirrored", "srcmask", "dstmask", "srcport", "dstport")


class Netsh:
    """Filter lists as netsh changes them: deleting a filter deletes every one that matches the same traffic."""

    def __init__(self, *lists):
        self.lists = {}
        self.guids = {}
        for item in lists:
            self.guids[item.guid] = item.name
            self.lists[item.name] = [
                ({tag: value for tag, value in command.tags if tag in MATCHED}, each.description)
                for each in item.filters
                for command in [netsh.add_filter(item.name, each)]
            ]

    def run(self, command):
        """One command; what it names must be there, and mean one thing."""
        tags = dict(command.tags)
        matched = {tag: value for tag, value in tags.items() if tag in MATCHED}
        if (command.verb, command.object) == ("add", "filterlist"):
            assert tags["name"] not in self.lists
            self.lists[tags["name"]] = []
        elif (command.verb, command.object) == ("set", "filterlist"):
            old = self.guids[tags["guid"]] if "guid" in tags else tags["name"]
            self.lists[tags.get("newname", old)] = self.lists.pop(old)
            self.guids[tags.get("guid", "")] = tags.get("newname", old)
        elif (command.verb, command.object) == ("add", "filter"):
            self.lists[tags["filterlist"]].append((matched, tags.get("description", "")))
        elif (command.verb, command.object) == ("delete", "filter"):
            here = self.lists[tags["filterlist"]]
            assert any(item == matched for item, _ in here), "netsh says ERR where there is nothing to delete"
            self.lists[tags["filterlist"]] = [(item, text) for item, text in here if item != matched]
        else:
            raise AssertionError(command)

    def matches(self, name):
        """What the filters of a list match."""
        return [item for item, _ in self.lists[name]]


def changed(old, new, name="worm"):
    """The commands that make a list of these filters one of those."""
    inputs = {"name": name, "filters": [filter_properties(item) for item in new]}
    wish = RESOURCES["FilterList"].making("web1", inputs, a_call("FilterList"), LIST, {"machine": ""})
    store = a_store(a_list("worm", *old))
    return wish.plan(store, a_snapshot(store), 0)


def netsh_of(old):
    """Netsh on a host with this list."""
    return Netsh(a_list("worm", *old))


def in_words(items):
    """Filters, comparable whatever their order."""
    return sorted((str(item), item.description) for item in items)


@few
@given(filter_tuples, filter_tuples.map(lambda items: items[:3]), st.sampled_from(["worm", "renamed"]))
def test_what_is_wanted_before_and_after_never_misses(old, new, name):
    """After every single command; only a filter that is described anew is gone for the moment between two."""
    world = netsh_of(old)
    wanted = netsh_of(new).matches("worm")
    before = world.matches("worm")
    kept = [item for item in before if item in wanted]
    described = [
        item
        for item in kept
        if sorted(text for match, text in world.lists["worm"] if match == item)
        != sorted(text for match, text in netsh_of(new).lists["worm"] if match == item)
    ]
    plan = changed(old, new, name)
    for command in plan.commands:
        world.run(command)
        (here,) = world.lists
        missing = [item for item in kept if item not in world.matches(here)]
        assert all(item in described for item in missing)
        assert len([item for item in missing if missing.count(item) == 1]) <= 1
    ((last, items),) = world.lists.items()
    assert last == name
    assert sorted(items, key=str) == sorted(netsh_of(new).lists["worm"], key=str)
    assert in_words(plan.after.filter_lists[LIST].filters) == in_words(new)


ONE = a_filter("any>me tcp 0 1 2w", 0x201)
TWO = a_filter("any>me tcp 0 2 2w", 0x202)
TWO_DESCRIBED = a_filter("any>me tcp 0 2 2w", 0x203, "described")


def verbs(plan):
    """The commands in short."""
    return [f"{command.verb} {dict(command.tags).get('dstport', '')}".strip() for command in plan.commands]


def test_additions_come_before_deletions():
    """A block that moves to another port never leaves both open."""
    assert verbs(changed([ONE], [TWO])) == ["add 2", "delete 1"]


@pytest.mark.parametrize(
    ("old", "new", "order"),
    [
        ("10.0.0.5", "10.0.0.5-10.0.0.9", ["delete 1", "add 1"]),
        ("10.0.0.5-10.0.0.9", "10.0.0.8/31", ["delete 1", "add 1"]),
        ("10.0.0.4-10.0.0.9", "10.0.0.5-10.0.0.8", ["delete 1", "add 1"]),
        ("10.0.0.4", "10.0.0.5-10.0.0.9", ["add 1", "delete 1"]),
        ("any", "10.0.0.5-10.0.0.9", ["add 1", "delete 1"]),
        ("10.0.0.5", "10.0.0.4/31", ["add 1", "delete 1"]),
    ],
)
def test_a_range_comes_after_what_could_be_taken_for_a_part_of_it(old, new, order):
    """The subnets of a range are stored beside it, and nothing says which of the others are none of them."""
    before, after = (a_filter(f"{side}>me tcp 0 1 2w", 0x201 + at) for at, side in enumerate((old, new)))
    assert verbs(changed([before], [after])) == order


def test_only_the_same_traffic_could_be_taken_for_a_part_of_a_range():
    """Another port is told apart."""
    before, after = a_filter("10.0.0.5>me tcp 0 1 2w", 0x201), a_filter("10.0.0.5-10.0.0.9>me tcp 0 2 2w", 0x202)
    assert verbs(changed([before], [after])) == ["add 2", "delete 1"]


def test_a_filter_is_described_anew_in_its_turn():
    """It has to go before it can come; the others stand meanwhile."""
    assert verbs(changed([ONE, TWO], [TWO_DESCRIBED])) == ["delete 1", "delete 2", "add 2"]


def test_one_of_two_equal_filters_goes():
    """Netsh takes both; the one that stays comes back in the same batch."""
    assert verbs(changed([TWO, TWO_DESCRIBED], [TWO])) == ["delete 2", "add 2"]
    assert verbs(changed([TWO, a_filter("any>me tcp 0 2 2w", 0x209)], [TWO])) == ["delete 2", "add 2"]
    assert verbs(changed([TWO, TWO_DESCRIBED], [])) == ["delete 2"]


def test_the_same_change_is_worded_the_same_way():
    """Whatever order sets have in this process."""
    old = [a_filter(f"any>me tcp 0 {number} 2w", 0x300 + number, "old") for number in range(1, 9)]
    new = [a_filter(f"any>me tcp 0 {number} 2w", 0x300 + number, "new") for number in range(1, 9)]
    assert verbs(changed(old, new)) == [
        word for number in range(1, 9) for word in (f"delete {number}", f"add {number}")
    ]


def test_filters_that_are_not_owned_are_not_touched():
    """A list without `filters` in the program."""
    inputs = checked("FilterList", {"name": "renamed"})
    wish = RESOURCES["FilterList"].making("web1", inputs, a_call("FilterList"), LIST, {"machine": ""})
    store = a_store(a_list("worm", ONE, TWO))
    plan = wish.plan(store, a_snapshot(store), 0)
    assert verbs(plan) == ["set"]
    assert plan.after.filter_lists[LIST].filters == (ONE, TWO)


# --- single filters -----------------------------------------------------------------------------------------------


def single(item, *, id="", state=None, call=None):
    """The wish for one filter in the list."""
    inputs = {"filterList": "worm", **filter_properties(item)}
    return RESOURCES["Filter"].making("web1", inputs, call or a_call("Filter"), id, state)


@few
@given(filter_tuples, words)
def test_a_single_filter_gets_another_description_beside_its_twins(items, text):
    """Filters of the same traffic that others made come back as they were."""
    for item in items[:1]:
        world = netsh_of(items)
        wanted = a_filter("any>me udp 0 1 1w", 0, text)
        wanted = type(item)(*[getattr(item, name) for name in item.__slots__[:6]], description=text)
        wish = single(wanted, id=f"{LIST}/{item.guid}", state={"machine": ""})
        store = a_store(a_list("worm", *items))
        plan = wish.plan(store, a_snapshot(store), 0)
        for command in plan.commands:
            world.run(command)
        expected = [wanted if each is item else each for each in items]
        assert sorted(world.lists["worm"], key=str) == sorted(netsh_of(expected).lists["worm"], key=str)


def test_a_filter_never_makes_the_list():
    """Netsh would; a typing mistake then made a list that no rule uses (design 2.2, item 3)."""
    store = a_store(a_list("other"))
    with pytest.raises(Wait) as wait:
        single(ONE).plan(store, a_snapshot(store), 0)
    assert wait.value.reason.code == "reference.missing"
    assert "'worm'" in str(wait.value.reason)


def test_a_filter_that_is_there_is_somebody_elses():
    """Refused with its id, so that it can be imported; twice in one program is refused in other words."""
    host = FakeHost(a_store(a_list("worm", ONE)))
    call = a_call("Filter", provider=SceneProvider(host))
    inputs = checked("Filter", {"filterList": "worm", **filter_properties(ONE)})
    with pytest.raises(Refused) as error:
        RESOURCES["Filter"].create(inputs, call)
    assert f"{LIST}/{ONE.guid}" in str(error.value)
    assert host.commands == []


def test_a_list_that_shares_its_name_is_named_first():
    """Then the filter goes into the right one."""
    store = a_store(a_list("worm", ONE), a_list("Worm", guid=OTHER_LIST))
    inputs = {"filterList": LIST, **filter_properties(TWO)}
    plan = RESOURCES["Filter"].making("web1", inputs, a_call("Filter")).plan(store, a_snapshot(store), 0)
    rename, add = said(plan.commands)
    assert rename.startswith(f'ipsec static set filterlist guid="{LIST}" newname="worm 00000020"')
    assert add.startswith('ipsec static add filter filterlist="worm 00000020"')
