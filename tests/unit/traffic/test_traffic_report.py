"""The words of a difference: traffic-engine 7 and the worked examples of section 10, which are exact."""

import json
from ipaddress import ip_address

import pytest
from test_traffic_examples import ALL, CASES, GUESS, ISO, NONE
from traffic_scene import HOST, R, host, packet, state
from winipsec.model.endpoint import ME, Kind
from winipsec.model.filters import Filter, Ports
from winipsec.traffic.difference import difference
from winipsec.traffic.document import document
from winipsec.traffic.example import example
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.reach import guesses
from winipsec.traffic.report import headline, report
from winipsec.traffic.specificity import Switches
from winipsec.traffic.wording import address_items, packet_text

EXEMPT = "Exempt from all filters, so unchanged: udp local 500,4500."
OPENED = 'OPENED    both tcp local 10{i:02} with 192.0.2.{i}: blocked -> clear  ["all" -> "s{i}"]  e.g. tcp 192.0.2.{i}:49152 > 10.0.0.5:10{i:02}'
WORDS = {
    1: """\
Traffic: 2 changes (2 cut).
CUT       in   udp local 1434 from any: clear -> blocked  [no filter -> "in"]  e.g. udp 203.0.113.10:49152 > 10.0.0.5:1434
CUT       out  udp remote 1434 to any: clear -> blocked  [no filter -> "out"]  e.g. udp 10.0.0.5:49152 > 203.0.113.10:1434
Exempt from all filters, so unchanged: udp local 500,4500.""",
    2: """\
Traffic: 1 change (1 cut).
CUT       both udp local 1434 with any: clear -> blocked  [no filter -> "slammer"]  e.g. udp 203.0.113.10:49152 > 10.0.0.5:1434""",
    3: """\
Traffic: 1 change (1 cut).
CUT       both any except tcp local 80,443 with any: clear -> blocked  [no filter -> "all"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445
Exempt from all filters, so unchanged: udp local 500,4500.""",
    4: """\
Traffic: 1 change (1 opened).
OPENED    both tcp remote 80 with any: blocked -> clear  ["all" -> "surf"]  e.g. tcp 203.0.113.10:80 > 10.0.0.5:49152
          ! source-port hole: whoever sends from port 80 reaches local ports of its choice""",
    5: """\
Traffic: 1 change (1 secured).
SECURED   both any with any except 10.0.0.1, 10.0.0.2: clear -> authenticated  [no filter -> "iso"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445
Exempt from all filters, so unchanged: udp local 500,4500.""",
    6: """\
Traffic: 1 change (1 secured).
SECURED   both any with any except 10.0.0.1, 10.0.0.2: authenticated or clear -> authenticated  ["iso" -> "iso"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445
Exempt from all filters, so unchanged: udp local 500,4500.""",
    7: """\
Traffic: 1 change (1 cut).
CUT       both tcp local 445 with any except 10.0.0.0/8: clear -> blocked  [no filter -> "smb"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445""",
    8: """\
Traffic: 1 change (1 cut).
CUT       both tcp local 80 with any at 10.0.0.5: clear -> blocked  [no filter -> "x"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:80""",
    9: """\
Traffic: 2 changes (2 secured).
SECURED   in   any from 10.9.0.0/16: clear -> encrypted (tunnel 10.0.0.5)  [no filter -> "i"]  e.g. tcp 10.9.0.1:49152 > 10.0.0.5:445
SECURED   out  any to 10.9.0.0/16: clear -> encrypted (tunnel 198.51.100.1)  [no filter -> "o"]  e.g. tcp 10.0.0.5:49152 > 10.9.0.1:445
Exempt from all filters, so unchanged: udp local 500,4500.""",
    10: "Traffic: no change.",
    11: "\n".join(
        ["Traffic: 12 changes (12 opened).", *(OPENED.format(i=i) for i in range(1, 11)), "... and 2 more (2 opened)."]
    ),
}


def said(before, after, facts=HOST, **more):
    """The report of a change."""
    return report(difference(before, after, facts), before, after, **more)


@pytest.mark.parametrize("number", WORDS)
def test_the_worked_examples_to_the_letter(number):
    """Section 10, verbatim."""
    before, after, facts, _ = CASES[number - 1]
    assert said(before, after, facts) == WORDS[number]


def test_the_guess_example():
    """Two flips turn the verdict; the notes say of what, and what it would be."""
    found = guesses(GUESS, HOST)
    assert [guess.flip.switches for guess in found] == [
        Switches(bits="before"),
        Switches(address="bits", bits="before", tunnel="last"),
    ]
    for guess in found:
        (one,) = guess.difference.classes
        assert (str(one.before), str(one.after)) == ("blocked", "clear")
    assert said(GUESS, GUESS, guesses=found) == (
        "Traffic: no change.\n"
        "note: depends on a guess (mask length before ports): tcp local 445 with 10.1.0.0/16 would be clear\n"
        "note: depends on a guess (mask lengths only, tunnels last): tcp local 445 with 10.1.0.0/16 would be clear"
    )


def test_a_clear_policy_hangs_on_no_guess():
    """One block and one more specific permit."""
    assert guesses(state(ALL, R("dc", "permit me>10.0.0.1 2w")), HOST) == ()


def test_the_data_of_example_five():
    """Section 10, the class as getTrafficDifference gives it."""
    before, after, facts, _ = CASES[4]
    (found,) = document(difference(before, after, facts), before, after)["classes"]
    assert found == json.loads("""
{"change": "secured", "directions": ["in", "out"], "connections": ["dialup", "lan"], "local": "me",
 "remote": {"except": ["10.0.0.1", "10.0.0.2"]},
 "services": [{"protocols": "any", "localPorts": "any", "remotePorts": "any"}],
 "before": {"outcome": "clear"}, "after": {"outcome": "authenticated"},
 "decidedBefore": [], "decidedAfter": [{"rule": "iso", "filter": 1}],
 "example": {"direction": "in", "local": "10.0.0.5", "localPort": 445, "remote": "203.0.113.10", "remotePort": 49152,
             "protocol": 6}}""")


def test_a_document_holds_all_that_a_report_says():
    """Head, exemptions, unresolved filters, guesses, warnings and notes are plain data too."""
    before, after = state(ALL), state(ALL, R("surf", "permit me>any tcp 80 2w"), R("dns", "permit me>dns 2w"))
    found = document(difference(before, after, HOST), before, after, guesses=guesses(GUESS, HOST), most=5)
    assert json.loads(json.dumps(found)) == found
    assert found["summary"] == "Traffic: 1 change (1 opened)."
    assert found["classes"][0]["warnings"] == [
        "source-port hole: whoever sends from port 80 reaches local ports of its choice"
    ]
    assert found["unresolved"] == [
        {
            "rule": "dns",
            "filter": "any me <-> dns",
            "reason": "which address dns stands for on this host is not known",
        }
    ]
    assert len(found["guesses"]) == 2
    assert found["notes"]


def test_each_change_has_its_word_in_order():
    """What lets more in comes first."""
    rules = {
        "o": ("block", "permit"),
        "w": ("require", "permit"),
        "r": ("block", "encrypt"),
        "c": ("permit", "block"),
        "s": ("permit", "require"),
    }
    before, after = (
        state(
            *(R(name, f"{pair[side]} 192.0.2.{place}>me 1w") for place, (name, pair) in enumerate(rules.items(), 1)),
            R("t", "encrypt 192.0.2.9>me 1w", tunnel=tunnel),
        )
        for side, tunnel in ((0, "10.0.0.5"), (1, "10.0.0.6"))
    )
    lines = said(before, after).splitlines()
    assert lines[0] == "Traffic: 6 changes (1 opened, 1 weaker, 1 reachable, 1 cut, 1 secured, 1 rerouted)."
    assert [line.split()[0] for line in lines[1:7]] == ["OPENED", "WEAKER", "REACHABLE", "CUT", "SECURED", "REROUTED"]


def test_a_block_that_becomes_a_soft_request_is_opened():
    """Blocked to clear in reply or more is opened; to protection only, reachable."""
    for word, change in (("soft", "opened"), ("inpass", "opened"), ("require", "reachable")):
        found = difference(state(R("r", "block any>me 1w")), state(R("r", f"{word} any>me 1w")), HOST)
        assert headline(found) == f"Traffic: 1 change (1 {change})."


def test_the_rules_that_decide_are_named_up_to_three():
    """In alphabetical order, then how many more; nobody where no filter decides."""
    rules = [R(name, f"block 192.0.2.{i}>me 2w") for i, name in enumerate("edcba", 1)]
    text = said(state(*rules), state(ALL))
    assert '["a", "b", "c" +2, no filter -> "all"]' not in text
    assert '[no filter -> "all"]' in text
    assert '["a", "b", "c" +2 -> no filter]' in said(state(*rules), state(R("x", "permit any>any 2w", active=False)))


def test_what_no_filter_but_an_exemption_decides_says_so():
    """NoDefaultExempt raised: Kerberos falls below the block."""
    text = said(state(ALL, exempt=0), state(ALL, exempt=3))
    assert '[exempt: Kerberos, exempt: RSVP -> "all"]' in text


def test_an_unresolved_filter_is_a_note():
    """With its rule, its filter and why; once, though it is on both sides."""
    rules = R("dns", "block me>dns udp 53 2w")
    (note,) = said(state(rules), state(rules)).splitlines()[1:]
    assert note == (
        'note: no answer where this would match: rule "dns", filter udp me <-> dns port 53: '
        "which address dns stands for on this host is not known"
    )


def test_many_notes_are_cut_short():
    """As many as classes, then a count."""
    rules = R("dns", "block me>dns udp 1 2w", tuple(f"me>dns udp {i} 2w" for i in range(2, 15)))
    lines = said(state(rules), state(rules)).splitlines()
    assert len(lines) == 12
    assert lines[-1] == "note: ... and 4 more"


# remote side of a block, how a report names it, on a host that speaks these families
REMOTES = [
    ("any>me", "any", ("10.0.0.5",)),
    ("any>me", "any IPv4", ("10.0.0.5", "2001:db8::5")),
    ("::/0>me", "any IPv6", ("10.0.0.5", "2001:db8::5")),
    ("2001:db8::/32>me", "2001:db8::/32", ("10.0.0.5", "2001:db8::5")),
    ("10.0.0.1-10.0.0.2>me", "10.0.0.1, 10.0.0.2", ("10.0.0.5",)),
    ("10.0.0.1-10.0.0.9>me", "10.0.0.1-10.0.0.9", ("10.0.0.5",)),
    ("0.0.0.0-127.255.255.254>me", "0.0.0.0-127.255.255.254", ("10.0.0.5",)),
    ("10.0.0.0-255.255.255.255>me", "10.0.0.0-255.255.255.255", ("10.0.0.5",)),
    ("8.0.0.0-255.255.255.255>me", "any except 0.0.0.0/5", ("10.0.0.5",)),
]


@pytest.mark.parametrize(("text", "words", "own"), REMOTES)
def test_remote_addresses_in_words(text, words, own):
    """One or two prefixes, else both ends; what is missing where that is shorter, or as short and less."""
    line = said(state(), state(R("r", f"block {text} tcp 80 1w")), host(*own)).splitlines()[1]
    assert line.startswith(f"CUT       in   tcp local 80 from {words}: ")


def test_many_addresses_are_cut_short():
    """Four are named; of five, three and a count."""
    texts = [f"192.0.2.{2 * i}>me tcp 80 1w" for i in range(1, 6)]
    for count, words in (
        (4, "192.0.2.2, 192.0.2.4, 192.0.2.6, 192.0.2.8"),
        (5, "192.0.2.2, 192.0.2.4, 192.0.2.6 (+2 more)"),
    ):
        line = said(state(), state(R("r", f"block {texts[0]}", tuple(texts[1:count])))).splitlines()[1]
        assert f" from {words}: " in line


def services_of(*texts, items=None):
    """How the services of some blocks read."""
    line = said(state(), state(R("r", f"block {texts[0]}", texts[1:], filters=items))).splitlines()[1]
    return line.removeprefix("CUT       in   ").partition(" from ")[0]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["any>me 1w"], "any"),
        (["any>me tcp 1w"], "tcp"),
        (["any>me icmp 1w"], "icmp"),
        (["any>me 47 1w", "any>me 50 1w", "any>me 51 1w"], "47,50-51"),
        (["any>me tcp 80,443 1w"], "tcp local 80,443"),
        (["any>me tcp from 88 80 1w"], "tcp local 80 remote 88"),
        (["any>me tcp 53 1w", "any>me udp 53 1w"], "tcp,udp local 53"),
        (["any>me tcp 25 1w", "any>me udp 53 1w"], "tcp local 25; udp local 53"),
    ],
)
def test_services_in_words(texts, words):
    """Protocols by word, ports by side, several joined."""
    assert services_of(*texts) == words


def test_a_range_of_ports_in_words():
    """Foreign stores hold ranges; where nearly all ports are meant, what is missing is as long."""
    for ports, words in ((Ports(80, 90), "80-90"), (Ports(1, 65535), "1-65535")):
        item = Filter(destination=ME, protocol=6, destination_ports=ports, mirrored=False)
        assert services_of("any>me 1w", items=(item,)) == f"tcp local {words}"


def test_many_ports_are_cut_short():
    """Twelve are named; a list of seventy ends in a count."""
    numbers = ",".join(str(1000 + 2 * i) for i in range(70))
    shown = ",".join(str(1000 + 2 * i) for i in range(11))
    assert services_of(f"any>me tcp {numbers} 1w") == f"tcp local {shown} (+59 more)"


def test_the_connection_and_the_local_side_are_named():
    """A rule for LAN, a filter for one of two addresses, and what is for groups only."""
    two = host("10.0.0.5", "10.0.1.5")
    line = said(state(), state(R("r", "block any>10.0.0.5 tcp 80 1w", connection="lan")), two).splitlines()[1]
    assert " from any at 10.0.0.5 on LAN: " in line
    switches = Switches(inbound_multicast_exempt=False)
    before, after = state(ALL), state(ALL, R("m", "block any>224.0.0.0-255.255.255.255 udp 1w"))
    found = difference(before, after, HOST, switches)
    text = report(found, before, after, switches)
    assert "udp from any at multicast: " in text


def test_an_unknown_host_is_told_by_what_filters_name():
    """Its local addresses are those that a filter names, or all others."""
    line = said(state(ALL), state(ALL, R("x", "permit any>10.0.0.5 tcp 80 1w")), HostFacts()).splitlines()[1]
    assert " from any IPv4 at 10.0.0.5: blocked -> clear " in line
    rules = R("x", "permit 192.0.2.1>10.0.0.5 2w")
    lines = said(state(rules), state(rules, R("all", "block 192.0.2.0/24>any tcp 80 1w")), HostFacts()).splitlines()
    assert lines[1].startswith("CUT       in   tcp local 80 from ")
    assert any(" at any IPv4 except 10.0.0.5: " in line for line in lines)


def test_an_unknown_host_has_examples_too():
    """Any local address will do; it differs from the remote one."""
    found = difference(state(), state(ALL), HostFacts())
    shown = example(found.classes[0], found)
    assert shown == packet("in tcp 203.0.113.10:49152 > 192.0.2.5:445")
    assert packet_text(shown) == "tcp 203.0.113.10:49152 > 192.0.2.5:445"


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("block any>me icmp 1w", "icmp 203.0.113.10 > 10.0.0.5"),
        ("block any>me 47 1w", "47 203.0.113.10 > 10.0.0.5"),
        ("block any>me udp 1w", "udp 203.0.113.10:49152 > 10.0.0.5:445"),
        ("block 192.168.0.0/16>me tcp 25 1w", "tcp 192.168.0.10:49152 > 10.0.0.5:25"),
        ("block 198.51.100.0/24>me tcp 25 1w", "tcp 198.51.100.1:49152 > 10.0.0.5:25"),
        ("block 198.51.100.7>me tcp 25 1w", "tcp 198.51.100.7:49152 > 10.0.0.5:25"),
        ("block me>any tcp 1w", "tcp 10.0.0.5:49152 > 203.0.113.10:445"),
    ],
)
def test_example_packets(rule, shown):
    """TCP before UDP before ICMP; known addresses before the second of the first interval; never the host itself."""
    found = difference(state(), state(R("r", rule)), HOST)
    assert packet_text(example(found.classes[0], found)) == shown


def test_an_ipv6_packet_in_words():
    """Brackets around addresses with ports."""
    found = difference(state(), state(R("r", "block ::/0>me tcp 80 1w")), host("2001:db8::5"))
    assert packet_text(example(found.classes[0], found)) == "tcp [2001:db8::10]:49152 > [2001:db8::5]:80"
    assert "Exempt" not in said(state(), state(R("r", "block ::/0>me tcp 80 1w")), host("2001:db8::5"))
    text = said(state(), state(R("r", "block ::/0>me 1w")), host("2001:db8::5"))
    assert text.endswith("Exempt from all filters, so unchanged: udp local 500.")


def test_groups_are_named_among_the_exempt():
    """Under NoDefaultExempt 1 outbound multicast passes a block of everything."""
    text = said(state(), state(R("all", "block me>any 1w"), exempt=1))
    assert text.endswith("Exempt from all filters, so unchanged: udp local 500,4500; outbound multicast and broadcast.")


@pytest.mark.parametrize(
    ("before", "rule", "hole"),
    [
        (ALL, R("r", "permit any>me tcp 80 2w"), False),
        (ALL, R("r", "permit me>any tcp 80 2w"), True),
        (ALL, R("r", "permit me>any tcp 80 1w"), False),
        (ISO, R("r", "permit me>any udp 53 2w"), True),
        (ALL, R("r", "require me>any tcp 80 2w"), False),
        (ALL, R("r", "request me>any tcp 80 2w"), True),
        (ALL, R("r", "permit me>192.0.2.1 tcp 80,443 2w"), True),
    ],
)
def test_source_port_holes_are_pointed_out(before, rule, hole):
    """Section 9: an inbound class that lets clear packets from few ports reach most local ports."""
    assert ("! source-port hole" in said(state(before), state(before, rule))) is hole


def test_a_server_that_the_host_has_is_its_address():
    """`dns` reads as the address behind it."""
    facts = host("10.0.0.5", servers={Kind.DNS: frozenset({ip_address("192.0.2.53")})})
    line = said(NONE, state(R("dns", "block me>dns udp 53 1w")), facts).splitlines()[1]
    assert line.startswith("CUT       out  udp remote 53 to 192.0.2.53: clear -> blocked")


def test_intervals_of_two_prefixes_are_prefixes():
    """Three or more are the ends."""
    assert address_items(((0, 2),), 4) == ["0.0.0.0/31", "0.0.0.2"]
    assert address_items(((1, 6),), 4) == ["0.0.0.1-0.0.0.6"]
    assert address_items(((0, (1 << 128) - 1),), 6) == ["::/0"]
