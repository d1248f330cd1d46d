"""`winipsec lint`: what it reads, what it prints, and its exit code."""

from __future__ import annotations

import io
import json

import pytest
from answering_host import AGENT, STOPPED, STORE, Host, answer
from exported_store import ALLOWING, POLICY, export, secret
from winipsec.cli import lint
from winipsec.cli.__main__ import main
from winipsec.cli.arguments import parser
from winipsec.errors import Unreachable

ENVIRONMENT = {"WINIPSEC_USERNAME": "deploy", "WINIPSEC_PASSWORD": "correct horse"}


@pytest.fixture
def reg(tmp_path):
    """A registry export as regedit writes it: a key of a few characters, MD5, group 2, leftovers."""
    path = tmp_path / "policies.reg"
    path.write_bytes(export().encode("utf-16"))
    return str(path)


def linted(capsys, *arguments, code=1):
    """What the command prints."""
    assert main(["lint", *arguments], {}) == code
    return capsys.readouterr()


def rules_found(capsys, *arguments, code=1):
    """The ids of the rules in the JSON document, in its order."""
    found = json.loads(linted(capsys, *arguments, "--format", "json", code=code).out)
    return list(dict.fromkeys(item["rule"] for item in found["findings"]))


def test_a_file_is_linted_for_people(reg, capsys):
    """Rule and severity, then object and property, then why it matters; the counts at the end."""
    lines = linted(capsys, "--reg", reg).out.splitlines()
    assert lines[0] == "error    WIP203  A pre-shared key is short (short-key)"
    assert lines[1].strip() == ('Rule "Secret" authMethods[0].presharedKey: is a key of fewer than 20 characters')
    assert lines[2].startswith("         Who has talked to the host once")
    assert any(line.startswith("warning  WIP106  ") for line in lines)
    assert lines[-1] == "2 errors, 6 warnings, 4 notes."
    assert lines == [line.rstrip() for line in lines]


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_keys_are_never_shown(reg, capsys, form):
    """The rule about short keys is about this one."""
    printed = linted(capsys, "--reg", reg, "--format", form)
    assert secret() not in printed.out + printed.err


def test_rules_are_chosen_and_left_out(reg, capsys):
    """By id, by the beginning of ids, by name, by severity."""
    assert rules_found(capsys, "--reg", reg, "--rule", "WIP1") == ["WIP102", "WIP106", "WIP107"]
    assert rules_found(capsys, "--reg", reg, "--rule", "WIP1", "--ignore", "dh-group-2") == ["WIP102", "WIP107"]
    assert rules_found(capsys, "--reg", reg, "--severity", "error") == ["WIP203", "WIP501"]


def test_notes_alone_are_no_failure(reg, capsys):
    """Exit code 0, though something is said."""
    assert "WIP610" in rules_found(capsys, "--reg", reg, "--rule", "WIP6", code=0)


def test_nothing_found_says_so(reg, capsys):
    """And how many rules looked."""
    assert linted(capsys, "--reg", reg, "--rule", "WIP101", "--rule", "WIP103", code=0).out == (
        "Nothing found by 2 rules.\n"
    )


def test_sarif_points_at_lines_of_the_file(reg, capsys):
    """The line at which the key of the object begins, so that code hosts can show it."""
    log = json.loads(linted(capsys, "--reg", reg, "--rule", "WIP203", "--format", "sarif").out)
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/policies.reg")
    line = export().splitlines()[place["region"]["startLine"] - 1]
    assert line.endswith(f"ipsecNFA{ALLOWING}]")


def test_standard_input_is_a_file_without_a_name(capsys, monkeypatch):
    """A dash reads it; SARIF then names no file."""
    text = export().encode("utf-16")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    log = json.loads(linted(capsys, "--reg", "-", "--rule", "WIP203", "--format", "sarif").out)
    assert list(log["runs"][0]["results"][0]["locations"][0]) == ["logicalLocations"]


def test_a_policy_that_is_not_assigned_is_judged_all_the_same(tmp_path, capsys):
    """As if it were; and that none is assigned is said."""
    path = tmp_path / "idle.reg"
    path.write_bytes(export(active=False).encode("utf-16"))
    found = rules_found(capsys, "--reg", str(path))
    assert {"WIP703", "WIP501"} <= set(found)


# ---- hosts ----

GROUP_POLICY = (
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\IPSec\\GPTIPSECPolicy\r\n"
    "    DSIPSECPolicyPath    REG_SZ    LDAP://CN=ipsecPolicy,DC=corp,DC=example\r\n"
)


def of_host(capsys, output, *arguments, code):
    """The JSON document for a host that answers so."""
    host = Host(output)
    options = parser().parse_args(["lint", "web1", "--format", "json", *arguments])
    assert lint.run(options, ENVIRONMENT, host) == code
    assert [connection.closed for connection in host.made] == [True]
    return json.loads(capsys.readouterr().out)


def test_a_host_is_judged_with_its_surroundings(capsys):
    """Service and domain policy are read with the store."""
    output = answer(store=STORE + GROUP_POLICY, service=STOPPED)
    found = of_host(capsys, output, code=1)
    assert found["source"] == "web1"
    by_rule = {item["rule"]: item for item in found["findings"]}
    assert set(by_rule) == {"WIP607", "WIP610", "WIP701", "WIP702", "WIP704"}
    assert by_rule["WIP701"]["object"] == {"kind": "Host", "name": "", "guid": ""}
    assert by_rule["WIP704"]["object"] == {"kind": "Policy", "name": "Lockdown", "guid": POLICY}


def test_a_disabled_service_is_named(capsys):
    """Stopped for good is said as such."""
    agent = f"\r\n{AGENT}\r\n    Start    REG_DWORD    0x4\r\n"
    found = of_host(capsys, answer(service=STOPPED, agent=agent), "--rule", "WIP701", code=1)
    assert "disabled" in found["findings"][0]["message"]


def test_a_clean_host_is_a_success(capsys):
    """No policy, nothing wrong."""
    assert of_host(capsys, answer(), code=0)["findings"] == []


def test_a_host_that_cannot_be_read_is_an_error_and_lets_go_of_the_connection():
    """No finding is made up."""
    host = Host(Unreachable("nothing answers.", host="web1"))
    with pytest.raises(Unreachable):
        lint.run(parser().parse_args(["lint", "web1"]), ENVIRONMENT, host)
    assert [connection.closed for connection in host.made] == [True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["web1", "--reg", "x.reg"], "either a HOST or --reg"),
        (["--root", "HKLM"], "--root needs --reg"),
        (["--reg", "missing.reg"], "missing.reg cannot be read"),
        (["--reg", "x.reg", "--rule", "WIP000"], "'WIP000' names no rule"),
        ([], "no host is named"),
    ],
)
def test_a_wrong_call_is_told_and_exits_with_2(arguments, words, capsys):
    """Before anything is read."""
    assert words in linted(capsys, *arguments, code=2).err


def test_unknown_formats_and_severities_are_refused(capsys):
    """The command line lists what there is."""
    for arguments in (["--format", "xml"], ["--severity", "fatal"]):
        with pytest.raises(SystemExit) as caught:
            main(["lint", "--reg", "x.reg", *arguments], {})
        assert caught.value.code == 2
        assert "invalid choice" in capsys.readouterr().err
