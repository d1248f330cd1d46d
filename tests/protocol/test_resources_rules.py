"""Rules on a simulated host: made, changed, changed by others, imported, removed."""

import pytest
from protocol_values import Secret
from records import CheckFailed, StepFailed
from resource_site import FILTER_LIST, POLICY, RULE, RULE_OF_SITE

KEY, OTHER_KEY = "correct horse", "battery staple"
CA = 'CN="Root, inc." CA, O=Example'
RULE_OF_WEB = {**RULE_OF_SITE, "name": "r"}
METHODS = {
    "kerberos": {"kerberos": True},
    "key": {"presharedKey": Secret(KEY)},
    "ca": {"rootCa": {"name": CA}},
    "mapped": {"rootCa": {"name": "C=US, CN=Second", "certificateMapping": True, "excludeCaName": True}},
}
CA_ON_CONSOLE = CA.replace('"', r"\'")


def edited(**changes):
    """The rule with other values."""
    return {**RULE_OF_WEB, **changes}


@pytest.fixture
def furnished(site):
    """A site with a policy, two lists and two actions to refer to; the second of each is called `spare`."""
    site.console(
        "add policy name=web",
        "add filter filterlist=ports srcaddr=any dstaddr=me protocol=tcp mirrored=yes srcport=0 dstport=80",
        "add filter filterlist=spare srcaddr=any dstaddr=me protocol=tcp mirrored=no srcport=0 dstport=80",
        "add filteraction name=stop action=block",
        'add filteraction name=spare action=negotiate qmsecmethods="ESP[3DES,SHA1]:100000k/3600s"',
    )
    return site


CERTIFIED = edited(authMethods=[METHODS["ca"]])
UPDATES = {
    "name": (RULE_OF_WEB, edited(name="regel"), {"name": "UPDATE"}, 'name="regel"'),
    "description": (
        RULE_OF_WEB,
        edited(description="why not"),
        {"description": "ADD"},
        'description="why not"',
    ),
    "filterList": (
        RULE_OF_WEB,
        edited(filterList="spare"),
        {"filterList": "UPDATE"},
        'filterlist="spare"',
    ),
    "filterAction": (
        RULE_OF_WEB,
        edited(filterAction="spare"),
        {"filterAction": "UPDATE"},
        'filteraction="spare"',
    ),
    "active": (RULE_OF_WEB, edited(active=False), {"active": "UPDATE"}, 'activate="no"'),
    "connectionType": (
        RULE_OF_WEB,
        edited(connectionType="lan"),
        {"connectionType": "UPDATE"},
        'conntype="lan"',
    ),
    "tunnelEndpoint": (
        edited(filterList="spare", tunnelEndpoint="192.0.2.1"),
        edited(filterList="spare", tunnelEndpoint="192.0.2.2"),
        {"tunnelEndpoint": "UPDATE"},
        'tunnel="192.0.2.2"',
    ),
    "authMethods": (
        RULE_OF_WEB,
        edited(authMethods=[METHODS["kerberos"], METHODS["ca"]]),
        {"authMethods[1]": "ADD"},
        f'kerberos="yes" rootca="{CA_ON_CONSOLE} certmap:no excludecaname:no"',
    ),
    "authMethods.kerberos": (
        edited(authMethods=[METHODS["key"]]),
        edited(authMethods=[METHODS["kerberos"]]),
        {"authMethods[0].kerberos": "ADD", "authMethods[0].presharedKey": "DELETE"},
        'kerberos="yes"',
    ),
    "authMethods.presharedKey": (
        edited(authMethods=[METHODS["key"]]),
        edited(authMethods=[{"presharedKey": Secret(OTHER_KEY)}]),
        {"authMethods[0].presharedKey": "UPDATE"},
        " psk=",
    ),
    "authMethods.rootCa.name": (
        CERTIFIED,
        edited(authMethods=[{"rootCa": {"name": "CN=Another"}}]),
        {"authMethods[0].rootCa.name": "UPDATE"},
        'rootca="CN=Another certmap:no excludecaname:no"',
    ),
    "authMethods.rootCa.certificateMapping": (
        CERTIFIED,
        edited(authMethods=[{"rootCa": {"name": CA, "certificateMapping": True}}]),
        {"authMethods[0].rootCa.certificateMapping": "UPDATE"},
        f'rootca="{CA_ON_CONSOLE} certmap:yes excludecaname:no"',
    ),
    "authMethods.rootCa.excludeCaName": (
        CERTIFIED,
        edited(authMethods=[{"rootCa": {"name": CA, "excludeCaName": True}}]),
        {"authMethods[0].rootCa.excludeCaName": "UPDATE"},
        f'rootca="{CA_ON_CONSOLE} certmap:no excludecaname:yes"',
    ),
}
SET = "set rule name=r policy=web"
DRIFTS = {
    "name": (RULE_OF_WEB, f"{SET} newname=x", {"name": "UPDATE"}),
    "description": (RULE_OF_WEB, f"{SET} description=hm", {"description": "DELETE"}),
    "filterList": (RULE_OF_WEB, f"{SET} filterlist=spare", {"filterList": "UPDATE"}),
    "filterAction": (RULE_OF_WEB, f"{SET} filteraction=spare", {"filterAction": "UPDATE"}),
    "active": (RULE_OF_WEB, f"{SET} activate=no", {"active": "UPDATE"}),
    "connectionType": (RULE_OF_WEB, f"{SET} conntype=dialup", {"connectionType": "UPDATE"}),
    "tunnelEndpoint": (
        edited(filterList="spare", tunnelEndpoint="192.0.2.1"),
        f"{SET} tunnel=192.0.2.2",
        {"tunnelEndpoint": "UPDATE"},
    ),
    "authMethods": (RULE_OF_WEB, f'{SET} kerberos=yes rootca="CN=Evil"', {"authMethods[1]": "DELETE"}),
    "authMethods.kerberos": (
        RULE_OF_WEB,
        f'{SET} kerberos=no psk="{OTHER_KEY}"',
        {"authMethods[0].kerberos": "ADD", "authMethods[0].presharedKey": "DELETE"},
    ),
    "authMethods.presharedKey": (
        edited(authMethods=[METHODS["key"]]),
        f'{SET} kerberos=no psk="{OTHER_KEY}"',
        {"authMethods[0].presharedKey": "UPDATE"},
    ),
    "authMethods.rootCa.name": (
        CERTIFIED,
        f'{SET} kerberos=no rootca="CN=Evil certmap:no excludecaname:no"',
        {"authMethods[0].rootCa.name": "UPDATE"},
    ),
    "authMethods.rootCa.certificateMapping": (
        edited(authMethods=[METHODS["mapped"]]),
        f'{SET} kerberos=no rootca="C=US, CN=Second certmap:no excludecaname:yes"',
        {"authMethods[0].rootCa.certificateMapping": "UPDATE"},
    ),
    "authMethods.rootCa.excludeCaName": (
        CERTIFIED,
        f'{SET} kerberos=no rootca="{CA_ON_CONSOLE} certmap:no excludecaname:yes"',
        {"authMethods[0].rootCa.excludeCaName": "UPDATE"},
    ),
}


def test_a_rule_of_defaults(furnished):
    """Active, for all connections, in transport mode, authenticated by Kerberos."""
    state = furnished.up(RULE, "r", RULE_OF_SITE)
    (line,) = furnished.dump("add rule")
    assert line == (
        'add rule name="r" policy="web" filterlist="ports" filteraction="stop" conntype="all" activate="yes" '
        'kerberos="yes"'
    )
    furnished.settled(state)
    furnished.gone(state)
    assert furnished.dump("add rule") == []
    assert len(furnished.dump("add filterlist")) == 2


@pytest.mark.parametrize("path", UPDATES)
def test_every_property_changes_in_place(furnished, path):
    """The object keeps its GUID, the host's own tool shows the new value, and back again."""
    before, program, changes, shown = UPDATES[path]
    mapped = "certificateMapping" in path
    with furnished.impossible_under("netsh.certmap_outside_domain", "refused" if mapped else "", "certificateMapping"):
        state = furnished.up(RULE, "s", before)
        inputs = furnished.engine.check(state.urn, program, state.inputs)
        assert furnished.engine.diff(state, inputs).changes == changes
        changed = furnished.up(RULE, "s", program, state)
        assert changed.id == state.id
        (line,) = furnished.dump("add rule")
        assert shown in line
        furnished.settled(changed)
        back = furnished.up(RULE, "s", before, changed)
        assert back.id == state.id
        assert furnished.settled(back).inputs == state.inputs


@pytest.mark.parametrize("path", DRIFTS)
def test_drift_shows_at_its_path_and_is_repaired(furnished, path):
    """What somebody else changed by netsh is one difference, and an update takes it back."""
    program, line, changes = DRIFTS[path]
    mapped = "certificateMapping" in path
    furnished.engine.secrets |= {KEY, OTHER_KEY}
    with furnished.impossible_under(
        "netsh.certmap_outside_domain", "refused" if mapped else "", "authMethods[0].rootCa.certificateMapping"
    ):
        state = furnished.up(RULE, "s", program)
        furnished.console(line)
        found, seen = furnished.drift(state)
        assert seen == changes
        repaired = furnished.up(RULE, "s", program, found)
        assert repaired.id == state.id
        assert furnished.settled(repaired).inputs == state.inputs


@pytest.mark.parametrize(
    "order", [("kerberos", "key", "ca"), ("key", "kerberos"), ("ca", "key", "mapped"), ("mapped", "kerberos", "ca")]
)
def test_several_methods_in_any_order(furnished, order):
    """Order is preference, and is kept; where a host cannot keep it, or map certificates, that is said."""
    program = edited(authMethods=[METHODS[name] for name in order])
    late = "kerberos_first" if "kerberos" in order[1:] else ""
    mapped = "refused" if "mapped" in order else ""
    with (
        furnished.impossible_under("netsh.authentication_order", late, "authMethods"),
        furnished.impossible_under("netsh.certmap_outside_domain", mapped, "certificateMapping"),
    ):
        state = furnished.settled(furnished.up(RULE, "s", program))
        assert state.inputs["authMethods"] == [
            {"rootCa": {"certificateMapping": False, "excludeCaName": False, **method["rootCa"]}}
            if "rootCa" in method
            else method
            for method in program["authMethods"]
        ]


@pytest.mark.parametrize(
    ("tunnel", "normal"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("gateway.example.com", "gateway.example.com"),
    ],
)
def test_tunnels(furnished, tunnel, normal):
    """To an address of either family or to a name; taking it away makes another rule."""
    furnished.host.run(r"echo 192.0.2.77 gateway.example.com>>%SystemRoot%\System32\drivers\etc\hosts")
    program = edited(filterList="spare", tunnelEndpoint=tunnel)
    state = furnished.settled(furnished.up(RULE, "s", program))
    assert state.inputs["tunnelEndpoint"] == normal
    inputs = furnished.engine.check(state.urn, edited(filterList="spare"), state.inputs)
    change = furnished.engine.diff(state, inputs)
    assert change.changes == {"tunnelEndpoint": "DELETE_REPLACE"}
    assert change.delete_before_replace
    plain = furnished.up(RULE, "s", edited(filterList="spare"), state)
    assert plain.id != state.id
    furnished.settled(plain)
    assert "tunnel" not in furnished.dump("add rule")[0]


def test_a_tunnel_over_mirrored_filters(furnished):
    """Some hosts may refuse it; then it is said which property that is about."""
    with furnished.impossible_under("netsh.tunnel_mirrored", "refused", "tunnelEndpoint"):
        furnished.settled(furnished.up(RULE, "s", edited(tunnelEndpoint="192.0.2.1")))


def test_a_rule_that_gets_a_tunnel(furnished):
    """In place."""
    state = furnished.up(RULE, "s", edited(filterList="spare"))
    changed = furnished.settled(furnished.up(RULE, "s", edited(filterList="spare", tunnelEndpoint="192.0.2.1"), state))
    assert changed.id == state.id


def test_a_key_stays_secret_and_off_command_lines(furnished):
    """On the wire, in state, in files that stay: nowhere in the clear."""
    furnished.host.watch(KEY)
    state = furnished.up(RULE, "s", edited(authMethods=[METHODS["key"]]))
    assert furnished.settled(state).inputs["authMethods"] == [{"presharedKey": Secret(KEY)}]
    seen = {entry.canary for entry in furnished.host.transcript()}
    assert "stdin" in seen
    assert "command" not in seen
    furnished.engine.cancel()
    files = furnished.host.machine.files
    listed = [item.path for item in files.walk("C:\\") if not item.folder]
    assert not [path for path in listed if KEY.encode() in files.read(path)]


def test_import_of_a_rule_with_a_key(furnished):
    """The key is left out, is left alone by updates, and the user is told."""
    made = furnished.up(RULE, "s", edited(authMethods=[METHODS["kerberos"], METHODS["key"]]))
    state = furnished.imported(RULE, "s", made.id)
    assert "authMethods" not in state.inputs
    assert any("pre-shared key" in text for text in furnished.service.said("warning"))
    program = {name: value for name, value in state.inputs.items() if name != "connection"}
    changed = furnished.up(RULE, "s", {**program, "description": "ours"}, state)
    furnished.settled(changed)
    whole = edited(authMethods=[METHODS["kerberos"], METHODS["key"]], description="ours")
    same = furnished.engine.check(state.urn, whole, state.inputs)
    found = furnished.refresh(furnished.up(RULE, "s", whole, changed))
    assert not furnished.engine.diff(found, same).some


@pytest.mark.parametrize("how", ["guid", "name", "policy/rule", "policyguid/rule", "capitals", "host"])
def test_import(furnished, how):
    """By GUID, by name, or by the names of policy and rule."""
    made = furnished.up(RULE, "s", edited(description="d", connectionType="lan"))
    id = {
        "guid": made.id,
        "name": "r",
        "policy/rule": "web/r",
        "policyguid/rule": f"{made.outputs['policyGuid']}/{made.id}",
        "capitals": "WEB/R",
        "host": f"//{furnished.host.address}/web/r",
    }[how]
    state = furnished.imported(RULE, "s", id)
    assert state.id == made.id
    assert not furnished.engine.diff(state, made.inputs).some


def test_references_by_guid(furnished):
    """A GUID means the same as the name, and a change from one to the other writes nothing."""
    made = furnished.up(RULE, "s", RULE_OF_WEB)
    guids = {name: made.outputs[f"{name}Guid"] for name in ("policy", "filterList", "filterAction")}
    before = furnished.content()
    same = furnished.up(RULE, "s", {**RULE_OF_WEB, **guids}, made)
    assert same.id == made.id
    assert furnished.content() == before
    furnished.settled(same)
    other = furnished.settled(furnished.up(RULE, "t", {**guids, "policy": guids["policy"].upper()}))
    assert other.outputs["policyGuid"] == guids["policy"]


def test_another_policy_makes_another_rule(furnished):
    """The new one is there before the old one goes."""
    furnished.up(POLICY, "second", {})
    state = furnished.up(RULE, "s", RULE_OF_WEB)
    inputs = furnished.engine.check(state.urn, edited(policy="second"), state.inputs)
    change = furnished.engine.diff(state, inputs)
    assert change.changes == {"policy": "UPDATE_REPLACE"}
    assert not change.delete_before_replace
    moved = furnished.up(RULE, "s", edited(policy="second"), state)
    assert moved.id != state.id
    furnished.settled(moved)
    assert len(furnished.dump("add rule")) == 1


def test_rules_of_one_name_in_two_policies(furnished):
    """Each is told from the other by its policy."""
    furnished.up(POLICY, "second", {})
    one = furnished.up(RULE, "one", RULE_OF_WEB)
    two = furnished.up(RULE, "two", edited(policy="second"))
    changed = furnished.settled(furnished.up(RULE, "two", edited(policy="second", active=False), two))
    furnished.settled(one)
    furnished.gone(changed)
    furnished.settled(one)


@pytest.mark.parametrize("name", ["policy", "filterList", "filterAction"])
def test_what_a_rule_refers_to_must_be_there(furnished, name):
    """The message names the property."""
    with pytest.raises(StepFailed, match=f"{name}: there is no"):
        furnished.up(RULE, "s", edited(**{name: "nowhere"}))
    assert furnished.dump("add rule") == []


def test_a_rule_on_an_empty_list(furnished):
    """Where the host refuses it, it waits for filters, and says so when none come."""
    furnished.up(FILTER_LIST, "void", {"filters": []})
    with furnished.impossible_under("netsh.rule_on_empty_list", "refused", "filterList"):
        furnished.settled(furnished.up(RULE, "s", edited(filterList="void")))


@pytest.mark.parametrize(
    ("program", "path"),
    [
        ({"connectionType": "wlan"}, "connectionType"),
        ({"tunnelEndpoint": "0.0.0.0"}, "tunnelEndpoint"),
        ({"authMethods": []}, "authMethods"),
        ({"authMethods": [{}]}, "authMethods[0]"),
        ({"authMethods": [{"kerberos": False}]}, "authMethods[0].kerberos"),
        ({"authMethods": [{"kerberos": True, "presharedKey": Secret(KEY)}]}, "authMethods[0]"),
        ({"authMethods": [{"kerberos": True}, {"kerberos": True}]}, "authMethods[1]"),
        ({"authMethods": [METHODS["key"], {"presharedKey": Secret(OTHER_KEY)}]}, "authMethods[1]"),
        ({"authMethods": [{"presharedKey": Secret("schlüssel")}]}, "authMethods[0].presharedKey"),
        ({"authMethods": [METHODS["key"]], "description": "für"}, "authMethods[0].presharedKey"),
        ({"authMethods": [{"rootCa": {"name": "no distinguished name"}}]}, "authMethods[0].rootCa.name"),
        ({"authMethods": [{"rootCa": {"name": "CN=x certmap:yes"}}]}, "authMethods[0].rootCa.name"),
    ],
)
def test_what_netsh_would_refuse(furnished, program, path):
    """It is refused at its path, and nothing is sent."""
    with pytest.raises(CheckFailed) as failed:
        furnished.up(RULE, "s", edited(**program))
    assert set(failed.value.failures) == {path}
    assert furnished.dump("add rule") == []
