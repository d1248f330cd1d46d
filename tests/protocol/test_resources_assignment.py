"""The assignment of a policy on a simulated host: made, moved, changed by others, given back."""

import pytest
from records import CheckFailed, StepFailed
from resource_site import ASSIGNMENT, FILTER_ACTION, FILTER_LIST, LOCAL, POLICY, RULE, TCP_80
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.testing import Packet

DOMAIN = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"
ASSIGNED = 'set policy name="{}" assign="yes"'


@pytest.fixture
def two(site):
    """A site with two policies, `web` and `spare`, neither active; the state of both."""
    return site, site.up(POLICY, "web", {}), site.up(POLICY, "spare", {})


def active(site):
    """What the host's own tool says is assigned."""
    return [line.split('"')[1] for line in site.dump("set policy")]


def test_a_policy_becomes_active_and_nothing_after(two):
    """Nothing was active before, so nothing is afterwards."""
    site, web, _ = two
    state = site.up(ASSIGNMENT, "a", {"policy": "web"})
    assert state.id == "active"
    assert state.outputs["policyGuid"] == web.id
    assert active(site) == ["web"]
    site.settled(state)
    site.gone(state)
    assert active(site) == []


def test_what_was_active_before_comes_back(two):
    """It is recorded once and kept through updates."""
    site, web, spare = two
    site.console("set policy name=spare assign=yes", "add policy name=third")
    state = site.up(ASSIGNMENT, "a", {"policy": "web"})
    assert state.outputs["previousPolicy"] == spare.id
    moved = site.up(ASSIGNMENT, "a", {"policy": "third"}, state)
    assert active(site) == ["third"]
    assert moved.outputs["previousPolicy"] == spare.id
    assert site.settled(moved).outputs["policyGuid"] not in {web.id, spare.id}
    site.engine.destroy(moved)
    assert active(site) == ["spare"]


def test_what_was_active_before_is_gone(two):
    """Then nothing is active, and the user is told."""
    site, _, spare = two
    site.console("set policy name=spare assign=yes")
    state = site.up(ASSIGNMENT, "a", {"policy": "web"})
    site.engine.destroy(spare)
    site.engine.destroy(state)
    assert active(site) == []
    assert any("is gone" in text for text in site.service.said("warning"))


@pytest.mark.parametrize("name", ["policy", "allowOverridden", "allowManagementCut"])
def test_every_property_changes_in_place(two, name):
    """Also what only the provider knows."""
    site, *_ = two
    state = site.up(ASSIGNMENT, "a", {"policy": "web"})
    program = {"policy": "web", name: "spare" if name == "policy" else True}
    inputs = site.engine.check(state.urn, program, state.inputs)
    assert site.engine.diff(state, inputs).changes == {name: "UPDATE"}
    changed = site.up(ASSIGNMENT, "a", program, state)
    site.settled(changed)
    site.settled(site.up(ASSIGNMENT, "a", {"policy": "web"}, changed))
    assert active(site) == ["web"]


def test_drift_to_another_policy(two):
    """It shows at `policy`, and an update takes it back."""
    site, web, _ = two
    state = site.up(ASSIGNMENT, "a", {"policy": "web"})
    site.console("set policy name=spare assign=yes")
    found, changes = site.drift(state)
    assert changes == {"policy": "UPDATE"}
    assert found.inputs["policy"] == "spare"
    repaired = site.up(ASSIGNMENT, "a", {"policy": "web"}, found)
    assert site.settled(repaired).outputs["policyGuid"] == web.id


def test_drift_to_none(two):
    """An assignment that somebody took away is gone, and is made again."""
    site, *_ = two
    state = site.up(ASSIGNMENT, "a", {"policy": "web"})
    site.console("set policy name=web assign=no")
    assert site.engine.refresh(state) is None
    site.settled(site.up(ASSIGNMENT, "a", {"policy": "web"}))


def test_an_assignment_that_others_changed_is_not_taken_back_at_the_end(two):
    """Destroying ours leaves theirs active."""
    site, *_ = two
    state = site.up(ASSIGNMENT, "a", {"policy": "web"})
    site.console("set policy name=spare assign=yes")
    site.engine.destroy(state)
    assert active(site) == ["spare"]


@pytest.mark.parametrize("how", ["active", "guid", "name", "capitals", "host"])
def test_import(two, how):
    """By the word active, or by the policy that is; destroying what was imported unassigns it."""
    site, web, _ = two
    site.console("set policy name=web assign=yes")
    address = site.host.address
    id = {"active": "active", "guid": web.id, "name": "web", "capitals": "WEB", "host": f"//{address}/active"}[how]
    state = site.imported(ASSIGNMENT, "a", id)
    assert state.id == "active"
    assert state.inputs["policy"] == "web"
    site.engine.destroy(state)
    assert active(site) == []


@pytest.mark.parametrize("id", ["active", "spare", "nowhere"])
def test_import_of_what_is_not_assigned(two, id):
    """There is nothing to import, whatever it is called."""
    site, *_ = two
    if id == "spare":
        site.console("set policy name=web assign=yes")
    site.again()
    assert site.engine.import_(ASSIGNMENT, "a", id) is None


def test_the_policy_by_its_guid(two):
    """A change from the name to the GUID writes nothing."""
    site, web, _ = two
    state = site.up(ASSIGNMENT, "a", {"policy": "Web"})
    before = site.content()
    changed = site.up(ASSIGNMENT, "a", {"policy": web.id}, state)
    assert site.content() == before
    site.settled(changed)


def test_a_second_assignment_for_the_host(two):
    """It is refused in Check, with the name of the first."""
    site, *_ = two
    site.up(ASSIGNMENT, "a", {"policy": "web"})
    with pytest.raises(CheckFailed, match="PolicyAssignment::a"):
        site.up(ASSIGNMENT, "b", {"policy": "spare"})
    assert active(site) == ["web"]


def test_a_domain_policy_overrides(two):
    """Assigning under it is refused, unless the program says that it may be without effect."""
    site, *_ = two
    path = "LDAP://CN=ipsecPolicy{6ee5dd8a-2f4b-4c6f-8f0d-6a3d1f6f2a10},CN=IP Security,CN=System,DC=example,DC=com"
    site.host.registry.set(DOMAIN, "DSIPSECPolicyPath", RegistryValue("REG_SZ", path))
    site.again()
    with pytest.raises(StepFailed, match="allowOverridden"):
        site.up(ASSIGNMENT, "a", {"policy": "web"})
    assert active(site) == []
    state = site.up(ASSIGNMENT, "a", {"policy": "web", "allowOverridden": True})
    assert any("no effect" in text for text in site.service.said("warning"))
    site.settled(state)


def test_a_missing_policy(site):
    """The message names the property."""
    with pytest.raises(StepFailed, match="policy: there is no policy 'nowhere'"):
        site.up(ASSIGNMENT, "a", {"policy": "nowhere"})


def test_a_pointer_to_nowhere(two):
    """`ActivePolicy` may name a policy that is gone: nothing is active then."""
    site, *_ = two
    stale = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local\ipsecPolicy{00000000-0000-0000-0000-000000000001}"
    site.host.registry.set(LOCAL, "ActivePolicy", RegistryValue("REG_SZ", stale))
    site.again()
    assert site.engine.import_(ASSIGNMENT, "a", "active") is None
    state = site.settled(site.up(ASSIGNMENT, "a", {"policy": "web"}))
    assert state.outputs["previousPolicy"] == ""


def test_a_stopped_service_is_started(site):
    """Reading works without it and says that nothing is in force; writing starts it."""
    site.up(POLICY, "web", {})
    site.console("set policy name=web assign=yes")
    site.host.run("sc stop PolicyAgent")
    state = site.imported(ASSIGNMENT, "a", "active")
    assert any("no policy is in force" in text for text in site.service.said("warning"))
    site.settled(site.up(POLICY, "more", {}))
    site.settled(state)
    assert site.host.machine.services.running("PolicyAgent")


def test_a_disabled_service_is_an_error(site):
    """With the command that enables it."""
    site.host.run("sc stop PolicyAgent")
    site.host.run("sc config PolicyAgent start= disabled")
    site.again()
    with pytest.raises(StepFailed, match="sc config PolicyAgent start= auto"):
        site.up(POLICY, "web", {})


def test_what_is_changed_under_an_active_policy_is_in_force(site):
    """A filter, a rule, an action: the packets feel it as soon as the provider is done."""
    listed = site.up(FILTER_LIST, "ports", {"filters": [TCP_80]})
    action = site.up(FILTER_ACTION, "stop", {"action": "block"})
    site.up(POLICY, "web", {})
    site.up(ASSIGNMENT, "a", {"policy": "web"})

    def fate(port):
        packet = Packet("in", site.host.virtual_address, "192.0.2.9", 6, port, 40000)
        return site.host.packet(packet).result

    rule = site.up(RULE, "r", {"policy": "web", "filterList": "ports", "filterAction": "stop"})
    assert (fate(80), fate(81)) == ("dropped", "passes")
    listed = site.up(FILTER_LIST, "ports", {"filters": [{**TCP_80, "destinationPort": 81}]}, listed)
    assert (fate(80), fate(81)) == ("passes", "dropped")
    action = site.up(FILTER_ACTION, "stop", {"action": "permit"}, action)
    assert (fate(80), fate(81)) == ("passes", "passes")
    site.up(FILTER_ACTION, "stop", {"action": "block"}, action)
    assert fate(81) == "dropped"
    rule = site.up(RULE, "r", {"policy": "web", "filterList": "ports", "filterAction": "stop", "active": False}, rule)
    assert fate(81) == "passes"
    site.engine.destroy(rule)
    assert fate(81) == "passes"
