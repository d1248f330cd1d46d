"""The functions about traffic: explainTraffic and getTrafficDifference (design 2.1, traffic-engine 8 and 10)."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from property_places import SCHEMA
from store_scene import (
    ACTION,
    LIST,
    MACHINE,
    OTHER_POLICY,
    POLICY,
    FakeHost,
    SceneProvider,
    a_call,
    a_filter,
    a_list,
    a_policy,
    a_rule,
    a_store,
    an_action,
    guid,
)
from winipsec.errors import UserError
from winipsec.host.machine import Service
from winipsec.resources import functions

SLAMMER = a_filter("any>me udp 0 1434 2w")
KNOWN = replace(MACHINE, addresses=(ip_address("10.0.0.5"),), no_default_exempt=3)
STORE = a_store(
    a_policy("P"),
    a_policy("Other", OTHER_POLICY),
    a_list("worm", SLAMMER),
    an_action(),
    a_rule("slammer"),
    active=POLICY,
)
ASK = {"from": "203.0.113.9", "to": "me", "protocol": "udp", "port": 1434}


def ask(name, args, store=STORE, machine=KNOWN):
    """What a function answers."""
    call = a_call("Function", provider=SceneProvider(FakeHost(store, machine=machine)))
    return functions()[f"winipsec:index:{name}"](args, call)


def shape(value, schema, path=""):
    """Every place where a value has not the shape that the schema promises."""
    if "oneOf" in schema:
        schema = schema["oneOf"][0 if isinstance(value, str) else 1]
    if "$ref" in schema:
        schema = SCHEMA["types"][schema["$ref"].removeprefix("#/types/")]
    kinds = {"object": dict, "array": list, "string": str, "integer": int}
    if not isinstance(value, kinds[schema["type"]]):
        return [path]
    if isinstance(value, list):
        return [fault for item in value for fault in shape(item, schema["items"], f"{path}[]")]
    if isinstance(value, dict):
        faults = [f"{path}.{name}" for name in set(schema.get("required", ())) - set(value)]
        faults += [f"{path}.{name}" for name in set(value) - set(schema["properties"])]
        inner = [item for item in value.items() if item[0] in schema["properties"]]
        return faults + [f for name, item in inner for f in shape(item, schema["properties"][name], f"{path}.{name}")]
    return []


def promised(name):
    """What the schema says of a function's answer."""
    return SCHEMA["functions"][f"winipsec:index:{name}"]["outputs"]


@pytest.mark.parametrize(
    "args",
    [
        ASK,
        {**ASK, "port": 53},
        {**ASK, "port": 500},
        {**ASK, "to": "224.0.0.1", "port": 1434},
        {**ASK, "connectionType": "dialup", "policy": "Other"},
    ],
)
def test_explanations_have_the_promised_shape(args):
    """Decided by a filter, by none, exempt, to a group, over dial-up: nothing beyond the schema, nothing missing."""
    assert shape(ask("explainTraffic", args), promised("explainTraffic")) == []


def test_an_explanation_names_who_decides():
    """Verdict, conversation, rule, list, filter and action."""
    found = ask("explainTraffic", ASK)
    assert found["verdict"] == "blocked"
    assert found["conversation"]["text"] == "blocked"
    assert found["decider"] == {
        "rule": "slammer",
        "filterList": "worm",
        "filter": "udp any <-> me port 1434",
        "filterAction": "stop",
        "action": "block",
    }
    assert found["text"].startswith("udp 203.0.113.9:49152 > 10.0.0.5:1434 (in): blocked\n")


def test_a_named_policy_is_judged_as_if_it_were_assigned():
    """Also where nothing is in force."""
    idle = replace(KNOWN, service=Service.STOPPED)
    assert ask("explainTraffic", ASK, machine=idle)["verdict"] == "clear"
    assert "policy" not in ask("explainTraffic", ASK, machine=idle)
    assert ask("explainTraffic", {**ASK, "policy": "p"}, machine=idle)["verdict"] == "blocked"


@pytest.mark.parametrize(
    ("args", "path", "words"),
    [
        ({"from": "me", "to": "me"}, "", "one end must be another machine"),
        ({"from": "me", "to": "203.0.113.9", "protocol": "any"}, "protocol", "one protocol"),
        ({"port": 0}, "port", "port is missing"),
        ({"protocol": "icmp"}, "port", "no ports"),
        ({"to": "10.9.9.9"}, "to", "neither 203.0.113.9 nor 10.9.9.9"),
        ({"policy": "none such"}, "policy", "there is no policy"),
        ({"port": 70000}, "port", "from 0 to 65535"),
    ],
)
def test_a_bad_question_names_its_part(args, path, words):
    """The property at fault, and why."""
    with pytest.raises(UserError) as error:
        ask("explainTraffic", {**ASK, **args})
    assert error.value.path == path
    assert words in str(error.value)


def test_a_difference_against_no_policy():
    """Worked example 2, word for word; the class beside it."""
    found = ask("getTrafficDifference", {"before": {"unassigned": True}})
    assert found["count"] == 1
    assert found["text"] == (
        "Traffic: 1 change (1 cut).\n"
        'CUT       both udp local 1434 with any: clear -> blocked  [no filter -> "slammer"]  '
        "e.g. udp 203.0.113.10:49152 > 10.0.0.5:1434"
    )
    assert found["changes"][0]["change"] == "cut"
    assert shape(found, promised("getTrafficDifference")) == []


def test_a_difference_between_policies_of_one_host():
    """A policy without rules opens what the other one blocks; nothing changes where both are the same."""
    found = ask("getTrafficDifference", {"after": {"policy": "Other"}})
    assert found["summary"] == "Traffic: 1 change (1 opened)."
    assert ask("getTrafficDifference", {})["count"] == 0


def test_local_addresses_are_named_where_not_all_are_meant():
    """`local` is then an object, as the schema says."""
    one = a_store(
        a_policy(), a_list("l", a_filter("any>10.0.0.5 tcp 0 80 2w")), an_action(), a_rule("x"), active=POLICY
    )
    two = replace(KNOWN, addresses=(ip_address("10.0.0.5"), ip_address("10.0.1.5")))
    found = ask("getTrafficDifference", {"before": {"unassigned": True}}, one, two)
    assert found["changes"][0]["local"] == {"only": ["10.0.0.5"]}
    assert shape(found, promised("getTrafficDifference")) == []


def test_the_whole_difference_is_there():
    """The text stops at ten classes, the changes do not."""
    rules = [a_rule(f"s{i}", filter_list=guid(0x200 + i), guid=guid(0x300 + i)) for i in range(12)]
    lists = [
        a_list(f"l{i}", a_filter(f"192.0.2.{i + 1}>me tcp 0 {1000 + i} 2w"), guid=guid(0x200 + i)) for i in range(12)
    ]
    found = ask(
        "getTrafficDifference",
        {"before": {"unassigned": True}},
        a_store(a_policy(), an_action(), *lists, *rules, active=POLICY),
    )
    assert found["count"] == len(found["changes"]) == 12
    assert "... and 2 more (2 cut)." in found["text"]


def test_a_side_is_either_a_policy_or_none():
    """Both contradict each other."""
    with pytest.raises(UserError) as error:
        ask("getTrafficDifference", {"after": {"policy": "P", "unassigned": True}})
    assert error.value.path == "after.policy"


def test_an_unknown_policy_is_named_with_its_side():
    """Which of the two sides."""
    with pytest.raises(UserError) as error:
        ask("getTrafficDifference", {"after": {"policy": "Q"}})
    assert error.value.path == "after.policy"


def test_the_scene_is_what_it_seems():
    """The rule joins the list and the action."""
    (rule,) = STORE.rules_of(POLICY)
    assert (rule.filter_list, rule.filter_action) == (LIST, ACTION)
