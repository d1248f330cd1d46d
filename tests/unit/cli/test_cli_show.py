"""`winipsec show`: stores of files and hosts, for people and as JSON."""

import json
import os
import subprocess
import sys

import pytest
from answering_host import STOPPED, STORE, Host, answer
from exported_store import ALL_LIST, ALLOW_LIST, ALLOWING, BLOCK, BLOCKING, ORPHAN, POLICY, ROOT, SECURE, export, secret
from winipsec.cli import show
from winipsec.cli.__main__ import main
from winipsec.cli.arguments import parser
from winipsec.errors import Unreachable, UserError

ENVIRONMENT = {"WINIPSEC_USERNAME": "deploy", "WINIPSEC_PASSWORD": "correct horse"}


@pytest.fixture
def reg(tmp_path):
    """Writes a registry export as regedit does, and returns its name."""

    def write(text=None, encoding="utf-16", name="policies.reg"):
        path = tmp_path / name
        path.write_bytes((text if text is not None else export()).encode(encoding))
        return str(path)

    return write


def shown(capsys, *arguments, code=0):
    """What the command prints."""
    assert main(["show", *arguments], {}) == code
    return capsys.readouterr()


def as_json(capsys, *arguments):
    """The printed document."""
    return json.loads(shown(capsys, *arguments, "--json").out)


def test_json_has_the_whole_store_in_the_schemas_words(reg, capsys):
    """Policies with their rules, lists with their filters, actions, the active policy and leftovers, with GUIDs."""
    found = as_json(capsys, "--reg", reg())
    assert list(found) == ["policies", "filterLists", "filterActions", "active", "orphans", "unreadable"]
    assert found["active"] == "GSecurity Policy"
    (policy,) = found["policies"]
    assert {name: policy[name] for name in ("guid", "name", "mainModeLifetimeMinutes", "pollingIntervalMinutes")} == {
        "guid": POLICY,
        "name": "GSecurity Policy",
        "mainModeLifetimeMinutes": 480,
        "pollingIntervalMinutes": 180,
    }
    assert policy["mainModeMethods"] == [{"encryption": "3des", "integrity": "sha1", "dhGroup": "group2"}]
    assert policy["defaultRule"]["securityMethods"] == [
        {"esp": {"encryption": "3des", "integrity": "sha1"}, "lifetimeKilobytes": 0, "lifetimeSeconds": 0},
        {"ah": "sha1", "lifetimeKilobytes": 0, "lifetimeSeconds": 0},
    ]
    unnamed, named = policy["rules"]
    assert unnamed == {
        "guid": BLOCKING,
        "name": "",
        "policy": "GSecurity Policy",
        "filterList": "All IP Filter List",
        "filterAction": "Block",
        "active": True,
        "connectionType": "all",
        "authMethods": [{"kerberos": True}],
    }
    assert (named["guid"], named["filterList"], named["filterAction"]) == (ALLOWING, "Allow List", "Secure")
    assert [(item["guid"], item["name"], len(item["filters"])) for item in found["filterLists"]] == [
        (ALL_LIST, "All IP Filter List", 1),
        (ALLOW_LIST, "Allow List", 5),
    ]
    assert found["filterLists"][1]["filters"][0] == {
        "guid": "{bbd74acf-c777-41e0-86d4-b88abcfb18e4}",
        "source": "me",
        "destination": "any",
        "protocol": "tcp",
        "sourcePort": 0,
        "destinationPort": 53,
        "mirrored": False,
    }
    assert [(item["guid"], item["name"], item["action"]) for item in found["filterActions"]] == [
        (BLOCK, "Block", "block"),
        (SECURE, "Secure", "negotiate"),
    ]
    assert found["filterActions"][0]["description"] == "Stops everything"
    assert [(item["kind"], item["guid"]) for item in found["orphans"]] == [("ipsecNFA", ORPHAN)]
    assert found["unreadable"] == []


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_preshared_key_is_never_printed(reg, capsys, form):
    """Both forms say that there is one, not which."""
    out = shown(capsys, "--reg", reg(), *form).out
    assert "[secret]" in out
    assert secret() not in out
    assert secret().encode("utf-16-le").hex() not in out


def test_json_masks_the_key_in_its_place(reg, capsys):
    """The property stays, its value does not."""
    (policy,) = as_json(capsys, "--reg", reg())["policies"]
    assert policy["rules"][1]["authMethods"] == [{"presharedKey": "[secret]"}]


def test_the_tree_reads_like_a_description(reg, capsys):
    """Every object once, the active policy marked, filters in one line each, leftovers with their reason."""
    out = shown(capsys, "--reg", reg()).out
    for line in (
        f"policy GSecurity Policy (active) {POLICY}",
        "main mode 3des-sha1-group2, lifetime 480 min, polling 180 min",
        f"rule (unnamed) {BLOCKING}",
        "block by 'Block' on 'All IP Filter List' (1 filter)",
        "negotiate by 'Secure' on 'Allow List' (5 filters)",
        "tcp any port 443 -> me",
        "udp any <-> any port 67",
        f"Block {BLOCK}  Stops everything",
        "ESP 3des-md5 (default kB, 300 s)",
        f"ipsecNFA{ORPHAN}: no policy lists it",
    ):
        assert line in out
    assert out.splitlines()[0] == "policies.reg"


def test_a_store_without_an_active_policy(reg, capsys):
    """`active` is null, and no policy is marked."""
    assert as_json(capsys, "--reg", reg(export(active=False)))["active"] is None
    assert "(active)" not in shown(capsys, "--reg", reg(export(active=False))).out


def test_an_active_policy_without_a_name_is_its_guid(reg, capsys):
    """Something has to stand there."""
    assert as_json(capsys, "--reg", reg(export(policy_name="")))["active"] == POLICY


def test_a_policy_without_rules_says_so(reg, capsys):
    """And what claims to belong to it shows as leftovers."""
    out = shown(capsys, "--reg", reg(export(rules=False))).out
    assert "no rules" in out
    assert out.count("no policy lists it") == 4
    assert "(1 filter)" not in out
    assert "(unused)" in out


def test_names_cannot_steer_the_terminal(reg, capsys):
    """Markup stays text; escape sequences and direction marks show as numbers."""
    out = shown(capsys, "--reg", reg(export(rule_name="[red]\x1b[2J\u202eeman"))).out
    assert "[red]\\u001b[2J\\u202eeman" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_every_encoding_of_a_reg_file_is_read(reg, capsys, encoding):
    """Regedit writes UTF-16; editors save UTF-8."""
    found = as_json(capsys, "--reg", reg(export(rule_name="Zürich"), encoding))
    assert found["policies"][0]["rules"][1]["name"] == "Zürich"


WOW = ROOT.replace("SOFTWARE\\", "SOFTWARE\\WOW6432Node\\")


def test_a_store_elsewhere_is_found_if_it_is_the_only_one(reg, capsys):
    """Exports of the 32-bit view of the registry are in circulation."""
    assert as_json(capsys, "--reg", reg(export(WOW)))["policies"]


def test_the_native_store_is_preferred(reg, capsys):
    """On 64-bit Windows the same objects appear twice; the native path counts."""
    second = export(WOW, policy_name="Other").split("\r\n", 1)[1]
    both = reg(export() + second)
    assert as_json(capsys, "--reg", both)["active"] == "GSecurity Policy"
    assert as_json(capsys, "--reg", both, "--root", WOW)["active"] == "Other"
    assert as_json(capsys, "--reg", both, "--root", WOW.replace("HKEY_LOCAL_MACHINE", "hklm"))["active"] == "Other"


def test_several_foreign_stores_need_a_choice(reg, capsys):
    """The message names them."""
    other = WOW.replace("Local", "Cache")
    both = reg(export(WOW) + export(other).split("\r\n", 1)[1])
    err = shown(capsys, "--reg", both, code=2).err
    assert "several stores" in err
    assert WOW in err
    assert other in err
    assert "no store at HKLM\\X" in shown(capsys, "--reg", both, "--root", "HKLM\\X", code=2).err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "is not a registry export: line 1"),
        ("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\X]\r\n", "holds no IPsec policy store"),
    ],
)
def test_a_file_that_is_none_is_refused(reg, capsys, text, words):
    """The message says what is missing, without echoing the file."""
    assert words in shown(capsys, "--reg", reg(text), code=2).err


def test_a_store_without_anything_is_one(reg, capsys):
    """What `reg export` gives of a host before its first policy."""
    empty = f"Windows Registry Editor Version 5.00\r\n\r\n[{ROOT}]\r\n"
    assert "no policies" in shown(capsys, "--reg", reg(empty)).out
    assert as_json(capsys, "--reg", reg(empty.replace("Local", "Cache")), "--root", ROOT.replace("Local", "Cache"))


GPT = ROOT.replace("Policy\\Local", "GPTIPSECPolicy")
LDAP = f'[{GPT}]\r\n"DSIPSECPolicyPath"="LDAP://CN=ipsecPolicy{POLICY.upper()},CN=IP Security,DC=corp"\r\n'


def test_a_domain_policy_in_a_file_overrules_the_local_store(reg, capsys):
    """As on a host (spec: ipsec-policy 6.4, 8.5)."""
    out = shown(capsys, "--reg", reg(export() + LDAP)).out
    assert "a domain policy is in force instead of the local one: LDAP://CN=ipsecPolicy" in out
    main(
        [
            "explain",
            "--reg",
            reg(export() + LDAP),
            "--from",
            "192.0.2.7",
            "--to",
            "me",
            "--protocol",
            "tcp",
            "--port",
            "445",
        ]
    )
    assert "No policy is in force" in capsys.readouterr().out
    main(["lint", "--reg", reg(export() + LDAP)])
    assert "WIP702" in capsys.readouterr().out


def test_the_copy_of_a_domains_policies_has_the_pointer_elsewhere(reg, capsys):
    """It is the store that is in force, and is named since it is not the usual one."""
    cache = export(ROOT.replace("Local", "Cache"), active=False) + LDAP
    out = shown(capsys, "--reg", reg(cache)).out
    assert "this is the store at" in out
    assert f"policy GSecurity Policy (active) {POLICY}" in out


@pytest.mark.parametrize(("flags", "verdict"), [((), "exempt"), (("--no-default-exempt", "3"), "blocked")])
def test_a_file_may_tell_what_is_exempt(reg, capsys, flags, verdict):
    """Of the machine's own value an option is only the better."""
    services = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\IPSEC"
    text = export() + f'[{services}]\r\n"NoDefaultExempt"=dword:0\r\n'
    packet = ("--from", "192.0.2.7", "--to", "me", "--protocol", "tcp", "--port", "88")
    main(["explain", "--reg", reg(text), *packet, *flags])
    assert capsys.readouterr().out.splitlines()[0].endswith(verdict)


def test_names_that_the_terminal_cannot_show_are_spelled_out(reg):
    """A redirect on Windows takes a few hundred characters, and a name may be Chinese."""
    command = [sys.executable, "-m", "winipsec.cli", "show", "--reg", reg(export(rule_name="\u7981\u6b62"))]
    variables = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(command, env=variables, capture_output=True, check=True)
    assert b"rule \\u7981\\u6b62" in done.stdout
    assert done.stderr == b""


def test_a_missing_file_is_refused(capsys, tmp_path):
    """With the system's reason."""
    assert "cannot be read: No such file" in shown(capsys, "--reg", str(tmp_path / "no.reg"), code=2).err


def test_a_file_and_a_host_are_one_too_many(reg, capsys):
    """Nobody could tell which is meant."""
    assert "not both" in shown(capsys, "web1", "--reg", reg(), code=2).err
    assert "--root needs --reg" in shown(capsys, "web1", "--root", ROOT, code=2).err


def host_output(capsys, host, *arguments):
    """What `show HOST` prints."""
    options = parser().parse_args(["show", "web1.example", *arguments])
    assert show.run(options, ENVIRONMENT, host) == 0
    return capsys.readouterr().out


def test_a_host_is_read_and_left(capsys):
    """One command, and the connection is closed."""
    host = Host(answer(store=STORE))
    out = host_output(capsys, host)
    assert out.splitlines()[0] == "web1.example (WEB1)"
    assert "policy Lockdown (active)" in out
    (connection,) = host.made
    assert len(connection.lines) == 1
    assert connection.closed


def test_what_keeps_a_policy_from_being_in_force_is_said(capsys):
    """A stopped service, a domain policy."""
    domain = (
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\IPSec\\GPTIPSECPolicy\r\n"
        "    DSIPSECPolicyPath    REG_SZ    LDAP://CN=ipsecPolicy\r\n"
    )
    out = host_output(capsys, Host(answer(store=STORE + "\r\n" + domain, service=STOPPED)))
    assert "the IPsec Policy Agent is stopped: no policy is in force" in out
    assert "a domain policy is in force instead of the local one: LDAP://CN=ipsecPolicy" in out


def test_an_empty_host_has_no_policies(capsys):
    """A machine that never had a policy."""
    assert "no policies" in host_output(capsys, Host(answer()))
    assert json.loads(host_output(capsys, Host(answer()), "--json")) == {
        "policies": [],
        "filterLists": [],
        "filterActions": [],
        "active": None,
        "orphans": [],
        "unreadable": [],
    }


def test_the_connection_is_closed_after_a_failure_too(capsys):
    """A shell left behind counts against the account."""
    host = Host(Unreachable("nothing answers.", host="web1.example"))
    options = parser().parse_args(["show", "web1.example"])
    with pytest.raises(Unreachable):
        show.run(options, ENVIRONMENT, host)
    assert host.made[0].closed
    assert capsys.readouterr().out == ""


def test_no_host_at_all_is_a_mistake():
    """Neither an argument nor the environment names one."""
    with pytest.raises(UserError, match="WINIPSEC_HOST"):
        show.run(parser().parse_args(["show"]), ENVIRONMENT, Host(answer()))
