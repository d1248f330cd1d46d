"""Policies on a simulated host: made, changed, changed by others, imported, removed."""

import pytest
from protocol_values import Secret
from records import CheckFailed, StepFailed
from resource_site import POLICY, RULE, RULE_OF_SITE

STRONG = {"encryption": "3des", "integrity": "sha1", "dhGroup": "group14"}
MIDDLE = {"encryption": "3des", "integrity": "sha1", "dhGroup": "group2"}
WEAK = {"encryption": "des", "integrity": "md5", "dhGroup": "group1"}
OFFER = {"esp": {"encryption": "3des", "integrity": "sha1"}, "lifetimeKilobytes": 50000, "lifetimeSeconds": 900}
LAN = {
    "name": "lan",
    "quickModesPerMainMode": 3,
    "mainModeLifetimeMinutes": 60,
    "pollingIntervalMinutes": 90,
    "mainModeMethods": [MIDDLE, WEAK],
    "defaultRule": {
        "active": True,
        "sessionPfs": False,
        "securityMethods": [OFFER],
        "authMethods": [{"kerberos": True}],
    },
}
RULE_OF_LAN = "set defaultrule policy=lan"


def edited(**changes):
    """The program with other values; names that begin with `rule_` are those of the default rule."""
    rule = {name[5:]: value for name, value in changes.items() if name.startswith("rule_")}
    rest = {name: value for name, value in changes.items() if not name.startswith("rule_")}
    return {**LAN, **rest, "defaultRule": {**LAN["defaultRule"], **rule}}


UPDATES = {
    "name": (edited(name="the lan"), {"name": "UPDATE"}, 'name="the lan"'),
    "description": (edited(description="für alle"), {"description": "ADD"}, 'description="für alle"'),
    "masterPfs": (edited(masterPfs=True), {"masterPfs": "UPDATE"}, 'mmpfs="yes"'),
    "quickModesPerMainMode": (
        edited(quickModesPerMainMode=0),
        {"quickModesPerMainMode": "UPDATE"},
        'qmpermm="0"',
    ),
    "mainModeLifetimeMinutes": (
        edited(mainModeLifetimeMinutes=1),
        {"mainModeLifetimeMinutes": "UPDATE"},
        'mmlifetime="1"',
    ),
    "pollingIntervalMinutes": (edited(pollingIntervalMinutes=5), {"pollingIntervalMinutes": "UPDATE"}, ""),
    "mainModeMethods": (
        edited(mainModeMethods=[MIDDLE]),
        {"mainModeMethods[1]": "DELETE"},
        'mmsecmethods="3DES-SHA1-2"',
    ),
    "mainModeMethods.encryption": (
        edited(mainModeMethods=[MIDDLE, {**WEAK, "encryption": "3des"}]),
        {"mainModeMethods[1].encryption": "UPDATE"},
        'mmsecmethods="3DES-SHA1-2 3DES-MD5-1"',
    ),
    "mainModeMethods.integrity": (
        edited(mainModeMethods=[MIDDLE, {**WEAK, "integrity": "sha1"}]),
        {"mainModeMethods[1].integrity": "UPDATE"},
        'mmsecmethods="3DES-SHA1-2 DES-SHA1-1"',
    ),
    "mainModeMethods.dhGroup": (
        edited(mainModeMethods=[STRONG, WEAK]),
        {"mainModeMethods[0].dhGroup": "UPDATE"},
        'mmsecmethods="3DES-SHA1-3 DES-MD5-1"',
    ),
    "defaultRule.active": (
        edited(rule_active=False),
        {"defaultRule.active": "UPDATE"},
        'activatedefaultrule="no"',
    ),
    "defaultRule.sessionPfs": (edited(rule_sessionPfs=True), {"defaultRule.sessionPfs": "UPDATE"}, ""),
    "defaultRule.securityMethods": (
        edited(rule_securityMethods=[OFFER, {"ah": "md5"}]),
        {"defaultRule.securityMethods[1]": "ADD"},
        "",
    ),
    "defaultRule.authMethods": (
        edited(rule_authMethods=[{"kerberos": True}, {"presharedKey": Secret("open sesame")}]),
        {"defaultRule.authMethods[1]": "ADD"},
        "",
    ),
}
DRIFTS = {
    "name": ("set policy name=lan newname=wan", {"name": "UPDATE"}),
    "description": ("set policy name=lan description=hm", {"description": "DELETE"}),
    "masterPfs": ("set policy name=lan mmpfs=yes", {"masterPfs": "UPDATE"}),
    "quickModesPerMainMode": ("set policy name=lan qmpermm=7", {"quickModesPerMainMode": "UPDATE"}),
    "mainModeLifetimeMinutes": ("set policy name=lan mmlifetime=61", {"mainModeLifetimeMinutes": "UPDATE"}),
    "pollingIntervalMinutes": ("set policy name=lan pollinginterval=91", {"pollingIntervalMinutes": "UPDATE"}),
    "mainModeMethods": (
        'set policy name=lan mmsecmethods="3DES-SHA1-2 DES-MD5-1 3DES-MD5-1"',
        {"mainModeMethods[2]": "DELETE"},
    ),
    "mainModeMethods.encryption": (
        'set policy name=lan mmsecmethods="DES-SHA1-2 DES-MD5-1"',
        {"mainModeMethods[0].encryption": "UPDATE"},
    ),
    "mainModeMethods.integrity": (
        'set policy name=lan mmsecmethods="3DES-MD5-2 DES-MD5-1"',
        {"mainModeMethods[0].integrity": "UPDATE"},
    ),
    "mainModeMethods.dhGroup": (
        'set policy name=lan mmsecmethods="3DES-SHA1-3 DES-MD5-1"',
        {"mainModeMethods[0].dhGroup": "UPDATE"},
    ),
    "defaultRule.active": (f"{RULE_OF_LAN} activate=no", {"defaultRule.active": "UPDATE"}),
    "defaultRule.sessionPfs": (f"{RULE_OF_LAN} activate=yes qmpfs=yes", {"defaultRule.sessionPfs": "UPDATE"}),
    "defaultRule.securityMethods": (
        f'{RULE_OF_LAN} activate=yes qmsecmethods="ESP[3DES,SHA1]:50000k/901s"',
        {"defaultRule.securityMethods[0].lifetimeSeconds": "UPDATE"},
    ),
    "defaultRule.authMethods": (
        f'{RULE_OF_LAN} activate=yes kerberos=no psk="open sesame"',
        {"defaultRule.authMethods[0].kerberos": "ADD", "defaultRule.authMethods[0].presharedKey": "DELETE"},
    ),
}


def test_a_policy_of_defaults(site):
    """What the reference says: 3DES, SHA-1, 2048 bits; eight hours; no default response; not assigned."""
    state = site.up(POLICY, "plain", {})
    (line,) = site.dump("add policy")
    assert 'mmsecmethods="3DES-SHA1-3"' in line
    assert 'mmlifetime="480"' in line
    assert 'activatedefaultrule="no"' in line
    assert site.dump("set policy") == []
    site.settled(state)
    site.gone(state)
    assert site.dump("add") == []


@pytest.mark.parametrize("path", UPDATES)
def test_every_property_changes_in_place(site, path):
    """The object keeps its GUID, the host's own tool shows the new value, and back again."""
    program, changes, shown = UPDATES[path]
    state = site.up(POLICY, "p", LAN)
    inputs = site.engine.check(state.urn, program, state.inputs)
    assert site.engine.diff(state, inputs).changes == changes
    changed = site.up(POLICY, "p", program, state)
    assert changed.id == state.id
    (line,) = site.dump("add policy")
    assert shown in line
    site.settled(changed)
    back = site.up(POLICY, "p", LAN, changed)
    assert back.id == state.id
    assert site.settled(back).inputs == state.inputs


@pytest.mark.parametrize("path", DRIFTS)
def test_drift_shows_at_its_path_and_is_repaired(site, path):
    """What somebody else changed by netsh is one difference, and an update takes it back."""
    line, changes = DRIFTS[path]
    state = site.up(POLICY, "p", LAN)
    site.console(line)
    found, seen = site.drift(state)
    assert seen == changes
    repaired = site.up(POLICY, "p", LAN, found)
    assert repaired.id == state.id
    assert site.settled(repaired).inputs == state.inputs


def test_a_default_rule_keeps_what_the_program_does_not_say(site):
    """Switching it on and off leaves its methods as somebody else set them."""
    state = site.up(POLICY, "p", {"name": "lan"})
    site.console(
        f'{RULE_OF_LAN} activate=yes qmpfs=yes qmsecmethods="AH[MD5]:50000k/900s" kerberos=no psk="open sesame"'
    )
    for active in (True, False, True):
        state = site.up(POLICY, "p", {"name": "lan", "masterPfs": active, "defaultRule": {"active": active}}, state)
        state = site.settled(state)
        shown = site.imported(POLICY, "p", state.id).inputs["defaultRule"]
        assert shown["active"] is active
        assert shown["sessionPfs"]
        assert shown["securityMethods"] == [{"ah": "md5", "lifetimeKilobytes": 50000, "lifetimeSeconds": 900}]


def test_main_mode_methods_in_any_order(site):
    """Order is preference; some ways of storing 2048 bits cannot put them behind others, which is then said."""
    first = site.up(POLICY, "one", {"mainModeMethods": [STRONG, {**STRONG, "integrity": "md5"}, MIDDLE, WEAK]})
    site.settled(first)
    with site.impossible_under("netsh.dh2048", "new_dh", "mainModeMethods"):
        site.settled(site.up(POLICY, "two", {"mainModeMethods": [MIDDLE, STRONG, WEAK]}))


def test_all_main_mode_methods(site):
    """Every cipher with every hash and group."""
    methods = [
        {"encryption": encryption, "integrity": integrity, "dhGroup": group}
        for group in ("group14", "group2", "group1")
        for encryption in ("3des", "des")
        for integrity in ("sha1", "md5")
    ]
    state = site.settled(site.up(POLICY, "p", {"mainModeMethods": methods}))
    assert state.inputs["mainModeMethods"] == methods


@pytest.mark.parametrize(
    "program",
    [
        {"quickModesPerMainMode": 4294967295},
        {"mainModeLifetimeMinutes": 71582788},
        {"pollingIntervalMinutes": 71582788},
        {"pollingIntervalMinutes": 1, "mainModeLifetimeMinutes": 1},
    ],
)
def test_limits_of_numbers(site, program):
    """As large and as small as the store holds."""
    state = site.settled(site.up(POLICY, "p", program))
    assert program.items() <= state.inputs.items()


@pytest.mark.parametrize(
    ("program", "path"),
    [
        ({"mainModeLifetimeMinutes": 0}, "mainModeLifetimeMinutes"),
        ({"mainModeLifetimeMinutes": 71582789}, "mainModeLifetimeMinutes"),
        ({"mainModeMethods": []}, "mainModeMethods"),
        ({"mainModeMethods": [{**WEAK, "dhGroup": "group5"}]}, "mainModeMethods[0].dhGroup"),
        ({"name": "all"}, "name"),
        ({"defaultRule": {"active": True, "authMethods": []}}, "defaultRule.authMethods"),
    ],
)
def test_what_netsh_would_refuse(site, program, path):
    """It is refused at its path, and nothing is sent."""
    with pytest.raises(CheckFailed) as failed:
        site.up(POLICY, "p", program)
    assert set(failed.value.failures) == {path}
    assert site.dump("add") == []


@pytest.mark.parametrize("how", ["guid", "name", "capitals", "host/guid", "host/name"])
def test_import(site, how):
    """By GUID or by name, with or without the host in front."""
    made = site.up(POLICY, "p", {**LAN, "masterPfs": True, "description": "d"})
    id = {
        "guid": made.id.strip("{}"),
        "name": "lan",
        "capitals": "LAN",
        "host/guid": f"//{site.host.address}/{made.id}",
        "host/name": f"//{site.host.address}/lan",
    }[how]
    state = site.imported(POLICY, "p", id)
    assert state.id == made.id
    assert not site.engine.diff(state, made.inputs).some


def test_a_policy_goes_with_its_rules_but_not_its_lists(site):
    """As netsh does it; what others still use stays."""
    policy, *_ = site.furnish()
    site.console('add rule name="theirs" policy="web" filterlist="ports" filteraction="stop" kerberos=yes')
    site.gone(policy)
    assert len(site.dump("add filterlist")) == len(site.dump("add filteraction")) == 1
    assert site.dump("add rule") == site.dump("add policy") == []


def test_the_active_policy_is_unassigned_before_it_goes(site):
    """Whether netsh would delete it as it is, or refuse."""
    policy = site.up(POLICY, "p", {})
    site.console("set policy name=p assign=yes")
    site.gone(policy)
    assert site.dump("add policy") == site.dump("set policy") == []


def test_a_renamed_policy_keeps_its_rules(site):
    """The rule's program says the new name: an update that writes nothing."""
    policy, *_ = site.furnish()
    rule = site.up(RULE, "r", RULE_OF_SITE)
    renamed = site.up(POLICY, "web", {"name": "new web"}, policy)
    assert renamed.id == policy.id
    inputs = site.engine.check(rule.urn, {**RULE_OF_SITE, "policy": "new web"}, rule.inputs)
    assert site.engine.diff(rule, inputs).changes == {"policy": "UPDATE"}
    before = site.content()
    again = site.up(RULE, "r", {**RULE_OF_SITE, "policy": "new web"}, rule)
    assert again.id == rule.id
    assert site.content() == before
    site.settled(again)


def test_the_name_of_another_policy(site):
    """A rename to a name that is taken is refused, and the rest stays as it was."""
    site.up(POLICY, "one", {})
    state = site.up(POLICY, "two", {})
    before = site.content()
    with pytest.raises(StepFailed, match="exists already"):
        site.up(POLICY, "two", {"name": "ONE"}, state)
    assert site.content() == before
