"""What is refused about a `HostPolicy` as a whole, what is filled in, and what is warned of."""

import pytest
from scenario_scene import WINRM, given, tried
from winipsec.resources.declaration import secret_paths
from winipsec.resources.host_policy_check import completed, warnings
from winipsec.resources.host_policy_record import RECORD
from winipsec.resources.values import UNKNOWN

FILTERS = {"filters": [{"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 25}]}
BLOCK = {"action": "block"}
PLACE = "rules[0].filterList.filters[0].destination"


def a_rule(name="mail", filter_list=None, action=None, **more):
    """A rule written out."""
    return {"name": name, "filterList": filter_list or FILTERS, "filterAction": action or BLOCK, **more}


def a_key(**more):
    """A rule that is authenticated by a pre-shared key."""
    return a_rule(action={"action": "negotiate"}, authMethods=[{"presharedKey": "a long key"}], **more)


def mistakes(**blocks):
    """The mistakes by path."""
    return tried(**blocks)[1]


@pytest.mark.parametrize(
    ("blocks", "path", "reason"),
    [
        ({"revertAfter": 119}, "revertAfter", "0 or at least 120"),
        ({"revertAfter": 1}, "revertAfter", "0 or at least 120"),
        ({"revertAfter": -1}, "revertAfter", "from 0"),
        ({"management": "all"}, "management", "must be one of any, none"),
        ({"management": ["10.0.0.1"]}, "management", "a string or an object, not a list"),
        ({"block": [None]}, "block[0]", "must be an object, not null"),
        ({"management": {"sources": []}}, "management.sources", "must not be empty"),
        ({"management": {"port": [5985]}}, "management.port", "did you mean ports"),
        ({"management": {"sources": ["me"]}}, "management.sources[0]", "is this host"),
        ({"block": [{}]}, "block[0].ports", "is missing"),
        ({"block": [{"ports": ["1434"]}]}, "block[0].ports[0]", "write tcp/1434 or udp/1434"),
        ({"block": [{"ports": ["udp/1434"], "direction": "inbound"}]}, "block[0].direction", "in, out, both"),
        ({"block": [{"ports": ["udp/1434"], "remotes": []}]}, "block[0].remotes", "must not be empty"),
        ({"allowOnly": {}}, "allowOnly.ports", "is missing"),
        (
            {"allowOnly": {"ports": ["tcp/80"], "outbound": [{"remotes": ["any"]}]}},
            "allowOnly.outbound[0].remotes",
            "not",
        ),
        ({"isolate": {}}, "isolate.exempt", "list their addresses"),
        ({"isolate": {"exempt": ["any"]}}, "isolate.exempt[0]", "exempts everybody"),
        ({"isolate": {"exempt": ["::/0"]}}, "isolate.exempt[0]", "exempts everybody"),
        ({"isolate": {"exempt": ["me"]}}, "isolate.exempt[0]", "is this host"),
        ({"isolate": {"exempt": [], "mode": "optional"}}, "isolate.mode", "request, require"),
        ({"isolate": {"exempt": [], "methods": ["encrypt-aes-sha1"]}}, "isolate.methods[0]", "must be one of"),
        ({"isolate": {"exempt": [], "methods": []}}, "isolate.methods", "must not be empty"),
        ({"isolate": {"exempt": [], "methods": ["ah-md5", "ah-md5"]}}, "isolate.methods[1]", "a second time"),
        ({"isolate": {"exempt": [], "authMethods": []}}, "isolate.authMethods", "must not be empty"),
        ({"isolate": {"exempt": [], "authMethods": [{}]}}, "isolate.authMethods[0]", "exactly one of"),
        ({"rules": [{"name": "r", "filterAction": BLOCK}]}, "rules[0].filterList", "is missing"),
        ({"rules": [a_rule(filter_list={"name": "l"})]}, "rules[0].filterList.filters", "is missing"),
        ({"rules": [a_rule(name="all")]}, "rules[0].name", "every object"),
        ({"rules": [a_rule(name="")]}, "rules[0].name", "is empty"),
        (
            {"rules": [a_rule(action={"action": "permit", "softFallback": True})]},
            "rules[0].filterAction.softFallback",
            "neg",
        ),
        ({"rules": [a_rule(filter_list={"filters": [{"source": "me", "destination": "me"}]})]}, PLACE, "like source"),
    ],
)
def test_single_values_are_refused_at_their_path(blocks, path, reason):
    """The path is the user's, the reason says what would do."""
    found = mistakes(**blocks)
    assert list(found) == [path]
    assert reason in found[path]


WAY_IN = "is the way in, which management keeps open"


@pytest.mark.parametrize(
    ("blocks", "path", "reason"),
    [
        ({"block": [{"ports": ["tcp/80", "tcp/5985"]}]}, "block[0].ports[1]", WAY_IN),
        ({"block": [{"ports": ["tcp/5985"], "remotes": ["10.9.0.0/16"]}]}, "block[0].ports[0]", WAY_IN),
        ({"block": [{"ports": ["tcp/5985"], "remotes": ["2001:db8::/32"]}]}, "block[0].ports[0]", WAY_IN),
        ({"block": [{"ports": ["tcp/22"]}], "management": {"ports": [22]}}, "block[0].ports[0]", WAY_IN),
        ({"block": [{"ports": ["any"]}]}, "block[0].ports[0]", "allowOnly with an empty list"),
        ({"allowOnly": {"ports": ["tcp/80", "any"]}}, "allowOnly.ports[1]", "nothing is left to block"),
        ({"allowOnly": {"ports": [], "outbound": [{}]}}, "allowOnly.outbound[0].ports[0]", "opens everything"),
        (
            {
                "block": [{"ports": ["tcp/81"]}, {"ports": ["tcp"], "direction": "in"}],
                "allowOnly": {"ports": ["tcp/80"]},
            },
            "allowOnly.ports[0]",
            "is blocked by block[1].ports[0]",
        ),
        (
            {
                "block": [{"ports": ["tcp/80"]}],
                "allowOnly": {"ports": ["tcp/443"], "outbound": [{"ports": ["tcp/80"], "destinations": ["10.0.0.9"]}]},
            },
            "allowOnly.outbound[0].ports[0]",
            "is blocked by block[0].ports[0]",
        ),
    ],
)
def test_blocks_must_not_contradict_each_other(blocks, path, reason):
    """What could not come true is refused, rather than decided in silence."""
    found = mistakes(**blocks)
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize(
    "blocks",
    [
        {"block": [{"ports": ["tcp/5985"], "direction": "out"}]},
        {"block": [{"ports": ["tcp/5986"]}]},
        {"block": [{"ports": ["tcp/5985"]}], "management": "none"},
        {"block": [{"ports": ["tcp/5985"]}], "management": {"sources": ["10.1.0.0/16"]}},
        {"block": [{"ports": ["any"], "remotes": ["10.9.0.0/16"]}]},
        {"block": [{"ports": ["tcp/80"], "remotes": ["10.9.0.0/16"]}], "allowOnly": {"ports": ["tcp/80"]}},
        {"allowOnly": {"ports": ["any"], "remotes": ["10.1.0.0/16"]}},
        {"allowOnly": {"ports": [], "outbound": [{"destinations": ["10.0.0.1"]}]}},
        {"isolate": {"mode": "request"}},
        {"isolate": {"exempt": []}},
        {"isolate": {"authMethods": [{"rootCa": {"name": "CN=Corp Root"}}]}},
        {"revertAfter": 0},
        {"revertAfter": 120},
        {"rules": [a_rule(), a_rule("web")]},
    ],
)
def test_what_makes_sense_is_accepted(blocks):
    """Close neighbours of the mistakes above."""
    assert mistakes(**blocks) == {}


@pytest.mark.parametrize(
    ("rules", "path", "reason"),
    [
        ([a_rule("Mail"), a_rule("mail")], "rules[1].name", "is the name of rules[0] too"),
        ([a_rule("block UDP/1434")], "rules[0].name", "a rule that the scenario blocks make"),
        (
            [a_rule(filter_list={**FILTERS, "name": "L"}), a_rule("b", {"filters": [], "name": "l"})],
            "rules[1].filterList",
            "differs from the filter list 'l' that rules[0].filterList describes",
        ),
        (
            [a_rule(action={**BLOCK, "name": "A"}), a_rule("b", action={"action": "permit", "name": "a"})],
            "rules[1].filterAction",
            "differs from the filter action 'a' that rules[0].filterAction describes",
        ),
        (
            [a_rule("b", {"filters": [], "name": "Protection: mail"}), a_rule("mail")],
            "rules[1].filterList",
            "'Protection: mail' that rules[0].filterList",
        ),
        (
            [a_rule("permit", action={"action": "permit", "name": "Protection: block"})],
            "rules[0].filterAction",
            "that the scenario blocks make",
        ),
        (
            [a_rule(filter_list={"filters": [*FILTERS["filters"], *FILTERS["filters"]]})],
            "rules[0].filterList.filters[1]",
            "matches exactly what [0] matches",
        ),
    ],
)
def test_rules_must_fit_together(rules, path, reason):
    """Names of rules are unique, with those of the blocks; of one list, or one action, there is one description."""
    found = mistakes(rules=rules, block=[{"ports": ["udp/1434"]}])
    assert list(found) == [path]
    assert reason in found[path]


def test_rules_may_share_a_list_and_an_action():
    """Said twice in the same words, filters in any order; the blocks' own action too."""
    filters = [{"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": port} for port in (25, 110)]
    rules = [
        a_rule("one", {"name": "mail", "filters": filters}, {**BLOCK, "name": "Protection: block"}),
        a_rule("two", {"name": "Mail", "filters": filters[::-1]}, {**BLOCK, "name": "protection: BLOCK"}),
    ]
    assert mistakes(rules=rules, block=[{"ports": ["udp/1434"]}]) == {}


@pytest.mark.parametrize(
    ("blocks", "path", "beside"),
    [
        (
            {"name": "Sch\u00fctz", "isolate": {"authMethods": [{"presharedKey": "a long key"}]}},
            "isolate.authMethods[0].presharedKey",
            "name",
        ),
        ({"name": "Sch\u00fctz", "rules": [a_key()]}, "rules[0].authMethods[0].presharedKey", "name"),
        ({"rules": [a_key(name="Gr\u00fcn")]}, "rules[0].authMethods[0].presharedKey", "rules[0].name"),
        (
            {"rules": [a_key(filter_list={**FILTERS, "name": "Gr\u00fcn"})]},
            "rules[0].authMethods[0].presharedKey",
            "rules[0].filterList.name",
        ),
        (
            {"name": "Sch\u00fctz", "defaultRule": {"authMethods": [{"presharedKey": "a long key"}]}},
            "defaultRule.authMethods[0].presharedKey",
            "name",
        ),
    ],
)
def test_keys_travel_with_plain_names_only(blocks, path, beside):
    """Script files carry ASCII only, and keys travel in script files only (design 2.2, 9)."""
    found = mistakes(**blocks)
    assert list(found) == [path]
    assert f"cannot travel together with {beside}," in found[path]
    assert "write that in ASCII" in found[path]
    assert "a long key" not in found[path]


def test_a_method_stands_once():
    """Kerberos is taken once by netsh (spec: ipsec-policy 1.5)."""
    found = mistakes(isolate={"exempt": [], "authMethods": [{"kerberos": True}, {"kerberos": True}]})
    assert list(found) == ["isolate.authMethods[1]"]


def test_expanded_rules_are_not_given():
    """They follow from the blocks; what was worked out before is taken back as it is."""
    inputs = given(block=[{"ports": ["udp/1434"]}])
    again, found = tried(**{key: value for key, value in inputs.items() if key != "name"})
    assert (again, found) == (inputs, {})
    found = mistakes(block=[{"ports": ["udp/1434"]}], expandedRules=[a_rule()])
    assert list(found) == ["expandedRules"]
    assert "leave it out" in found["expandedRules"]


def test_expanded_rules_are_in_normal_form():
    """With every name, and every default that a rule written out would get."""
    inputs = given(block=[{"ports": ["udp/1434"]}], allowOnly={"ports": ["tcp/80"]}, isolate={"exempt": ["10.0.0.1"]})
    expanded = inputs["expandedRules"]
    once = given(management="none", rules=expanded)["rules"]
    assert once == expanded
    assert all(rule["active"] and rule["connectionType"] == "all" for rule in expanded)


def test_defaults_are_filled_in():
    """Those of the policy, of rules and of actions; names of lists and actions stay left out."""
    inputs = given(rules=[a_rule(action={"action": "negotiate"})], management="none")
    assert inputs["mainModeMethods"] == [{"encryption": "3des", "integrity": "sha1", "dhGroup": "group14"}]
    assert (inputs["assigned"], inputs["allowOverridden"], inputs["revertAfter"]) == (True, False, 300)
    assert inputs["expandedRules"] == []
    assert given()["management"] == "any"
    (rule,) = inputs["rules"]
    assert rule["authMethods"] == [{"kerberos": True}]
    assert rule["filterAction"]["securityMethods"][0]["esp"] == {"encryption": "3des", "integrity": "sha1"}
    assert "name" not in rule["filterList"]
    assert "name" not in rule["filterAction"]


def test_what_an_import_left_out_stays_left_out():
    """Keys of a rule, methods of its action and of the policy, as long as the rule keeps its name."""
    olds = {"name": "Protection", "rules": [{**a_rule("Mail"), "filterAction": {"action": "negotiate"}}]}
    rule = a_rule("mail", action={"action": "negotiate"})
    inputs, found = tried(olds=olds, rules=[rule])
    assert found == {}
    assert "mainModeMethods" not in inputs
    assert "authMethods" not in inputs["rules"][0]
    assert "securityMethods" not in inputs["rules"][0]["filterAction"]
    inputs, _ = tried(olds=olds, rules=[{**rule, "name": "other"}])
    assert inputs["rules"][0]["authMethods"] == [{"kerberos": True}]


def test_expanded_rules_are_unknown_as_long_as_their_causes_are():
    """A name, a port; not a key that only stands in a rule written out."""

    def expanded(**blocks):
        inputs = RECORD.normal({"name": "Protection", **blocks}, "", [])
        return completed(inputs, {}, WINRM)["expandedRules"]

    assert expanded(name=UNKNOWN) is UNKNOWN
    assert expanded(block=[{"ports": [UNKNOWN]}]) is UNKNOWN
    assert expanded(isolate={"exempt": UNKNOWN}) is UNKNOWN
    assert expanded(rules=UNKNOWN) is UNKNOWN
    assert [rule["name"] for rule in expanded(rules=[UNKNOWN])] == ["management"]
    assert [rule["name"] for rule in expanded(rules=[a_rule(authMethods=[{"presharedKey": UNKNOWN}])])] == [
        "management"
    ]


def test_mistakes_elsewhere_do_not_disturb():
    """Nothing is worked out from what is wrong, and nothing else is said about it."""
    assert list(mistakes(block=[{"ports": ["http"]}], rules=[5])) == ["block[0].ports[0]", "rules[0]"]
    assert list(mistakes(rules="none")) == ["rules"]
    assert list(mistakes(isolate={"exempt": ["nobody"]}, revertAfter=5)) == ["isolate.exempt[0]"]


def test_keys_are_secret_wherever_they_stand():
    """In the inputs, and in what they come to."""
    assert set(secret_paths(RECORD)) == {
        "defaultRule.authMethods[*].presharedKey",
        "isolate.authMethods[*].presharedKey",
        "rules[*].authMethods[*].presharedKey",
        "expandedRules[*].authMethods[*].presharedKey",
        "connection.password",
        "connection.proxy",
    }


DES = {"esp": {"encryption": "des", "integrity": "md5"}}


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ({"allowOnly": {"ports": []}, "management": "none"}, ["management is none"]),
        ({"isolate": {"exempt": []}}, ["isolate.exempt is empty"]),
        ({"isolate": {"mode": "request"}}, ["isolate.mode is request"]),
        ({"isolate": {"exempt": ["10.0.0.1"], "methods": ["ah-sha1"]}}, ["isolate.methods: AH"]),
        ({"isolate": {"exempt": ["10.0.0.1"], "methods": ["ah-md5"]}}, ["isolate.methods: AH", "isolate.methods: MD5"]),
        ({"isolate": {"exempt": ["10.0.0.1"], "methods": ["encrypt-des-md5"]}}, ["isolate.methods: DES and MD5"]),
        (
            {"rules": [a_rule(action={"action": "negotiate", "securityMethods": [DES]})]},
            ["rules[0].filterAction.securityMethods: DES and MD5"],
        ),
        (
            {"allowOnly": {"ports": [], "outbound": [{"ports": ["tcp/443"]}]}},
            ["allowOnly.outbound[0].ports[0]: filters cannot tell answers"],
        ),
    ],
)
def test_what_weakens_a_policy_is_said(blocks, words):
    """Nothing is wrong, but the user should know."""
    found = warnings(given(**blocks))
    assert [text.startswith(word) for text, word in zip(found, words, strict=True)] == [True] * len(words)


@pytest.mark.parametrize(
    "blocks",
    [
        {},
        {"block": [{"ports": ["udp/1434"]}], "management": "none"},
        {"allowOnly": {"ports": ["tcp/80"]}},
        {"allowOnly": {"ports": [], "outbound": [{"ports": ["tcp/443"], "destinations": ["10.0.0.0/8"]}]}},
        {"isolate": {"exempt": ["10.0.0.1"]}},
        {
            "isolate": {"exempt": ["10.0.0.1"]},
            "allowOnly": {"ports": [], "outbound": [{"ports": ["tcp/443"]}]},
        },
    ],
)
def test_nothing_is_said_without_need(blocks):
    """The scenarios as they are meant."""
    assert warnings(given(**blocks)) == []
