"""The functions: a host, or one policy, as it stands (design 2.1); keys are left out."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from property_places import SCHEMA
from store_scene import (
    MACHINE,
    OTHER_POLICY,
    POLICY,
    RULE,
    SCENE,
    FakeHost,
    SceneProvider,
    a_call,
    a_policy,
    a_rule,
    a_store,
)
from winipsec.errors import UserError
from winipsec.model.methods import Kerberos, PresharedKey
from winipsec.model.policies import DefaultRule
from winipsec.plugin.session import built_in
from winipsec.resources import functions

KEY = "k3y-0f-the-t3st"
KEYS = (PresharedKey(KEY), Kerberos())
FULL = (
    SCENE.with_rule(replace(SCENE.rules[RULE], auth_methods=KEYS))
    .with_policy(a_policy(default_rule=DefaultRule(auth_methods=KEYS)))
    .with_active(POLICY)
)


def ask(name, args=None, store=FULL, machine=MACHINE):
    """What a function answers."""
    call = a_call("Function", provider=SceneProvider(FakeHost(store, machine=machine)))
    return functions()[f"winipsec:index:{name}"](args or {}, call)


def test_every_function_of_the_schema_is_there():
    """However often they are asked for in one process."""
    for _ in range(2):
        assert set(functions()) == set(SCHEMA["functions"]) == set(built_in().functions)


@pytest.mark.parametrize("name", ["getHost", "getPolicy"])
def test_answers_have_the_shape_that_the_schema_promises(name):
    """Required properties are there, and no others than declared."""
    outputs = SCHEMA["functions"][f"winipsec:index:{name}"]["outputs"]
    answer = ask(name)
    assert set(outputs.get("required", [])) <= set(answer) <= set(outputs["properties"])


@pytest.mark.parametrize("name", ["getHost", "getPolicy"])
def test_keys_are_left_out(name):
    """Of rules and of default rules; the other methods are shown."""
    text = str(ask(name))
    assert KEY not in text
    assert text.count("kerberos") == 2


def test_a_host_shows_what_is_in_force():
    """What may be absent is absent."""
    answer = ask("getHost")
    assert (answer["activePolicy"], answer["service"], answer["machine"]) == ("P", "running", MACHINE.guid)
    assert {"noDefaultExempt", "domainPolicy"}.isdisjoint(answer)
    machine = replace(MACHINE, no_default_exempt=0, domain_policy="LDAP://x", addresses=(ip_address("10.0.0.5"),))
    answer = ask("getHost", store=a_store(a_policy("", POLICY), active=POLICY), machine=machine)
    assert (answer["noDefaultExempt"], answer["domainPolicy"], answer["addresses"]) == (0, "LDAP://x", ["10.0.0.5"])
    assert answer["activePolicy"] == POLICY
    assert "activePolicy" not in ask("getHost", store=a_store(a_policy()))


@pytest.mark.parametrize("policy", [None, "P", "p", POLICY, POLICY.upper()])
def test_a_policy_is_found_by_name_or_guid_or_because_it_is_active(policy):
    """With its rules, and only its own."""
    store = FULL.with_policy(a_policy("Q", OTHER_POLICY)).with_rule(a_rule("other", policy=OTHER_POLICY, guid="{o}"))
    answer = ask("getPolicy", {"policy": policy}, store=store)
    assert (answer["guid"], answer["assigned"]) == (POLICY, True)
    assert [rule["name"] for rule in answer["rules"]] == ["in"]


@pytest.mark.parametrize(
    ("args", "store", "words"),
    [
        ({"policy": "nobody"}, FULL, "no policy 'nobody'"),
        ({"policy": "P"}, FULL.with_policy(a_policy("p", OTHER_POLICY)), OTHER_POLICY),
        ({}, SCENE, "no policy is active"),
        ({"polcy": "P"}, FULL, "did you mean policy"),
        ({"policy": 5}, FULL, "must be a string"),
    ],
)
def test_a_policy_that_is_not_one_is_an_error(args, store, words):
    """None, several, none active, or a question that makes no sense."""
    with pytest.raises(UserError) as error:
        ask("getPolicy", args, store=store)
    assert words in str(error.value)
