"""Check: the rules between properties and between resources (design 2.2, items 1, 2, 3, 9 and 10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_cases import BASES
from property_places import PLACES
from store_scene import PASSWORD, RESOURCES, FakeHost, SceneProvider, a_call, checked, failures, guid
from winipsec.resources.resource import Autonaming
from winipsec.resources.values import UNKNOWN

PORT_80 = {"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 80}
PORT_81 = {**PORT_80, "destinationPort": 81}
RULE = BASES["Rule"]
KEY = "k3y-0f-the-t3st"
NAMED = ["FilterList", "FilterAction", "Policy", "Rule"]


# --- names (item 1) -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NAMED)
def test_the_name_is_the_resources_own_when_left_out(kind):
    """Without a suffix."""
    news = {**BASES[kind], "name": None}
    assert checked(kind, news, call=a_call(kind, "my-name"))["name"] == "my-name"


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("mode", ["propose", "enforce"])
def test_the_engines_naming_is_honoured(kind, mode):
    """A proposed name is taken; a name given before stays; a name that the user gives wins."""
    naming = Autonaming(mode, "proposed-1")
    bare = {**BASES[kind], "name": None}
    assert checked(kind, bare, autonaming=naming)["name"] == "proposed-1"
    assert checked(kind, bare, {**BASES[kind], "name": "before"}, autonaming=naming)["name"] == "before"
    assert checked(kind, {**BASES[kind], "name": "mine"}, autonaming=naming)["name"] == "mine"


def test_naming_that_is_switched_off_wants_a_name():
    """Only of new resources: one that has a name keeps it (spec: pulumi-provider 2.5)."""
    naming = Autonaming("disable", "")
    assert list(failures("Policy", {}, autonaming=naming)) == ["name"]
    assert checked("Policy", {}, {"name": "before"}, autonaming=naming)["name"] == "before"


def test_a_resources_own_name_must_do_as_a_name():
    """A logical name may hold what netsh cannot be told; the mistake shows at `name`."""
    assert list(failures("Policy", {}, call=a_call("Policy", "all"))) == ["name"]
    assert list(failures("Policy", {}, call=a_call("Policy", 'a"b'))) == ["name"]


# --- unchanged since import ---------------------------------------------------------------------------------------

ODD = [
    ("Policy", {"name": ""}),
    ("Policy", {"name": "all"}),
    ("Policy", {"name": ' a"b'}),
    ("Policy", {"pollingIntervalMinutes": 180.5}),
    ("Policy", {"mainModeMethods": [{"encryption": "unknown:9", "integrity": "sha1", "dhGroup": "group2"}]}),
    ("FilterList", {"description": "two\nlines"}),
    ("FilterList", {"filters": [{**PORT_80, "destinationPort": "10-20", "sourcePort": 0, "mirrored": True}]}),
    (
        "FilterList",
        {
            "filters": [
                {
                    "source": "10.0.0.1/255.0.255.0",
                    "destination": "me",
                    "protocol": "any",
                    "sourcePort": 0,
                    "destinationPort": 0,
                    "mirrored": True,
                }
            ]
        },
    ),
    (
        "FilterAction",
        {
            "securityMethods": [
                {
                    "esp": {"encryption": "unknown:11", "integrity": "sha1"},
                    "lifetimeKilobytes": 0,
                    "lifetimeSeconds": 0,
                }
            ]
        },
    ),
]


@pytest.mark.parametrize(("kind", "odd"), ODD)
def test_what_was_imported_may_stay_as_it_is(kind, odd):
    """Foreign stores hold what netsh would refuse; a program that says what is there changes nothing."""
    inputs = {**BASES[kind], **odd}
    assert set(failures(kind, inputs)), "it would be refused in a new resource"
    assert {name: checked(kind, inputs, inputs)[name] for name in odd} == odd


@pytest.mark.parametrize(("kind", "odd"), ODD)
def test_another_odd_value_is_refused(kind, odd):
    """Only what is the same as before may stay."""
    olds = {**BASES[kind], **dict.fromkeys(odd)}
    assert failures(kind, {**BASES[kind], **odd}, olds)


def test_imported_filters_may_stay_when_others_come():
    """Each filter of a list is judged alone, wherever it stands now."""
    odd = {**PORT_80, "destinationPort": "10-20", "sourcePort": 0, "mirrored": True}
    plain = {**PORT_81, "sourcePort": 0, "mirrored": True}
    olds = {"name": "worm", "filters": [odd]}
    assert failures("FilterList", {"name": "worm", "filters": [plain, odd]}, olds) == {}
    assert list(failures("FilterList", {"name": "worm", "filters": [odd, odd]}, olds))


def test_an_imported_oddity_hides_no_new_mistake():
    """Rules between properties hold beside it."""
    odd = {**PORT_80, "destinationPort": "10-20", "sourcePort": 0, "mirrored": True}
    olds = {"name": "worm", "filters": [odd]}
    assert list(failures("FilterList", {"name": "worm", "filters": [odd, PORT_80, PORT_80]}, olds)) == ["filters[2]"]


# --- filters (items 3 and 9) --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sourcePort", "destinationPort"])
@pytest.mark.parametrize("protocol", ["any", "icmp", "raw", 47])
def test_a_port_needs_tcp_or_udp(name, protocol):
    """In a list and alone; port 0 is any port, and fits every protocol."""
    item = {"source": "any", "destination": "me", "protocol": protocol, name: 80}
    assert list(failures("FilterList", {"name": "worm", "filters": [item]})) == [f"filters[0].{name}"]
    assert list(failures("Filter", {"filterList": "worm", **item})) == [name]
    assert failures("Filter", {"filterList": "worm", **item, name: 0}) == {}


@pytest.mark.parametrize("word", ["dns", "wins", "dhcp", "gateway"])
def test_a_server_word_stands_opposite_this_host(word):
    """The server rule of netsh (spec: ipsec-policy 1.5)."""
    assert list(failures("Filter", {"filterList": "x", "source": word, "destination": "any"})) == ["source"]
    assert list(failures("Filter", {"filterList": "x", "source": "10.0.0.1", "destination": word})) == ["destination"]
    assert failures("Filter", {"filterList": "x", "source": word, "destination": "me"}) == {}


def test_both_sides_are_of_one_family():
    """IPv4 with IPv6 matches nothing."""
    assert failures("Filter", {"filterList": "x", "source": "10.0.0.1", "destination": "fd00::1"})


def test_a_filter_without_sides_is_refused():
    """A forgotten field must not open or close a host."""
    assert failures("FilterList", {"name": "worm", "filters": [{}]}) == {
        "filters[0].source": "is missing",
        "filters[0].destination": "is missing",
    }


@pytest.mark.parametrize(
    "twin",
    [
        PORT_80,
        {**PORT_80, "protocol": 6.0, "destinationPort": "80"},
        {**PORT_80, "source": "0.0.0.0/0", "mirrored": "true"},
        {**PORT_80, "description": "the same traffic under another description"},
    ],
)
def test_a_filter_is_not_written_twice(twin):
    """However it is spelled: netsh would delete both by value."""
    found = failures("FilterList", {"name": "worm", "filters": [PORT_81, PORT_80, twin]})
    assert list(found) == ["filters[2]"]
    assert "[1]" in found["filters[2]"]


def test_imported_duplicates_may_stay_until_they_change():
    """A store may hold them; a third one is refused."""
    item = checked("FilterList", {"name": "worm", "filters": [PORT_80]})["filters"][0]
    olds = {"name": "worm", "filters": [item, item]}
    assert failures("FilterList", olds, olds) == {}
    assert failures("FilterList", {"name": "worm", "filters": [item, item, item]}, olds)


def test_a_list_that_owns_its_filters_takes_no_others():
    """Whoever of the two comes second is told, and by whom."""
    owning = {"name": "Worm", "filters": []}
    single = {"filterList": "worm", **PORT_80}
    provider = SceneProvider(FakeHost())
    the_list, the_filter = a_call("FilterList", "a", provider=provider), a_call("Filter", "b", provider=provider)
    assert failures("FilterList", owning, call=the_list) == {}
    assert the_list.urn in failures("Filter", single, call=the_filter)["filterList"]
    provider = SceneProvider(FakeHost())
    the_list, the_filter = a_call("FilterList", "a", provider=provider), a_call("Filter", "b", provider=provider)
    assert failures("Filter", single, call=the_filter) == {}
    assert the_filter.urn in failures("FilterList", owning, call=the_list)["filters"]
    assert failures("FilterList", {"name": "Worm"}, call=the_list) == {}, "without filters it owns none"


def test_lists_on_other_hosts_are_other_lists():
    """The same name on two hosts is no conflict."""
    provider = SceneProvider(FakeHost())
    assert failures("FilterList", {"name": "worm", "filters": []}, call=a_call("FilterList", provider=provider)) == {}
    single = {"filterList": "worm", **PORT_80, "connection": {"host": "web2"}}
    assert failures("Filter", single, call=a_call("Filter", provider=provider)) == {}


# --- methods (item 9) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["permit", "block"])
@pytest.mark.parametrize(
    "said",
    [
        {"securityMethods": [{"ah": "sha1"}]},
        {"sessionPfs": True},
        {"inboundPassThrough": True},
        {"softFallback": True},
    ],
)
def test_permit_and_block_say_nothing_about_negotiation(word, said):
    """Netsh would ignore it (spec: ipsec-policy 1.5), and so would drift."""
    assert list(failures("FilterAction", {"name": "a", "action": word, **said})) == list(said)


@pytest.mark.parametrize("word", ["permit", "block"])
def test_no_methods_are_none(word):
    """An empty list and its absence are one value under permit and block."""
    bare = {"name": "a", "action": word}
    assert checked("FilterAction", {**bare, "securityMethods": []}) == checked("FilterAction", bare)


def test_negotiation_offers_something():
    """The default where nothing is said; an empty list is refused."""
    (offer,) = checked("FilterAction", {"action": "negotiate"})["securityMethods"]
    assert offer["esp"] == {"encryption": "3des", "integrity": "sha1"}
    assert list(failures("FilterAction", {"action": "negotiate", "securityMethods": []})) == ["securityMethods"]


def test_an_offer_protects_something():
    """Neither AH nor ESP, and ESP with nothing in it (spec: ipsec-policy 1.6)."""
    assert list(failures("FilterAction", {"action": "negotiate", "securityMethods": [{}]})) == ["securityMethods[0]"]
    nothing = {"esp": {"encryption": "none", "integrity": "none"}}
    found = failures("FilterAction", {"action": "negotiate", "securityMethods": [{"ah": "md5"}, nothing]})
    assert list(found) == ["securityMethods[1].esp"]


def test_an_action_is_asked_for():
    """No default: a forgotten field must not open or close a host."""
    assert failures("FilterAction", {"name": "a"}) == {"action": "is missing"}


def test_an_authentication_method_is_one_thing():
    """Not two, not none."""
    for method in ({}, {"kerberos": True, "presharedKey": KEY}, {"presharedKey": KEY, "rootCa": {"name": "CN=R"}}):
        assert list(failures("Rule", {**RULE, "authMethods": [{"kerberos": True}, method]})) == ["authMethods[1]"]


@pytest.mark.parametrize("twice", [{"kerberos": True}, {"presharedKey": KEY}])
def test_kerberos_and_a_key_are_given_once(twice):
    """Netsh has one tag for each; roots may be many."""
    assert list(failures("Rule", {**RULE, "authMethods": [twice, {"rootCa": {"name": "CN=R"}}, twice]})) == [
        "authMethods[2]"
    ]
    roots = [{"rootCa": {"name": f"CN={number}"}} for number in range(3)]
    assert failures("Rule", {**RULE, "authMethods": roots}) == {}
    found = failures("Policy", {"name": "P", "defaultRule": {"authMethods": [twice, twice]}})
    assert list(found) == ["defaultRule.authMethods[1]"]


def test_a_rule_authenticates_by_kerberos_unless_it_says_otherwise():
    """Except one whose import left its methods out: those are left alone."""
    assert checked("Rule", RULE)["authMethods"] == [{"kerberos": True}]
    assert "authMethods" not in checked("Rule", RULE, checked("Rule", RULE, RULE))
    assert checked("Rule", RULE, {**RULE, "authMethods": [{"presharedKey": KEY}]})["authMethods"] == [
        {"kerberos": True}
    ]


# --- keys (items 9 and 10) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["name", "policy", "filterList", "filterAction", "description", "tunnelEndpoint"])
def test_a_key_travels_beside_ascii_only(name):
    """Keys go in script files, which carry no other characters; never on a command line."""
    news = {**RULE, "authMethods": [{"kerberos": True}, {"presharedKey": KEY}]}
    found = failures("Rule", {**news, name: "Größe"})
    assert list(found) == ["authMethods[1].presharedKey"]
    assert name in found["authMethods[1].presharedKey"]
    assert failures("Rule", {**RULE, name: "Größe"}) == {}


def test_a_key_travels_beside_ascii_roots_only():
    """All methods of a rule are one command."""
    methods = [{"rootCa": {"name": "CN=Größe"}}, {"presharedKey": KEY}]
    assert list(failures("Rule", {**RULE, "authMethods": methods})) == ["authMethods[1].presharedKey"]
    assert list(failures("Policy", {"name": "P", "defaultRule": {"authMethods": methods}})) == [
        "defaultRule.authMethods[1].presharedKey"
    ]


def test_a_key_of_the_default_rule_travels_beside_the_policys_name():
    """The command names the policy and nothing else."""
    methods = {"authMethods": [{"presharedKey": KEY}]}
    found = failures("Policy", {"name": "Größe", "description": "Größe", "defaultRule": methods})
    assert list(found) == ["defaultRule.authMethods[0].presharedKey"]
    assert failures("Policy", {"name": "P", "description": "Größe", "defaultRule": methods}) == {}


SECRET_PLACES = [place for place in PLACES if place.name in {"presharedKey", "password", "proxy"}]


@pytest.mark.parametrize("place", SECRET_PLACES, ids=lambda place: f"{place.resource}.{place.path}")
@pytest.mark.parametrize(
    "value", ['s3cr3t"x', "s3cr3t\n", " s3cr3t", "s3cr3t\\", "s3cr3tü", 5303733, ["s3cr3t"], {"s3cr3t": "s3cr3t"}]
)
def test_a_reason_never_shows_a_secret(place, value):
    """The engine prints reasons in clear (spec: pulumi-provider 2.5)."""
    for path, reason in failures(place.resource, place.inputs(value)).items():
        assert "s3cr3t" not in f"{path} {reason}"
        assert "5303733" not in reason


@given(st.text(min_size=4, max_size=12).map(lambda text: f"s3cr3t{text}"))
def test_no_key_shows_in_a_reason(key):
    """Whatever its characters."""
    found = failures("Rule", {**RULE, "authMethods": [{"presharedKey": key}, {"presharedKey": key}]})
    assert "s3cr3t" not in "".join(found.values())


@pytest.mark.parametrize("kind", BASES)
def test_secrets_are_declared(kind):
    """Marked secret in state whatever the program says."""
    keys = {"Policy": ["defaultRule.authMethods[*].presharedKey"], "Rule": ["authMethods[*].presharedKey"]}
    keys["HostPolicy"] = [
        *keys["Policy"],
        *(f"{name}.authMethods[*].presharedKey" for name in ("isolate", "rules[*]", "expandedRules[*]")),
    ]
    assert set(RESOURCES[kind].secrets) == {"connection.password", "connection.proxy", *keys.get(kind, [])}


# --- connection and assignment (items 6 and 7) --------------------------------------------------------------------


def test_settings_that_contradict_each_other_are_refused_at_their_path():
    """Basic without TLS, a certificate without a key, a proxy that is no URL."""
    for connection, path in (
        ({"transport": "basic"}, "transport"),
        ({"https": True, "transport": "certificate", "certificateFile": "a.pem"}, "certificateKeyFile"),
        ({"caFile": "ca.pem"}, "caFile"),
    ):
        assert list(failures("FilterList", {"name": "x", "connection": connection})) == [f"connection.{path}"]


def test_settings_are_judged_together_with_the_providers():
    """A connection may lean on what the provider says, and nothing is judged while part of it is unknown."""
    provider = SceneProvider(FakeHost(), https=True, verify=False)
    news = {"name": "x", "connection": {"transport": "basic"}}
    assert failures("FilterList", news, call=a_call("FilterList", provider=provider)) == {}
    unknown = {"name": "x", "connection": {"transport": "basic", "host": UNKNOWN}}
    assert failures("FilterList", unknown) == {}


@pytest.mark.parametrize(
    "connection", [None, {"host": "WEB1"}, {"host": "web1", "port": 5985}, {"host": "web1", "https": True}]
)
def test_one_policy_is_active_per_host(connection):
    """However the host is spelled: WinRM's own ports, and none, lead to the same machine."""
    provider = SceneProvider(FakeHost())
    first = a_call("PolicyAssignment", "one", provider=provider)
    assert failures("PolicyAssignment", {"policy": "P"}, call=first) == {}
    assert failures("PolicyAssignment", {"policy": "P"}, call=first) == {}, "the same resource may be checked again"
    second = a_call("PolicyAssignment", "two", provider=provider)
    assert first.urn in failures("PolicyAssignment", {"policy": "Q", "connection": connection}, call=second)["policy"]
    other = {"policy": "Q", "connection": {"host": "web2"}}
    assert failures("PolicyAssignment", other, call=second) == {}


def test_forwarded_ports_are_hosts_of_their_own():
    """Many machines behind one address."""
    provider = SceneProvider(FakeHost())
    for port in (15985, 25985):
        news = {"policy": "P", "connection": {"port": port}}
        assert (
            failures("PolicyAssignment", news, call=a_call("PolicyAssignment", f"at-{port}", provider=provider)) == {}
        )


def test_no_check_shows_the_password():
    """The provider's password is in none of the reasons either."""
    found = failures("FilterList", {"name": "all", "connection": {"transport": "basic", "port": 0}})
    assert len(found) == 2
    assert PASSWORD not in "".join(found.values())


def test_unknown_references_are_not_judged():
    """A name that only the update will know."""
    inputs = checked("Rule", {**RULE, "policy": UNKNOWN, "filterList": guid(5)})
    assert inputs["policy"] is UNKNOWN
