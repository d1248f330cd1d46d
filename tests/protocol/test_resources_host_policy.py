"""A whole policy on a simulated host: made, changed, found changed by others, imported, given back."""

import copy

import pytest
from protocol_values import Secret
from records import CheckFailed, StepFailed
from resource_site import ASSIGNMENT, POLICY
from winipsec_lab.machine.registry import RegistryValue
from winipsec_lab.testing import Packet

HOST_POLICY = "winipsec:index:HostPolicy"
DOMAIN = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"


def a_filter(port, **more):
    """TCP to a port of this host."""
    return {"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": port, **more}


def a_rule(name="web", port=80, action="block", **more):
    """A rule on one port."""
    return {"name": name, "filterList": {"filters": [a_filter(port)]}, "filterAction": {"action": action}, **more}


WORM = {"block": [{"ports": ["udp/1434"]}]}
PLAIN = {"management": "none", "rules": [a_rule()]}


def active(site):
    """What the host's own tool says is assigned."""
    return [line.split('"')[1] for line in site.dump("set policy")]


def fate(site, port, protocol=6):
    """What becomes of a packet from a stranger."""
    packet = Packet("in", site.host.virtual_address, "192.0.2.9", protocol, port, 40000)
    return site.host.packet(packet).result


def objects(site):
    """How many policies, rules, lists and actions there are."""
    return [len(site.dump(f"add {kind} ")) for kind in ("policy", "rule", "filterlist", "filteraction")]


# --- life


def test_what_a_secret_comes_to_is_secret_too(site):
    """Whoever hides an address or a name does not find it in the rules that were made of it."""
    worm = {"ports": ["udp/1434"], "remotes": [Secret("10.88.77.66")]}
    state = site.up(HOST_POLICY, "s", {"name": Secret("Vault door"), "assigned": False, "block": [worm]})
    assert len(site.dump('add policy name="Vault door"')) == 1
    state = site.settled(state)
    site.engine.destroy(state)


def test_a_worm_is_stopped_and_let_loose(site):
    """One resource; afterwards the host is as it was, byte for byte."""
    before = site.content()
    state = site.up(HOST_POLICY, "worm", WORM)
    assert active(site) == ["worm"]
    assert (fate(site, 1434, 17), fate(site, 1435, 17), fate(site, 5985)) == ("dropped", "passes", "passes")
    site.settled(state)
    site.gone(state)
    assert (active(site), objects(site)) == ([], [0, 0, 0, 0])
    assert site.content() == before


def test_all_of_it_at_once(site):
    """Scenarios, rules written out, settings, a key."""
    program = {
        **WORM,
        "allowOnly": {"ports": ["tcp/80", "tcp/443"]},
        "rules": [
            a_rule("partner", 8443, "negotiate", authMethods=[{"presharedKey": Secret("s3cret-enough")}]),
            a_rule("shared 1", 81) | {"filterAction": {"name": "stop", "action": "block"}},
            a_rule("shared 2", 82) | {"filterAction": {"name": "stop", "action": "block"}},
        ],
        "description": "all of it",
        "masterPfs": True,
        "mainModeLifetimeMinutes": 60,
        "defaultRule": {"active": False, "sessionPfs": True, "authMethods": [{"kerberos": True}]},
    }
    state = site.up(HOST_POLICY, "Größe", program | {"rules": program["rules"][1:]})
    site.settled(state)
    site.gone(state)
    site.again()
    state = site.up(HOST_POLICY, "everything", program)
    site.settled(state)
    assert [fate(site, port) for port in (80, 443, 81, 445, 5985)] == [
        "passes",
        "passes",
        "dropped",
        "dropped",
        "passes",
    ]
    site.gone(state)
    assert objects(site) == [0, 0, 0, 0]


def test_what_was_active_before_comes_back(site):
    """Recorded at create, kept through updates."""
    site.console("add policy name=spare", "set policy name=spare assign=yes")
    state = site.up(HOST_POLICY, "p", PLAIN)
    assert active(site) == ["p"]
    changed = site.up(HOST_POLICY, "p", PLAIN | {"description": "other"}, state)
    assert changed.outputs["previousPolicy"] == state.outputs["previousPolicy"] != ""
    site.engine.destroy(site.settled(changed))
    assert active(site) == ["spare"]


def test_what_others_activated_stays(site):
    """Destroying ours leaves theirs active."""
    state = site.up(HOST_POLICY, "p", PLAIN)
    site.console("add policy name=theirs", "set policy name=theirs assign=yes")
    site.engine.destroy(state)
    assert active(site) == ["theirs"]


def test_unassigned(site):
    """It can be prepared, put into force, and taken out again; then what was active before is so again."""
    site.console("add policy name=spare", "set policy name=spare assign=yes")
    state = site.up(HOST_POLICY, "p", PLAIN | {"assigned": False})
    assert active(site) == ["spare"]
    site.settled(state)
    state = site.up(HOST_POLICY, "p", PLAIN, state)
    assert active(site) == ["p"]
    state = site.up(HOST_POLICY, "p", PLAIN | {"assigned": False}, site.settled(state))
    assert active(site) == ["spare"]
    site.settled(state)
    site.gone(state)
    assert active(site) == ["spare"]


# --- changes

CHANGES = {
    "name": {"name": "renamed"},
    "description": {"description": "told"},
    "masterPfs": {"masterPfs": True},
    "quickModesPerMainMode": {"quickModesPerMainMode": 5},
    "mainModeLifetimeMinutes": {"mainModeLifetimeMinutes": 33},
    "pollingIntervalMinutes": {"pollingIntervalMinutes": 44},
    "mainModeMethods": {"mainModeMethods": [{"encryption": "3des", "integrity": "sha1", "dhGroup": "group2"}]},
    "defaultRule": {"defaultRule": {"active": True}},
    "block": {"block": [{"ports": ["udp/1434", "tcp/4444"], "direction": "in"}]},
    "allowOnly": {"allowOnly": {"ports": ["tcp/80"]}},
    "isolate": {"isolate": {"exempt": ["10.0.0.1"]}},
    "management": {"management": {"sources": ["10.0.0.0/8"]}, "allowOnly": {"ports": []}},
    "assigned": {"assigned": False},
    "allowOverridden": {"allowOverridden": True},
    "revertAfter": {"revertAfter": 0},
    "rule added": {"rules": [a_rule(), a_rule("more", 81)]},
    "rule gone": {"rules": []},
    "rule renamed": {"rules": [a_rule("other")]},
    "rule case": {"rules": [a_rule("WEB")]},
    "rule description": {"rules": [a_rule(description="told")]},
    "rule inactive": {"rules": [a_rule(active=False)]},
    "rule connectionType": {"rules": [a_rule(connectionType="lan")]},
    "rule authMethods": {"rules": [a_rule(authMethods=[{"rootCa": {"name": "CN=Root"}}])]},
    "filters": {"rules": [a_rule(port=81)]},
    "list named": {"rules": [a_rule() | {"filterList": {"name": "mine", "filters": [a_filter(80)]}}]},
    "list described": {"rules": [a_rule() | {"filterList": {"description": "x", "filters": [a_filter(80)]}}]},
    "action": {"rules": [a_rule(action="permit")]},
    "action named": {"rules": [a_rule() | {"filterAction": {"name": "mine", "action": "block"}}]},
    "negotiation": {
        "rules": [
            a_rule()
            | {
                "filterAction": {
                    "action": "negotiate",
                    "securityMethods": [{"ah": "sha1"}],
                    "sessionPfs": True,
                    "inboundPassThrough": True,
                    "softFallback": True,
                }
            }
        ]
    },
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_property_changes_in_place(site, name):
    """There and back; the policy keeps its GUID, nothing is left over."""
    start = {"rules": [a_rule()]}
    state = site.up(HOST_POLICY, "p", start)
    counted = objects(site)
    changed = site.up(HOST_POLICY, "p", start | CHANGES[name], state)
    found, left = site.drift(changed)
    assert (found.id, found.inputs, left) == (state.id, changed.inputs, {})
    back = site.up(HOST_POLICY, "p", start, changed)
    assert (back.id, objects(site)) == (state.id, counted)
    assert site.refresh(back).inputs == back.inputs == state.inputs
    site.gone(back)
    assert objects(site) == [0, 0, 0, 0]


def test_a_tunnel_comes_and_goes(site):
    """Netsh has no word for taking it away: the rule is made anew."""
    tunnel = a_rule(tunnelEndpoint="10.9.9.9") | {
        "filterList": {"filters": [a_filter(80, mirrored=False)]},
        "filterAction": {"action": "negotiate"},
    }
    plain = {name: value for name, value in tunnel.items() if name != "tunnelEndpoint"}
    state = site.settled(site.up(HOST_POLICY, "p", {"rules": [tunnel]}))
    state = site.settled(site.up(HOST_POLICY, "p", {"rules": [plain]}, state))
    site.gone(site.settled(site.up(HOST_POLICY, "p", {"rules": [tunnel]}, state)))


def test_a_new_name_of_the_policy_is_one_of_its_lists_too(site):
    """What nobody named is called after policy and rule, and renamed with them, not made anew."""
    state = site.up(HOST_POLICY, "p", PLAIN)
    changed = site.up(HOST_POLICY, "p", PLAIN | {"name": "Q"}, state)
    assert site.dump("add filterlist ") == ['add filterlist name="Q: web"']
    assert changed.outputs["owned"] == state.outputs["owned"]


def test_order_means_nothing(site):
    """Rules and filters are sets."""
    rules = [a_rule("a", 1), a_rule("b", 2)]
    rules[0]["filterList"]["filters"].append(a_filter(3))
    state = site.up(HOST_POLICY, "p", {"management": "none", "rules": rules})
    other = copy.deepcopy(rules[::-1])
    other[1]["filterList"]["filters"].reverse()
    inputs = site.engine.check(state.urn, {"management": "none", "rules": other}, state.inputs)
    assert site.engine.diff(state, inputs).changes == {}


# --- what is somebody else's


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("add policy name=P", "policy"),
        ('add filterlist name="p: WEB"', "filter list"),
        ('add filteraction name="p: web" action=block', "filter action"),
    ],
)
def test_an_existing_name_is_refused(site, line, what):
    """In the preview as well; nothing is changed, and nothing left."""
    site.console(line)
    before = site.content()
    for _ in range(2):
        with pytest.raises(StepFailed, match=f"a {what} of the name .* exists already"):
            site.up(HOST_POLICY, "p", PLAIN)
    inputs = site.engine.check(site.engine.urn(HOST_POLICY, "p"), PLAIN)
    with pytest.raises(StepFailed, match="import"):
        site.engine.preview_create(site.engine.urn(HOST_POLICY, "p"), inputs)
    assert site.content() == before


def shared(site):
    """A policy of ours, and one of theirs that uses its list and its action."""
    state = site.up(HOST_POLICY, "p", PLAIN)
    site.console(
        "add policy name=theirs",
        'add rule name=r policy=theirs filterlist="p: web" filteraction="p: web"',
    )
    return state


def foreign(site):
    """The rows of the other policy's list and action."""
    lines = site.dump("add filter") + site.dump("add filteraction")
    return [line for line in lines if '"p: web"' in line]


def test_what_others_use_is_not_changed(site):
    """The policy gets copies of its own, and the program keeps its names."""
    state = shared(site)
    theirs = foreign(site)
    changed = site.up(HOST_POLICY, "p", {"management": "none", "rules": [a_rule(port=81, action="permit")]}, state)
    assert foreign(site) == theirs
    assert changed.inputs["rules"][0]["filterList"].keys() == {"filters"}
    site.settled(changed)
    again = site.settled(site.up(HOST_POLICY, "p", {"management": "none", "rules": [a_rule(port=82)]}, changed))
    assert foreign(site) == theirs
    site.engine.destroy(again)
    assert foreign(site) == theirs
    assert objects(site) == [1, 1, 1, 1]


def test_what_others_use_is_not_deleted(site):
    """Neither with the rule nor with the policy."""
    state = shared(site)
    theirs = foreign(site)
    changed = site.up(HOST_POLICY, "p", {"management": "none", "rules": [a_rule("other", 81)]}, state)
    assert foreign(site) == theirs
    site.engine.destroy(site.settled(changed))
    assert objects(site) == [1, 1, 1, 1]


def test_one_assignment_for_a_host(site):
    """Whichever resource makes it."""
    site.up(HOST_POLICY, "p", PLAIN)
    site.up(HOST_POLICY, "q", PLAIN | {"assigned": False})
    with pytest.raises(CheckFailed, match="HostPolicy::p"):
        site.up(HOST_POLICY, "r", PLAIN)
    site.up(POLICY, "web", {})
    with pytest.raises(CheckFailed, match="HostPolicy::p"):
        site.up(ASSIGNMENT, "a", {"policy": "web"})


def test_a_domain_policy_overrides(site):
    """Assigning under it is refused, unless the program says that it may be without effect."""
    path = "LDAP://CN=ipsecPolicy{6ee5dd8a-2f4b-4c6f-8f0d-6a3d1f6f2a10},CN=IP Security,CN=System,DC=example,DC=com"
    site.host.registry.set(DOMAIN, "DSIPSECPolicyPath", RegistryValue("REG_SZ", path))
    site.again()
    with pytest.raises(StepFailed, match="allowOverridden"):
        site.up(HOST_POLICY, "p", PLAIN)
    assert objects(site) == [0, 0, 0, 0]
    site.settled(site.up(HOST_POLICY, "p", PLAIN | {"allowOverridden": True}))
    assert any("no effect" in text for text in site.service.said("warning"))


# --- drift

DRIFT = {
    "name": ('set policy name=p newname="q"', "name"),
    "description": ("set policy name=p description=x", "description"),
    "masterPfs": ("set policy name=p mmpfs=yes", "masterPfs"),
    "quickModesPerMainMode": ("set policy name=p qmpermm=7", "quickModesPerMainMode"),
    "mainModeLifetimeMinutes": ("set policy name=p mmlifetime=7", "mainModeLifetimeMinutes"),
    "mainModeMethods": ("set policy name=p mmsecmethods=DES-MD5-1", "mainModeMethods"),
    "defaultRule": ("set policy name=p activatedefaultrule=yes", "defaultRule.active"),
    "assigned": ("set policy name=p assign=no", "assigned"),
    "a filter of a scenario": (
        'delete filter filterlist="p: block udp/1434" srcaddr=me dstaddr=any',
        "expandedRules[1].filterList.filters",
    ),
    "a rule of a scenario": ('delete rule name="block udp/1434" policy=p', "expandedRules[1]"),
    "a rule's description": ("set rule name=web policy=p description=x", "rules[0].description"),
    "a rule's state": ("set rule name=web policy=p activate=no", "rules[0].active"),
    "a rule's connections": ("set rule name=web policy=p conntype=lan", "rules[0].connectionType"),
    "a rule's tunnel": ("set rule name=web policy=p tunnel=10.1.1.1", "rules[0].tunnelEndpoint"),
    "a rule's methods": ("set rule name=web policy=p psk=other", "rules[0].authMethods[0].kerberos"),
    "a rule's list": ('set rule name=web policy=p filterlist="other"', "rules[0].filterList.name"),
    "a rule's action": ('set rule name=web policy=p filteraction="other"', "rules[0].filterAction.name"),
    "a rule": ("delete rule name=web policy=p", "rules[0]"),
    "a rule more": ("add rule name=more policy=p filterlist=other filteraction=other", "rules[1]"),
    "a filter": (
        'add filter filterlist="p: web" srcaddr=10.0.0.1 dstaddr=me',
        "rules[0].filterList.filters[1]",
    ),
    "a list's name": ('set filterlist name="p: web" newname=z', "rules[0].filterList.name"),
    "a list's description": ('set filterlist name="p: web" description=z', "rules[0].filterList.description"),
    "an action": ('set filteraction name="p: web" action=permit', "rules[0].filterAction.action"),
    "an action's name": ('set filteraction name="p: web" newname=z', "rules[0].filterAction.name"),
    "an action's description": ('set filteraction name="p: web" description=z', "rules[0].filterAction.description"),
}


@pytest.mark.parametrize("name", DRIFT)
def test_drift_shows_at_its_path_and_is_repaired(site, name):
    """Whatever somebody else changes; the repair leaves nothing behind."""
    line, path = DRIFT[name]
    site.console("add filter filterlist=other srcaddr=10.0.0.2 dstaddr=me", "add filteraction name=other action=permit")
    program = {**WORM, "rules": [a_rule()]}
    state = site.up(HOST_POLICY, "p", program)
    counted, lists = objects(site), site.dump("add filter ")
    site.console(line)
    found, changes = site.drift(state)
    assert any(changed.startswith(path) for changed in changes), changes
    repaired = site.settled(site.up(HOST_POLICY, "p", program, found))
    assert (objects(site), sorted(site.dump("add filter "))) == (counted, sorted(lists))
    assert active(site) == ["p"]
    site.engine.destroy(repaired)
    assert objects(site) == [0, 0, 1, 1]


def test_drift_to_another_policy(site):
    """It shows at `assigned`, and an update takes it back."""
    state = site.up(HOST_POLICY, "p", PLAIN)
    site.console("add policy name=theirs", "set policy name=theirs assign=yes")
    found, changes = site.drift(state)
    assert changes == {"assigned": "UPDATE"}
    site.settled(site.up(HOST_POLICY, "p", PLAIN, found))
    assert active(site) == ["p"]
