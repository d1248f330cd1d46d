"""Import: every kind by every form of id, scars and stores of other people, generated code and the import option."""

from __future__ import annotations

import json
from typing import Any

import console
import pytest
import vector_store
import yaml
from console import content, guid_of, netsh
from pulumi_stack import PACKAGE, Outcome, Stack
from vector_store import reg_file
from winipsec_lab.scars import CONSOLE_POLICY_NAME, OLD_POLICY_NAME, TWIN_LIST_NAME
from winipsec_lab.store.values import ACTION, FILTER_LIST, POLICY, RULE
from winipsec_lab.testing import Host

Wanted = dict[str, tuple[str, str]]
"""Resource name to type and import id."""


def bring_in(stack: Stack, wanted: Wanted) -> tuple[dict[str, Any], Outcome]:
    """Import many at once, unprotected, and return the generated program."""
    listing = [{"type": PACKAGE + kind, "name": name, "id": id} for name, (kind, id) in wanted.items()]
    (stack.folder / "import.json").write_text(json.dumps({"resources": listing}), encoding="utf-8")
    outcome = stack.bring_in("--file", "import.json", "--out", "code.yaml", "--protect=false")
    assert outcome.changes == dict.fromkeys(wanted, "import")
    code = yaml.safe_load((stack.folder / "code.yaml").read_text(encoding="utf-8"))["resources"]
    assert code.keys() == wanted.keys()
    return code, outcome


def unchanged(stack: Stack, code: dict[str, Any]) -> None:
    """The generated program makes no difference, neither to the state nor to the host."""
    stack.program(code)
    outcome = stack.preview("--refresh", "--expect-no-changes")
    assert (outcome.changes, outcome.paths) == ({}, {})


def made_by_hand(host: Host) -> None:
    """One object of each kind, made by an administrator, and assigned."""
    netsh(
        host,
        "add filterlist name=Ports",
        "add filter filterlist=Ports srcaddr=any dstaddr=me protocol=tcp dstport=80",
        'add filteraction name=Secure action=negotiate qmsecmethods="ESP[3DES,SHA1]:50000k/900s AH[MD5]"',
        'add policy name=Guard description="by hand" mmsecmethods="3DES-SHA1-3 3DES-MD5-2" pollinginterval=77',
        'add rule name=Web policy=Guard filterlist=Ports filteraction=Secure conntype=lan rootca="CN=Root, O=Example"',
        "set policy name=Guard assign=yes",
    )


def test_every_kind_comes_in_by_every_form_of_its_id(lab, stack_for):
    """GUID in any spelling, name in any case, POLICY/RULE, LIST/FILTERGUID, active, and //HOST/ before them."""
    host = lab.create("web1")
    made_by_hand(host)
    before = content(host)
    prefix = f"//{host.address}/"
    guids = {kind: guid_of(host, kind, name) for kind, name in [(POLICY, "Guard"), (ACTION, "Secure")]}
    filter_list, rule = guid_of(host, FILTER_LIST, "Ports"), guid_of(host, RULE, "Web")
    filter_guid = console.filter_guid(host, "Ports")
    forms: dict[str, list[str]] = {
        "Policy": [guids[POLICY], guids[POLICY].upper(), "Guard", "gUARD", f"{prefix}Guard"],
        "FilterAction": [guids[ACTION], guids[ACTION].strip("{}"), "Secure", f"{prefix}{guids[ACTION]}"],
        "Rule": [rule, "Guard/Web", f"{guids[POLICY]}/Web", f"Guard/{rule}", "Web", f"{prefix}Guard/Web"],
        "Filter": [f"Ports/{filter_guid}", f"{filter_list}/{filter_guid}", f"{prefix}ports/{filter_guid.upper()}"],
        "PolicyAssignment": ["active"],
    }
    wanted = {f"{kind.lower()}{n}": (kind, id) for kind, ids in forms.items() for n, id in enumerate(ids)}
    stack = stack_for(host)
    code, _ = bring_in(stack, wanted)
    unchanged(stack, code)
    ids = {name: item["id"] for name, item in stack.state().items()}
    for kind, known in [("policy", guids[POLICY]), ("filteraction", guids[ACTION]), ("rule", rule)]:
        assert {id for name, id in ids.items() if name.rstrip("0123456789") == kind} == {known}
    assert {id for name, id in ids.items() if name.startswith("filter") and "/" in id} == {
        f"{filter_list}/{filter_guid}"
    }
    assert ids["policyassignment0"] == "active"
    assert content(host) == before


def test_a_host_named_in_the_id_needs_none_in_the_configuration(lab, stack_for):
    """`//HOST/` leads to a host; the generated code says it as connection.host. A list owns its filters then."""
    host = lab.create("web1")
    made_by_hand(host)
    prefix = f"//{host.address}/"
    stack = stack_for(host)
    del stack.variables["WINIPSEC_HOST"]
    wanted = {"ports": ("FilterList", f"{prefix}Ports"), "active": ("PolicyAssignment", f"{prefix}active")}
    code, _ = bring_in(stack, wanted)
    assert code["ports"]["properties"] == {
        "connection": {"host": host.address},
        "name": "Ports",
        "filters": [
            {
                "source": "any",
                "destination": "me",
                "protocol": "tcp",
                "sourcePort": 0,
                "destinationPort": 80,
                "mirrored": True,
            }
        ],
    }
    assert code["active"]["properties"] == {"connection": {"host": host.address}, "policy": "Guard"}
    unchanged(stack, code)


SCARS: Wanted = {
    "console": ("Policy", CONSOLE_POLICY_NAME),
    "blocking": ("Rule", "{77790b68-26f7-4bcc-9948-2288703e5f64}"),
    "allowing": ("Rule", f"{CONSOLE_POLICY_NAME}/{{b182baf7-5d0c-4c39-8a55-0f1e62d7c9b4}}"),
    "allowed": ("FilterList", "Allow List"),
    "blocked": ("FilterList", "{d4095263-7c2e-4b1d-8f6a-e2905b3d71c8}"),
    "permit": ("FilterAction", "Permit Traffic"),
    "block": ("FilterAction", "Block Traffic"),
    "old": ("Policy", OLD_POLICY_NAME),
    "old-rule": ("Rule", f"{OLD_POLICY_NAME}/Request Security (Optional) Rule"),
    "old-action": ("FilterAction", "Request Security (Optional)"),
    "old-list": ("FilterList", "{72385235-70FA-11D1-864C-14A300000000}"),
}


def test_things_a_host_was_born_with_come_in_and_can_be_destroyed(lab, stack_for):
    """Unnamed rules, doubled names and objects of Windows 2000: the preview is empty, destroy removes exactly them."""
    host = lab.create("web1", scars=True)
    before = content(host)
    stack = stack_for(host)
    code, _ = bring_in(stack, SCARS)
    assert code["blocking"]["properties"]["name"] == ""
    unchanged(stack, code)
    assert content(host) == before

    stack.destroy()
    left = console.names(host)
    assert left == {POLICY: [], RULE: [], ACTION: [], FILTER_LIST: [TWIN_LIST_NAME]}
    assert console.is_clean(host)


def test_the_first_update_gives_a_name_to_what_has_none_of_its_own(lab, stack_for):
    """An unnamed rule and a doubled list get one that netsh can find, and the program may go on as it is."""
    host = lab.create("web1", scars=True)
    twin = content(host)[f"{vector_store.LOCAL}\\ipsecFilter{{45f48cfc-241d-42f7-bcd4-927054db1b67}}"]
    stack = stack_for(host)
    code, _ = bring_in(stack, SCARS)
    for name in ("blocking", "blocked"):
        code[name]["properties"]["description"] = "changed"
    stack.program(code)
    outcome = stack.up()
    assert outcome.paths == {"blocking": {"description": "add"}, "blocked": {"description": "add"}}
    unchanged(stack, code)
    named = console.names(host)
    assert named[RULE] == ["Request Security (Optional) Rule", "rule 77790b68"]
    assert "Block List d4095263" in named[FILTER_LIST]
    assert content(host)[f"{vector_store.LOCAL}\\ipsecFilter{{45f48cfc-241d-42f7-bcd4-927054db1b67}}"] == twin

    code["blocking"]["properties"]["name"] = "Block all"
    code["blocked"]["properties"]["name"] = "Everything"
    stack.program(code)
    stack.up()
    unchanged(stack, code)
    assert "Block all" in console.names(host)[RULE]
    assert console.names(host)[FILTER_LIST] == ["All ICMP Traffic", "Allow List", "Block List", "Everything"]


STORE: Wanted = {
    "old": ("Policy", "Server (Request Security)"),
    "old-rule": ("Rule", "Request Security (Optional) Rule"),
    "old-action": ("FilterAction", "Request Security (Optional)"),
    "permit": ("FilterAction", "Permit"),
    "ip": ("FilterList", "All IP Traffic"),
    "icmp": ("FilterList", "All ICMP Traffic"),
    "allow": ("FilterList", "Allow List"),
    "new-ip": ("FilterList", "All IP Filter List"),
    "l2tp": ("Policy", "L2TP"),
    "l2tp-rule": ("Rule", "L2TP/L2TP rule"),
    "l2tp-action": ("FilterAction", "L2TP action"),
    "l2tp-list": ("FilterList", "L2TP filters"),
}


def test_a_store_loaded_from_a_registry_file_comes_in_and_leaves_the_state_untouched(lab, stack_for):
    """Real blobs of both generations: the preview is empty; leaving the state leaves the host as it was."""
    host = lab.create("web1")
    host.load(reg_file())
    before = content(host)
    key = vector_store.vector(vector_store.KEY_OF_VECTOR)["decoded"]["auth_methods"][0]["text"]
    stack = stack_for(host)
    code, outcome = bring_in(stack, STORE)
    assert "authMethods" not in code["l2tp-rule"]["properties"]
    assert "pre-shared key" in outcome.said("l2tp-rule", "warning")
    assert key
    assert key not in json.dumps(code)
    unchanged(stack, code)

    stack.pulumi("state", "delete", "--all", "--yes")
    assert stack.state() == {}
    assert content(host) == before


def test_the_import_option_takes_over_what_the_program_describes(lab, stack_for):
    """`import` beside inputs that match: imported, then nothing to do."""
    host = lab.create("web1")
    made_by_hand(host)
    before = content(host)
    resources: dict[str, Any] = {
        "ports": {
            "type": "FilterList",
            "properties": {
                "name": "Ports",
                "filters": [{"source": "any", "destination": "me", "protocol": 6, "destinationPort": 80}],
            },
            "options": {"import": "Ports"},
        },
        "secure": {
            "type": "FilterAction",
            "properties": {
                "name": "Secure",
                "action": "negotiate",
                "securityMethods": [
                    {
                        "esp": {"encryption": "3des", "integrity": "sha1"},
                        "lifetimeKilobytes": 50_000,
                        "lifetimeSeconds": 900,
                    },
                    {"ah": "md5", "lifetimeKilobytes": 0, "lifetimeSeconds": 0},
                ],
            },
            "options": {"import": guid_of(host, ACTION, "Secure")},
        },
        "active": {"type": "PolicyAssignment", "properties": {"policy": "guard"}, "options": {"import": "active"}},
    }
    stack = stack_for(host)
    stack.program(resources)
    assert stack.up().changes == dict.fromkeys(resources, "import")
    assert stack.up("--refresh").changes == {}
    assert content(host) == before


@pytest.mark.parametrize(
    ("kind", "id", "sentence"),
    [
        ("FilterList", TWIN_LIST_NAME, "there are 2 filter lists of the name 'Block List': {45f48cfc-"),
        ("FilterList", "No such list", "does not exist"),
        ("Rule", "No policy/No rule", "does not exist"),
        ("PolicyAssignment", "active", "does not exist"),
        ("Filter", "Allow List", "does not exist"),
    ],
)
def test_an_id_that_means_nothing_or_several_is_refused_in_words(lab, stack_for, kind, id, sentence):
    """An ambiguous name lists the GUIDs; what is not there is not imported."""
    host = lab.create("web1", scars=True)
    stack = stack_for(host)
    outcome = stack.bring_in(PACKAGE + kind, "thing", id, fails=True)
    assert sentence in outcome.output
    assert "Traceback" not in outcome.output


def test_an_imported_assignment_unassigns_when_destroyed(lab, stack_for):
    """What was active before an imported assignment is not known: nothing is, afterwards, and the policy stays."""
    host = lab.create("web1")
    made_by_hand(host)
    stack = stack_for(host)
    bring_in(stack, {"active": ("PolicyAssignment", "active")})
    stack.destroy()
    assert console.local_store(host).active == ""
    assert console.names(host)[POLICY] == ["Guard"]


def test_an_import_protects_what_it_brings_in(lab, stack_for):
    """`pulumi import TYPE NAME ID` protects by default and shows the code; a protected resource is not destroyed."""
    host = lab.create("web1")
    made_by_hand(host)
    stack = stack_for(host)
    outcome = stack.bring_in(f"{PACKAGE}FilterAction", "secure", "Secure")
    assert "type: winipsec:FilterAction" in outcome.output
    assert "protect: true" in outcome.output
    before = content(host)
    refused = stack.destroy(fails=True)
    assert "protect" in refused.output
    assert content(host) == before
