"""The guard among random changes, in small; `bench/lockouts.py` makes a hundred thousand (design 2.2, item 12)."""

import random
import sys
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3] / "bench"))

import lockouts
from lockout_commits import force
from lockout_hosts import ASKED, LabHost, as_store
from lockout_matcher import SETTINGS, Flow, InForce, Place, Row, works
from lockout_policies import Author, Book, RuleRow, Site, random_site

CLIENT, OWN = ip_address("192.0.2.10"), ip_address("10.0.0.5")
FLOW = Flow(OWN, CLIENT, 5985, 49152, "lan")
PLACE = Place(frozenset({OWN}), {})
ALL_OF_IT, WINRM = Row("any", "me"), Row("any", "me", 6, (0, 0), (5985, 5985))
SITE = Site(("10.0.0.5",), "192.0.2.10", 5985, https=False, dialled=5985, told=True, servers={})


def blocks(row, action="block", **more):
    """A rule in force."""
    return InForce((row,), action, **{"connection": "all", "tunnel": "", **more})


def test_random_changes_lock_nobody_out_and_are_not_refused_without_cause():
    """Two hosts, some hundred changes: the guard, both matchers, and the provider's own reading agree."""
    tally = lockouts.Tally()
    for work in ((1, 100), (2, 100)):
        tally.add(lockouts.walk("test", work))
    assert tally.failures == []
    assert not any(tally.counts[name] for name in lockouts.FAILURES)
    assert tally.counts["changes"] == 200
    assert tally.counts["allowed, in force"] > 20
    assert tally.counts["refused"] > 5


def opening(before, after):
    """A walk that stands at `before` and is asked about `after`."""
    walk = lockouts.Walk("test", 1)
    walk.site, walk._book = SITE, before
    walk._host.close()
    walk._host = LabHost(SITE)
    walk._place = walk._host.place
    walk._host.hold(before)
    walk._snapshot = walk._host.read()
    walk._author = Scripted(SITE, walk._dice, after)
    walk._until_forced = 9
    return walk


class Scripted(Author):
    """Makes one change."""

    def __init__(self, site, dice, after):
        super().__init__(site, dice)
        self._after = after

    def change(self, book):
        """The change."""
        return self._after


OPEN = Book(active="p0")
SHUT = replace(OPEN, rules={"r0": RuleRow("p0", "l0", "a0")}, actions={**OPEN.actions, "a0": "block"}).with_rows(
    "l0", (ALL_OF_IT,)
)


@pytest.mark.parametrize(
    ("after", "lie", "kind"), [(SHUT, None, "lock-outs"), (OPEN.with_rows("l3", (WINRM,)), "no", "false refusals")]
)
def test_a_guard_that_errs_is_caught(monkeypatch, after, lie, kind):
    """One that allows all locks out, says the lab as well as the matcher; one that refuses all does so without cause."""
    walk = opening(OPEN, after)
    monkeypatch.setattr(lockouts, "guard", lambda *_: lie)
    walk.step()
    walk.close()
    assert walk.tally.counts[kind] >= (2 if lie is None else 1)
    assert kind in walk.tally.failures[0]
    assert "--seed test --site 1" in walk.tally.failures[0]


def test_a_failure_is_shown_without_what_has_no_part_in_it(monkeypatch):
    """Of a full store only the one rule remains."""
    noise = {f"r{number}": RuleRow("p0", "l1", "a1") for number in range(1, 5)}
    before = replace(OPEN, rules=noise).with_rows("l1", (Row("192.0.2.1", "me"), Row("192.0.2.2", "me")))
    after = replace(before, rules={**noise, **SHUT.rules}, actions=SHUT.actions).with_rows("l0", (ALL_OF_IT,))
    walk = opening(before, after)
    monkeypatch.setattr(lockouts, "guard", lambda *_: None)
    walk.step()
    walk.close()
    assert "r0 (block): [any] any <-> me" in walk.tally.failures[0]
    assert "192.0.2." not in walk.tally.failures[0].split("before:")[1]


def test_a_change_that_closes_the_way_is_taken_back_in_time():
    """The real commit: the host is what it was, and nothing is left behind."""
    host = LabHost(SITE)
    before = replace(SHUT, active="")
    host.hold(before)
    assert host.works(FLOW) == ASKED
    assert force(host, before, SHUT, FLOW) == ""
    assert host.works(FLOW) == ASKED
    assert "stayed open" in force(host, before, replace(before, active="p1"), FLOW)
    host.close()


@pytest.mark.parametrize(
    ("rules", "open_under"),
    [
        ([], lambda _: True),
        ([blocks(ALL_OF_IT)], lambda _: False),
        ([blocks(ALL_OF_IT), blocks(WINRM, "permit")], lambda _: True),
        ([blocks(ALL_OF_IT), blocks(WINRM, "permit", connection="dialup")], lambda _: False),
        ([blocks(ALL_OF_IT), blocks(ALL_OF_IT, "permit")], lambda s: s.tie == "permissive"),
        ([blocks(WINRM, "permit"), blocks(ALL_OF_IT, tunnel="192.0.2.9")], lambda s: s.tunnel == "last"),
        ([blocks(Row("me", "any", mirrored=False))], lambda _: False),
        ([blocks(Row("any", "me", 6, (49153, 65535), (0, 0)))], lambda _: True),
        (
            [blocks(Row("192.0.0.0/16", "me"), "permit"), blocks(Row("192.0.0.0/8", "me", 6, (0, 0), (5985, 5985)))],
            lambda s: s.bits != "after",
        ),
        (
            [blocks(Row("192.0.2.10", "any"), "permit"), blocks(Row("192.0.2.0/24", "10.0.0.4/30"))],
            lambda _: False,
        ),
        (
            [blocks(Row("192.0.0.0/16", "me"), "permit"), blocks(Row("192.0.2.0/24", "10.0.0.4/30"))],
            lambda s: s.address == "classes",
        ),
        (
            [
                blocks(Row("192.0.2.0/24", "10.0.0.0/16", mirrored=False), "permit"),
                blocks(Row("192.0.0.0/16", "10.0.0.0/24", mirrored=False)),
            ],
            lambda _: False,
        ),
        (
            [
                blocks(Row("192.0.2.0/24", "10.0.0.0/16", 6, mirrored=False), "permit"),
                blocks(Row("192.0.0.0/16", "10.0.0.0/24", mirrored=False)),
            ],
            lambda s: s.bits != "both before",
        ),
        ([blocks(ALL_OF_IT), blocks(WINRM, "soft")], lambda _: False),
        ([blocks(ALL_OF_IT), blocks(WINRM, "inpass")], lambda _: False),
        ([blocks(ALL_OF_IT), blocks(WINRM, "request")], lambda _: True),
    ],
)
def test_the_matcher_knows_the_table(rules, open_under):
    """Traffic-engine 3 and 4, case by case, under every order."""
    expected = sum(1 << number for number, setting in enumerate(SETTINGS) if open_under(setting))
    assert works(rules, FLOW, PLACE) == expected


def test_words_count_for_ipv6_only_under_one_setting():
    """A filter between `any` and `me` in netsh's old form (traffic-engine 2.1)."""
    flow = Flow(ip_address("2001:db8::5"), ip_address("2001:db8::7"), 5985, 49152, "lan")
    found = works([blocks(ALL_OF_IT)], flow, Place(frozenset({flow.local}), {}))
    assert found == sum(1 << number for number, setting in enumerate(SETTINGS) if setting.family == "ipv4")


@pytest.mark.parametrize("seed", range(4))
def test_the_store_of_the_lab_is_the_one_the_provider_knows(seed):
    """Rows as blobs in the registry, read by the provider's one command, are the provider's own objects of them."""
    dice = random.Random(seed)  # noqa: S311 - policies, not keys
    site = random_site(dice)
    host, book = LabHost(site), Author(site, dice).book()
    host.hold(book)
    assert host.read().store == as_store(book)
    host.close()
