"""The scenario blocks: the rules they come to, what these do to traffic, alone and together, and what lint says."""

import pytest
from hypothesis import assume, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from scenario_scene import CONTROLLER, ELSEWHERE, HOST, WINRM, fate, filters, findings, given, store_of, talk, tried
from winipsec.model.endpoint import parse_address
from winipsec.model.store import Store
from winipsec.resources.host_policy_record import METHODS, object_name
from winipsec.traffic.difference import difference
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.management import ManagementPath, cut
from winipsec.traffic.report import report

WORM = {"block": [{"ports": ["udp/1434"]}]}
SERVER = {"allowOnly": {"ports": ["tcp/80", "tcp/443"]}}
DOMAIN = {"isolate": {"exempt": ["10.0.0.1", "10.0.0.2"]}}
SCENARIOS = {"worm": WORM, "server": SERVER, "domain": DOMAIN}
TOGETHER = {**WORM, "allowOnly": {"ports": ["tcp/80"]}, **DOMAIN}
BOTH_MANAGED = ["tcp any <-> me port 5985", "tcp ::/0 <-> me port 5985"]


# The worm.


def test_a_worm_is_blocked_both_ways():
    """Two one-way filters (spec: traffic-engine 10, example 1), and the same for IPv6; nothing closes the way in."""
    assert filters(given(**WORM)) == {
        ("block udp/1434", "block"): [
            "udp any -> me port 1434",
            "udp ::/0 -> me port 1434",
            "udp me -> any port 1434",
            "udp me -> ::/0 port 1434",
        ]
    }


def test_the_difference_is_that_of_the_worked_example():
    """Spec: traffic-engine 10, example 1, but for the name of the rule."""
    host = HostFacts(addresses=frozenset({parse_address("10.0.0.5")}))
    before, after = State(Store(), 3), State(store_of(given(**WORM)), 3)
    lines = report(difference(before, after, host), before, after).splitlines()
    way, rule = "udp {0} 1434 {1} any: clear -> blocked", '[no filter -> "block udp/1434"]'
    assert lines[1:3] == [
        f"CUT       in   {way.format('local', 'from')}  {rule}  e.g. udp 203.0.113.10:49152 > 10.0.0.5:1434",
        f"CUT       out  {way.format('remote', 'to')}  {rule}  e.g. udp 10.0.0.5:49152 > 203.0.113.10:1434",
    ]


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        ("in udp 203.0.113.10:49152 > 1434", "blocked"),
        ("out udp 49152 > 203.0.113.10:1434", "blocked"),
        ("in udp [2001:db8::10]:49152 > 1434", "blocked"),
        ("out udp 49152 > [2001:db8::10]:1434", "blocked"),
        ("in udp 203.0.113.10:1434 > 49152", "clear"),
        ("out udp 1434 > 203.0.113.10:49152", "clear"),
        ("in tcp 203.0.113.10:49152 > 1434", "clear"),
        ("in tcp 203.0.113.10:49152 > 5985", "clear"),
    ],
)
def test_the_worm_neither_comes_nor_goes(packet, expected):
    """Packets to the port, whoever sends; what asks from it goes on."""
    assert fate(given(**WORM), packet) == expected


@pytest.mark.parametrize(("direction", "came", "went"), [("in", "blocked", "clear"), ("out", "clear", "blocked")])
def test_a_block_may_be_for_one_direction(direction, came, went):
    """As asked."""
    inputs = given(block=[{"ports": ["tcp/25"], "direction": direction}])
    assert fate(inputs, "in tcp 203.0.113.10:49152 > 25") == came
    assert fate(inputs, "out tcp 49152 > 203.0.113.10:25") == went


def test_a_block_may_be_for_some_hosts_and_services_without_ports():
    """Remotes of any kind; protocols by word and by number; ICMP, having no direction of its own, as one filter."""
    entry = {"ports": ["icmp", "proto/47", "any"], "remotes": ["10.9.0.0/16", "gateway"]}
    found = filters(given(block=[entry], management="none"))
    assert found == {
        ("block icmp", "block"): ["icmp 10.9.0.0/16 <-> me", "icmp gateway <-> me"],
        ("block proto/47", "block"): ["47 10.9.0.0/16 <-> me", "47 gateway <-> me"],
        ("block any", "block"): ["any 10.9.0.0/16 <-> me", "any gateway <-> me"],
    }


def test_entries_about_one_port_make_one_rule():
    """Two rules could not have one name."""
    entries = [{"ports": ["tcp/25"], "remotes": [side], "direction": "out"} for side in ("10.0.0.9", "10.0.0.8")]
    assert filters(given(block=entries)) == {
        ("block tcp/25", "block"): ["tcp me -> 10.0.0.9 port 25", "tcp me -> 10.0.0.8 port 25"]
    }


# The server.


def test_a_server_serves_its_ports_and_nothing_else():
    """The permits, the way in, what a host cannot live without, and a block for the rest, over IPv4 and IPv6."""
    assert filters(given(**SERVER)) == {
        ("management", "permit"): BOTH_MANAGED,
        ("allow dns", "permit"): ["udp me <-> dns port 53", "tcp me <-> dns port 53"],
        ("allow dhcp", "permit"): ["udp me port 68 <-> any port 67", "udp me port 546 <-> ::/0 port 547"],
        ("allow icmpv6", "permit"): ["58 ::/0 <-> me"],
        ("allow tcp/80", "permit"): ["tcp any <-> me port 80", "tcp ::/0 <-> me port 80"],
        ("allow tcp/443", "permit"): ["tcp any <-> me port 443", "tcp ::/0 <-> me port 443"],
        ("block everything else", "block"): ["any any <-> me", "any ::/0 <-> me"],
    }


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        ("in tcp 203.0.113.10:49152 > 80", "works in clear"),
        ("in tcp [2001:db8::10]:49152 > 443", "works in clear"),
        ("in tcp 203.0.113.10:49152 > 5985", "works in clear"),
        ("in tcp 203.0.113.10:49152 > 445", "blocked"),
        ("in udp 203.0.113.10:49152 > 80", "blocked"),
        ("in icmp 203.0.113.10 > me", "blocked"),
        ("out udp 49152 > 10.0.0.1:53", "works in clear"),
        ("out tcp 49152 > 10.0.0.1:53", "works in clear"),
        ("out udp 68 > 10.0.0.1:67", "works in clear"),
        ("out udp 49152 > 203.0.113.10:53", "blocked"),
        ("out tcp 49152 > 203.0.113.10:80", "blocked"),
        ("out 58 me > 2001:db8::10", "works in clear"),
    ],
)
def test_who_can_talk_with_the_server(conversation, expected):
    """Its ports and WinRM from outside; names and its lease from inside; nothing else."""
    assert talk(given(**SERVER), conversation) == expected


def test_a_lease_is_renewed_from_any_server():
    """Who lost the server that gave the address asks everybody, by broadcast, which is not exempt (spec 4.2)."""
    assert fate(given(**SERVER), "out udp 68 > 255.255.255.255:67") == "clear"


def test_outbound_takes_the_place_of_names_and_lease():
    """Exactly what is listed; nothing where the list is empty."""
    nothing = given(allowOnly={"ports": ["tcp/80"], "outbound": []})
    assert {name for name, _ in filters(nothing)} == {
        "management",
        "allow icmpv6",
        "allow tcp/80",
        "block everything else",
    }
    entry = {"ports": ["tcp/1433", "udp/53"], "destinations": ["10.2.0.9", "dns"]}
    listed = filters(given(allowOnly={"ports": [], "outbound": [entry]}))
    assert listed[("allow out tcp/1433", "permit")] == ["tcp me <-> 10.2.0.9 port 1433", "tcp me <-> dns port 1433"]
    assert listed[("allow out udp/53", "permit")] == ["udp me <-> 10.2.0.9 port 53", "udp me <-> dns port 53"]
    assert ("allow dns", "permit") not in listed


def test_ports_may_be_for_some_remotes_only():
    """Everybody else is blocked."""
    inputs = given(allowOnly={"ports": ["tcp/1433"], "remotes": ["10.1.0.0/16"]})
    assert talk(inputs, "in tcp 10.1.2.3:49152 > 1433") == "works in clear"
    assert talk(inputs, "in tcp 10.2.2.3:49152 > 1433") == "blocked"


# The domain.


def test_a_domain_is_isolated_by_the_classic_recipe():
    """ESP without encryption, SHA-1, security required, Kerberos; ICMP and controllers in clear (spec: ipsec-policy 8.4)."""
    inputs = given(**DOMAIN)
    assert filters(inputs) == {
        ("management", "permit"): BOTH_MANAGED,
        ("exempt", "permit"): ["any me <-> 10.0.0.1", "any me <-> 10.0.0.2"],
        ("allow dns", "permit"): ["udp me <-> dns port 53", "tcp me <-> dns port 53"],
        ("allow dhcp", "permit"): ["udp me port 68 <-> any port 67", "udp me port 546 <-> ::/0 port 547"],
        ("allow icmp", "permit"): ["icmp any <-> me"],
        ("allow icmpv6", "permit"): ["58 ::/0 <-> me"],
        ("isolation", "negotiate"): ["any me <-> any", "any me <-> ::/0"],
    }
    isolation = inputs["expandedRules"][-1]
    assert isolation["authMethods"] == [{"kerberos": True}]
    assert isolation["filterAction"] == {
        "name": "Protection: isolation",
        "action": "negotiate",
        "securityMethods": [
            {
                "esp": {"encryption": "none", "integrity": "sha1"},
                "lifetimeKilobytes": 100_000,
                "lifetimeSeconds": 3_600,
            }
        ],
        "sessionPfs": False,
        "inboundPassThrough": False,
        "softFallback": False,
    }
    assert inputs["defaultRule"] == {"active": False}


@pytest.mark.parametrize(
    ("conversation", "expected"),
    [
        ("in tcp 10.0.0.77:49152 > 445", "works authenticated only"),
        ("out tcp 49152 > 10.0.0.77:445", "works authenticated only"),
        ("in tcp [2001:db8::10]:49152 > 445", "works authenticated only"),
        ("out tcp 49152 > 10.0.0.1:88", "works in clear"),
        ("in tcp 10.0.0.2:49152 > 445", "works in clear"),
        ("in tcp 203.0.113.10:49152 > 5985", "works in clear"),
        ("in icmp 203.0.113.10 > me", "works in clear"),
        ("out udp 68 > 10.0.0.77:67", "works in clear"),
    ],
)
def test_who_can_talk_with_a_member(conversation, expected):
    """Members, and in clear the controllers and who manages it (spec: traffic-engine 10, example 5)."""
    assert talk(given(**DOMAIN), conversation) == expected


def test_a_request_goes_on_in_clear_without_an_answer():
    """Both fall backs, inbound and outbound (spec: traffic-engine 8)."""
    inputs = given(isolate={"exempt": ["10.0.0.1"], "mode": "request"})
    for first in ("in tcp 203.0.113.10:49152 > 445", "out tcp 49152 > 203.0.113.10:445"):
        assert talk(inputs, first) == "works authenticated, in clear with peers without IPsec"


def test_methods_are_offered_by_name_in_order():
    """Spec: ipsec-policy 1.6. With a cipher in every offer traffic is encrypted."""
    inputs = given(isolate={"exempt": ["10.0.0.1"], "methods": ["encrypt-3des-sha1", "encrypt-des-md5"]})
    offers = inputs["expandedRules"][-1]["filterAction"]["securityMethods"]
    assert [offer["esp"] for offer in offers] == [
        {"encryption": "3des", "integrity": "sha1"},
        {"encryption": "des", "integrity": "md5"},
    ]
    assert fate(inputs, "in tcp 10.0.0.77:49152 > 445") == "encrypted"


@pytest.mark.parametrize("name", METHODS)
def test_the_name_of_a_method_says_what_it_is(name):
    """`integrity-HASH`, `encrypt-CIPHER-HASH`, `ah-HASH`."""
    method = METHODS[name]
    cipher = method.esp.encryption if method.esp else None
    words = {"ah": "ah"} if method.ah else {"esp": "integrity" if cipher == "none" else f"encrypt-{cipher}"}
    assert name == "-".join([*words.values(), method.ah or method.esp.integrity])


def test_certificates_and_keys_do_without_controllers():
    """Nobody has to be asked for a ticket; the methods stand in the rule that negotiates, and nowhere else."""
    methods = [{"presharedKey": "a long key"}, {"rootCa": {"name": "CN=Corp Root, O=Corp"}}]
    rules = given(isolate={"authMethods": methods})["expandedRules"]
    assert [next(iter(item)) for item in rules[-1]["authMethods"]] == ["presharedKey", "rootCa"]
    assert all(rule["authMethods"] == [{"kerberos": True}] for rule in rules[:-1])


# All of them together.


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        ("in udp 10.0.0.77:49152 > 1434", "blocked"),
        ("in udp 10.0.0.1:49152 > 1434", "blocked"),
        ("out udp 49152 > 10.0.0.1:1434", "blocked"),
        ("in udp 10.0.0.1:53 > 1434", "blocked"),
        ("in udp 10.9.0.9:53 > 1434", "blocked"),
        ("in tcp 10.0.0.77:49152 > 80", "authenticated"),
        ("out tcp 80 > 10.0.0.77:49152", "authenticated"),
        ("in tcp 10.0.0.1:49152 > 445", "clear"),
        ("in tcp 10.0.0.77:49152 > 445", "blocked"),
        ("out tcp 49152 > 10.0.0.77:445", "blocked"),
        ("in icmp 10.0.0.77 > me", "blocked"),
        ("in tcp 203.0.113.10:49152 > 5985", "clear"),
        ("out udp 49152 > 10.9.0.9:53", "clear"),
    ],
)
def test_scenarios_keep_their_promises_together(packet, expected):
    """A blocked port is blocked for controllers and name servers as well; members alone reach the ports allowed."""
    assert fate(given(**TOGETHER), packet, ELSEWHERE) == expected


def test_a_block_holds_against_an_outbound_permit():
    """Who answers from port 443 may not send from there to the blocked port."""
    outbound = [{"ports": ["tcp/443"], "destinations": ["10.0.0.0/8"]}]
    inputs = given(block=[{"ports": ["tcp/445"]}], allowOnly={"ports": [], "outbound": outbound})
    assert fate(inputs, "in tcp 10.1.1.1:443 > 445") == "blocked"
    assert fate(inputs, "in tcp 10.1.1.1:443 > 49152") == "clear"


@pytest.mark.parametrize("blocks", [*SCENARIOS.values(), TOGETHER], ids=[*SCENARIOS, "together"])
@pytest.mark.parametrize(
    "facts",
    [{}, {"host": HOST, "no_default_exempt": 3}, {"host": ELSEWHERE, "no_default_exempt": 3}],
    ids=["file", "host", "other servers"],
)
def test_scenarios_lint_clean(blocks, facts):
    """Not even a note, in a file and on a host, whoever its servers are."""
    assert findings(given(**blocks), **facts) == set()


# The way in.


def test_management_may_be_narrowed_moved_or_left_out():
    """Sources and ports as given; the port of the connection otherwise."""
    narrow = {"sources": ["10.1.0.0/16", "10.0.0.7"], "ports": [5986, 22]}
    assert filters(given(**SERVER, management=narrow))[("management", "permit")] == [
        *(f"tcp {side} <-> me port {port}" for port in (5986, 22) for side in ("10.1.0.0/16", "10.0.0.7"))
    ]
    moved, _ = tried(ports=[8443], **SERVER)
    assert filters(moved)[("management", "permit")] == ["tcp any <-> me port 8443", "tcp ::/0 <-> me port 8443"]
    assert ("management", "permit") not in filters(given(**SERVER, management="none"))


def test_a_block_of_a_port_that_clients_use_spares_answers():
    """A client may happen to send from port 4444, and from no port below 1024."""
    inputs = given(block=[{"ports": ["tcp/4444", "tcp/445"]}])
    assert filters(inputs)[("management", "permit")] == [
        "tcp me port 5985 -> any port 4444",
        "tcp me port 5985 -> ::/0 port 4444",
    ]
    assert talk(inputs, "in tcp 203.0.113.10:4444 > 5985") == "works in clear"
    assert fate(inputs, "out tcp 49152 > 203.0.113.10:4444") == "blocked"
    assert fate(inputs, "out tcp 5985 > 203.0.113.10:445") == "blocked"


def test_a_blocked_network_still_manages_where_everybody_may():
    """`management` says who may come, `block` does not; narrowed, the block holds."""
    block = [{"ports": ["any"], "remotes": ["10.9.0.0/16"]}]
    assert talk(given(block=block), "in tcp 10.9.1.1:49152 > 5985") == "works in clear"
    assert talk(given(block=block), "in tcp 10.9.1.1:49152 > 445") == "blocked"
    narrowed = given(block=block, management={"sources": ["10.1.0.0/16"]})
    assert talk(narrowed, "in tcp 10.9.1.1:49152 > 5985") == "blocked"


def test_further_rules_may_close_the_way_in_so_it_is_kept_open():
    """What rules written out do is not looked into."""
    rules = [
        {
            "name": "r",
            "filterList": {"filters": [{"source": "any", "destination": "me"}]},
            "filterAction": {"action": "block"},
        }
    ]
    assert filters(given(rules=rules)) == {("management", "permit"): BOTH_MANAGED}


SERVICES = ["any", "tcp", "udp", "icmp", "tcp/22", "tcp/80", "tcp/445", "tcp/5985", "tcp/49152", "udp/1434", "proto/58"]
SIDES = ["any", "10.0.0.0/8", "10.1.0.0-10.1.0.8", CONTROLLER, "203.0.113.10", "2001:db8::/64", "dns", "dhcp"]
PORTS = st.lists(st.sampled_from(SERVICES), min_size=1, max_size=3, unique=True)
REMOTES = st.lists(st.sampled_from(SIDES), min_size=1, max_size=2, unique=True)
BLOCKS = st.fixed_dictionaries(
    {"ports": PORTS, "remotes": REMOTES, "direction": st.sampled_from(["in", "out", "both"])}
)
OUTBOUND = st.fixed_dictionaries({"ports": PORTS, "destinations": REMOTES})
ONLY = st.fixed_dictionaries(
    {"ports": PORTS, "remotes": REMOTES}, optional={"outbound": st.lists(OUTBOUND, max_size=2)}
)
MEMBERS = st.fixed_dictionaries(
    {"exempt": st.lists(st.sampled_from(SIDES[1:]), max_size=2, unique=True)},
    optional={"mode": st.just("request"), "authMethods": st.just([{"presharedKey": "a long key"}])},
)
ANYTHING = st.fixed_dictionaries(
    {}, optional={"block": st.lists(BLOCKS, max_size=3), "allowOnly": ONLY, "isolate": MEMBERS}
)


@settings(max_examples=60, deadline=None)
@drawn(ANYTHING, st.sampled_from(["203.0.113.10", "10.1.0.5", "10.0.0.9", CONTROLLER, "2001:db8::77"]))
def test_the_way_in_stays_open_whatever_the_blocks(blocks, client):
    """For a client anywhere, whichever of its ports it sends from, under every guess about Windows."""
    inputs, mistakes = tried(**blocks)
    assume(not mistakes)
    for host in (HOST, HostFacts()):
        path = ManagementPath(parse_address(client), WINRM[0])
        assert cut(State(Store(), 3), State(store_of(inputs), 3), host, path) is None


# Names.


def test_objects_are_named_after_the_policy():
    """Actions are shared by the rules that take them, lists belong to one rule."""
    inputs = given(**SERVER)
    rules = inputs["expandedRules"]
    assert {rule["filterAction"]["name"] for rule in rules} == {"Protection: permit", "Protection: block"}
    assert [rule["filterList"]["name"] for rule in rules] == [f"Protection: {rule['name']}" for rule in rules]


def test_names_of_objects_fit_whatever_the_policy_is_called():
    """255 characters at most, different ones for different policies, the same without case."""
    long = "Ü" * 250
    first, second = object_name(long + "a", "isolation"), object_name(long + "b", "isolation")
    assert len(first) == len(second) == 255
    assert first != second
    assert object_name("x" * 250, "isolation").casefold() == object_name("X" * 250, "ISOLATION").casefold()
    inputs = given(**SERVER, name=long)
    assert len({rule["filterList"]["name"] for rule in inputs["expandedRules"]}) == len(inputs["expandedRules"])
