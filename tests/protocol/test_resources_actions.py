"""Filter actions on a simulated host: made, changed, changed by others, imported, removed."""

import pytest
from records import CheckFailed, StepFailed
from resource_site import FILTER_ACTION

NEGOTIATE = {
    "name": "secure",
    "action": "negotiate",
    "securityMethods": [
        {"esp": {"encryption": "3des", "integrity": "sha1"}, "lifetimeKilobytes": 50000, "lifetimeSeconds": 900},
        {"ah": "sha1", "lifetimeKilobytes": 60000, "lifetimeSeconds": 1200},
    ],
}
SECOND = "securityMethods[1]"


def edited(**changes):
    """The program with other values; a dotted name is spelled `securityMethods__0__ah`; None takes a value out."""
    program = {**NEGOTIATE, "securityMethods": [dict(method) for method in NEGOTIATE["securityMethods"]]}
    for name, value in changes.items():
        *way, last = [int(step) if step.isdigit() else step for step in name.split("__")]
        target = program
        for step in way:
            target = target[step]
        if value is None:
            del target[last]
        else:
            target[last] = value
    return program


UPDATES = {
    "name": (edited(name="Sicher verhandelt"), {"name": "UPDATE"}, 'name="Sicher verhandelt"'),
    "description": (edited(description="as agreed"), {"description": "ADD"}, 'description="as agreed"'),
    "action": (
        {"name": "secure", "action": "block"},
        {"action": "UPDATE", "securityMethods": "DELETE"},
        'action="block"',
    ),
    "securityMethods": (
        edited(securityMethods=NEGOTIATE["securityMethods"][:1]),
        {SECOND: "DELETE"},
        'qmsecmethods="ESP[3DES,SHA1]:50000k/900s"',
    ),
    "securityMethods.ah": (edited(securityMethods__1__ah="md5"), {f"{SECOND}.ah": "UPDATE"}, " AH[MD5]:60000k/1200s"),
    "securityMethods.esp.encryption": (
        edited(securityMethods__0__esp={"encryption": "none", "integrity": "sha1"}),
        {"securityMethods[0].esp.encryption": "UPDATE"},
        '"ESP[None,SHA1]:50000k/900s ',
    ),
    "securityMethods.esp.integrity": (
        edited(securityMethods__0__esp={"encryption": "3des", "integrity": "md5"}),
        {"securityMethods[0].esp.integrity": "UPDATE"},
        '"ESP[3DES,MD5]:50000k/900s ',
    ),
    "securityMethods.lifetimeKilobytes": (
        edited(securityMethods__0__lifetimeKilobytes=0),
        {"securityMethods[0].lifetimeKilobytes": "UPDATE"},
        '"ESP[3DES,SHA1]:900s ',
    ),
    "securityMethods.lifetimeSeconds": (
        edited(securityMethods__0__lifetimeSeconds=0),
        {"securityMethods[0].lifetimeSeconds": "UPDATE"},
        '"ESP[3DES,SHA1]:50000k ',
    ),
    "sessionPfs": (edited(sessionPfs=True), {"sessionPfs": "UPDATE"}, 'qmpfs="yes"'),
    "inboundPassThrough": (edited(inboundPassThrough=True), {"inboundPassThrough": "UPDATE"}, 'inpass="yes"'),
    "softFallback": (edited(softFallback=True), {"softFallback": "UPDATE"}, 'soft="yes"'),
}
METHODS = "ESP[3DES,SHA1]:50000k/900s AH[SHA1]:60000k/1200s"
DRIFTS = {
    "name": ('set filteraction name="secure" newname="opened"', {"name": "UPDATE"}),
    "description": ('set filteraction name="secure" description="hm"', {"description": "DELETE"}),
    "action": ('set filteraction name="secure" action=permit', {"action": "UPDATE", "securityMethods": "ADD"}),
    "securityMethods": (
        f'set filteraction name="secure" qmsecmethods="{METHODS} ESP[DES,MD5]:50000k/900s"',
        {"securityMethods[2]": "DELETE"},
    ),
    "securityMethods.ah": (
        f'set filteraction name="secure" qmsecmethods="{METHODS.replace("AH[SHA1]", "AH[MD5]")}"',
        {f"{SECOND}.ah": "UPDATE"},
    ),
    "securityMethods.esp.encryption": (
        f'set filteraction name="secure" qmsecmethods="{METHODS.replace("3DES", "DES")}"',
        {"securityMethods[0].esp.encryption": "UPDATE"},
    ),
    "securityMethods.esp.integrity": (
        f'set filteraction name="secure" qmsecmethods="{METHODS.replace("3DES,SHA1", "3DES,None")}"',
        {"securityMethods[0].esp.integrity": "UPDATE"},
    ),
    "securityMethods.lifetimeKilobytes": (
        f'set filteraction name="secure" qmsecmethods="{METHODS.replace("50000k", "50001k")}"',
        {"securityMethods[0].lifetimeKilobytes": "UPDATE"},
    ),
    "securityMethods.lifetimeSeconds": (
        f'set filteraction name="secure" qmsecmethods="{METHODS.replace("1200s", "1201s")}"',
        {f"{SECOND}.lifetimeSeconds": "UPDATE"},
    ),
    "sessionPfs": ('set filteraction name="secure" qmpfs=yes', {"sessionPfs": "UPDATE"}),
    "inboundPassThrough": ('set filteraction name="secure" inpass=yes', {"inboundPassThrough": "UPDATE"}),
    "softFallback": ('set filteraction name="secure" soft=yes', {"softFallback": "UPDATE"}),
}


@pytest.mark.parametrize("action", ["permit", "block"])
def test_actions_without_security(site, action):
    """Permit and block need nothing but their word."""
    state = site.up(FILTER_ACTION, "simple", {"action": action})
    assert site.dump("add filteraction") == [
        f'add filteraction name="simple" qmpfs="no" inpass="no" soft="no" action="{action}"'
    ]
    site.settled(state)
    site.gone(state)
    assert site.dump("add filteraction") == []


def test_negotiation_without_methods_offers_the_usual_one(site):
    """ESP with 3DES and SHA-1, 100000 kB or an hour: what the reference says, not what netsh makes up."""
    state = site.up(FILTER_ACTION, "n", {"action": "Negotiate"})
    (line,) = site.dump("add filteraction")
    assert 'qmsecmethods="ESP[3DES,SHA1]:100000k/3600s"' in line
    site.settled(state)


def test_all_offers_of_the_grammar(site):
    """AH, ESP and both, every algorithm, lifetimes of either sort or none, in the order given."""
    methods = [
        {"ah": "md5"},
        {"ah": "sha1", "lifetimeKilobytes": 204800, "lifetimeSeconds": 300},
        {"esp": {"encryption": "des", "integrity": "none"}, "lifetimeKilobytes": 0, "lifetimeSeconds": 0},
        {"esp": {"encryption": "none", "integrity": "md5"}, "lifetimeKilobytes": 0},
        {"ah": "sha1", "esp": {"encryption": "3des", "integrity": "sha1"}, "lifetimeSeconds": 0},
        {"ah": "md5", "esp": {"encryption": "none", "integrity": "sha1"}},
    ]
    state = site.up(FILTER_ACTION, "n", {"action": "negotiate", "securityMethods": methods})
    assert [len(method) for method in site.settled(state).inputs["securityMethods"]] == [3, 3, 3, 3, 4, 4]
    backwards = site.up(FILTER_ACTION, "n", {"action": "negotiate", "securityMethods": methods[::-1]}, state)
    assert site.settled(backwards).inputs["securityMethods"] == state.inputs["securityMethods"][::-1]


@pytest.mark.parametrize("path", UPDATES)
def test_every_property_changes_in_place(site, path):
    """The object keeps its GUID, the host's own tool shows the new value, and back again."""
    program, changes, shown = UPDATES[path]
    state = site.up(FILTER_ACTION, "s", NEGOTIATE)
    inputs = site.engine.check(state.urn, program, state.inputs)
    assert site.engine.diff(state, inputs).changes == changes
    changed = site.up(FILTER_ACTION, "s", program, state)
    assert changed.id == state.id
    (line,) = site.dump("add filteraction")
    assert shown in line
    site.settled(changed)
    back = site.up(FILTER_ACTION, "s", NEGOTIATE, changed)
    assert back.id == state.id
    assert site.settled(back).inputs == state.inputs


@pytest.mark.parametrize("path", DRIFTS)
def test_drift_shows_at_its_path_and_is_repaired(site, path):
    """What somebody else changed by netsh is one difference, and an update takes it back."""
    line, changes = DRIFTS[path]
    state = site.up(FILTER_ACTION, "s", NEGOTIATE)
    site.console(line)
    found, seen = site.drift(state)
    assert seen == changes
    repaired = site.up(FILTER_ACTION, "s", NEGOTIATE, found)
    assert repaired.id == state.id
    assert site.settled(repaired).inputs == state.inputs


def test_permit_becomes_negotiate_and_block(site):
    """Every action can become every other in place."""
    state = site.up(FILTER_ACTION, "s", {"action": "permit"})
    guid = state.id
    for program in (
        {"action": "block"},
        {"action": "negotiate", "inboundPassThrough": True, "softFallback": True, "sessionPfs": True},
        {"action": "permit"},
        {"action": "negotiate"},
        {"action": "block"},
    ):
        state = site.settled(site.up(FILTER_ACTION, "s", program, state))
        assert state.id == guid


def test_short_lifetimes(site):
    """Less than 20480 kB or 300 s may be more than a host takes; then it is said which."""
    methods = [{"ah": "sha1"}, {"ah": "md5", "lifetimeKilobytes": 100, "lifetimeSeconds": 60}]
    program = {"action": "negotiate", "securityMethods": methods}
    with site.impossible_under("netsh.lifetime_limits", "enforced", "securityMethods[1].lifetime"):
        site.settled(site.up(FILTER_ACTION, "short", program))


def test_settings_of_negotiation_say_nothing_elsewhere(site):
    """They are refused at their paths, all at once."""
    program = {"action": "block", "sessionPfs": True, "softFallback": True, "securityMethods": [{"ah": "md5"}]}
    with pytest.raises(CheckFailed) as failed:
        site.up(FILTER_ACTION, "s", program)
    assert set(failed.value.failures) == {"sessionPfs", "softFallback", "securityMethods"}
    assert site.dump("add") == []


@pytest.mark.parametrize("method", [{}, {"esp": {"encryption": "none", "integrity": "none"}}])
def test_offers_that_offer_nothing(site, method):
    """They are refused before anything is sent."""
    with pytest.raises(CheckFailed, match="securityMethods"):
        site.up(FILTER_ACTION, "s", {"action": "negotiate", "securityMethods": [method]})


def test_an_existing_name_is_refused_with_the_way_to_import_it(site):
    """In the preview already, in any capitals; the object stays as it was."""
    site.console('add filteraction name="Stop" action=block')
    before = site.content()
    with pytest.raises(StepFailed, match=r"exists already.*import"):
        site.up(FILTER_ACTION, "s", {"name": "STOP", "action": "permit"})
    assert site.content() == before


@pytest.mark.parametrize("how", ["guid", "name", "capitals", "host/guid", "host/name"])
def test_import(site, how):
    """By GUID or by name, with or without the host in front."""
    made = site.up(FILTER_ACTION, "secure", {**NEGOTIATE, "sessionPfs": True, "description": "d"})
    id = {
        "guid": made.id.upper(),
        "name": "secure",
        "capitals": "SECURE",
        "host/guid": f"//{site.host.address}/{made.id}",
        "host/name": f"//{site.host.address}/secure",
    }[how]
    state = site.imported(FILTER_ACTION, "s", id)
    assert state.id == made.id
    inputs = {name: value for name, value in state.inputs.items() if name != "connection"}
    assert inputs == {name: value for name, value in made.inputs.items() if value is not False}


def test_an_action_in_use_is_not_deleted(site):
    """The message names the rule; the action stays."""
    _, _, action = site.furnish()
    site.console('add rule name="theirs" policy="web" filterlist="ports" filteraction="stop" kerberos=yes')
    with pytest.raises(StepFailed, match="'theirs' of policy 'web'"):
        site.engine.destroy(action)
    assert len(site.dump("add filteraction")) == 1
