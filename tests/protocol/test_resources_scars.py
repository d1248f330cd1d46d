"""What nobody here made: unnamed and doubly named objects, blobs of old Windows, orphans (spec: ipsec-policy 4.3)."""

import pytest
from fake_engine import in_threads
from records import CheckFailed, StepFailed
from resource_site import (
    ASSIGNMENT,
    FILTER,
    FILTER_ACTION,
    FILTER_LIST,
    LOCAL,
    POLICY,
    RULE,
    RULE_OF_SITE,
    TCP_80,
    standing,
)
from winipsec_lab.machine.registry import RegistryValue

CONSOLE_POLICY = "{618dd376-2c1b-4a5e-9f0e-5d1c7a3b9e21}"
BLOCK_RULE, ALLOW_RULE = "{77790b68-26f7-4bcc-9948-2288703e5f64}", "{b182baf7-5d0c-4c39-8a55-0f1e62d7c9b4}"
ORPHAN_RULE, DEFAULT_RULE = "{cd898cf4-1b3f-4e62-a7d9-3c58f4e0b816}", "{2ff9309c-8e47-4f0d-bd2a-91c6e05a7f33}"
BLOCK_LIST, TWIN_LIST = "{d4095263-7c2e-4b1d-8f6a-e2905b3d71c8}", "{45f48cfc-241d-42f7-bcd4-927054db1b67}"
ALLOW_LIST, PERMIT_ACTION = "{d322f302-9d28-4cf1-b210-f1f66ca3131a}", "{63c906b6-0f9d-4e57-93ab-7d24c1e8f05a}"
OLD_POLICY, OLD_RULE = "{72385230-70fa-11d1-864c-14a300000000}", "{72385232-70fa-11d1-864c-14a300000000}"
OLD_ACTION, OLD_LIST = "{72385233-70fa-11d1-864c-14a300000000}", "{72385235-70fa-11d1-864c-14a300000000}"
IMPORTS = [
    (POLICY, CONSOLE_POLICY),
    (POLICY, "branch office lockdown"),
    (POLICY, OLD_POLICY),
    (RULE, BLOCK_RULE),
    (RULE, ALLOW_RULE),
    (RULE, f"{CONSOLE_POLICY}/{ALLOW_RULE}"),
    (RULE, OLD_RULE.upper()),
    (RULE, "Server (Request Security)/request security (optional) rule"),
    (FILTER_LIST, BLOCK_LIST),
    (FILTER_LIST, TWIN_LIST),
    (FILTER_LIST, ALLOW_LIST),
    (FILTER_LIST, "All ICMP Traffic"),
    (FILTER_ACTION, PERMIT_ACTION),
    (FILTER_ACTION, OLD_ACTION),
    (FILTER_ACTION, "Request Security (Optional)"),
]


@pytest.fixture(scope="module")
def standing_site():
    """A host with the scars of real ones."""
    with standing(scars=True) as site:
        yield site


@pytest.mark.parametrize(("kind", "id"), IMPORTS)
def test_everything_can_be_imported(site, kind, id):
    """And stays as it is: the next run finds no difference, and the host is untouched."""
    before = site.content()
    state = site.imported(kind, "x", id)
    site.settled(state)
    assert not site.engine.diff(state, site.engine.check(state.urn, state.inputs, state.inputs)).some
    assert site.content() == before


@pytest.mark.parametrize(
    ("kind", "id"), [(RULE, ORPHAN_RULE), (RULE, DEFAULT_RULE), (POLICY, BLOCK_RULE), (FILTER_LIST, OLD_ACTION)]
)
def test_what_is_no_object_of_that_kind(site, kind, id):
    """Orphans and default rules are no rules; a GUID of another kind is nothing."""
    assert site.engine.import_(kind, "x", id) is None


def test_an_ambiguous_name(site):
    """The message lists the GUIDs to choose from."""
    with pytest.raises(StepFailed) as failed:
        site.engine.import_(FILTER_LIST, "x", "block list")
    assert BLOCK_LIST in failed.value.text
    assert TWIN_LIST in failed.value.text


def test_the_old_policy_reads_as_its_description_says(site):
    """Every value of the Windows 2000 blobs, garbage in the padding and all (spec: ipsec-policy 5.5, 7)."""
    action = site.imported(FILTER_ACTION, "x", OLD_ACTION).inputs
    esp = [{"esp": {"encryption": cipher, "integrity": "sha1"}} for cipher in ("3des", "des")]
    lives = {"lifetimeKilobytes": 100000}
    assert action["securityMethods"] == [
        *({**method, **lives, "lifetimeSeconds": 900} for method in esp),
        *({"ah": hashed, **lives, "lifetimeSeconds": 300} for hashed in ("sha1", "md5")),
    ]
    assert action["softFallback"] is action["inboundPassThrough"] is True
    policy = site.imported(POLICY, "x", OLD_POLICY).inputs
    methods = [tuple(method.values()) for method in policy["mainModeMethods"]]
    assert [set(method) for method in methods] == [
        {"3des", "sha1", "group2"},
        {"3des", "md5", "group2"},
        {"des", "sha1", "group1"},
        {"des", "md5", "group1"},
    ]


def test_an_unnamed_rule_is_changed(site):
    """It gets a name first, in the registry, for netsh finds rules by name only; then it changes in place."""
    state = site.imported(RULE, "x", ALLOW_RULE)
    program = {name: value for name, value in state.inputs.items() if name != "connection"}
    changed = site.up(RULE, "x", {**program, "name": "allow", "active": False}, state)
    assert changed.id == ALLOW_RULE
    assert site.settled(changed).inputs["active"] is False
    assert site.value(RULE, ALLOW_RULE, "ipsecName") == "allow"
    assert site.value(RULE, BLOCK_RULE, "ipsecName") is None
    back = site.settled(site.up(RULE, "x", {**program, "name": "allow"}, changed))
    assert back.inputs["name"] == "allow"


def test_an_unnamed_rule_is_changed_and_stays_unnamed_in_the_program(site):
    """Without a name in the program it needs one all the same: the next run shows which it got."""
    state = site.imported(RULE, "x", ALLOW_RULE)
    program = {name: value for name, value in state.inputs.items() if name != "connection"}
    assert not program.get("name")
    changed = site.up(RULE, "x", {**program, "connectionType": "lan"}, state)
    found = site.refresh(changed)
    assert found.inputs["connectionType"] == "lan"
    assert site.value(RULE, ALLOW_RULE, "ipsecName")


def test_an_unnamed_rule_is_deleted(site):
    """It and nothing else: the orphan, the other rule and the default rule stay."""
    state = site.imported(RULE, "x", ALLOW_RULE)
    site.gone(state)
    assert site.value(RULE, ALLOW_RULE, "name") is None
    for other in (BLOCK_RULE, DEFAULT_RULE, ORPHAN_RULE):
        assert site.value(RULE, other, "name") is not None
    assert site.engine.import_(FILTER_LIST, "x", ALLOW_LIST) is not None


def test_one_of_two_lists_of_a_name_is_changed(site):
    """Ours gets a name of its own before its filters change; the other keeps its own."""
    other = site.imported(FILTER_LIST, "other", BLOCK_LIST)
    state = site.imported(FILTER_LIST, "x", TWIN_LIST)
    program = {name: value for name, value in state.inputs.items() if name != "connection"}
    more = [*program["filters"], {"source": "me", "destination": "192.0.2.1"}]
    changed = site.up(FILTER_LIST, "x", {**program, "name": "twin", "filters": more}, state)
    assert changed.id == TWIN_LIST
    site.settled(changed)
    site.settled(other)


def test_a_filter_is_added_to_one_of_two_lists_of_a_name(site):
    """The list named by its GUID is renamed, for netsh finds lists by name only; the other is untouched."""
    other = site.imported(FILTER_LIST, "other", BLOCK_LIST)
    state = site.up(FILTER, "f", {"filterList": TWIN_LIST, "source": "me", "destination": "192.0.2.1"})
    site.settled(state)
    assert state.outputs["filterListGuid"] == TWIN_LIST
    site.settled(other)
    site.gone(state)
    site.settled(other)


def test_one_of_two_lists_of_a_name_is_deleted(site):
    """The one meant, by GUID."""
    site.gone(site.imported(FILTER_LIST, "x", TWIN_LIST))
    assert site.value(FILTER_LIST, TWIN_LIST, "name") is None
    assert site.value(FILTER_LIST, BLOCK_LIST, "ipsecName") == "Block List"


def test_objects_without_names(site):
    """A policy, a list and an action that lost their names are found by GUID, changed and deleted."""
    for kind, guid in ((POLICY, CONSOLE_POLICY), (FILTER_LIST, ALLOW_LIST), (FILTER_ACTION, PERMIT_ACTION)):
        site.write(kind, guid, "ipsecName", None)
        state = site.settled(site.imported(kind, "x", guid))
        program = {name: value for name, value in state.inputs.items() if name != "connection"}
        changed = site.up(kind, "x", {**program, "name": "found", "description": "again"}, state)
        assert changed.id == guid
        assert site.settled(changed).inputs["description"] == "again"
        assert site.value(kind, guid, "ipsecName") == "found"
    site.gone(site.imported(POLICY, "x", CONSOLE_POLICY))
    site.gone(site.imported(FILTER_LIST, "x", ALLOW_LIST))


def test_an_unnamed_policy_is_assigned_and_deleted(site):
    """It gets a name for that."""
    site.write(POLICY, OLD_POLICY.upper(), "ipsecName", None)
    state = site.up(ASSIGNMENT, "a", {"policy": OLD_POLICY})
    assert state.outputs["policyGuid"] == OLD_POLICY
    site.engine.destroy(state)
    site.gone(site.imported(POLICY, "x", OLD_POLICY))


def test_rules_refer_to_what_needs_a_name(site):
    """A rule with the twin list, by GUID, in a policy of the console."""
    program = {
        "policy": CONSOLE_POLICY,
        "filterList": TWIN_LIST,
        "filterAction": PERMIT_ACTION,
        "authMethods": [{"kerberos": True}],
    }
    state = site.up(RULE, "ours", program)
    assert state.outputs["filterListGuid"] == TWIN_LIST
    site.settled(state)
    site.gone(state)


def test_two_policies_of_one_name(site):
    """The second rename gives the first back its name only to itself."""
    site.write(POLICY, OLD_POLICY.upper(), "ipsecName", "Branch Office Lockdown")
    state = site.imported(POLICY, "x", OLD_POLICY)
    program = {name: value for name, value in state.inputs.items() if name != "connection"}
    changed = site.up(POLICY, "x", {**program, "masterPfs": True}, state)
    assert changed.id == OLD_POLICY
    assert site.refresh(changed).inputs["masterPfs"] is True
    assert site.imported(POLICY, "y", CONSOLE_POLICY).inputs.get("masterPfs") is None


def test_a_blob_that_nobody_can_read(site):
    """It is not in the way of anything else."""
    key = rf"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local\ipsecFilter{ALLOW_LIST}"
    site.host.registry.set(key, "ipsecData", RegistryValue("REG_BINARY", b"\1\2\3"))
    site.again()
    for id in (ALLOW_LIST, "Allow List"):
        site.service.messages.clear()
        assert site.engine.import_(FILTER_LIST, "x", id) is None
        assert any("but it cannot be read" in text for text in site.service.said("error"))
    site.settled(site.up(POLICY, "ours", {}))
    with pytest.raises(StepFailed, match=f"exists already \\({ALLOW_LIST}\\), and cannot be read"):
        site.up(FILTER_LIST, "x", {"name": "ALLOW LIST", "filters": []})
    other = site.up(FILTER_LIST, "y", {"filters": []})
    with pytest.raises(StepFailed, match="and cannot be read"):
        site.up(FILTER_LIST, "y", {"name": "allow list", "filters": []}, other)


def test_what_no_policy_uses_is_named(site):
    """Whoever imports a leftover is told what it is."""
    assert site.engine.import_(RULE, "x", ORPHAN_RULE) is None
    assert any("but it cannot be managed: no policy lists it" in text for text in site.service.said("error"))


def test_a_name_that_netsh_cannot_be_told(site):
    """A change gives the list another one; a rule that refers to it by the old name stays as it is, and can change."""
    site.up(FILTER_ACTION, "stop", {"action": "block"})
    listed = site.up(FILTER_LIST, "ports", {"filters": [TCP_80]})
    site.up(POLICY, "web", {})
    site.up(RULE, "r", RULE_OF_SITE)
    site.write(FILTER_LIST, listed.id, "ipsecName", 'a"b')
    site.again()
    rule = site.imported(RULE, "r", "web/r")
    program = dict(rule.inputs)
    assert program["filterList"] == 'a"b'
    listed = site.imported(FILTER_LIST, "ports", listed.id)
    site.up(FILTER_LIST, "ports", {**listed.inputs, "description": "changed"}, listed)
    assert "netsh cannot tell" in " ".join(site.service.said("warning"))
    rule = site.refresh(rule)
    assert not site.engine.diff(rule, site.engine.check(rule.urn, program, rule.inputs)).some
    rule = site.settled(site.up(RULE, "r", {**program, "active": False}, rule))
    assert rule.outputs["filterListGuid"] == listed.id
    with pytest.raises(CheckFailed, match="refer to the object by its GUID"):
        site.up(RULE, "new", {**RULE_OF_SITE, "filterList": 'a"b'})
    site.settled(site.up(RULE, "new", {**RULE_OF_SITE, "filterList": listed.id}))


def test_a_rule_that_lost_its_list(site):
    """A change names the property to set; with another list the rule is whole again."""
    site.furnish()
    made = site.up(RULE, "r", RULE_OF_SITE)
    site.host.registry.delete_value(rf"{LOCAL}\ipsecNFA{made.id}", "ipsecFilterReference")
    site.again()
    rule = site.imported(RULE, "r", made.id)
    assert rule.inputs["filterList"] == ""
    with pytest.raises(StepFailed, match="Set filterList to the name or the GUID"):
        site.up(RULE, "r", {**rule.inputs, "active": False}, rule)
    site.settled(site.up(RULE, "r", {**rule.inputs, "filterList": "ports"}, rule))


FOREIGN = {
    FILTER_LIST: {"filters": [TCP_80]},
    FILTER_ACTION: {"action": "block"},
    POLICY: {},
    RULE: {"policy": CONSOLE_POLICY, "filterList": ALLOW_LIST, "filterAction": PERMIT_ACTION},
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_name_outside_ascii(site, kind):
    """Where `reg` prints no such letters, the object could not be found again: nothing is left of it."""
    before = site.content()
    with site.impossible_under("reg.code_page", "oem", "name: '\N{HIRAGANA LETTER KA}\u00e9'"):
        state = site.settled(site.up(kind, "x", {"name": "\N{HIRAGANA LETTER KA}\u00e9", **FOREIGN[kind]}))
        site.gone(state)
    assert site.content().keys() == before.keys()


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_new_name_outside_ascii(site, kind):
    """Where `reg` prints no such letters, the object keeps its old name, and can be given another one."""
    state = site.up(kind, "x", {"name": "old", **FOREIGN[kind]})
    with site.impossible_under("reg.code_page", "oem", "name: 'n\u00e9w'"):
        state = site.settled(site.up(kind, "x", {"name": "n\u00e9w", **FOREIGN[kind]}, state))
    found = site.refresh(state)
    assert found.inputs["name"] == ("old" if site.guess("reg.code_page") == "oem" else "n\u00e9w")
    state = site.settled(site.up(kind, "x", {"name": "new", **FOREIGN[kind]}, found))
    site.gone(state)


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_description_outside_ascii(site, kind):
    """Where `reg` prints no such letters, the message says so."""
    state = site.up(kind, "x", {"name": "described", **FOREIGN[kind]})
    with site.impossible_under("reg.code_page", "oem", "description: 'na\u00efve'"):
        site.settled(site.up(kind, "x", {"name": "described", "description": "na\u00efve", **FOREIGN[kind]}, state))
    found = site.refresh(state)
    site.settled(site.up(kind, "x", {"name": "described", "description": "naive", **FOREIGN[kind]}, found))


def test_two_names_outside_ascii_at_once(site):
    """Where both come back as the same, each is told of its own."""
    before = site.content()
    names = ["\N{HIRAGANA LETTER KA}", "\N{HIRAGANA LETTER KI}"]
    with site.impossible_under("reg.code_page", "oem", "name: "):
        for state in in_threads(2, lambda at: site.up(FILTER_LIST, f"x{at}", {"name": names[at], "filters": [TCP_80]})):
            site.gone(state)
    assert site.content().keys() == before.keys()


def test_a_name_that_is_printed_like_a_foreign_one(site):
    """Where `reg` prints no such letters, nothing is removed that could be somebody else's."""
    site.console('add filterlist name="\N{HIRAGANA LETTER KA}"')
    before = site.content()
    with site.impossible_under("reg.code_page", "oem", "It may be one of"):
        site.gone(site.up(FILTER_LIST, "x", {"name": "\N{HIRAGANA LETTER KI}"}))
    assert before.keys() <= site.content().keys()


def test_an_object_of_a_name_that_reg_does_not_print(site):
    """It can be imported by its GUID; where its name came back as nothing readable, a change gives it one first."""
    site.console('add filterlist name="caf\u00e9"', 'add filter filterlist="caf\u00e9" srcaddr=me dstaddr=192.0.2.1')
    walk = [path for path, _ in site.host.registry.walk(LOCAL) if "ipsecFilter{" in path]
    guid = next(
        "{" + path.partition("{")[2] for path in walk if site.host.registry.get(path, "ipsecName").data == "caf\u00e9"
    )
    state = site.settled(site.imported(FILTER_LIST, "x", guid))
    program = {name: value for name, value in state.inputs.items() if name != "connection"}
    more = {"source": "me", "destination": "192.0.2.2", "protocol": "any", "mirrored": True}
    changed = site.up(FILTER_LIST, "x", {**program, "filters": [*program["filters"], more]}, state)
    assert len(site.refresh(changed).inputs["filters"]) == 2
    kept = site.guess("reg.code_page") != "oem"
    assert (site.value(FILTER_LIST, guid, "ipsecName") == "caf\u00e9") is kept
    site.gone(changed)
