"""The `winipsec` command against simulated hosts that speak real WinRM."""

import json

import pytest
from winipsec.cli.__main__ import main
from winipsec_lab.testing import Account, Lab

KEY = "a shared secret"
POLICY = (
    'netsh ipsec static add policy name="Lockdown" description="Stops the worm" mmlifetime=60',
    'netsh ipsec static add filter filterlist="udp 1434 in" srcaddr=any dstaddr=me protocol=udp dstport=1434 mirrored=no',
    "netsh ipsec static add filteraction name=Block action=block",
    f'netsh ipsec static add rule name=in policy=Lockdown filterlist="udp 1434 in" filteraction=Block psk="{KEY}"',
)
ASSIGN = "netsh ipsec static set policy name=Lockdown assign=y"
UNASSIGN = "netsh ipsec static set policy name=Lockdown assign=n"


@pytest.fixture(scope="module")
def lab():
    """A lab for this module."""
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def host(lab):
    """A host with one policy that is assigned."""
    host = lab.create("web1")
    for line in (*POLICY, ASSIGN):
        assert host.run(line)[0] == 0, line
    return host


@pytest.fixture
def winipsec(host, lab, capsys):
    """Runs the command for the host and gives exit code and output."""

    def run(command, *arguments, tls=False, **environment):
        way = ["--https", "--ca-file", str(lab.ca_file), "--port", str(host.tls_port)] if tls else []
        variables = {"HOST": host.address, "PORT": str(host.port), "USERNAME": host.username, "PASSWORD": host.password}
        variables.update(environment)
        code = main([command, *way, *arguments], {f"WINIPSEC_{name}": value for name, value in variables.items()})
        printed = capsys.readouterr()
        assert KEY not in printed.out + printed.err
        assert host.password not in printed.out + printed.err
        return code, printed

    return run


@pytest.fixture(params=[False, True], ids=["http", "https"])
def tls(request):
    """Both listeners."""
    return request.param


def test_show_reads_what_netsh_made(winipsec, tls):
    """The whole store over either listener, in the schema's words, without the key."""
    code, printed = winipsec("show", "--json", tls=tls)
    assert code == 0
    found = json.loads(printed.out)
    assert found["active"] == "Lockdown"
    (policy,) = found["policies"]
    assert (policy["name"], policy["description"]) == ("Lockdown", "Stops the worm")
    assert policy["mainModeLifetimeMinutes"] == 60
    (rule,) = policy["rules"]
    assert (rule["name"], rule["filterList"], rule["filterAction"]) == ("in", "udp 1434 in", "Block")
    assert rule["authMethods"] == [{"presharedKey": "[secret]"}]
    (filter_list,) = found["filterLists"]
    (item,) = filter_list["filters"]
    del item["guid"]
    assert item == {
        "source": "any",
        "destination": "me",
        "protocol": "udp",
        "sourcePort": 0,
        "destinationPort": 1434,
        "mirrored": False,
    }


def test_show_for_people(winipsec, host):
    """The tree begins with the host."""
    code, printed = winipsec("show")
    assert code == 0
    assert printed.out.splitlines()[0].startswith(host.address)
    assert "policy Lockdown (active)" in printed.out
    assert "udp any -> me port 1434" in printed.out


def test_show_reads_a_store_with_scars(lab, capsys):
    """Foreign policies, unnamed rules, leftovers, blobs of another generation: all shown, nothing fails."""
    scarred = lab.create("old1", scars=True)
    environment = {
        "WINIPSEC_PORT": str(scarred.port),
        "WINIPSEC_USERNAME": scarred.username,
        "WINIPSEC_PASSWORD": scarred.password,
    }
    assert main(["show", scarred.address, "--json"], environment) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["policies"]
    assert found["orphans"]
    assert any(rule["name"] == "" for policy in found["policies"] for rule in policy["rules"])
    assert main(["show", scarred.address], environment) == 0
    assert "leftovers" in capsys.readouterr().out


def test_show_leaves_no_shell_behind(winipsec, host):
    """Shells count against the account."""
    assert winipsec("show")[0] == 0
    assert host.shells == 0


def test_check_passes_for_a_host_in_order(winipsec, tls):
    """Every step; TLS only where there is some."""
    code, printed = winipsec("check", "--json", tls=tls)
    found = json.loads(printed.out)
    assert (code, found["ok"]) == (0, True)
    assert [step["status"] for step in found["steps"]] == ["ok", "ok", "ok" if tls else "skipped", *["ok"] * 5]
    assert found["steps"][-1]["detail"] == "'Lockdown' with 1 rules"


def failed(printed):
    """The failed steps by name."""
    return {step["step"]: step for step in json.loads(printed.out)["steps"] if step["status"] == "failed"}


def test_check_tells_a_wrong_password_in_one_attempt(winipsec, host):
    """A second attempt might lock the account."""
    host.add_account(Account("deploy", "Right-Pw1"))
    code, printed = winipsec("check", "--json", USERNAME="deploy", PASSWORD="Wrong-Pw1")
    assert code == 1
    assert list(failed(printed)) == ["authentication"]


def test_check_tells_an_account_without_rights(winipsec, host):
    """Logged on, but no administrator."""
    host.add_account(Account("visitor", "V1sitor-Pw", administrator=False))
    code, printed = winipsec("check", "--json", USERNAME="visitor", PASSWORD="V1sitor-Pw")
    assert code == 1
    assert "Administrators" in failed(printed)["rights"]["advice"]


def test_check_tells_a_stopped_service(winipsec, host):
    """With the command that starts it; the policy is still shown."""
    assert host.run("net stop PolicyAgent")[0] == 0
    try:
        code, printed = winipsec("check", "--json")
        assert code == 1
        assert failed(printed)["service"]["advice"] == "On the host: sc start PolicyAgent."
        assert "no policy is in force" in winipsec("show")[1].out
    finally:
        assert host.run("net start PolicyAgent")[0] == 0


def test_check_tells_a_domain_policy(winipsec, host):
    """It suspends the local one."""
    key = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"
    path = "LDAP://CN=ipsecPolicy{6a1f5c6f-72b7-11d2-acf0-0060b0ecca17},CN=IP Security,CN=System,DC=example,DC=com"
    assert host.run(f'reg add "{key}" /v DSIPSECPolicyPath /t REG_SZ /d "{path}" /f')[0] == 0
    try:
        code, printed = winipsec("check", "--json")
        assert code == 1
        assert path in failed(printed)["domainPolicy"]["detail"]
    finally:
        assert host.run(f'reg delete "{key}" /f')[0] == 0


def test_check_says_that_nothing_is_assigned(winipsec, host):
    """A host without an active policy is in order."""
    assert host.run(UNASSIGN)[0] == 0
    try:
        code, printed = winipsec("check")
        assert code == 0
        assert "no policy is assigned; 1 in the store" in printed.out
    finally:
        assert host.run(ASSIGN)[0] == 0


def test_a_host_that_is_not_there(winipsec, host):
    """Exit code 1 and one line that says what to do."""
    code, printed = winipsec("show", "--port", "1")
    assert code == 1
    assert printed.out == ""
    assert printed.err.startswith(f"winipsec: cannot connect to {host.address}") or host.address in printed.err
    assert len(printed.err.splitlines()) == 1
