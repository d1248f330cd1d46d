"""What closes the management path: traffic-engine 8 (last paragraph), design 2.2 item 12."""

import itertools
from dataclasses import replace
from ipaddress import ip_address

import pytest
from traffic_scene import HOST, R, address, host, state
from winipsec.model.endpoint import Kind, masked, parse_endpoint
from winipsec.model.filters import Filter, Ports
from winipsec.model.store import Unreadable
from winipsec.traffic.management import Cut, ManagementPath, cut
from winipsec.traffic.packet import Direction

NONE = state()
PATH = ManagementPath(address("192.0.2.10"), 5985)
ALL = R("all", "block any>me 2w")
WINRM = R("winrm", "permit any>me tcp 5985,5986 2w")


def after(*rules, before=NONE, facts=HOST, path=PATH, exempt=3):
    """What cuts the path when these rules come into force."""
    return cut(before, state(*rules, exempt=exempt), facts, path)


def test_a_block_of_everything_cuts():
    """The lock-out everybody fears; the answer names the rule, the filter and the direction."""
    found = after(ALL)
    assert isinstance(found, Cut)
    assert (found.policy.name, found.rule.name, str(found.filter)) == ("P", "all", "any any <-> me")
    assert (found.direction, found.flip, found.doubt) == (Direction.IN, None, "")
    assert str(found) == (
        "rule 'all' of policy 'P' (filter any any <-> me): "
        "TCP packets from 192.0.2.10 with local port 5985 would be blocked"
    )


@pytest.mark.parametrize(
    "rules",
    [
        (ALL, WINRM),
        (ALL, R("winrm", "permit 192.0.2.0/24>me tcp 5985 2w")),
        (ALL, R("us", "permit 192.0.2.10>me 2w")),
        (R("worm", "block any>me udp 1434 2w", ("me>any udp 1434 2w",)),),
        (R("smb", "block any>me tcp 445 2w"),),
        (R("out", "block me>any tcp 5985 1w"),),
        (R("others", "block 198.51.100.0/24>me 2w"),),
        (R("ask", "request any>me 2w"),),
        (R("off", "block any>me 2w", active=False),),
        (R("worm", "block me>any tcp 4444 2w"),),
    ],
)
def test_what_leaves_winrm_alone_cuts_nothing(rules):
    """Permits of the port, the network or the host; blocks of something else; requests."""
    assert after(*rules) is None


@pytest.mark.parametrize(
    ("rules", "rule", "direction"),
    [
        ((ALL, R("http", "permit any>me tcp 5986 2w")), "all", Direction.IN),
        ((ALL, R("wrong", "permit 198.51.100.0/24>me tcp 5985 2w")), "all", Direction.IN),
        ((R("in", "block any>me tcp 5985 1w"),), "in", Direction.IN),
        ((R("out", "block me>any tcp from 5985 1w"),), "out", Direction.OUT),
        ((ALL, R("half", "permit any>me tcp 5985 1w")), "all", Direction.OUT),
        ((R("iso", "require any>me 2w"),), "iso", Direction.IN),
        ((R("iso", "soft any>me 2w"),), "iso", Direction.IN),
        ((R("iso", "inpass any>me 2w"),), "iso", Direction.OUT),
        ((WINRM, R("us", "block 192.0.2.10>me 2w")), "us", Direction.IN),
        ((R("dialup", "block any>me 2w", connection="dialup"),), "dialup", Direction.IN),
        ((R("tunnel", "encrypt any>me 1w", tunnel="10.0.0.5"), WINRM), "tunnel", Direction.IN),
    ],
)
def test_what_stops_either_direction_cuts(rules, rule, direction):
    """A peer without IPsec needs both directions in clear; the first packet stopped is named."""
    found = after(*rules)
    assert (found.rule.name, found.direction, found.flip) == (rule, direction, None)


def test_both_listeners_count_by_their_port():
    """The path is the port that we use."""
    only = (ALL, R("https", "permit any>me tcp 5986 2w"))
    assert after(*only) is not None
    assert after(*only, path=replace(PATH, local_port=5986)) is None


def test_what_did_not_work_before_cannot_be_cut():
    """The question is what a change does: a path that is closed already is not closed by it."""
    assert cut(state(ALL), state(ALL, R("more", "block any>me tcp 445 2w")), HOST, PATH) is None


def test_a_change_that_takes_the_permit_away_cuts():
    """Removing a rule is as dangerous as adding one."""
    found = cut(state(ALL, WINRM), state(ALL), HOST, PATH)
    assert found.rule.name == "all"


def test_nothing_in_force_cuts_nothing():
    """Unassigning, or a policy that is suspended by a domain policy."""
    assert cut(state(ALL, WINRM), NONE, HOST, PATH) is None
    assert cut(NONE, replace(state(ALL), assigned=False), HOST, PATH) is None


def test_coming_into_force_cuts():
    """The same store, until now suspended: the service starts, and the block applies."""
    assert cut(replace(state(ALL), assigned=False), state(ALL), HOST, PATH) is not None


def test_an_exemption_that_ends_cuts_as_a_filter_does():
    """NoDefaultExempt never exempts WinRM; not even from remote port 88, which no client uses."""
    for level in range(4):
        assert after(ALL, exempt=level) is not None


@pytest.mark.parametrize(
    ("rules", "flip"),
    [
        (
            (R("lan", "permit 10.0.0.0/8>me tcp 5985 2w"), R("net", "block 10.1.0.0/16>me 2w")),
            "mask length before ports",
        ),
        (
            (R("lan", "permit 10.0.0.0/8>10.0.0.0/8 2w"), R("ban", "block any>me 2w")),
            "mask lengths only, tunnels last",
        ),
        (
            (R("t", "permit any>me 2w", tunnel="10.0.0.5"), R("ban", "block 10.0.0.0/8>10.0.0.0/8 2w")),
            "transport before tunnel",
        ),
        (
            (R("lan", "permit 10.1.2.3>me 2w"), R("ban", "block any>me tcp 5985 2w")),
            "mask lengths only",
        ),
    ],
)
def test_a_guess_that_closes_the_path_is_named(rules, flip):
    """The default reading leaves the path open; under one flip it would be closed."""
    found = after(*rules, path=ManagementPath(address("10.1.2.3"), 5985))
    assert found.flip == flip
    assert flip in str(found)


def test_a_tie_is_a_guess_both_ways():
    """By default a tie goes to the block; whoever hopes for the permit is told without a flip."""
    rules = (R("a", "permit any>me tcp 5985 2w"), R("b", "block any>10.0.0.5 tcp 5985 2w"))
    assert after(*rules).flip is None
    assert cut(state(rules[0]), state(*rules), HOST, PATH).rule.name == "b"


def test_ipv6_is_closed_by_a_guess_only():
    """Whether any and me include IPv6 is not known: a block of everything may reach an IPv6 client."""
    facts = host("10.0.0.5", "2001:db8::5")
    path = ManagementPath(address("2001:db8::10"), 5985)
    assert after(ALL, facts=facts, path=path).flip == "any and me include IPv6"
    assert after(R("six", "block ::/0>me 2w"), facts=facts, path=path).flip is None
    assert after(ALL, R("ours", "permit 2001:db8::10>me 2w"), facts=facts, path=path) is None


def test_addresses_of_one_family_say_nothing_of_the_other():
    """The registry lists IPv4 addresses only; an IPv6 client must reach some address all the same."""
    path = ManagementPath(address("2001:db8::10"), 5985)
    assert after(R("six", "block 2001:db8::/32>me 2w"), path=path) is not None
    assert after(R("six", "block 2001:db8::/32>2001:db8::7 2w"), path=path) is not None


@pytest.mark.parametrize("number", [32768, 40000, 49152, 65535])
def test_client_ports_are_split_where_filters_name_them(number):
    """One port that any client may use is enough; the example flow shows it."""
    found = after(R("r", f"block any>me tcp from {number} 1w"))
    assert found.flow.remote_port == number


def test_ports_that_no_client_takes_do_not_count():
    """A worm block of a remote port below the ephemeral range leaves the path open."""
    for number in (80, 4444, 32767):
        assert after(R("r", f"block any>me tcp from {number} 1w")) is None


def test_a_port_range_is_split_at_both_ends():
    """A block below an open rest, an open rest below a block."""
    for ports, first in ((Ports(1, 40000), 32768), (Ports(50000, 65535), 50000), (Ports(40000, 40000), 40000)):
        item = Filter(parse_endpoint("any"), parse_endpoint("me"), 6, ports, mirrored=False)
        assert after(R("r", "block any>me 1w", filters=(item,))).flow.remote_port == first


def test_two_guesses_together_may_close_the_path():
    """Neither tunnels last nor mask lengths only closes it alone; Windows may do both."""
    rules = (
        R("t", "permit any>me 2w", tunnel="10.0.0.5"),
        R("p", "permit 192.0.2.10>me tcp 5985 2w"),
        R("b", "block 192.0.2.0/24>me tcp from 40000 5985 2w"),
    )
    found = after(*rules)
    assert (found.rule.name, found.flip) == ("b", "transport before tunnel, mask lengths only")


def test_permits_must_cover_every_client_port():
    """A permit for half of the ephemeral ports leaves a gap behind its end."""
    item = Filter(parse_endpoint("any"), parse_endpoint("me"), 6, Ports(32768, 60999), Ports(5985, 5985))
    found = after(ALL, R("linux", "permit any>me 1w", filters=(item,)))
    assert found.flow.remote_port == 61000


def test_any_of_several_own_addresses_may_be_ours():
    """Which address the connection arrives at is not known unless it is given."""
    facts = host("10.0.0.5", "10.0.1.5")
    rules = (R("second", "block any>10.0.1.5 2w"),)
    assert after(*rules, facts=facts).flow.local == address("10.0.1.5")
    assert after(*rules, facts=facts, path=replace(PATH, address=address("10.0.0.5"))) is None
    assert after(*rules, facts=facts, path=replace(PATH, address=address("10.0.1.5"))) is not None


def test_an_address_the_host_did_not_list_is_still_its_own():
    """A connection that arrives proves the address: `me` covers it."""
    assert after(ALL, path=replace(PATH, address=address("10.0.9.9"))) is not None


@pytest.mark.parametrize(
    "rules",
    [
        (R("r", "block any>10.7.7.7 2w"),),
        (R("r", "block any>10.0.0.0/8 2w"),),
        (R("r", "block any>10.0.0.0-10.0.0.9 2w"),),
        (ALL, R("ok", "permit any>10.0.0.5 2w")),
        (ALL, R("ok", "permit any>0.0.0.0-10.0.0.5 2w")),
        (ALL,),
    ],
)
def test_unknown_own_addresses_may_be_the_ones_that_are_closed(rules):
    """Every piece of the address line that filters tell apart is tried."""
    assert after(*rules, facts=host()) is not None


@pytest.mark.parametrize(
    "rules", [(ALL, WINRM), (ALL, R("ok", "permit 192.0.2.0/24>me 2w")), (R("r", "block any>224.0.0.1 2w"),)]
)
def test_unknown_own_addresses_do_not_forbid_everything(rules):
    """What holds for every address the host can have is certain; groups and the client are none of them."""
    assert after(*rules, facts=host()) is None


def test_the_client_is_not_the_host_when_its_address_is_named():
    """Own addresses unknown: a filter from the client to its own address is not about us."""
    assert after(R("r", "block 192.0.2.10>192.0.2.10 2w"), facts=host()) is None


def test_the_host_managing_itself_meets_no_filter():
    """Own and loopback clients are self traffic."""
    for client in ("10.0.0.5", "127.0.0.1"):
        assert after(ALL, path=ManagementPath(address(client), 5985)) is None


DNS = R("dns", "block dns>me 2w")


def test_an_unknown_server_may_be_the_client():
    """A new block of the DNS servers closes the path if the controller is one."""
    found = after(DNS)
    assert found.rule.name == "dns"
    assert found.doubt == "which address dns stands for on this host is not known"
    assert "dns stands for" in str(found)
    known = replace(HOST, servers={Kind.DNS: frozenset({ip_address("10.0.0.53")})})
    assert after(DNS, facts=known) is None
    ours = replace(HOST, servers={Kind.DNS: frozenset({PATH.client})})
    assert after(DNS, facts=ours).doubt == ""


def test_an_old_riddle_does_not_forbid_every_change():
    """The same unresolved filter before and after: whatever it means, the change does not close the path."""
    assert cut(state(DNS), state(DNS, R("smb", "block any>me tcp 445 2w")), HOST, PATH) is None


def test_an_old_riddle_that_comes_to_count_does():
    """What kept the riddle from mattering is taken away."""
    shield = R("shield", "permit any>me tcp 5985 2w")
    ban = R("ban", "block dns>me 2w")
    shielded = state(R("us", "permit dns>me tcp 5985 2w"), ban)
    assert cut(shielded, state(ban), HOST, PATH).rule.name == "ban"
    assert cut(state(shield), state(shield, ALL), HOST, PATH) is None


def test_an_unresolved_permit_is_not_relied_on():
    """Block all with a permit for the DHCP server only: nobody knows whether that lets us in."""
    assert after(ALL, R("dhcp", "permit dhcp>me 2w")).rule.name == "all"


def test_two_riddles_are_assumed_alone_and_together():
    """Before, the path lives by an unknown permit; after, a stronger unknown block may take it."""
    before = state(ALL, R("a", "permit dns>me 2w"))
    later = state(ALL, R("a", "permit dns>me 2w"), R("b", "block wins>me tcp 5985 2w"))
    assert cut(before, later, HOST, PATH).rule.name == "b"


TORN = Filter(masked(ip_address("192.0.0.10"), ip_address("255.0.255.255")), parse_endpoint("me"))
PORTED = Filter(destination=parse_endpoint("me"), destination_ports=Ports(445, 445))


@pytest.mark.parametrize("item", [TORN, PORTED])
def test_foreign_filters_that_cannot_be_read_count_against_the_change(item):
    """A torn mask may cover the client; a port without a protocol may mean nothing or everything."""
    rule = R("odd", "block any>me 1w", filters=(item,))
    assert after(rule).doubt
    assert cut(state(rule), state(rule, R("smb", "block any>me tcp 445 2w")), HOST, PATH) is None


def test_mixed_families_match_nothing():
    """A filter from IPv4 to IPv6 can match no packet, however it is read."""
    item = Filter(parse_endpoint("0.0.0.0-192.0.2.255"), parse_endpoint("2001:db8::/32"))
    assert after(R("odd", "block any>me 1w", filters=(item,))) is None


def unreadable(rules, kind):
    """The state with its list or its action gone, the list because it cannot be read."""
    if kind == "list":
        gone = Unreadable("ipsecFilter", f"{{l-{rules[-1].name}}}", "x", "cut short")
        given = state(*rules)
        lists = {key: item for key, item in given.store.filter_lists.items() if key != gone.guid}
        return replace(given, store=replace(given.store, filter_lists=lists, unreadable=(gone,)))
    given = state(*rules)
    return replace(given, store=replace(given.store, filter_actions={}))


def test_an_unreadable_rule_counts_against_the_change_unless_it_was_there():
    """It may block exactly our connection."""
    given = state(WINRM)
    lost = Unreadable("ipsecNFA", "{lost}", "lost", "cut short", owner=given.store.active)
    odd = replace(given, store=replace(given.store, unreadable=(lost,)))
    found = cut(NONE, odd, HOST, PATH)
    assert found.rule.name == "lost"
    assert "cannot be read" in str(found)
    assert cut(odd, odd, HOST, PATH) is None
    assert cut(NONE, given, HOST, PATH) is None


def test_an_unreadable_list_counts_against_the_change_unless_it_was_there():
    """It may hold a filter for exactly our connection; unless the rule permits."""
    odd = unreadable((WINRM, R("odd", "block any>me 1w")), "list")
    found = cut(state(WINRM), odd, HOST, PATH)
    assert (found.rule.name, found.filter) == ("odd", None)
    assert "cannot be read" in str(found)
    assert cut(odd, odd, HOST, PATH) is None
    assert cut(NONE, unreadable((R("odd", "permit any>me 1w"),), "list"), HOST, PATH) is None


def test_a_missing_action_counts_as_a_block():
    """What the rule does is not known."""
    assert cut(NONE, unreadable((R("odd", "permit any>me 2w"),), "action"), HOST, PATH).rule.name == "odd"


def test_a_rule_without_a_name_is_named_by_its_guid():
    """Rules of the MMC have none."""
    rules = state(ALL)
    (rule,) = rules.store.rules.values()
    rules = replace(rules, store=rules.store.with_rule(replace(rule, name="")))
    assert str(cut(NONE, rules, HOST, PATH)).startswith("rule '{all}' of policy 'P'")


def test_a_protected_outcome_says_why_it_closes():
    """The controller has no IPsec: authenticated is as good as blocked."""
    assert "authenticated, which a peer without IPsec cannot answer" in str(after(R("iso", "require any>me 2w")))


def test_the_order_of_rules_does_not_matter():
    """Any order of the rules gives the same answer."""
    rules = (ALL, WINRM, R("a", "block 192.0.2.0/24>me tcp 5985 2w"), R("b", "require 192.0.2.10>me 2w"))
    answers = {str(cut(NONE, state(*order), HOST, PATH)) for order in itertools.permutations(rules)}
    assert len(answers) == 1


def test_a_long_list_of_bans_is_looked_through():
    """A ban list of other people's addresses cuts nothing."""
    bans = tuple(
        Filter(parse_endpoint(f"198.18.{i // 256}.{i % 256}"), parse_endpoint("me"), mirrored=True) for i in range(2000)
    )
    assert after(R("bans", "block any>me 1w", filters=bans)) is None
