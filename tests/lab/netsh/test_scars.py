"""What hosts are born with (spec: ipsec-policy 4.3, design 7)."""

from __future__ import annotations

import pytest
from netsh_desk import Desk, vectors
from winipsec_lab import scars
from winipsec_lab.machine.languages import LANGUAGES
from winipsec_lab.matcher import Packet, decide
from winipsec_lab.store.entries import identity
from winipsec_lab.store.registry_store import LOCAL


@pytest.fixture
def scarred():
    """A machine with scars."""
    desk = Desk()
    scars.install(desk.machine)
    return desk


def test_nothing_is_assigned(scarred):
    """A fresh host answers: no policy is active and packets pass."""
    assert scarred.store.active == ""
    assert decide(scarred.machine, Packet("in", "10.77.0.1", "192.0.2.9", 6, 5985, 5000)).result == "passes"


def test_the_blobs_are_real_ones(scarred):
    """Every blob is one of the published ones, or the inactive variant of a rule."""
    published = {item["hex"] for item in vectors("ipsec-data.json")}
    strange = [entry.key for entry in scarred.store.entries() if entry.data.hex() not in published]
    assert [identity(key)[:17] for key in strange] == ["ipsecnfa{2ff9309c"]


def test_rules_without_names_and_an_orphan(scarred):
    """The console's policy lists three unnamed rules; a fourth claims it as owner and nobody knows it."""
    policy = scarred.policy(scars.CONSOLE_POLICY_NAME)
    listed = {identity(reference) for reference in policy.rules}
    claims = {
        entry.identity for entry in scarred.store.entries("ipsecNFA") if policy.identity in map(identity, entry.owners)
    }
    (orphan,) = claims - listed
    assert len(listed) == 3
    assert {scarred.store.find(each).name for each in listed} == {None}
    owned = [identity(owner) for entry in scarred.store.entries() for owner in entry.owners]
    assert orphan not in owned


def test_old_objects_keep_their_spelling(scarred):
    """Windows 2000: upper-case GUIDs, `ClassName`, names and descriptions everywhere, garbage in the padding."""
    policy = scarred.policy(scars.OLD_POLICY_NAME)
    rule = scarred.store.find(policy.rules[0])
    assert policy.guid == policy.guid.upper() != policy.guid.lower()
    assert "ClassName" in scarred.values(policy)
    assert rule.name
    assert len(rule.data) == 63
    assert bytes.fromhex("cdcdcdcd") in scarred.store.find(policy.main_mode).data


def test_two_lists_of_one_name(scarred):
    """A name is no identity."""
    twins = [entry for entry in scarred.store.entries("ipsecFilter") if entry.name == scars.TWIN_LIST_NAME]
    assert len(twins) == 2


@pytest.mark.parametrize("locale", LANGUAGES)
def test_everything_works_beside_them(locale):
    """show, dump and every ordinary change leave the foreign objects byte for byte as they were."""
    desk = Desk(locale=locale)
    scars.install(desk.machine)
    before = desk.content()
    desk.furnish().ok("set policy name=p assign=yes", "set policy name=p assign=no")
    assert desk.netsh("ipsec dump").code == 0
    assert desk.static("show all").code == 0
    desk.ok(
        "delete policy name=p", "delete filterlist name=l", "delete filteraction name=a", "delete filteraction name=b"
    )
    assert desk.content() == before


def test_installing_twice_is_installing_once(scarred):
    """The objects have fixed GUIDs."""
    before = scarred.content()
    scars.install(scarred.machine)
    assert scarred.content() == before
    assert scarred.machine.registry.get(LOCAL, "").data == ""
