"""`winipsec explain`, `diff` and `matrix`: what they refuse, and what they ask a host for."""

import json

import pytest
from answering_host import STOPPED, STORE, Host, answer
from exported_store import export
from winipsec.cli import diff, explain, matrix
from winipsec.cli.__main__ import main
from winipsec.cli.arguments import parser
from winipsec.cli.source import Sources
from winipsec.errors import Unreachable, UserError
from winipsec.traffic import properties
from winipsec.traffic.work import TooComplex

ACCOUNT = {"WINIPSEC_USERNAME": "deploy", "WINIPSEC_PASSWORD": "correct horse"}
ASK = ("--from", "203.0.113.9", "--to", "me", "--protocol", "tcp", "--port", "445")
INTERFACES = (
    "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\{1}\r\n"
    "    IPAddress    REG_MULTI_SZ    10.0.0.5\r\n"
)


@pytest.fixture
def reg(tmp_path):
    """An export with an active policy that blocks everything."""
    path = tmp_path / "policies.reg"
    path.write_text(export(), encoding="utf-16")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "web1", "--reg", "x.reg", *ASK], "either a HOST or --reg"),
        (["explain", "web1", "--root", "HKLM\\X", *ASK], "--root and --no-default-exempt need --reg"),
        (["explain", "web1", "--no-default-exempt", "1", *ASK], "--root and --no-default-exempt need --reg"),
        (["explain", "--reg", "x.reg", *ASK, "--no-default-exempt", "4"], "no number from 0 to 3"),
        (["explain", "--reg", "x.reg", *ASK[:-1], "65536"], "--port: '65536' is no number"),
        (["explain", "--reg", "x.reg", *ASK[:-1], "http"], "--port: 'http' is no number"),
        (["explain", "--reg", "x.reg", *ASK[:-3], "ip", "--port", "1"], "--protocol: 'ip' is not a protocol"),
        (["explain", "--reg", "x.reg", *ASK[:-3], "any"], "--protocol: name one protocol"),
        (["explain", "--reg", "missing.reg", *ASK], "missing.reg cannot be read"),
        (["explain", *ASK], "no host is named"),
        (["diff", "-", "-"], "only one of A and B can be standard input"),
        (["diff", "none", "missing.reg"], "missing.reg cannot be read"),
        (["diff", "none", "web1", "--address", "here"], "--address"),
        (["diff", "none", "none", "--before-policy", "P"], "none has no policy 'P'"),
        (["matrix"], "two hosts at least"),
        (["matrix", "--peer", "a@10.0.0.1"], "two hosts at least"),
        (["matrix", "--peer", "a"], "--peer: 'a' is no NAME@ADDRESS"),
        (["matrix", "--peer", "a@x"], "--peer"),
        (["matrix", "--reg", "x.reg"], "write FILE=NAME@ADDRESS"),
        (["matrix", "--peer", "a@10.0.0.1", "--peer", "A@10.0.0.2"], "2 hosts of the name 'a'"),
        (["matrix", "--peer", "a@10.0.0.1", "--peer", "b@10.0.0.1"], "a and b have one address, 10.0.0.1"),
        (["matrix", "--services", "tcp"], "--services: 'tcp' is no service; write tcp/445"),
        (["matrix", "--services", "tcp/0"], "'tcp/0' is no service"),
        (["matrix", "--services", "icmp/8"], "'icmp/8' is no service; write icmp or 47"),
        (["matrix", "--services", "any"], "'any' is no service"),
        (["matrix", "--services", "http/80"], "'http' is not a protocol"),
    ],
)
def test_misuse_is_one_line_and_exit_code_2(arguments, words, capsys):
    """It says which option, and nothing is printed beside it."""
    assert main(arguments, {}) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (("--from", "me", "--to", "me"), "one end must be another machine"),
        (("--from", "nowhere", "--to", "me"), "--from: 'nowhere' is no address"),
        (("--from", "10.0.0.9", "--to", "10.0.0.8"), "--to: which of 10.0.0.9 and 10.0.0.8 is the host"),
        (("--from", "me", "--to", "10.0.0.8", "--in"), "--in/--out: a packet from me goes out"),
        (("--from", "me", "--to", "127.0.0.1"), "--to: 127.0.0.1 is this host itself"),
    ],
)
def test_a_bad_question_names_the_option(question, words, reg, capsys):
    """In the words of the command line."""
    assert main(["explain", "--reg", reg, "--protocol", "icmp", *question], {}) == 2
    assert words in capsys.readouterr().err


def test_a_file_without_addresses_still_answers(reg, capsys):
    """A stand-in is used for `me`, and said to be one."""
    assert main(["explain", "--reg", reg, *ASK], {}) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "tcp 203.0.113.9:49152 > 192.0.2.5:445 (in): blocked"
    assert "note: 192.0.2.5 stands for this host, whose addresses are not known." in printed


def test_the_port_of_winrm_has_another_name_there(capsys):
    """`--port` is the conversation's; a wrong one of WinRM is named as it is written."""
    assert main(["explain", "web1", *ASK, "--winrm-port", "x"], ACCOUNT) == 2
    assert "--winrm-port" in capsys.readouterr().err


def run(command, host, *arguments):
    """Run a sub-command against answering hosts."""
    return command.run(parser().parse_args(arguments), ACCOUNT, host)


def test_explain_says_why_nothing_is_in_force(capsys):
    """The agent rests: everything is clear."""
    host = Host(answer(store=STORE, service=STOPPED, interfaces=INTERFACES))
    assert run(explain, host, "explain", "web1", *ASK) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "web1: the IPsec Policy Agent is stopped: no policy is in force"
    assert printed[1].endswith("> 10.0.0.5:445 (in): clear")
    assert "No policy is in force, so everything passes in clear." in printed
    assert host.made[0].closed


def test_explain_as_json_is_the_functions_answer(capsys):
    """With the source and why it might surprise."""
    host = Host(answer(store=STORE, interfaces=INTERFACES))
    assert run(explain, host, "explain", "web1", *ASK, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["source"], found["remarks"], found["verdict"]) == ("web1", [], "clear")
    assert found["policy"] == "Lockdown"


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("web1", ("web1", None)),
        ("web1:5986", ("web1", 5986)),
        ("[2001:db8::5]:5986", ("[2001:db8::5]", 5986)),
        ("10.0.0.5", ("10.0.0.5", None)),
    ],
)
def test_a_host_may_bring_its_port(text, reached):
    """As everywhere."""
    host = Host(answer(store=STORE))
    options = parser().parse_args(["diff", text, "none"])
    source = Sources(options, ACCOUNT, host).named(text)
    settings = host.made[0].settings
    assert (settings.host, settings.port) == reached
    assert source.is_host


def test_a_password_is_asked_for_once(monkeypatch):
    """However many hosts there are."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked = []
    host = Host(answer(store=STORE))
    options = parser().parse_args(["matrix", "web1", "web2"])
    sources = Sources(options, {"WINIPSEC_USERNAME": "deploy"}, host, lambda prompt: asked.append(prompt) or "secret")
    sources.host("web1")
    sources.host("web2")
    assert len(asked) == 1
    assert [made.settings.password for made in host.made] == ["secret", "secret"]


def test_diff_of_two_hosts_says_whose_addresses_count(capsys):
    """B is taken for another state of A."""
    outputs = [
        answer(store=STORE, interfaces=INTERFACES),
        answer(store=STORE, interfaces=INTERFACES.replace("0.5", "0.6")),
    ]

    def connect(settings):
        return Host(outputs.pop(0))(settings)

    assert run(diff, connect, "diff", "web1", "web2") == 0
    printed = capsys.readouterr()
    assert printed.out == "Traffic: no change.\n"
    assert printed.err == "winipsec: web2 is taken for another state of web1, with its addresses.\n"


def test_diff_says_that_a_file_assigns_nothing(reg, tmp_path, capsys):
    """Otherwise an empty difference would be mistaken for harmless."""
    idle = tmp_path / "idle.reg"
    idle.write_text(export(active=False), encoding="utf-16")
    assert main(["diff", "none", str(idle)], {}) == 0
    assert "idle.reg: no policy is assigned; name one with --after-policy." in capsys.readouterr().err
    assert main(["diff", str(idle), reg, "--before-policy", "GSecurity Policy"], {}) == 0
    assert capsys.readouterr().err == ""


def test_an_unreachable_host_ends_explain_with_1_and_closes(capsys):
    """A host's refusal is no misuse."""
    host = Host(Unreachable("cannot connect to web1."))
    with pytest.raises(Unreachable):
        run(explain, host, "explain", "web1", *ASK)
    assert host.made[0].closed
    assert capsys.readouterr().out == ""


def test_matrix_uses_the_address_where_the_host_tells_none(capsys):
    """A host reached by its address has at least that one."""
    host = Host(answer(store=STORE))
    assert run(matrix, host, "matrix", "10.0.0.5", "--peer", "them@10.0.0.6", "--services", "tcp/80") == 0
    assert "10.0.0.5" in capsys.readouterr().out
    with pytest.raises(UserError, match="addresses of web1 are not known"):
        run(matrix, host, "matrix", "web1", "--peer", "them@10.0.0.6", "--services", "tcp/80")


def test_matrix_as_json(reg, capsys):
    """Hosts, services, and what comes of each, in both directions."""
    arguments = [
        "--reg",
        f"{reg}=web1@10.0.0.5,10.0.1.5",
        "--peer",
        "them@10.0.0.6",
        "--services",
        "TCP/80, icmp,tcp/80",
    ]
    assert main(["matrix", *arguments, "--json"], {}) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["hosts"] == [
        {"name": "web1", "addresses": ["10.0.0.5", "10.0.1.5"], "policy": "GSecurity Policy"},
        {"name": "them", "addresses": ["10.0.0.6"]},
    ]
    assert found["services"] == ["tcp/80", "icmp"]
    assert [(item["from"], item["to"], item["service"]) for item in found["meetings"]] == [
        ("web1", "them", "tcp/80"),
        ("web1", "them", "icmp"),
        ("them", "web1", "tcp/80"),
        ("them", "web1", "icmp"),
    ]
    assert {exchange["result"] for item in found["meetings"] for exchange in item["exchanges"]} == {"no"}


def test_a_page_that_cannot_be_written(capsys, tmp_path):
    """The option is named; nothing else is printed."""
    peers = ["--peer", "a@10.0.0.1", "--peer", "b@10.0.0.2"]
    assert main(["matrix", *peers, "--html", str(tmp_path / "no" / "page.html")], {}) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("winipsec: --html: ")
    assert main(["matrix", *peers, "--html", "-"], {}) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


def test_a_hostile_name_cannot_steer_the_terminal(capsys):
    """Escape sequences are shown, not obeyed; brackets are no markup."""
    assert main(["matrix", "--peer", "\x1b[31m[bold]a@10.0.0.1", "--peer", "b@10.0.0.2"], {}) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\\u001b[31m[bold]a" in printed


def test_a_difference_that_takes_too_long_is_no_answer(reg, monkeypatch, capsys):
    """Exit code 2, and no part of an answer."""

    def refuse(*_):
        raise TooComplex("what the filters do to all traffic takes more than 2,000,000 steps to compute.")

    monkeypatch.setattr(diff, "difference", refuse)
    assert main(["diff", "none", reg], {}) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "takes more than 2,000,000 steps" in printed.err


def test_guesses_that_take_too_long_are_said_to_be_unknown(reg, monkeypatch, capsys):
    """The difference stands; that nobody looked at the guesses is a note, in the text and in JSON."""

    def refuse(*_):
        raise TooComplex("too much.")

    monkeypatch.setattr(properties, "guesses", refuse)
    note = "what hangs on guesses about Windows takes too long to compute"
    assert main(["diff", "none", reg, "--address", "10.0.0.5"], {}) == 1
    assert capsys.readouterr().out.splitlines()[-1] == f"note: {note}"
    assert main(["diff", "none", reg, "--address", "10.0.0.5", "--json"], {}) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["notes"][-1] == note
    assert found["text"].splitlines()[-1] == f"note: {note}"
