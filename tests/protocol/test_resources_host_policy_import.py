"""Any existing policy becomes a `HostPolicy`: the next preview is empty (design 2.2, 5)."""

import copy

import pytest
from resource_site import FILTER_ACTION, FILTER_LIST, LOCAL, RULE
from test_resources_host_policy import HOST_POLICY, a_filter, active, fate, objects


def furnished(site):
    """A policy made by hand: shared list, own action, an unnamed and a doubly named rule, a key."""
    site.console(
        "add policy name=old description=grown",
        "add policy name=other",
        'add filter filterlist="partner" srcaddr=192.0.2.0 srcmask=24 dstaddr=me protocol=tcp dstport=99',
        'add filter filterlist="web" srcaddr=any dstaddr=me protocol=tcp dstport=80',
        "add filteraction name=pass action=permit",
        "add filteraction name=secure action=negotiate",
        "add rule name=one policy=old filterlist=partner filteraction=secure psk=s3cret-enough",
        "add rule name=two policy=old filterlist=web filteraction=pass",
        "add rule name=three policy=old filterlist=web filteraction=pass",
        "add rule name=r policy=other filterlist=partner filteraction=pass",
    )
    return {
        values["ipsecName"].data: "{" + path.rpartition("{")[2]
        for path, values in site.content().items()
        if "ipsecName" in values
    }


@pytest.mark.parametrize("how", ["guid", "name", "capitals", "host"])
def test_import(site, how):
    """By name or GUID; everything is there but the key, and nothing is left to do."""
    guids = furnished(site)
    id = {"guid": guids["old"], "name": "old", "capitals": "OLD", "host": f"//{site.host.address}/old"}[how]
    before = site.content()
    state = site.imported(HOST_POLICY, "old", id)
    assert state.id == guids["old"]
    assert state.inputs["management"] == "none"
    assert state.inputs["assigned"] is False
    assert [rule["name"] for rule in state.inputs["rules"]] == ["one", "two", "three"]
    assert "authMethods" not in state.inputs["rules"][0]
    assert any("pre-shared key" in text for text in site.service.said("warning"))
    assert "s3cret-enough" not in repr(state.inputs)
    assert set(state.outputs["owned"]) == {guids["web"], guids["secure"]}
    assert site.content() == before


def test_import_update_and_destroy(site):
    """What others use is left alone, the key as well."""
    guids = furnished(site)
    site.console("set policy name=old assign=yes")
    state = site.imported(HOST_POLICY, "old", "old")
    program = copy.deepcopy({name: value for name, value in state.inputs.items() if name != "expandedRules"})
    program["rules"][0]["filterList"]["filters"].append(a_filter(98))
    program["rules"][1]["filterAction"]["action"] = program["rules"][2]["filterAction"]["action"] = "block"
    changed = site.settled(site.up(HOST_POLICY, "old", program, state))
    assert "s3cret-enough".encode("utf-16-le") in site.value(RULE, guids["one"], "ipsecData")
    assert [line for line in site.dump("add filter ") if '"partner"' in line] != []
    assert (fate(site, 80), fate(site, 98)) == ("dropped", "protected")
    site.engine.destroy(changed)
    assert active(site) == []
    assert objects(site) == [1, 1, 1, 1]


def test_import_of_what_has_no_names(site):
    """It stays as it is until the first change, which gives names of their own."""
    guids = furnished(site)
    for kind, name in ((RULE, "one"), (FILTER_LIST, "web"), (FILTER_ACTION, "secure")):
        site.write(kind, guids[name], "ipsecName", None)
    site.write(RULE, guids["two"], "ipsecName", "three")
    before = site.content()
    state = site.imported(HOST_POLICY, "old", "old")
    assert site.content() == before
    names = [rule["name"] for rule in state.inputs["rules"]]
    assert names == [f"rule {guids['one'][1:9]}", f"three {guids['two'][1:9]}", f"three {guids['three'][1:9]}"]
    program = {name: value for name, value in state.inputs.items() if name != "expandedRules"}
    changed = site.settled(site.up(HOST_POLICY, "old", program | {"description": "known"}, state))
    assert [line for line in site.dump("add rule ") if 'policy="old"' in line and names[0] in line]
    site.gone(changed)
    assert objects(site) == [1, 1, 1, 1]


def test_import_of_a_rule_whose_list_is_gone(site):
    """It reads as a rule on nothing, is left alone by changes of others, and goes with the policy."""
    guids = furnished(site)
    site.host.registry.delete_key(f"{LOCAL}\\ipsecFilter{guids['web']}")
    state = site.imported(HOST_POLICY, "old", "old")
    assert state.inputs["rules"][1]["filterList"]["name"] == guids["web"]
    program = {name: value for name, value in state.inputs.items() if name != "expandedRules"}
    changed = site.settled(site.up(HOST_POLICY, "old", program | {"description": "known"}, state))
    site.gone(changed)


def test_import_of_what_is_not_there(site):
    """Nothing, and what there is."""
    furnished(site)
    site.forget()
    assert site.engine.import_(HOST_POLICY, "x", "nowhere") is None
    assert any("'nowhere'" in text and "old" in text for text in site.service.said("error"))
