"""The commands about traffic, on registry exports and hosts that the lab's netsh made."""

import json

import pytest
from policy_console import furnish
from winipsec.cli.__main__ import main
from winipsec_lab.testing import Lab

OWN = "10.0.0.5"
NO_CHANGE = "Traffic: no change.\n"
ALL = ("rest", "block", "any>me 2w")
ISO = ("iso", "require", "any>me 2w")
DC = ("dc", "permit", "me>10.0.0.1 2w; me>10.0.0.2 2w")
WINRM = ("winrm", "permit", "any>me tcp 5985 2w")
EXEMPT_ALL = r"reg add HKLM\SYSTEM\CurrentControlSet\Services\IPSEC /v NoDefaultExempt /t REG_DWORD /d 0 /f"
LAN = ("lan", "permit", "10.0.0.0/8>me 2w")


@pytest.fixture(scope="module")
def lab():
    """A lab for this module."""
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def desk(lab):
    """A host on which exports are made."""
    return lab.create("desk", virtual_address=OWN)


@pytest.fixture
def reg(desk, tmp_path):
    """Makes a policy with netsh and returns the name of its export; without rules there is no policy."""

    def write(name, *rules):
        if not rules:
            return "none"
        desk.reset()
        path = tmp_path / f"{name}.reg"
        path.write_text(furnish(desk, *rules).dump(), encoding="utf-16")
        return str(path)

    return write


@pytest.fixture
def winipsec(capsys):
    """Runs the command without a host; exit code and output."""

    def run(*arguments, environment=None):
        code = main(list(arguments), environment or {})
        return code, capsys.readouterr()

    return run


# The worked examples of traffic-engine 10 (its rule "all" has a name that netsh keeps for itself: here "rest"):
# policies before and after, further own addresses.
EXAMPLES = {
    "1": ((), (("in", "block", "any>me udp 1434 1w"), ("out", "block", "me>any udp 1434 1w")), ()),
    "2": ((), (("slammer", "block", "any>me udp 1434 2w"),), ()),
    "3": ((), (ALL, ("web", "permit", "any>me tcp 80 2w; any>me tcp 443 2w")), ()),
    "4": ((ALL,), (ALL, ("surf", "permit", "me>any tcp 80 2w")), ()),
    "5": ((), (ISO, DC), ()),
    "6": ((("iso", "request", "any>me 2w"), DC), (ISO, DC), ()),
    "7": ((LAN,), (LAN, ("smb", "block", "any>me tcp 445 2w")), ()),
    "8": ((), (("x", "block", "any>10.0.0.5 tcp 80 2w"),), ("10.0.1.5",)),
    "9": (
        (),
        (("o", "encrypt", "me>10.9.0.0/16 1w", "198.51.100.1"), ("i", "encrypt", "10.9.0.0/16>me 1w", OWN)),
        (),
    ),
    "10": ((LAN, ALL), (("lan", "permit", "10.128.0.0/9>me 2w; 10.0.0.0/9>me 2w"), ALL), ()),
    "11": (
        (ALL,),
        (ALL, *((f"s{i}", "permit", f"192.0.2.{i}>me tcp {1000 + i} 2w") for i in range(1, 13))),
        (),
    ),
}
TEXTS = {
    "1": """\
Traffic: 2 changes (2 cut).
CUT       in   udp local 1434 from any: clear -> blocked  [no filter -> "in"]  e.g. udp 203.0.113.10:49152 > 10.0.0.5:1434
CUT       out  udp remote 1434 to any: clear -> blocked  [no filter -> "out"]  e.g. udp 10.0.0.5:49152 > 203.0.113.10:1434
Exempt from all filters, so unchanged: udp local 500,4500.
""",
    "2": """\
Traffic: 1 change (1 cut).
CUT       both udp local 1434 with any: clear -> blocked  [no filter -> "slammer"]  e.g. udp 203.0.113.10:49152 > 10.0.0.5:1434
""",
    "3": """\
Traffic: 1 change (1 cut).
CUT       both any except tcp local 80,443 with any: clear -> blocked  [no filter -> "rest"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445
Exempt from all filters, so unchanged: udp local 500,4500.
""",
    "4": """\
Traffic: 1 change (1 opened).
OPENED    both tcp remote 80 with any: blocked -> clear  ["rest" -> "surf"]  e.g. tcp 203.0.113.10:80 > 10.0.0.5:49152
          ! source-port hole: whoever sends from port 80 reaches local ports of its choice
""",
    "5": """\
Traffic: 1 change (1 secured).
SECURED   both any with any except 10.0.0.1, 10.0.0.2: clear -> authenticated  [no filter -> "iso"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445
Exempt from all filters, so unchanged: udp local 500,4500.
""",
    "6": """\
Traffic: 1 change (1 secured).
SECURED   both any with any except 10.0.0.1, 10.0.0.2: authenticated or clear -> authenticated  ["iso" -> "iso"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445
Exempt from all filters, so unchanged: udp local 500,4500.
""",
    "7": """\
Traffic: 1 change (1 cut).
CUT       both tcp local 445 with any except 10.0.0.0/8: clear -> blocked  [no filter -> "smb"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:445
""",
    "8": """\
Traffic: 1 change (1 cut).
CUT       both tcp local 80 with any at 10.0.0.5: clear -> blocked  [no filter -> "x"]  e.g. tcp 203.0.113.10:49152 > 10.0.0.5:80
""",
    "9": """\
Traffic: 2 changes (2 secured).
SECURED   in   any from 10.9.0.0/16: clear -> encrypted (tunnel 10.0.0.5)  [no filter -> "i"]  e.g. tcp 10.9.0.1:49152 > 10.0.0.5:445
SECURED   out  any to 10.9.0.0/16: clear -> encrypted (tunnel 198.51.100.1)  [no filter -> "o"]  e.g. tcp 10.0.0.5:49152 > 10.9.0.1:445
Exempt from all filters, so unchanged: udp local 500,4500.
""",
    "10": """\
Traffic: no change.
""",
    "11": "Traffic: 12 changes (12 opened).\n"
    + "".join(
        f"OPENED    both tcp local {1000 + i} with 192.0.2.{i}: blocked -> clear  "
        f'["rest" -> "s{i}"]  e.g. tcp 192.0.2.{i}:49152 > 10.0.0.5:{1000 + i}\n'
        for i in range(1, 11)
    )
    + "... and 2 more (2 opened).\n",
}


@pytest.mark.parametrize("number", EXAMPLES)
def test_a_worked_example_word_for_word(number, reg, winipsec):
    """The text is that of the spec, and the exit code tells whether anything changes."""
    before, after, addresses = EXAMPLES[number]
    text = TEXTS[number]
    own = [word for address in (OWN, *addresses) for word in ("--address", address)]
    code, printed = winipsec("diff", reg("before", *before), reg("after", *after), *own, "--no-default-exempt", "3")
    assert printed.out == text
    assert printed.err == ""
    assert code == (0 if text == NO_CHANGE else 1)


def test_diff_as_json_has_the_class_of_the_spec(reg, winipsec):
    """The last example of traffic-engine 10, word for word."""
    before, after, _ = EXAMPLES["5"]
    code, printed = winipsec("diff", reg("before", *before), reg("after", *after), "--address", OWN, "--json")
    found = json.loads(printed.out)
    assert code == 1
    assert found["text"] + "\n" == TEXTS["5"]
    assert found["count"] == 1
    assert found["changes"] == [
        {
            "change": "secured",
            "directions": ["in", "out"],
            "connections": ["dialup", "lan"],
            "local": "me",
            "remote": {"except": ["10.0.0.1", "10.0.0.2"]},
            "services": [{"protocols": "any", "localPorts": "any", "remotePorts": "any"}],
            "before": {"outcome": "clear"},
            "after": {"outcome": "authenticated"},
            "decidedBefore": [],
            "decidedAfter": [{"rule": "iso", "filter": 1}],
            "example": {
                "direction": "in",
                "local": "10.0.0.5",
                "localPort": 445,
                "remote": "203.0.113.10",
                "remotePort": 49152,
                "protocol": 6,
            },
        }
    ]


def test_diff_shows_every_class_when_asked(reg, winipsec):
    """All twelve of example 11, and no count of a rest."""
    before, after, _ = EXAMPLES["11"]
    _, printed = winipsec("diff", reg("before", *before), reg("after", *after), "--address", OWN, "--all")
    assert len(printed.out.splitlines()) == 13
    assert "more" not in printed.out


def test_diff_of_policies_that_are_not_assigned(reg, winipsec):
    """A policy can be named; without that the command says that none is assigned."""
    name = reg("idle", ALL)
    code, printed = winipsec("diff", "none", name, "--address", OWN, "--after-policy", "test")
    assert (code, printed.err) == (1, "")
    code, printed = winipsec("diff", "none", name, "--address", OWN, "--after-policy", "Best")
    assert code == 2
    assert "idle.reg has no policy 'Best'" in printed.err


def test_the_guess_example(reg, winipsec):
    """Section 10: 10.1.2.3 to 445 is blocked, and that hangs on two guesses; the text names them."""
    name = reg("guess", ("lan", "permit", "10.1.0.0/16>me 2w"), ("smb", "block", "10.0.0.0/8>me tcp 445 2w"))
    _, printed = winipsec("diff", "none", name, "--address", OWN)
    note = "note: depends on a guess (mask length before ports): tcp local 445 with 10.1.0.0/16 would be clear"
    assert note in printed.out.splitlines()
    question = ("--from", "10.1.2.3", "--to", "me", "--protocol", "tcp", "--port", "445")
    code, printed = winipsec("explain", "--reg", name, "--address", OWN, *question)
    assert code == 0
    assert (
        printed.out
        == """\
tcp 10.1.2.3:49152 > 10.0.0.5:445 (in): blocked
Conversation, started by 10.1.2.3: blocked.
Decided by rule "smb" (block) of policy "Test", filter tcp 10.0.0.0/8 <-> me port 445.
1 other filter matches, and loses:
  rule "lan" (permit), filter any 10.1.0.0/16 <-> me: clear. Lost on protocol: given beats any.
Replies (tcp 10.0.0.5:445 > 10.1.2.3:49152): blocked, for the same reason.
note: depends on a guess (mask length before ports): would be clear (conversation: works in clear).
note: depends on a guess (mask lengths only, tunnels last): would be clear (conversation: works in clear).
"""
    )


# policy, question, what becomes of the first packet, of the conversation (spec: traffic-engine 8 and 9)
CONVERSATIONS = [
    ((ALL,), "--from 203.0.113.9 --to me --protocol tcp --port 445", "blocked", "blocked"),
    ((ISO, DC), "--from 10.0.0.1 --to me --protocol tcp --port 445", "clear", "works in clear"),
    ((ISO, DC), "--from me --to 203.0.113.9 --protocol icmp", "authenticated", "works authenticated only"),
    (
        (("iso", "request", "any>me 2w"),),
        "--from 203.0.113.9 --to me --protocol tcp --port 80",
        "authenticated or clear",
        "works authenticated, in clear with peers without IPsec",
    ),
    (
        (("in", "block", "any>me udp 1434 1w"),),
        "--from me --local-port 1434 --to 203.0.113.9 --protocol udp --port 53",
        "clear",
        "one way only",
    ),
    (
        (ALL, ("surf", "permit", "me>any tcp 80 2w")),
        "--from 203.0.113.9 --remote-port 80 --to me --protocol tcp --port 445",
        "clear",
        "works in clear",
    ),
    ((ALL,), "--from 203.0.113.9 --to me --protocol udp --port 500", "exempt", "works in clear"),
    ((("lan", "block", "any>me 2w"),), "--from 203.0.113.9 --to me --protocol tcp --port 80", "blocked", "blocked"),
]


@pytest.mark.parametrize(("rules", "question", "verdict", "conversation"), CONVERSATIONS)
def test_explain_a_conversation(rules, question, verdict, conversation, reg, winipsec):
    """The table of traffic-engine 8, and the source-port hole of 9."""
    code, printed = winipsec("explain", "--reg", reg("p", *rules), "--address", OWN, *question.split(), "--json")
    found = json.loads(printed.out)
    assert code == 0
    assert (found["verdict"], found["conversation"]["text"]) == (verdict, conversation)


def reaching(host):
    """The environment that leads to a host of the lab."""
    return {
        "WINIPSEC_HOST": host.address,
        "WINIPSEC_PORT": str(host.port),
        "WINIPSEC_USERNAME": host.username,
        "WINIPSEC_PASSWORD": host.password,
    }


def test_explain_and_diff_ask_a_host(desk, reg, winipsec):
    """The host tells its own addresses and exemptions; a file is judged as if it were on that host."""
    planned = reg("planned", ALL, WINRM, ("web", "permit", "any>me tcp 80 2w"))
    desk.reset()
    furnish(desk, ALL, WINRM)
    assert desk.run(EXEMPT_ALL)[0] == 0
    environment = reaching(desk)
    question = ("--from", "203.0.113.9", "--to", OWN, "--protocol", "tcp", "--port", "80")
    code, printed = winipsec("explain", *question, environment=environment)
    assert code == 0
    assert printed.out.startswith("tcp 203.0.113.9:49152 > 10.0.0.5:80 (in): blocked\n")
    code, printed = winipsec("diff", f"{desk.address}:{desk.port}", planned, environment=environment)
    assert code == 1
    assert printed.out == (
        "Traffic: 1 change (1 opened).\n"
        'OPENED    both tcp local 80 with any: blocked -> clear  ["rest" -> "web"]  '
        "e.g. tcp 203.0.113.10:49152 > 10.0.0.5:80\n"
        "Exempt from all filters, so unchanged: tcp,udp local 88; tcp,udp remote 88; "
        "outbound multicast and broadcast.\n"
    )


def test_diff_says_why_nothing_is_in_force(desk, winipsec):
    """A stopped agent: nothing is filtered, so nothing changes; and that is said."""
    desk.reset()
    furnish(desk, ALL)
    assert desk.run("net stop PolicyAgent")[0] == 0
    code, printed = winipsec("diff", "none", desk.address, environment=reaching(desk))
    assert (code, printed.out) == (0, NO_CHANGE)
    assert "the IPsec Policy Agent is stopped: no policy is in force" in printed.err


def test_an_unreachable_host_is_no_difference(desk, winipsec):
    """Exit code 2: neither the same nor not."""
    code, printed = winipsec("diff", "none", f"{desk.address}:1", environment=reaching(desk))
    assert code == 2
    assert printed.out == ""
    assert desk.address in printed.err
